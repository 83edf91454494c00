// Parse: bytes or text into a Head, or a failure that costs no Error. A bad datagram is daily bread.

import { type ErrorCode, SipError } from "../errors.ts";
import {
  E_EMPTY,
  E_HEAD_INCOMPLETE,
  E_HEAD_TOO_LARGE,
  E_START_LINE,
  T_BODY_LENGTH,
  T_HEAD_END,
  WINDOW_SIZE,
} from "./abi.ts";
import { type Engine, engine } from "./engine.ts";
import { Head } from "./head.ts";
import { binaryFrom, encodeAscii, latin1Slice, utf8 } from "./text.ts";
import { hold, holds, holdsNothing } from "./window.ts";

/** Limits on what is taken for a message. */
export interface ParseLimits {
  /** Bytes of the whole message; 1 MiB unless told. */
  messageSize?: number;
  /** Bytes of start line and header fields; 65,535 unless told, and at most. */
  headSize?: number;
  /** Header fields; 256 unless told, 2,048 at most. */
  headers?: number;
}

/** Why something is no message. */
export interface ParseFailure {
  readonly kind: "failure";
  readonly code: ErrorCode;
}

const FAILURES: Readonly<Record<number, ParseFailure>> = {
  [E_EMPTY]: { kind: "failure", code: "message_empty" },
  [E_HEAD_INCOMPLETE]: { kind: "failure", code: "head_incomplete" },
  [E_HEAD_TOO_LARGE]: { kind: "failure", code: "head_too_large" },
  [E_START_LINE]: { kind: "failure", code: "start_line_invalid" },
};
const TOO_LARGE: ParseFailure = { kind: "failure", code: "message_too_large" };
const HEAD_TOO_LARGE: ParseFailure = { kind: "failure", code: "head_too_large" };
const TOO_MANY: ParseFailure = { kind: "failure", code: "too_many_headers" };
const USUAL_LIMITS: Required<ParseLimits> = { messageSize: 1_048_576, headSize: WINDOW_SIZE, headers: 256 };

/**
 * Parses one message, the whole of `data`. Octets behind the body that Content-Length tells of are left out.
 * This function and those that it calls for bytes are short, so that V8 makes one of them all.
 */
export function parseHead(data: Uint8Array | string, limits?: ParseLimits): Head | ParseFailure {
  const all = limits === undefined ? USUAL_LIMITS : complete(limits);
  return typeof data === "string" ? parseText(data, all) : parseBytes(data, all);
}

/** Parses what was put together here, a binary string within the limits of the core. */
export function parseOwn(text: string): Head {
  const core = hold(text);
  const count = core.parse(text.length);
  if (count < 0) throw new SipError("value_invalid", "what was put together is no message");
  return new Head(core, text, count);
}

function complete({ messageSize, headSize, headers }: ParseLimits): Required<ParseLimits> {
  return {
    messageSize: messageSize ?? USUAL_LIMITS.messageSize,
    headSize: headSize ?? USUAL_LIMITS.headSize,
    headers: headers ?? USUAL_LIMITS.headers,
  };
}

function parseBytes(bytes: Uint8Array, limits: Required<ParseLimits>): Head | ParseFailure {
  const { length } = bytes;
  if (length > WINDOW_SIZE || length > limits.messageSize) return parseLarge(bytes, limits);
  const core = engine();
  // The window is written from here on, whatever comes of it.
  holdsNothing();
  core.window.set(bytes);
  return finish(core, bytes, core.parse(length), limits);
}

/** Parses a message of which the window takes the head and what of the body there is room for. */
function parseLarge(bytes: Uint8Array, limits: Required<ParseLimits>): Head | ParseFailure {
  if (bytes.length > limits.messageSize) return TOO_LARGE;
  const core = engine();
  holdsNothing();
  core.window.set(bytes.subarray(0, WINDOW_SIZE));
  return finish(core, bytes, core.parse(WINDOW_SIZE), limits);
}

function finish(
  core: Engine,
  bytes: Uint8Array,
  count: number,
  limits: Required<ParseLimits>,
): Head | ParseFailure {
  if (count < 0 || count > limits.headers || core.table[T_HEAD_END]! > limits.headSize)
    return refuse(count, limits);
  const text = textFrom(core, bytes, messageEnd(core, bytes.length));
  holds(text);
  return new Head(core, text, count);
}

function parseText(text: string, limits: Required<ParseLimits>): Head | ParseFailure {
  // Before it is encoded: it has at least as many octets as characters.
  if (text.length > limits.messageSize) return TOO_LARGE;
  const core = engine();
  holdsNothing();
  // A text frame of ASCII is the binary string already.
  if (text.length > WINDOW_SIZE || !encodeAscii(text, core.window)) return parseBytes(utf8(text), limits);
  const count = core.parse(text.length);
  if (count < 0 || count > limits.headers || core.table[T_HEAD_END]! > limits.headSize)
    return refuse(count, limits);
  const end = messageEnd(core, text.length);
  const message = end === text.length ? text : text.slice(0, end);
  holds(message);
  return new Head(core, message, count);
}

/** Where the message ends: behind the body, as far as Content-Length or the bytes go (RFC 3261 §18.3). */
function messageEnd(core: Engine, available: number): number {
  const end = core.table[T_HEAD_END]! + core.table[T_BODY_LENGTH]!;
  return end < available ? end : available;
}

/**
 * The text of the message. Out of the window, where all of it is there: that one is at hand, when Buffer would have to
 * find its way to the store of an array that it has not seen before.
 */
function textFrom(core: Engine, bytes: Uint8Array, end: number): string {
  return latin1Slice === undefined
    ? decode(core, bytes, end)
    : latin1Slice.call(end > WINDOW_SIZE ? bytes : core.window, 0, end);
}

function decode(core: Engine, bytes: Uint8Array, end: number): string {
  const whole = end === bytes.length ? bytes : bytes.subarray(0, end);
  return binaryFrom(whole, end <= WINDOW_SIZE && core.ascii(end) === 1);
}

function refuse(count: number, limits: Required<ParseLimits>): ParseFailure {
  if (count < 0) return FAILURES[-count] ?? TOO_MANY;
  return count > limits.headers ? TOO_MANY : HEAD_TOO_LARGE;
}
