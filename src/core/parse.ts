// Parse: bytes or text into a Head, or a failure that costs no Error. A bad datagram is daily bread.

import { type ErrorCode, notWanted, SipError } from "../errors.ts";
import { E_HEAD_TOO_LARGE, E_TOO_MANY_HEADERS, T_BODY_LENGTH, T_HEAD_END, WINDOW_SIZE } from "./abi.ts";
import { type Engine, engine } from "./engine.ts";
import { Head } from "./head.ts";
import { binaryFrom, DATA, encodeAscii, latin1Slice, utf8 } from "./text.ts";
import { hold, holds, holdsNothing } from "./window.ts";

/** Limits on what is taken for a message. */
export interface ParseLimits {
  /** Bytes of the whole message; 1 MiB unless told. */
  messageSize?: number | undefined;
  /** Bytes of start line and header fields; 65,535 unless told, and at most. */
  headSize?: number | undefined;
  /** Header fields; 256 unless told, 2,048 at most. */
  headers?: number | undefined;
}

/** Why something is no message. */
export interface ParseFailure {
  /** Tells it from a message. */
  readonly kind: "failure";
  /** Which of the codes of parseMessage. */
  readonly code: ErrorCode;
}

// By their E_* codes.
const CODES: readonly ErrorCode[] = [
  "message_too_large",
  "message_empty",
  "head_incomplete",
  "head_too_large",
  "start_line_invalid",
  "too_many_headers",
  "line_end_invalid",
];
const FAILURES = CODES.map((code): ParseFailure => ({ kind: "failure", code }));
const TOO_LARGE = FAILURES[0] as ParseFailure;
const HEAD_TOO_LARGE = FAILURES[E_HEAD_TOO_LARGE] as ParseFailure;
const TOO_MANY = FAILURES[E_TOO_MANY_HEADERS] as ParseFailure;
const MESSAGE_SIZE = 1_048_576;
const HEADERS = 256;

/**
 * Parses one message, the whole of `data`. Octets behind the body that Content-Length tells of are left out.
 *
 * This is one function of more than 460 octets of bytecode, so that V8 takes it for itself, with the short ones that it
 * calls, and not into its callers: what they can take in, about 900 octets, they need for reading values.
 */
export function parseHead(data: Uint8Array | string, limits?: ParseLimits): Head | ParseFailure {
  const messageSize = limits?.messageSize ?? MESSAGE_SIZE;
  // Of text before it is encoded: it has at least as many octets as characters.
  let length = data?.length;
  if (length === undefined) throw notWanted("message", DATA, data);
  if (length > messageSize) return TOO_LARGE;
  const core = engine();
  const { window, table } = core;
  // The window is written from here on, whatever comes of it.
  holdsNothing();
  let bytes: Uint8Array | undefined;
  if (typeof data !== "string") {
    bytes = data;
  } else if (length > WINDOW_SIZE || !encodeAscii(data, window)) {
    bytes = utf8(data);
    length = bytes.length;
    if (length > messageSize) return TOO_LARGE;
  }
  // Of what is longer the window takes the head, and what of the body there is room for.
  if (bytes !== undefined) window.set(length > WINDOW_SIZE ? bytes.subarray(0, WINDOW_SIZE) : bytes);
  const count = core.parse(length > WINDOW_SIZE ? WINDOW_SIZE : length);
  if (count < 0) return FAILURES[-count] as ParseFailure;
  if (count > (limits?.headers ?? HEADERS)) return TOO_MANY;
  const headEnd = table[T_HEAD_END]!;
  if (headEnd > (limits?.headSize ?? WINDOW_SIZE)) return HEAD_TOO_LARGE;
  // The message ends behind the body, as far as Content-Length or the octets go (RFC 3261 §18.3).
  const end = Math.min(headEnd + table[T_BODY_LENGTH]!, length);
  let text: string;
  if (bytes === undefined) {
    // A text frame of ASCII is the binary string already.
    text = (data as string).slice(0, end);
  } else if (latin1Slice === undefined) {
    text = decode(core, bytes, end);
  } else {
    // Out of the window, where all of it is there: that one is at hand, when Buffer would have to find its way to the
    // store of an array that it has not seen before.
    text = latin1Slice.call(end > WINDOW_SIZE ? bytes : window, 0, end);
  }
  holds(text);
  return new Head(core, text, count);
}

/** Parses what was put together here, a binary string within the limits of the core. */
export function parseOwn(text: string): Head {
  const core = hold(text);
  const count = core.parse(text.length);
  if (count < 0) throw new SipError("value_invalid", "what was put together is no message");
  return new Head(core, text, count);
}

function decode(core: Engine, bytes: Uint8Array, end: number): string {
  const whole = end === bytes.length ? bytes : bytes.subarray(0, end);
  return binaryFrom(whole, end <= WINDOW_SIZE && core.ascii(end) === 1);
}
