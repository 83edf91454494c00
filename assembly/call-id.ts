// Call-ID: word [ "@" word ] (RFC 3261 §20.8, §25.1).

import { E_VALUE, R_TOKEN } from "../src/core/abi";
import { K_TOKEN, skip, skipSpace } from "./chars";
import { fail } from "./failure";
import { record, span } from "./memory";

/** What a word may have and a token may not. */
function isMark(octet: u32): bool {
  return (
    octet == 0x28 || // (
    octet == 0x29 || // )
    octet == 0x3c || // <
    octet == 0x3e || // >
    octet == 0x3a || // :
    octet == 0x5c || // backslash
    octet == 0x22 || // quote
    octet == 0x2f || // /
    octet == 0x5b || // [
    octet == 0x5d || // ]
    octet == 0x3f || // ?
    octet == 0x7b || // {
    octet == 0x7d // }
  );
}

/** The address behind the word at `p`; `p` itself where there is none. */
function word(p: usize, end: usize): usize {
  while (true) {
    p = skip(p, end, K_TOKEN);
    if (p >= end || !isMark(load<u8>(p))) return p;
    p++;
  }
}

/** Reads the one value of a Call-ID; returns the end, 0 after a failure. */
export function callId(p: usize, end: usize): usize {
  const start = skipSpace(p, end);
  let last = word(start, end);
  if (last == start) return fail(E_VALUE, start);
  if (last < end && load<u8>(last) == 0x40) {
    const second = last + 1;
    last = word(second, end);
    if (last == second) return fail(E_VALUE, second);
  }
  record(R_TOKEN, span(start, last));
  const rest = skipSpace(last, end);
  return rest == end ? end : fail(E_VALUE, rest);
}
