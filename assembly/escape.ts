// Escape: percent escapes within the parts of a URI (RFC 3261 §25.1: "%" HEXDIG HEXDIG).

import { isHex, skip } from "./chars";

/** True once skipEscaped() has passed over an escape; whoever wants to know resets it before. */
export let escaped: bool = false;

export function resetEscaped(): void {
  escaped = false;
}

/**
 * The first address from `p` up to `end` that is neither of the C_* classes nor of an escape. An escape that
 * lacks a digit stops it too.
 */
export function skipEscaped(p: usize, end: usize, bits: u8): usize {
  while (true) {
    const first = skip(p, end, bits);
    // One escape is often behind the other.
    p = first;
    while (p + 2 < end && load<u8>(p) == 0x25 && isHex(load<u8>(p + 1)) && isHex(load<u8>(p + 2))) p += 3;
    if (p == first) return p;
    escaped = true;
  }
}
