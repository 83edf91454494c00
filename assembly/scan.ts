// Scan: the loops that look for one thing over many octets. Sixteen at a time where the target has vectors, one
// at a time in the twin for targets that have none; both find the same.

import { WINDOW } from "./memory";

/** The address of the first LF at or after `p`. There always is one: the window ends in a LF of its own. */
export function lineEnd(p: usize): usize {
  if (ASC_FEATURE_SIMD) {
    while (true) {
      const ends = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(0x0a)));
      if (ends != 0) return p + <usize>ctz(ends);
      p += 16;
    }
  } else {
    while (load<u8>(p) != 0x0a) p++;
  }
  return p;
}

/** The address of the first octet up to and with SP from `p`, or `end`. */
export function findSpace(p: usize, end: usize): usize {
  if (ASC_FEATURE_SIMD) {
    while (p < end) {
      const spaces = i8x16.bitmask(i8x16.lt_u(v128.load(p), i8x16.splat(0x21)));
      if (spaces != 0) {
        const space = p + <usize>ctz(spaces);
        return space < end ? space : end;
      }
      p += 16;
    }
    return end;
  } else {
    while (p < end && load<u8>(p) > 0x20) p++;
    return p;
  }
}

/** An octet of the window is above 0x7f. */
export const NOT_ASCII: u32 = 1;
/** A CR in the window is without its LF. */
export const BARE_RETURN: u32 = 2;

/** What of the two there is in the window before `end`, of which a line's end stands before it, for the latter. */
export function oddities(end: usize): u32 {
  let odd: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    let above = i8x16.splat(0);
    let bare = i8x16.splat(0);
    // From the end, so that what is read beside the window lies before it, where there is nothing.
    for (let p = end - 16; p > WINDOW - 16; p -= 16) {
      const lanes = v128.load(p);
      const returns = i8x16.eq(lanes, i8x16.splat(0x0d));
      above = v128.or(above, lanes);
      bare = v128.or(bare, v128.andnot(returns, i8x16.eq(v128.load(p, 1), i8x16.splat(0x0a))));
    }
    if (i8x16.bitmask(above) != 0) odd = NOT_ASCII;
    if (v128.any_true(bare)) odd |= BARE_RETURN;
  } else {
    for (let p = WINDOW; p < end; p++) {
      const octet = load<u8>(p);
      if (octet > 0x7f) odd |= NOT_ASCII;
      else if (octet == 0x0d && load<u8>(p + 1) != 0x0a) odd |= BARE_RETURN;
    }
  }
  return odd;
}
