// Usual address: a display name or none, a SIP URI in angle brackets, and a tag or nothing behind it (see usual.ts).

import {
  NONE,
  PARAMS_MAX,
  R_ADDRESS_FORM,
  R_DISPLAY,
  R_DISPLAY_QUOTED,
  R_PARAMS,
  R_PARAMS_COUNT,
  R_TAG,
  R_URI_ESCAPED,
  R_URI_HEADERS,
  R_URI_HOST,
  R_URI_KIND,
  R_URI_PARAMS,
  R_URI_PASSWORD,
  R_URI_PORT,
  R_URI_USER,
  SCHEME_SIP,
} from "../src/core/abi";
import { at, C_PARAM, C_TOKEN, trimEnd } from "./chars";
import { mark } from "./marks";
import { span } from "./memory";
import { params } from "./params";
import { more, refill, Special } from "./special";
import { isBreak, noParams, portRead, readPort } from "./usual";

/** Notes a tag as the one parameter from `p` to the end; false where there is another. What a tag is made of is not looked at. */
function tagBehind(p: usize, end: usize, to: usize): bool {
  if (end <= p + 5 || load<u32>(p, 0, 1) != 0x6761743b || load<u8>(p + 4) != 0x3d) return false; // ";tag="
  noParams(to);
  store<u32>(to, span(p + 5, end), R_TAG << 2);
  store<u32>(to, span(p, end), R_PARAMS << 2);
  store<u32>(to, 1, R_PARAMS_COUNT << 2);
  return true;
}

/**
 * Reads an address that begins at `p` into the record at `to`; the address of the comma behind it or the end, 0 for one
 * that is not usual.
 */
export function usualAddress(p: usize, end: usize, to: usize): usize {
  if (!isBreak(end)) return 0;
  let block = p;
  let bits = Special.from(p, end);
  let last = p;

  // The display name, within the first block.
  if (bits == 0) return 0;
  last = block + <usize>ctz(bits);
  bits &= bits - 1;
  let octet = load<u8>(last);
  if (octet == 0x22) {
    if (last != p) return 0;
    if (bits == 0) return 0;
    last = block + <usize>ctz(bits);
    bits &= bits - 1;
    octet = load<u8>(last);
    while (octet != 0x22) {
      if (last == end || octet == 0x5c || octet == 0x7f || octet < 0x20) return 0;
      if (bits == 0) return 0;
      last = block + <usize>ctz(bits);
      bits &= bits - 1;
      octet = load<u8>(last);
    }
    const close = last;
    store<u32>(to, span(p + 1, close), R_DISPLAY << 2);
    store<u32>(to, 1, R_DISPLAY_QUOTED << 2);
    if (bits == 0) return 0;
    last = block + <usize>ctz(bits);
    bits &= bits - 1;
    if (load<u8>(last) == 0x20 && last == close + 1) {
      if (bits == 0) return 0;
      last = block + <usize>ctz(bits);
      bits &= bits - 1;
    } else if (last != close + 1) return 0;
    if (load<u8>(last) != 0x3c || last > close + 2) return 0;
  } else {
    while (octet == 0x20) {
      if (bits == 0) return 0;
      last = block + <usize>ctz(bits);
      bits &= bits - 1;
      octet = load<u8>(last);
    }
    if (octet != 0x3c) return 0;
    store<u32>(to, span(p, trimEnd(p, last)), R_DISPLAY << 2);
    store<u32>(to, 0, R_DISPLAY_QUOTED << 2);
  }

  if ((load<u32>(last + 1, 0, 1) | 0x20202020) != 0x3a706973) return 0; // "sip:"
  const user = last + 5;
  if (bits == 0) {
    block = refill(block, end);
    bits = more;
  }
  last = block + <usize>ctz(bits);
  bits &= bits - 1;
  if (last != user - 1) return 0;
  store<u32>(to, 1, R_ADDRESS_FORM << 2);
  store<u32>(to, SCHEME_SIP, R_URI_KIND << 2);
  store<u32>(to, NONE, R_URI_PASSWORD << 2);
  store<u32>(to, 0, R_URI_ESCAPED << 2);
  let host = user;
  if (bits == 0) {
    block = refill(block, end);
    bits = more;
  }
  last = block + <usize>ctz(bits);
  bits &= bits - 1;
  if (last == user && load<u8>(last) == 0x2b) {
    // the plus sign of a telephone number
    if (bits == 0) return 0;
    last = block + <usize>ctz(bits);
    bits &= bits - 1;
  }
  octet = load<u8>(last);
  if (octet == 0x40) {
    if (last == user) return 0;
    store<u32>(to, span(user, last), R_URI_USER << 2);
    host = last + 1;
    if (bits == 0) {
      block = refill(block, end);
      bits = more;
    }
    last = block + <usize>ctz(bits);
    bits &= bits - 1;
    octet = load<u8>(last);
  } else {
    if (load<u8>(user) == 0x2b) return 0;
    store<u32>(to, NONE, R_URI_USER << 2);
  }
  if (last == host) return 0;
  store<u32>(to, span(host, last), R_URI_HOST << 2);
  let port: u32 = NONE;
  if (octet == 0x3a) {
    const digits = last + 1;
    if (bits == 0) {
      block = refill(block, end);
      bits = more;
    }
    last = block + <usize>ctz(bits);
    bits &= bits - 1;
    if (!readPort(digits, last)) return 0;
    port = portRead;
    octet = load<u8>(last);
  }
  store<u32>(to, port, R_URI_PORT << 2);

  // The parameters of the URI, up to the angle bracket.
  const first = last;
  let equals = true;
  while (octet != 0x3e) {
    if (octet == 0x3b) equals = false;
    else if (octet == 0x3d && !equals) equals = true;
    else if (last == first || octet == 0x3d || !at(last, C_PARAM)) return 0;
    if (bits == 0) {
      block = refill(block, end);
      bits = more;
    }
    last = block + <usize>ctz(bits);
    bits &= bits - 1;
    octet = load<u8>(last);
  }
  if (last - first > 2 * PARAMS_MAX) return 0;
  store<u32>(to, span(first, last), R_URI_PARAMS << 2);
  store<u32>(to, span(last, last), R_URI_HEADERS << 2);

  // Nothing behind it, or a tag that is the last.
  const behind = last + 1;
  if (behind == end) {
    noParams(to);
    store<u32>(to, span(end, end), R_PARAMS << 2);
    store<u32>(to, 0, R_PARAMS_COUNT << 2);
    return end;
  }
  if (tagBehind(behind, end, to)) {
    // Behind the semicolon and the equals sign.
    while (last < behind + 5 || (last < end && at(last, C_TOKEN))) {
      if (bits == 0) {
        block = refill(block, end);
        bits = more;
      }
      last = block + <usize>ctz(bits);
      bits &= bits - 1;
    }
    if (last == end) return end;
  }
  if (load<u8>(behind) != 0x3b) return 0;
  mark(behind, end);
  return params(behind, end);
}
