// Usual: Via and addresses as nearly all of them are, read from one special octet to the next, in a straight line.
// Whatever is not so is left to the grammar (via.ts, address.ts), which finds the same in it. Only where the target
// has vectors.

import {
  FLAG,
  NONE,
  PARAMS_MAX,
  R_ADDRESS_FORM,
  R_BAD_Q,
  R_BRANCH,
  R_DISPLAY,
  R_DISPLAY_QUOTED,
  R_PARAMS,
  R_PARAMS_COUNT,
  R_RECEIVED,
  R_RPORT,
  R_TAG,
  R_URI_ESCAPED,
  R_URI_HEADERS,
  R_URI_HOST,
  R_URI_KIND,
  R_URI_PARAMS,
  R_URI_PASSWORD,
  R_URI_PORT,
  R_URI_USER,
  R_VIA_HOST,
  R_VIA_PLAIN,
  R_VIA_PORT,
  R_VIA_PROTOCOL,
  R_VIA_TRANSPORT,
  R_VIA_TRANSPORT_ID,
  R_VIA_VERSION,
  SCHEME_SIP,
} from "../src/core/abi";
import { at, C_PARAM, C_TOKEN, C_VALUE, trimEnd } from "./chars";
import { mark, special } from "./marks";
import { record, recorded, span, WINDOW } from "./memory";
import { decimal, decimalValue } from "./number";
import { note, params } from "./params";
import { transportId } from "./words";

/** The special octets that were not come to yet of the sixty-four from `block` on, a bit each. */
let bits: u64 = 0;
let block: usize = 0;
let stop: usize = 0;
/** The special octet that was come to, and 0 at the end. */
let octet: u32 = 0;

/** Starts at `p` in a value that ends at `end`. */
function open(p: usize, end: usize): void {
  block = p;
  stop = end;
  bits = special(p);
}

/** The bits of the next block that has any; 0 behind the end. */
function nextBlock(): u64 {
  const end = stop;
  let p = block + 64;
  let found: u64 = 0;
  for (; p < end; p += 64) {
    found = special(p);
    if (found != 0) break;
  }
  block = p;
  return found;
}

/** Only methods can be inlined where a decorator that TypeScript takes asks for it. */
class Special {
  /** The address of the next special octet, which is then in `octet`, or the end. */
  @inline
  static next(): usize {
    let left = bits;
    if (left == 0) left = nextBlock();
    const found = block + <usize>ctz(left);
    const end = stop;
    if (found >= end) {
      octet = 0;
      return end;
    }
    bits = left & (left - 1);
    octet = load<u8>(found);
    return found;
  }
}

let port: u32 = 0;

/** Reads the digits `p` … `end` as a port into `port`; false where they are none, or no port. */
function readPort(p: usize, end: usize): bool {
  if (p == end || end > p + 5) return false;
  let value: u32 = 0;
  for (; p < end; p++) {
    const digit = <u32>load<u8>(p) - 0x30;
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  port = value;
  return value <= 65535;
}

/** Notes that of the parameters that have words of their own none is there. */
function noParams(): void {
  record(R_TAG, NONE);
  record(R_BRANCH, NONE);
  record(R_RECEIVED, NONE);
  record(R_RPORT, NONE);
  record(R_BAD_Q, 0);
}

/** Reads a Via that begins at `p`; the address of the comma behind it or the end, 0 for one that is not usual. */
export function usualVia(p: usize, end: usize): usize {
  if (load<u64>(p, 0, 1) != 0x2f302e322f504953) return 0; // "SIP/2.0/"
  open(p + 8, end);
  const gap = Special.next();
  const start = gap + 1;
  if (octet != 0x20 || gap == p + 8) return 0;
  record(R_VIA_PROTOCOL, span(p, p + 3));
  record(R_VIA_VERSION, span(p + 4, p + 7));
  record(R_VIA_TRANSPORT, span(p + 8, gap));
  record(R_VIA_TRANSPORT_ID, transportId(p + 8, gap - p - 8));
  record(R_VIA_PLAIN, 1);
  let last = Special.next();
  if (last == start) return 0;
  record(R_VIA_HOST, span(start, last));
  port = NONE;
  if (octet == 0x3a) {
    const digits = last + 1;
    last = Special.next();
    if (!readPort(digits, last)) return 0;
  }
  record(R_VIA_PORT, port);

  noParams();
  const first = last;
  let count: u32 = 0;
  while (octet == 0x3b) {
    const name = last + 1;
    last = Special.next();
    const length = last - name;
    if (length == 0 || count++ == PARAMS_MAX) return 0;
    let value: u32 = NONE;
    if (octet == 0x3d) {
      const begin = last + 1;
      last = Special.next();
      while (last < end && octet != 0x3b && octet != 0x2c) {
        if (!at(last, C_VALUE)) return 0;
        last = Special.next();
      }
      if (last == begin) return 0;
      value = span(begin, last);
    }
    note(name, length, value);
  }
  if (last < end && octet != 0x2c) return 0;
  record(R_PARAMS, span(first, last));
  record(R_PARAMS_COUNT, count);
  const rport = recorded(R_RPORT);
  if (rport < <u32>FLAG) {
    const behind = WINDOW + <usize>(rport >>> 16);
    record(
      R_RPORT,
      decimal(WINDOW + <usize>(rport & 0xffff), behind, 65535) == behind ? decimalValue : <u32>FLAG,
    );
  }
  return last;
}

/** Reads the display name at `p`, if there is one, up to the angle bracket behind it; its address, or 0. */
function usualName(p: usize, end: usize): usize {
  let open = Special.next();
  record(R_DISPLAY_QUOTED, 0);
  if (octet == 0x22) {
    if (open != p) return 0;
    let close = Special.next();
    while (octet != 0x22) {
      if (close == end || octet == 0x5c) return 0;
      close = Special.next();
    }
    record(R_DISPLAY, span(p + 1, close));
    record(R_DISPLAY_QUOTED, 1);
    open = Special.next();
    if (octet == 0x20 && open == close + 1) open = Special.next();
    else if (open != close + 1) return 0;
    return octet == 0x3c && open <= close + 2 ? open : 0;
  }
  while (octet == 0x20) open = Special.next();
  if (octet != 0x3c) return 0;
  record(R_DISPLAY, span(p, trimEnd(p, open)));
  return open;
}

/** Reads the parameters of a SIP URI at `p`, up to the angle bracket behind it; its address, or 0. */
function usualUriParams(p: usize, end: usize): usize {
  let equals = true;
  while (octet != 0x3e) {
    if (octet == 0x3b) equals = false;
    else if (octet == 0x3d && !equals) equals = true;
    else if (p == end || octet == 0x3d || !at(p, C_PARAM)) return 0;
    p = Special.next();
  }
  return p;
}

/** Reads an address that begins at `p`; the address of the comma behind it or the end, 0 for one that is not usual. */
export function usualAddress(p: usize, end: usize): usize {
  open(p, end);
  const bracket = usualName(p, end);
  if (bracket == 0 || (load<u32>(bracket + 1, 0, 1) | 0x20202020) != 0x3a706973) return 0; // "sip:"
  const user = bracket + 5;
  if (Special.next() != user - 1) return 0;
  record(R_ADDRESS_FORM, 1);
  record(R_URI_KIND, SCHEME_SIP);
  record(R_URI_PASSWORD, NONE);
  record(R_URI_ESCAPED, 0);
  let host = user;
  let last = Special.next();
  if (octet == 0x2b && last == user) last = Special.next(); // the plus sign of a telephone number
  if (octet == 0x40) {
    if (last == user) return 0;
    record(R_URI_USER, span(user, last));
    host = last + 1;
    last = Special.next();
  } else {
    if (load<u8>(user) == 0x2b) return 0;
    record(R_URI_USER, NONE);
  }
  if (last == host) return 0;
  record(R_URI_HOST, span(host, last));
  port = NONE;
  if (octet == 0x3a) {
    const digits = last + 1;
    last = Special.next();
    if (!readPort(digits, last)) return 0;
  }
  record(R_URI_PORT, port);
  const close = octet == 0x3e ? last : octet == 0x3b ? usualUriParams(last, end) : 0;
  if (close == 0) return 0;
  record(R_URI_PARAMS, span(last, close));
  record(R_URI_HEADERS, span(close, close));

  // Nothing behind it, or a tag that is the last.
  const behind = close + 1;
  if (behind == end) {
    noParams();
    record(R_PARAMS, span(end, end));
    record(R_PARAMS_COUNT, 0);
    return end;
  }
  if (load<u32>(behind, 0, 1) == 0x6761743b && load<u8>(behind + 4) == 0x3d && end > behind + 5) {
    Special.next();
    Special.next();
    last = Special.next();
    while (last < end && at(last, C_TOKEN)) last = Special.next();
    if (last == end) {
      noParams();
      record(R_TAG, span(behind + 5, end));
      record(R_PARAMS, span(behind, end));
      record(R_PARAMS_COUNT, 1);
      return end;
    }
  }
  if (load<u8>(behind) != 0x3b) return 0;
  mark(behind, end);
  return params(behind, end);
}

/** True for a Call-ID of plain octets with at most one "@" between. */
export function usualCallId(p: usize, end: usize): bool {
  open(p, end);
  const sign = Special.next();
  return sign == end || (octet == 0x40 && sign > p && sign + 1 < end && Special.next() == end);
}
