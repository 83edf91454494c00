// Parameter values: what stands behind the equals sign of a parameter (RFC 3261 §25.1, gen-value).

import { E_QUOTE, E_VALUE, FLAG, NONE } from "../src/core/abi";
import { at, C_DIGIT, C_URIC, C_VALUE, skip, skipQuoted } from "./chars";
import { skipEscaped } from "./escape";
import { fail } from "./failure";
import { WINDOW } from "./memory";

/**
 * Reads token, host or quoted-string at `p`, or the bracketed URI of Identity's `info` (RFC 8224 §4); returns
 * the address behind it, `p` where there is nothing, 0 after a failure.
 */
export function paramValue(p: usize, end: usize): usize {
  const first: u32 = p < end ? load<u8>(p) : 0;
  if (first == 0x22) {
    const close = skipQuoted(p, end);
    return close == 0 ? fail(E_QUOTE, p) : close;
  }
  if (first == 0x3c) {
    const close = skipEscaped(p + 1, end, C_URIC);
    return close < end && load<u8>(close) == 0x3e ? close + 1 : fail(E_VALUE, p);
  }
  return skip(p, end, C_VALUE);
}

/** True for the span of a qvalue: 0 to 1 with three digits at most behind the point (RFC 3261 §25.1). */
export function isQ(value: u32): bool {
  if (value == <u32>NONE || value == <u32>FLAG) return false;
  const p = WINDOW + <usize>(value & 0xffff);
  const end = WINDOW + <usize>(value >>> 16);
  const first = load<u8>(p) - 0x30;
  if (first > 1 || end > p + 5) return false;
  if (end == p + 1) return true;
  if (load<u8>(p + 1) != 0x2e) return false;
  for (let digit = p + 2; digit < end; digit++) {
    if (first == 1 ? load<u8>(digit) != 0x30 : !at(digit, C_DIGIT)) return false;
  }
  return true;
}
