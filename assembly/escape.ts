// Escape: percent escapes within the parts of a URI (RFC 3261 §25.1: "%" HEXDIG HEXDIG).

import { isHex, skip } from "./chars";

/**
 * The first address from `p` up to `end` that is neither of the K_* class nor of an escape. An escape that
 * lacks a digit stops it too.
 */
export function skipEscaped(p: usize, end: usize, kind: usize): usize {
  while (true) {
    p = skip(p, end, kind);
    if (p + 2 >= end || load<u8>(p) != 0x25 || !isHex(load<u8>(p + 1)) || !isHex(load<u8>(p + 2))) return p;
    p += 3;
  }
}
