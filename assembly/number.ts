// Numbers: digits with a range, read without ever overflowing.

import { C_DIGIT, skip } from "./chars";

/** The value that decimal() read; meaningless after it returned 0. */
export let decimalValue: u32 = 0;

/**
 * Reads digits at `p` that stand for at most `most`; returns the address behind them, or 0 where there
 * are none or they stand for more. Leading zeros are no matter (RFC 4475 §3.1.1.1).
 */
export function decimal(p: usize, end: usize, most: u32): usize {
  const last = skip(p, end, C_DIGIT);
  if (last == p) return 0;
  let value: u64 = 0;
  for (; p < last; p++) {
    value = value * 10 + (load<u8>(p) - 0x30);
    if (value > most) return 0;
  }
  decimalValue = <u32>value;
  return last;
}
