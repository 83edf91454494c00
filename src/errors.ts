// SipError: the one error class of the library. Every error has a stable code, and, where the
// wire is to blame, the SIP status that answers it, the byte offset and the header field's name.

/** Stable machine-readable reasons; the message text may change, these do not. */
export type ErrorCode =
  // parsing (the message or value cannot be represented)
  | "message_empty"
  | "message_too_large"
  | "head_too_large"
  | "head_incomplete"
  | "start_line_invalid"
  | "line_end_invalid"
  | "too_many_headers"
  | "too_many_values"
  // a header field's value does not follow its grammar, or is out of range
  | "value_invalid"
  | "value_duplicate"
  | "header_missing"
  | "uri_invalid"
  // a multipart body does not follow its grammar, or has more parts or levels than the limits allow
  | "body_invalid"
  | "body_too_complex"
  // a value given by the caller may not go on the wire (CR, LF or NUL: header injection)
  | "value_unsafe"
  // a request that has gone as far as its Max-Forwards lets it
  | "too_many_hops"
  // sending
  | "no_target"
  | "no_transport"
  | "transport_failed"
  | "connection_closed"
  // transactions
  | "timeout"
  | "aborted"
  | "terminated"
  | "transaction_exists"
  | "transaction_state"
  // a response that answers another request than the one it was given for
  | "response_mismatch"
  // a final response other than 2xx, where a 2xx was asked for
  | "refused"
  // a response that came in for no request of ours
  | "response_stray"
  // the stack and its surroundings
  | "core_failed"
  | "closed"
  // more transactions than the limit allows
  | "overloaded"
  | "address_in_use"
  | "wasm_unavailable"
  | "unsupported";

/** What a SipError carries besides its code; all optional. */
export interface SipErrorDetails {
  /** The SIP status code that answers this fault (RFC 3261 §21), where a request waits for one. */
  status?: number | undefined;
  /** Byte offset of the fault in the message or value. */
  offset?: number | undefined;
  /** The header field's name. */
  header?: string | undefined;
  /** The index of the value among those of its header field, from 0. */
  index?: number | undefined;
  /** The error underneath. */
  cause?: unknown;
}

/** The error that every function of this library throws or reports. */
export class SipError extends Error {
  /** Why, for a program to tell. */
  readonly code: ErrorCode;
  /** The SIP status code that answers it (RFC 3261 §21); undefined where the wire is not to blame. */
  readonly status: number | undefined;
  /** Byte offset of the fault in the message or value, where it is known. */
  readonly offset: number | undefined;
  /** The name of the header field with the fault, where it is known. */
  readonly header: string | undefined;
  /** The index of the value among those of its header field, from 0, where it is known. */
  readonly index: number | undefined;

  /** For transports, resolvers and location services of your own. Control characters in `message` become `?`. */
  constructor(code: ErrorCode, message: string, details: SipErrorDetails = {}) {
    // Peers' words may stand in it: in a log or terminal they are to be no more than words.
    super(message.replace(/\p{Cc}/gu, "?"), details);
    this.name = "SipError";
    this.code = code;
    this.status = details.status;
    this.offset = details.offset;
    this.header = details.header;
    this.index = details.index;
  }

  /** A plain object for logs and structured clones, which drop an error's own fields. */
  toJSON(): Record<string, unknown> {
    const { name, code, message, status, offset, header, index } = this;
    return { name, code, message, status, offset, header, index };
  }
}

/**
 * @internal The error for an argument or option that is something else than was asked for.
 *
 * @param where its name, or that of what it was given to
 * @param wanted what was asked for, with its article
 */
export function notWanted(where: string, wanted: string, given: unknown): SipError {
  return new SipError("value_invalid", `${where}: ${wanted} is wanted, not ${given}`);
}
