// Escape: quoted strings, percent escapes, and what may not go on the wire at all (RFC 3261 §25.1).

import { fromUtf8, needText, toBinary, utf8 } from "../core/text.ts";
import { SipError } from "../errors.ts";

const TOKEN = /^[\w.!%*+`'~-]+$/;
/** token, host with port, IPv6 reference: what a parameter's value may be without quotes. */
const BARE_VALUE = /^[\w.!%*+`'~[\]:-]+$/;
const UNSAFE = /[\r\n\0]/;
/** The same of what a value is written as: one that came in may have a NUL in a quoted-pair (RFC 3261 §25.1). */
export const UNWRITABLE: RegExp = /[\r\n]|(?<!\\)\0/;

/**
 * Whether the text may go on the wire: it has no CR, LF or NUL, which would inject header fields. Three searches for one
 * octet each take a fraction of what one for any of them does.
 */
export const isSafe = (text: string): boolean =>
  !text.includes("\n") && !text.includes("\r") && !text.includes("\0");

/**
 * Throws SipError `value_unsafe` where the text has CR, LF or NUL: they would inject header fields; `value_invalid` where
 * it is none.
 */
export function refuseUnsafe(text: string, header?: string, unsafe: RegExp = UNSAFE): string {
  const where = header ?? "the message";
  const offset = needText(text, where).search(unsafe);
  if (offset >= 0) {
    throw new SipError("value_unsafe", `CR, LF or NUL in ${where}`, { header, offset });
  }
  return text;
}

/**
 * The text, if it is of that form: a token unless told. What is no part of a grammar would bring other parts along.
 * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` for another form
 */
export function shaped(text: string, form: RegExp = TOKEN): string {
  if (form.test(refuseUnsafe(text))) return text;
  throw new SipError("value_invalid", `against the grammar: ${JSON.stringify(text.slice(0, 80))}`);
}

/** The number, if it is whole, from 0 to 2^32 - 1. @throws SipError `value_invalid` for another */
export function whole(number: number): number {
  if (number >>> 0 !== number) shaped(`${number}`, /^$/);
  return number;
}

/** word, as in a Call-ID; any visible octets will do but the separators. */
export const WORD: RegExp = /^[!-+\--:<-~]+$/;

/** True for a token of RFC 3261 §25.1. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** The text as a quoted string: backslash, quote and control characters behind a backslash (RFC 3261 §25.1). */
export function quote(text: string): string {
  return `"${text.replace(/[\\"\x01-\x08\v\f\x0e-\x1f\x7f]/g, "\\$&")}"`;
}

/** What a quoted string stands for, given without its quotes. */
export function unquotePairs(inner: string): string {
  return inner.includes("\\") ? inner.replace(/\\([\s\S])/g, "$1") : inner;
}

/** A parameter's value as it stands on the wire, to what it stands for. */
export function unquote(value: string): string {
  return value.startsWith('"') ? unquotePairs(value.slice(1, -1)) : value;
}

/** A parameter's value as it must stand on the wire: as it is, or quoted. */
export function quoteIfNeeded(value: string): string {
  return BARE_VALUE.test(value) ? value : quote(value);
}

/** Replaces percent escapes by what they stand for, once (RFC 3261 §19.1.2), and reads it as UTF-8. */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // An escape that lacks a digit, or octets that are not UTF-8.
    return decodeOctets(text);
  }
}

function decodeOctets(text: string): string {
  const octets = utf8(text);
  const size = octets.length;
  let length = 0;
  for (let at = 0; at < size; at++) {
    const octet = octets[at]!;
    const value =
      octet === PERCENT && at + 2 < size ? (hex(octets[at + 1]!) << 4) | hex(octets[at + 2]!) : -1;
    if (value >= 0) at += 2;
    octets[length++] = value >= 0 ? value : octet;
  }
  return fromUtf8(octets.subarray(0, length));
}

const PERCENT = 0x25;

/** What a hexadecimal digit stands for; below zero for an octet that is none. */
function hex(octet: number): number {
  const letter = octet | 0x20;
  return letter >= 0x61 && letter <= 0x66
    ? letter - 0x57
    : octet >= 0x30 && octet <= 0x39
      ? octet - 0x30
      : -1;
}

/** Escapes every octet of the text's UTF-8 that is not of `allowed`, a pattern of single characters. */
export function escapeExcept(text: string, allowed: RegExp): string {
  let escaped = "";
  for (const octet of toBinary(text)) {
    escaped += allowed.test(octet)
      ? octet
      : `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}

/** user: unreserved and user-unreserved */
export const USER: RegExp = /[\w.!~*'()&=+$,;?/-]/;
/** password */
export const PASSWORD: RegExp = /[\w.!~*'()&=+$,-]/;
/** paramchar */
export const PARAM: RegExp = /[\w.!~*'()[\]/:&+$-]/;
/** hname, hvalue */
export const HEADER: RegExp = /[\w.!~*'()[\]/?:+$-]/;
