// Numbers: digits with a range, read without ever overflowing.

import { at, C_DIGIT } from "./chars";

/** The value that decimal() read; meaningless after it returned 0. */
export let decimalValue: u32 = 0;

/**
 * Reads digits at `p` that stand for at most `most`; returns the address behind them, or 0 where there
 * are none or they stand for more. Leading zeros are no matter (RFC 4475 §3.1.1.1).
 */
export function decimal(p: usize, end: usize, most: u32): usize {
  const start = p;
  let value: u64 = 0;
  for (; p < end && at(p, C_DIGIT); p++) {
    value = value * 10 + (load<u8>(p) - 0x30);
    if (value > most) return 0;
  }
  decimalValue = <u32>value;
  return p == start ? 0 : p;
}
