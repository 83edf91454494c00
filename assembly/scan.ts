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
  colon = 0;
  if (ASC_FEATURE_SIMD) {
    const lf = i8x16.splat(0x0a);
    const colons = i8x16.splat(0x3a);
    while (true) {
      const lanes = v128.load(p);
      seen |= i8x16.bitmask(lanes);
      const ends = i8x16.bitmask(i8x16.eq(lanes, lf));
      if (colon == 0) {
        const marks = i8x16.bitmask(i8x16.eq(lanes, colons));
        // A colon counts only before the line's end: keep the bits below the lowest of `ends`.
        const before = marks & (ends ^ (ends - 1));
        if (before != 0) colon = p + ctz(before);
      }
      if (ends != 0) return p + ctz(ends);
      p += 16;
    }
  } else {
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
