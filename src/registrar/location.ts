// Location: the contract of a location service (RFC 3261 §10.1): who can be reached where. Bindings are plain
// data, so that they can be kept anywhere.

/** One way to reach an address-of-record. Plain data, good for JSON. */
export interface Binding {
  /** The Contact as it was registered, as text. */
  readonly contact: string;
  /** When it ends, in milliseconds by the location service's `now`. */
  readonly expires: number;
  /** The preference, 0 to 1 (RFC 3261 §20.10). */
  readonly q: number;
  /** The Call-ID of the REGISTER that wrote it last. */
  readonly callId: string;
  /** The CSeq number of that REGISTER: none of the same Call-ID counts that is not above it (RFC 3261 §10.3 step 7). */
  readonly cseq: number;
  /** The Path of that REGISTER, topmost first, as text (RFC 3327). */
  readonly path: readonly string[];
  /**
   * The id of the connection that it came on, which is the way to the client as long as it stands; see Stack.flow. Of a
   * client that keeps a flow over UDP, where that was seen. Nothing but the registrar reads it.
   */
  readonly flow?: string | undefined;
  /** True where the client can be called as its Contact says when that connection is gone. */
  readonly callable?: boolean | undefined;
  /** The Route by which other machines reach that connection, with its id as flow token, as text. */
  readonly edge?: string | undefined;
  /** `+sip.instance`, which names the client for good (RFC 5626 §6). */
  readonly instance?: string | undefined;
  /** `reg-id` of the flow, where the client keeps several. */
  readonly regId?: number | undefined;
  /** What temporary GRUUs of the instance hold as long as; another Call-ID has another one (RFC 5627 §5.1). */
  readonly gruuMark?: string | undefined;
}

/**
 * Computes the new bindings of the current ones; undefined leaves them as they are. It may be called several times,
 * where another writer was faster: it has to be pure.
 */
export type BindingChange = (current: readonly Binding[]) => readonly Binding[] | undefined;

/**
 * Keeps bindings by address-of-record. A method may throw, or reject with, a SipError with status 503, where the
 * service cannot be reached now.
 */
export interface LocationService {
  /** The time that bindings expire by, in milliseconds since any fixed moment, alike for all who share them. */
  now(): number;
  /** The bindings that hold now; undefined for an address-of-record that is not known. */
  find(aor: string): readonly Binding[] | undefined | PromiseLike<readonly Binding[] | undefined>;
  /**
   * Changes the bindings of an address-of-record, all or nothing, as if nobody else did meanwhile.
   *
   * @returns false where there is no room for it
   */
  update(aor: string, change: BindingChange): boolean | PromiseLike<boolean>;
}
