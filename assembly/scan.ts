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

/** True where none of `length` octets of the window is above 0x7f. */
export function asciiWindow(length: u32): bool {
  const end = WINDOW + length;
  let p = WINDOW;
  let above: u64 = 0;
  if (ASC_FEATURE_SIMD) {
    let lanes = i8x16.splat(0);
    for (; p + 64 <= end; p += 64) {
      const pair = v128.or(v128.load(p), v128.load(p, 16));
      lanes = v128.or(lanes, v128.or(pair, v128.or(v128.load(p, 32), v128.load(p, 48))));
    }
    if (i8x16.bitmask(lanes) != 0) return false;
  }
  for (; p + 8 <= end; p += 8) above |= load<u64>(p, 0, 1);
  for (; p < end; p++) above |= load<u8>(p);
  return (above & 0x8080808080808080) == 0;
}
