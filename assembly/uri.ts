// URI: SIP and SIPS by their grammar (RFC 3261 §19.1.1, §25.1); of any other scheme only that it is made
// of octets a URI may have.

import {
  E_RANGE,
  E_URI,
  NONE,
  PARAMS_MAX,
  R_URI_ESCAPED,
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
import { C_HEADERS, C_PARAM, C_TOKEN, C_URIC, C_USER, skip } from "./chars";
import { escaped, resetEscaped, skipEscaped } from "./escape";
import { fail } from "./failure";
import { host, hostSpan } from "./host";
import { record, span } from "./memory";
import { decimal, decimalValue } from "./number";
import { uriParams } from "./values";

/**
 * Reads the URI at `start` as far as it goes, at most to `end`; returns the address behind it, 0 where there
 * is none. Whether it ends where it should is the caller's to say: no octet that may follow a URI in angle
 * brackets can be part of one.
 */
export function uri(start: usize, end: usize): usize {
  record(R_URI_USER, NONE);
  record(R_URI_PASSWORD, NONE);
  record(R_URI_PORT, NONE);
  record(R_URI_ESCAPED, 0);
  const letters = load<u32>(start, 0, 1) | 0x20202020;
  if (letters == 0x3a706973 && start + 4 <= end) {
    record(R_URI_KIND, SCHEME_SIP);
    return sip(start + 4, end);
  }
  if (letters == 0x73706973 && start + 5 <= end && load<u8>(start + 4) == 0x3a) {
    record(R_URI_KIND, SCHEME_SIPS);
    return sip(start + 5, end);
  }
  return other(start, end);
}

/** A URI of another scheme: ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) ":" and octets of a URI. */
function other(start: usize, end: usize): usize {
  const colon = skip(start, end, C_TOKEN);
  const first = load<u8>(start) | 0x20;
  if (colon == start || colon >= end || load<u8>(colon) != 0x3a || first - 0x61 > 25)
    return fail(E_URI, colon);
  const body = colon + 1;
  const last = skipEscaped(body, end, C_URIC);
  if (last == body) return fail(E_URI, last);
  const isTel = colon - start == 3 && ((load<u32>(start, 0, 1) & 0xffffff) | 0x202020) == 0x6c6574;
  record(R_URI_KIND, isTel ? SCHEME_TEL : SCHEME_OTHER);
  record(R_URI_SCHEME, span(start, colon));
  record(R_URI_HOST, span(body, last));
  return last;
}

/** Where the host starts: behind the userinfo, if there is one; 0 after a failure. */
function userinfo(p: usize, end: usize): usize {
  resetEscaped();
  const userEnd = skipEscaped(p, end, C_USER);
  let at = userEnd;
  // A colon ends the user, or else the host: which of them, an "@" further on tells.
  if (at < end && load<u8>(at) == 0x3a) at = skipEscaped(at + 1, end, C_USER);
  if (at >= end || load<u8>(at) != 0x40) return p;
  if (userEnd == p) return fail(E_URI, p);
  record(R_URI_ESCAPED, escaped ? 1 : 0);
  record(R_URI_USER, span(p, userEnd));
  if (at != userEnd) record(R_URI_PASSWORD, span(userEnd + 1, at));
  return at + 1;
}

/** Behind "sip:" or "sips:": [ userinfo "@" ] hostport uri-parameters [ headers ]. */
function sip(p: usize, end: usize): usize {
  p = userinfo(p, end);
  if (p == 0) return 0;
  const hostEnd = host(p, end);
  if (hostEnd == 0) return fail(E_URI, p);
  record(R_URI_HOST, hostSpan);
  p = hostEnd;
  if (p < end && load<u8>(p) == 0x3a) {
    const last = decimal(p + 1, end, 65535);
    if (last == 0) return fail(E_RANGE, p + 1);
    record(R_URI_PORT, decimalValue);
    p = last;
  }

  const params = p;
  while (p < end && load<u8>(p) == 0x3b) {
    p++;
    // There may be nothing between two of them, at least in what is meant to be slow.
    if (p < end && load<u8>(p) == 0x3b) continue;
    p = skipEscaped(p, end, C_PARAM);
    if (p < end && load<u8>(p) == 0x3d) p = skipEscaped(p + 1, end, C_PARAM);
  }
  record(R_URI_PARAMS, span(params, p));

  const headers = p;
  if (p < end && load<u8>(p) == 0x3f) p = skipEscaped(p + 1, end, C_HEADERS);
  record(R_URI_HEADERS, span(headers, p));
  // What is longer may have more parameters or headers than can be read: that is said now, not when they are asked for.
  if (p - params <= 2 * PARAMS_MAX) return p;
  if (uriParams(params, headers, 0x3b) == 0 || uriParams(headers + 1, p, 0x26) == 0) return 0;
  return p;
}
