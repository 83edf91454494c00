// Usual Via: `SIP/2.0/UDP host:port;branch=…`, without white space but the one SP and without quotes (see usual.ts).

import {
  FLAG,
  NONE,
  PARAMS_MAX,
  R_PARAMS,
  R_PARAMS_COUNT,
  R_RPORT,
  R_VIA_HOST,
  R_VIA_PLAIN,
  R_VIA_PORT,
  R_VIA_PROTOCOL,
  R_VIA_TRANSPORT,
  R_VIA_TRANSPORT_ID,
  R_VIA_VERSION,
} from "../src/core/abi";
import { at, C_VALUE } from "./chars";
import { span, WINDOW } from "./memory";
import { decimal, decimalValue } from "./number";
import { note } from "./params";
import { more, refill, Special } from "./special";
import { isBreak, noParams, portRead, readPort } from "./usual";
import { transportId } from "./words";

/**
 * Reads a Via that begins at `p` into the record at `to`; the address of the comma behind it or the end, 0 for one that
 * is not usual.
 */
export function usualVia(p: usize, end: usize, to: usize): usize {
  if (load<u64>(p, 0, 1) != 0x2f302e322f504953 || !isBreak(end)) return 0; // "SIP/2.0/"
  let block = p + 8;
  let bits = Special.from(block, end);
  let last = block + <usize>ctz(bits);
  bits &= bits - 1;
  const start = last + 1;
  if (load<u8>(last) != 0x20 || last == block) return 0;
  store<u32>(to, span(p, p + 3), R_VIA_PROTOCOL << 2);
  store<u32>(to, span(p + 4, p + 7), R_VIA_VERSION << 2);
  store<u32>(to, span(p + 8, last), R_VIA_TRANSPORT << 2);
  store<u32>(to, transportId(p + 8, last - p - 8), R_VIA_TRANSPORT_ID << 2);
  store<u32>(to, 1, R_VIA_PLAIN << 2);
  if (bits == 0) {
    block = refill(block, end);
    bits = more;
  }
  last = block + <usize>ctz(bits);
  bits &= bits - 1;
  if (last == start) return 0;
  store<u32>(to, span(start, last), R_VIA_HOST << 2);
  let octet = load<u8>(last);
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
  store<u32>(to, port, R_VIA_PORT << 2);

  noParams(to);
  const first = last;
  let count: u32 = 0;
  while (octet == 0x3b) {
    const name = last + 1;
    if (bits == 0) {
      block = refill(block, end);
      bits = more;
    }
    last = block + <usize>ctz(bits);
    bits &= bits - 1;
    const length = last - name;
    if (length == 0 || count++ == PARAMS_MAX) return 0;
    let value: u32 = NONE;
    octet = load<u8>(last);
    if (octet == 0x3d) {
      const begin = last + 1;
      if (bits == 0) {
        block = refill(block, end);
        bits = more;
      }
      last = block + <usize>ctz(bits);
      bits &= bits - 1;
      octet = load<u8>(last);
      while (last < end && octet != 0x3b && octet != 0x2c) {
        if (!at(last, C_VALUE)) return 0;
        if (bits == 0) {
          block = refill(block, end);
          bits = more;
        }
        last = block + <usize>ctz(bits);
        bits &= bits - 1;
        octet = load<u8>(last);
      }
      if (last == begin) return 0;
      value = span(begin, last);
    }
    note(name, length, value);
  }
  if (last < end && octet != 0x2c) return 0;
  store<u32>(to, span(first, last), R_PARAMS << 2);
  store<u32>(to, count, R_PARAMS_COUNT << 2);
  const rport = load<u32>(to, R_RPORT << 2);
  if (rport < <u32>FLAG) {
    const behind = WINDOW + <usize>(rport >>> 16);
    const known = decimal(WINDOW + <usize>(rport & 0xffff), behind, 65535) == behind;
    store<u32>(to, known ? decimalValue : <u32>FLAG, R_RPORT << 2);
  }
  return last;
}
