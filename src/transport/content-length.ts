// Content-Length as a stream's framer needs it: found in the octets of a head, before there is a message.
// It reads lines, folds and names as the parser does, so that the two cannot differ on where a body ends.

const LF = 10;
const CR = 13;
const SP = 32;
const HTAB = 9;
const COLON = 58;
const HYPHEN = 45;
/** The largest one that the parser takes. */
const MAX = 0x7fffffff;
const ASCII = new TextEncoder();

/** What a head says about its body, where that is not a length. */
export type LengthFault =
  /** There is no Content-Length, and no Content-Type: nothing speaks for a body. */
  | "absent"
  /** There is no Content-Length, but a Content-Type. */
  | "missing"
  /** Its value is no number, or too large for one. */
  | "invalid"
  /** There are several that differ. */
  | "differing";

/** The body's length in octets by the header fields of `head`, a whole head with its empty line; or why there is none. Linear. */
export function contentLength(head: Uint8Array): number | LengthFault {
  let found: number | undefined;
  let typed = false;
  let at = head.indexOf(LF) + 1;
  while (at < head.length) {
    const first = head[at]! | 0x20;
    let lf = lineEnd(head, at);
    const end = lf;
    // A line that begins with white space goes on with the one before (RFC 3261 §7.3.1).
    while (head[lf + 1] === SP || head[lf + 1] === HTAB) lf = lineEnd(head, lf + 1);
    // c or l: all other header fields cost one comparison.
    if (first === 0x63 || first === 0x6c) {
      const value = valueAfter(head, at, end, "content-length", "l");
      if (value >= 0) {
        const length = decimal(head, value, lf);
        if (length === undefined) return "invalid";
        if (found !== undefined && found !== length) return "differing";
        found = length;
      } else typed ||= valueAfter(head, at, end, "content-type", "c") >= 0;
    }
    at = lf + 1;
  }
  return found ?? (typed ? "missing" : "absent");
}

/**
 * The message with a Content-Length, which it has to have on a stream (RFC 3261 §20.14): itself where it has
 * one, else a copy with the length of what follows its head. What has no head is left as it is.
 */
export function withContentLength(message: Uint8Array): Uint8Array {
  let line = 0;
  for (let lf = message.indexOf(LF); lf >= 0; lf = message.indexOf(LF, line)) {
    const blank = lf === line || (lf === line + 1 && message[line] === CR);
    if (blank && line > 0) {
      const head = message.subarray(0, lf + 1);
      const found = contentLength(head);
      if (found !== "absent" && found !== "missing") return message;
      const field = ASCII.encode(`Content-Length: ${message.length - head.length}\r\n`);
      const whole = new Uint8Array(message.length + field.length);
      whole.set(message.subarray(0, line));
      whole.set(field, line);
      whole.set(message.subarray(line), line + field.length);
      return whole;
    }
    if (blank) return message;
    line = lf + 1;
  }
  return message;
}

function lineEnd(head: Uint8Array, at: number): number {
  const lf = head.indexOf(LF, at);
  return lf < 0 ? head.length : lf;
}

/** Where the value of a line begins, if the line's name is that one, in any case; else -1. */
function valueAfter(head: Uint8Array, start: number, end: number, name: string, compact: string): number {
  const length = (head[start + 1]! | 0x20) === name.charCodeAt(1) ? name.length : 1;
  const wanted = length === 1 ? compact : name;
  if (end - start <= length) return -1;
  for (let i = 0; i < length; i++) {
    const octet = head[start + i]!;
    // A CR is a hyphen but for the bit that tells small letters from capital ones.
    if ((octet | 0x20) !== wanted.charCodeAt(i) || octet < HYPHEN) return -1;
  }
  let at = start + length;
  while (head[at] === SP || head[at] === HTAB) at++;
  return at < end && head[at] === COLON ? at + 1 : -1;
}

/** The number that stands alone from `at` to `end`, white space aside. */
function decimal(head: Uint8Array, at: number, end: number): number | undefined {
  while (at < end && isSpace(head[at]!)) at++;
  while (end > at && isSpace(head[end - 1]!)) end--;
  if (at === end) return undefined;
  let value = 0;
  for (; at < end; at++) {
    const digit = head[at]! - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
    if (value > MAX) return undefined;
  }
  return value;
}

function isSpace(octet: number): boolean {
  return octet === SP || octet === HTAB || octet === CR || octet === LF;
}
