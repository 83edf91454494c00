// URI: SIP and SIPS by their grammar (RFC 3261 §19.1.1, §25.1); of any other scheme only that it is made
// of octets a URI may have.

import {
  E_RANGE,
  E_URI,
  NONE,
  R_URI,
  R_URI_FLAGS,
  R_URI_HEADERS,
  R_URI_HOST,
  R_URI_KIND,
  R_URI_PARAMS,
  R_URI_PASSWORD,
  R_URI_PORT,
  R_URI_SCHEME,
  R_URI_USER,
  SCHEME_OTHER,
  SCHEME_SIP,
  SCHEME_SIPS,
  SCHEME_TEL,
} from "../src/core/abi";
import { C_HEADERS, C_HOST, C_PARAM, C_TOKEN, C_URIC, C_USER, isHex, skip } from "./chars";
import { fail } from "./failure";
import { host, hostBracketed, hostSpan } from "./host";
import { record, span } from "./memory";
import { decimal, decimalValue } from "./number";

/** The address of the first octet `wanted` from `p`, or `end`. */
function find(p: usize, end: usize, wanted: u32): usize {
  while (p < end && load<u8>(p) != wanted) p++;
  return p;
}

/** True where every percent sign has two hexadecimal digits behind it. */
function escapesHold(p: usize, end: usize): bool {
  for (; p < end; p++) {
    if (load<u8>(p) != 0x25) continue;
    if (p + 2 >= end || !isHex(load<u8>(p + 1)) || !isHex(load<u8>(p + 2))) return false;
    p += 2;
  }
  return true;
}

/** The address of the first octet that is not of the class, where all escapes before it hold; else 0. */
function part(p: usize, end: usize, bits: u8): usize {
  const last = skip(p, end, bits);
  return escapesHold(p, last) ? last : 0;
}

/** Reads the URI that is all of `start` … `end`; true where it is one. */
export function uri(start: usize, end: usize): bool {
  const colon = skip(start, end, C_HOST | C_TOKEN);
  if (colon == start || colon >= end || load<u8>(colon) != 0x3a) return fail(E_URI, colon) != 0;
  record(R_URI, span(start, end));
  record(R_URI_SCHEME, span(start, colon));
  record(R_URI_USER, NONE);
  record(R_URI_PASSWORD, NONE);
  record(R_URI_PORT, NONE);
  record(R_URI_FLAGS, 0);
  const body = colon + 1;
  const letters = load<u32>(start, 0, 1) | 0x20202020;
  const length = colon - start;
  let kind = SCHEME_OTHER;
  if (length == 3 && (letters & 0xffffff) == 0x706973) kind = SCHEME_SIP;
  else if (length == 4 && letters == 0x73706973) kind = SCHEME_SIPS;
  else if (length == 3 && (letters & 0xffffff) == 0x6c6574) kind = SCHEME_TEL;
  record(R_URI_KIND, kind);
  if (kind == SCHEME_SIP || kind == SCHEME_SIPS) return sip(body, end);

  const last = part(body, end, C_URIC);
  if (last != end || body == end) return fail(E_URI, last) != 0;
  record(R_URI_HOST, span(body, end));
  record(R_URI_PARAMS, span(end, end));
  record(R_URI_HEADERS, span(end, end));
  return true;
}

function sip(p: usize, end: usize): bool {
  let flags: u32 = 0;
  const atSign = find(p, end, 0x40);
  if (atSign < end) {
    // userinfo = user [ ":" password ]; a colon cannot stand in the user.
    const userEnd = part(p, atSign, C_USER);
    if (userEnd == 0 || userEnd == p) return fail(E_URI, p) != 0;
    if (find(p, atSign, 0x25) != atSign) flags = 1;
    record(R_URI_USER, span(p, userEnd));
    if (userEnd < atSign) {
      if (load<u8>(userEnd) != 0x3a) return fail(E_URI, userEnd) != 0;
      if (part(userEnd + 1, atSign, C_USER) != atSign) return fail(E_URI, userEnd + 1) != 0;
      record(R_URI_PASSWORD, span(userEnd + 1, atSign));
    }
    p = atSign + 1;
  }

  const hostEnd = host(p, end);
  if (hostEnd == 0) return fail(E_URI, p) != 0;
  record(R_URI_HOST, hostSpan);
  record(R_URI_FLAGS, hostBracketed ? flags | 2 : flags);
  p = hostEnd;
  if (p < end && load<u8>(p) == 0x3a) {
    const last = decimal(p + 1, end, 65535);
    if (last == 0) return fail(E_RANGE, p + 1) != 0;
    record(R_URI_PORT, decimalValue);
    p = last;
  }

  const params = p;
  while (p < end && load<u8>(p) == 0x3b) {
    p = part(p + 1, end, C_PARAM);
    if (p == 0) return fail(E_URI, params) != 0;
    if (p < end && load<u8>(p) == 0x3d) {
      p = part(p + 1, end, C_PARAM);
      if (p == 0) return fail(E_URI, params) != 0;
    }
  }
  record(R_URI_PARAMS, span(params, p));

  const headers = p;
  if (p < end && load<u8>(p) == 0x3f) {
    p = part(p + 1, end, C_HEADERS);
    if (p == 0) return fail(E_URI, headers) != 0;
  }
  record(R_URI_HEADERS, span(headers, p));
  return p == end || fail(E_URI, p) != 0;
}
