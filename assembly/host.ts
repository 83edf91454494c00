// Host: hostname, IPv4address or IPv6reference (RFC 3261 §25.1).

import { at, C_DIGIT, isHex, K_HOST, skip } from "./chars";
import { span } from "./memory";

/** What host() found, without the brackets of an IPv6 reference. */
export let hostSpan: u32 = 0;

/** Reads a host at `p`; returns the address behind it, 0 where there is none. */
export function host(p: usize, end: usize): usize {
  if (p < end && load<u8>(p) == 0x5b) return reference(p + 1, end);
  const last = skip(p, end, K_HOST);
  if (last == p || load<u8>(p) == 0x2e || hasEmptyLabel(p, last)) return 0;
  hostSpan = span(p, last);
  return last;
}

/** True where two dots stand side by side. */
function hasEmptyLabel(p: usize, end: usize): bool {
  if (ASC_FEATURE_SIMD) {
    const dots = i8x16.splat(0x2e);
    // Bit i stands for the octets at p + i and p + i + 1, the latter before `end`.
    for (; p + 1 < end; p += 16) {
      const pairs = i8x16.bitmask(v128.and(i8x16.eq(v128.load(p), dots), i8x16.eq(v128.load(p, 1), dots)));
      if (pairs != 0 && p + ctz(pairs) + 1 < end) return true;
    }
  } else {
    for (; p + 1 < end; p++) if (load<u8>(p) == 0x2e && load<u8>(p + 1) == 0x2e) return true;
  }
  return false;
}

/**
 * IPv6address "]" (RFC 3986 §3.2.2, which RFC 5954 §4.1 puts in the place of RFC 3261's rule): eight
 * groups of at most four digits, one run of them written as "::", the last two perhaps as IPv4.
 */
function reference(start: usize, end: usize): usize {
  let p = start;
  let groups: u32 = 0;
  let gap = false;
  if (p + 1 < end && load<u8>(p) == 0x3a) {
    if (load<u8>(p + 1) != 0x3a) return 0;
    gap = true;
    p += 2;
  }
  while (p < end && load<u8>(p) != 0x5d) {
    const group = p;
    while (p < end && p - group < 5 && isHex(load<u8>(p))) p++;
    if (p == group || p - group > 4) return 0;
    if (p < end && load<u8>(p) == 0x2e) {
      p = dotted(group, end);
      if (p == 0) return 0;
      groups += 2;
      break;
    }
    groups++;
    if (p < end && load<u8>(p) == 0x3a) {
      p++;
      if (p < end && load<u8>(p) == 0x3a) {
        if (gap) return 0;
        gap = true;
        p++;
      } else if (p >= end || load<u8>(p) == 0x5d) {
        return 0;
      }
    }
  }
  if (p >= end || load<u8>(p) != 0x5d || (gap ? groups > 7 : groups != 8)) return 0;
  hostSpan = span(start, p);
  return p + 1;
}

/** Four numbers up to 255 with dots between; the address behind, or 0. */
function dotted(p: usize, end: usize): usize {
  for (let part = 0; part < 4; part++) {
    if (part > 0) {
      if (p >= end || load<u8>(p) != 0x2e) return 0;
      p++;
    }
    let value: u32 = 0;
    const start = p;
    while (p < end && p - start < 3 && at(p, C_DIGIT)) value = value * 10 + (load<u8>(p++) - 0x30);
    if (p == start || value > 255) return 0;
  }
  return p;
}
