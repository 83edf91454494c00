// Call-ID: word [ "@" word ] (RFC 3261 §20.8, §25.1).

import { E_VALUE, R_TOKEN } from "../src/core/abi";
import { K_TOKEN, skip, skipSpace } from "./chars";
import { fail } from "./failure";
import { record, span } from "./memory";

/** What a word may have and a token may not: ( ) < > : \ " / [ ] ? { } */
function isMark(octet: u32): bool {
  const bits: u32 = octet < 0x40 ? 0xd4008304 : octet < 0x60 ? 0x38000000 : 0x28000000;
  return octet - 0x20 < 0x60 && ((bits >> (octet & 31)) & 1) != 0;
}

/** Reads the one value of a Call-ID; returns the end, 0 after a failure. */
export function callId(p: usize, end: usize): usize {
  const start = skipSpace(p, end);
  /** Where the second word starts, or the first as long as there is no other. */
  let word = start;
  let last = start;
  while (true) {
    last = skip(last, end, K_TOKEN);
    if (last >= end) break;
    const octet: u32 = load<u8>(last);
    if (octet == 0x40 && word == start && last > start) word = last + 1;
    else if (!isMark(octet)) break;
    last++;
  }
  record(R_TOKEN, span(start, last));
  const rest = skipSpace(last, end);
  return rest == end && last > word ? end : fail(E_VALUE, rest);
}
