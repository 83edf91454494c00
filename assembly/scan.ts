// Scan: the loops that touch every octet of a head. Sixteen at a time where the target has vectors, one
// at a time in the twin for targets that have none; both find the same.

import { WINDOW } from "./memory";

/** All octets that lineEnd() has loaded, or-ed: above 0x7f in any lane means that not all is ASCII. */
let seen: u32 = 0;

export function resetSeen(): void {
  seen = 0;
}

/** True where no octet looked at since resetSeen() was above 0x7f; may say false for what lies just behind. */
export function allAscii(): bool {
  return seen == 0;
}

/** Where the first colon of the line was, 0 where it had none. */
export let colon: usize = 0;

/**
 * The address of the first LF at or after `p`; notes the first colon before it. The window ends in a
 * LF of its own, so there always is one.
 */
export function lineEnd(p: usize): usize {
  if (ASC_FEATURE_SIMD) {
    let lanes = v128.load(p);
    let high = i8x16.bitmask(lanes);
    let ends = i8x16.bitmask(i8x16.eq(lanes, i8x16.splat(0x0a)));
    const marks = i8x16.bitmask(i8x16.eq(lanes, i8x16.splat(0x3a)));
    // A colon counts only before the line's end: keep the bits below the lowest of `ends`.
    const before = marks & (ends ^ (ends - 1));
    let mark = before != 0 ? p + ctz(before) : 0;
    while (ends == 0) {
      p += 16;
      lanes = v128.load(p);
      high |= i8x16.bitmask(lanes);
      ends = i8x16.bitmask(i8x16.eq(lanes, i8x16.splat(0x0a)));
      if (mark == 0) {
        const later = i8x16.bitmask(i8x16.eq(lanes, i8x16.splat(0x3a))) & (ends ^ (ends - 1));
        if (later != 0) mark = p + ctz(later);
      }
    }
    seen |= high;
    colon = mark;
    return p + ctz(ends);
  } else {
    colon = 0;
    while (true) {
      const octet = load<u8>(p);
      seen |= octet & 0x80;
      if (octet == 0x0a) return p;
      if (octet == 0x3a && colon == 0) colon = p;
      p++;
    }
  }
}

/** True where none of `length` octets of the window is above 0x7f. */
export function asciiWindow(length: u32): bool {
  const end = WINDOW + length;
  let p = WINDOW;
  let high: u64 = 0;
  for (; p + 8 <= end; p += 8) high |= load<u64>(p, 0, 1);
  for (; p < end; p++) high |= load<u8>(p);
  return (high & 0x8080808080808080) == 0;
}
