// Start line: Request-Line and Status-Line (RFC 3261 §7.1, §7.2), found even where the spacing is not
// the grammar's, so that what is wrong can still be answered.

import { F_METHOD_SHIFT, F_RESPONSE, F_SPACING, T_FIRST, T_FLAGS, T_SECOND, T_THIRD } from "../src/core/abi";
import { at, C_DIGIT, C_SPACE, C_TOKEN, skipSpace, trimEnd } from "./chars";
import { span, TABLE } from "./memory";
import { findSpace } from "./scan";
import { methodId } from "./words";

function put(wordNumber: u32, value: u32): void {
  store<u32>(TABLE + ((<usize>wordNumber) << 2), value);
}

function skipDigits(p: usize, end: usize): usize {
  while (p < end && at(p, C_DIGIT)) p++;
  return p;
}

/** The address after `SIP/digits.digits` at `p`, or 0. The letters are of any case (RFC 3261 §7.1). */
function skipVersion(p: usize, end: usize): usize {
  if (p + 7 > end) return 0;
  if ((load<u32>(p, 0, 1) | 0x00202020) != 0x2f706973) return 0; // "sip/"
  const major = skipDigits(p + 4, end);
  if (major == p + 4 || major >= end || load<u8>(major) != 0x2e) return 0;
  const minor = skipDigits(major + 1, end);
  return minor == major + 1 ? 0 : minor;
}

function statusLine(start: usize, version: usize, end: usize): bool {
  const code = skipSpace(version, end);
  const after = skipDigits(code, end);
  if (code == version || after - code != 3) return false;
  const status =
    <u32>(load<u8>(code) - 0x30) * 100 +
    <u32>(load<u8>(code + 1) - 0x30) * 10 +
    <u32>(load<u8>(code + 2) - 0x30);
  if (status < 100 || status > 699) return false;
  // A missing SP before an empty reason phrase is seen in the wild, and harmless.
  if (after < end && load<u8>(after) != 0x20) return false;
  const reason = after < end ? after + 1 : end;
  put(T_FLAGS, code == version + 1 ? F_RESPONSE : F_RESPONSE | F_SPACING);
  put(T_FIRST, span(start, version));
  put(T_SECOND, status);
  put(T_THIRD, span(reason, end));
  return true;
}

function request(method: usize, start: usize, uri: usize, uriEnd: usize, flags: u32): void {
  put(T_FLAGS, flags | (methodId(start, method - start) << F_METHOD_SHIFT));
  put(T_FIRST, span(start, method));
  put(T_SECOND, span(uri, uriEnd));
}

function requestLine(start: usize, end: usize): bool {
  let method = start;
  while (method < end && at(method, C_TOKEN)) method++;
  if (method == start || method >= end || load<u8>(method) != 0x20) return false;
  // As it should be: one SP, no white space in the URI, one SP, SIP/2.0.
  const space = end - 8;
  if (space > method + 1 && isSip2(space) && findSpace(method + 1, space) == space) {
    request(method, start, method + 1, space, 0);
    put(T_THIRD, span(space + 1, end));
    return true;
  }
  const last = trimEnd(start, end);
  // The version is what follows the last white space; the Request-URI is all between.
  let version = last;
  while (version > method && !at(version - 1, C_SPACE)) version--;
  if (skipVersion(version, last) != last) return false;
  const uri = skipSpace(method, version);
  const uriEnd = trimEnd(uri, version);
  if (uri >= uriEnd) return false;
  const spaced = last != end || uri != method + 1 || uriEnd != version - 1 || load<u8>(uriEnd) != 0x20;
  request(method, start, uri, uriEnd, spaced || findSpace(uri, uriEnd) != uriEnd ? F_SPACING : 0);
  put(T_THIRD, span(version, last));
  return true;
}

/** True where " SIP/2.0" stands at `p`. */
function isSip2(p: usize): bool {
  return load<u64>(p, 0, 1) == 0x302e322f50495320;
}

/** Reads the start line `start` … `end` (without its line end) into the table; false where it is none. */
export function startLine(start: usize, end: usize): bool {
  const version = skipVersion(start, end);
  return version != 0 && version < end && at(version, C_SPACE)
    ? statusLine(start, version, end)
    : requestLine(start, end);
}
