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
import { binaryFrom, encodeAscii, hasBuffer, utf8 } from "./text.ts";
import { hold, holds } from "./window.ts";

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
const NO_LIMITS: ParseLimits = {};
const MESSAGE_SIZE = 1_048_576;

/** Parses one message, the whole of `data`. Octets behind the body that Content-Length tells of are left out. */
export function parseHead(data: Uint8Array | string, limits: ParseLimits = NO_LIMITS): Head | ParseFailure {
  // Before a string is encoded, which has at least as many octets as characters.
  if (data.length > (limits.messageSize ?? MESSAGE_SIZE)) return TOO_LARGE;
  const core = engine();
  // The window is written from here on, whatever comes of it.
  holds(undefined);
  if (typeof data !== "string") return parseBytes(core, data, limits);
  // A text frame of ASCII is the binary string already.
  if (data.length > WINDOW_SIZE || !encodeAscii(data, core.window))
    return parseBytes(core, utf8(data), limits);
  const count = core.parse(data.length);
  if (count < 0) return refuse(count);
  const end = messageEnd(core, data.length);
  return finish(core, end === data.length ? data : data.slice(0, end), count, limits);
}

/** Parses what was put together here, a binary string within the limits of the core. */
export function parseOwn(text: string): Head {
  const core = hold(text);
  const count = core.parse(text.length);
  if (count < 0) throw new SipError("value_invalid", "what was put together is no message");
  return new Head(core, text, count);
}

function parseBytes(core: Engine, bytes: Uint8Array, limits: ParseLimits): Head | ParseFailure {
  if (bytes.length > (limits.messageSize ?? MESSAGE_SIZE)) return TOO_LARGE;
  const length = Math.min(bytes.length, WINDOW_SIZE);
  core.window.set(length === bytes.length ? bytes : bytes.subarray(0, length));
  const count = core.parse(length);
  if (count < 0) return refuse(count);
  const end = messageEnd(core, bytes.length);
  const whole = end === bytes.length ? bytes : bytes.subarray(0, end);
  const ascii = !hasBuffer && end <= WINDOW_SIZE && core.ascii(end) === 1;
  return finish(core, binaryFrom(whole, ascii), count, limits);
}

/** Where the message ends: behind the body, as far as Content-Length or the bytes go (RFC 3261 §18.3). */
function messageEnd(core: Engine, available: number): number {
  const end = core.table[T_HEAD_END]! + core.table[T_BODY_LENGTH]!;
  return Math.min(end, available);
}

function finish(core: Engine, text: string, count: number, limits: ParseLimits): Head | ParseFailure {
  if (count > (limits.headers ?? 256)) return TOO_MANY;
  if (limits.headSize !== undefined && core.table[T_HEAD_END]! > limits.headSize) return HEAD_TOO_LARGE;
  holds(text);
  return new Head(core, text, count);
}

function refuse(count: number): ParseFailure {
  return FAILURES[-count] ?? TOO_MANY;
}
