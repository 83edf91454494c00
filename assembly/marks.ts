// Marks: where the target has vectors, a bit for each octet of a value that is not plain, that is, that may not
// stand in every part of a value. The grammars go from mark to mark instead of from octet to octet.

import { MARKS, PLAIN, WINDOW } from "./memory";

/** The blocks of sixty-four octets that are marked: from this one up to the other. */
let first: u32 = 0;
let behind: u32 = 0;

/** Forgets what was marked: the window holds something else. */
export function resetMarks(): void {
  behind = 0;
}

/** The bits of sixteen octets that are not plain. */
function specialOf(lanes: v128): u64 {
  const bits = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
  const nibble = i8x16.splat(15);
  const low = i8x16.swizzle(v128.load(PLAIN), v128.and(lanes, nibble));
  const row = i8x16.swizzle(bits, v128.and(i16x8.shr_u(lanes, 4), nibble));
  return <u64>i8x16.bitmask(i8x16.eq(v128.and(low, row), i8x16.splat(0)));
}

/** A bit for each of the sixty-four octets from `p` on that is not plain. */
export function special(p: usize): u64 {
  return (
    specialOf(v128.load(p)) |
    (specialOf(v128.load(p, 16)) << 16) |
    (specialOf(v128.load(p, 32)) << 32) |
    (specialOf(v128.load(p, 48)) << 48)
  );
}

/** Marks the octets of the window from `start` up to `end`, unless they are marked. */
export function mark(start: usize, end: usize): void {
  if (ASC_FEATURE_SIMD) {
    const from = <u32>((start - WINDOW) >> 6);
    const to = <u32>((end - WINDOW) >> 6) + 1;
    if (from >= first && to <= behind) return;
    for (let block = from; block < to; block++) {
      const p = WINDOW + ((<usize>block) << 6);
      store<u64>(MARKS + ((<usize>block) << 3), special(p));
    }
    first = from;
    behind = to;
  }
}

/** The address of the next marked octet from `p` up to `end`, or an address not below `end`. */
export function marked(p: usize, end: usize): usize {
  const at = p - WINDOW;
  let word = MARKS + ((at >> 6) << 3);
  let marks = load<u64>(word) & ((<u64>-1) << (<u64>(at & 63)));
  while (marks == 0) {
    word += 8;
    if (WINDOW + ((word - MARKS) << 3) >= end) return end;
    marks = load<u64>(word);
  }
  return WINDOW + ((word - MARKS) << 3) + <usize>ctz(marks);
}
