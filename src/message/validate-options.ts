// Options of validate: where a message came from, and what only the role of the element that got it can
// judge. What is left out is not checked.

/** Where a message came from. A Flow is one. */
export interface MessageSource {
  /** What the message came by. */
  readonly transport: {
    /** As it stands in Via, upper case: "UDP", "TCP", "TLS", "WS", "WSS". */
    readonly protocol: string;
    /** True for what retransmits by itself. */
    readonly reliable: boolean;
  };
  /** The peer's address; a datagram cannot come from port 0. */
  readonly remote: { readonly port: number };
}

/** What the element is to the message: one that answers it, a registrar among these, or one that passes it on. */
export type Role = "uas" | "registrar" | "proxy";

/** What validate is to check besides what every element must. */
export interface ValidateOptions {
  /**
   * Checks the message against its source: the topmost Via names the transport, every Via can be read and is of
   * version 2.0, a stream has Content-Length (RFC 3261 §20.14). `true` for the flow that the stack noted
   * in the message.
   */
  readonly source?: MessageSource | true | undefined;
  /**
   * Checks what an element in that role must: of a proxy Max-Forwards (RFC 3261 §16.3) and the next Via of
   * a response, and not Contact and Record-Route, which it passes on as they are (§16.3 step 1); of a registrar To
   * and `Contact: *` (§10.3); of the others that a response has one Via (§8.1.3.3).
   * It decides too between Require and Proxy-Require; "uas" for that unless told.
   */
  readonly role?: Role | undefined;
  /** Reads every header field that the library knows, not only those that every element needs. */
  readonly thorough?: boolean | undefined;
  /** Methods that are taken: else 405 with Allow, 501 for one that the library does not know (§8.2.1). */
  readonly methods?: readonly string[] | undefined;
  /** Schemes of a Request-URI that are taken, lower case: else 416 (§8.2.2.1, §16.3). */
  readonly schemes?: readonly string[] | undefined;
  /** Option tags of extensions that are understood: else 420 with Unsupported (§8.2.2.3, §16.3). */
  readonly supported?: readonly string[] | undefined;
  /** Option tags that a request must have in Supported or Require: else 421 with Require (§21.4.15). */
  readonly required?: readonly string[] | undefined;
  /** Octets that a body may have: else 413 (§21.4.11). */
  readonly bodySize?: number | undefined;
  /** Media types of bodies that are taken, `text/*` for all of a kind: else 415 with Accept (§8.2.3). */
  readonly types?: readonly string[] | undefined;
  /** Encodings of bodies that are taken besides none: else 415 with Accept-Encoding (§8.2.3). */
  readonly encodings?: readonly string[] | undefined;
  /** Media types in which an INVITE can be answered: 406 where its Accept has none of them (§21.4.7). */
  readonly answers?: readonly string[] | undefined;
}
