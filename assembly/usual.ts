// Usual: what the readers of usual values share (usual-via.ts, usual-address.ts). Values as nearly all of them are go in a
// straight line from one special octet to the next. Whatever is not so is left to the grammar (via.ts, address.ts), which
// finds the same in it. Only where the target has vectors.

import { NONE, R_BAD_Q, R_BRANCH } from "../src/core/abi";
import { Special } from "./special";

/** The port that readPort() read. */
export let portRead: u32 = 0;

/** Reads the digits `p` … `end` as a port into `port`; false where they are none, or no port. */
export function readPort(p: usize, end: usize): bool {
  if (p == end || end > p + 5) return false;
  let value: u32 = 0;
  for (; p < end; p++) {
    const digit = <u32>load<u8>(p) - 0x30;
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  portRead = value;
  return value <= 65535;
}

/** Notes that of the parameters that have words of their own none is there. */
export function noParams(to: usize): void {
  v128.store(to, i32x4.splat(NONE), R_BRANCH << 2); // and R_RECEIVED, R_RPORT, R_TAG
  store<u32>(to, 0, R_BAD_Q << 2);
}

/** True where a line ends at `p`, and no octet stands there that a grammar looks for. */
export function isBreak(p: usize): bool {
  return load<u8>(p) == 0x0d || load<u8>(p) == 0x0a;
}

/** True for a Call-ID of plain octets with at most one "@" between. */
export function usualCallId(p: usize, end: usize): bool {
  if (end - p >= 64) return false;
  const bits = Special.from(p, end);
  const sign = p + <usize>ctz(bits);
  if (sign == end) return true;
  const rest = bits & (bits - 1);
  return load<u8>(sign) == 0x40 && sign > p && sign + 1 < end && (rest & (rest - 1)) == 0;
}
