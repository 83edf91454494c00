// Parameters of header fields: *(SEMI generic-param) (RFC 3261 §25.1). Each is put into the parameter
// record as a name span and a value span; a value span keeps its quotes.

import {
  E_QUOTE,
  E_TOO_MANY_PARAMS,
  E_VALUE,
  NONE,
  PARAMS_MAX,
  R_PARAMS,
  R_PARAMS_COUNT,
} from "../src/core/abi";
import { C_PARAM, C_SPACE, C_TOKEN, skip, skipQuoted } from "./chars";
import { fail } from "./failure";
import { PARAMS, record, span, WINDOW } from "./memory";

/** token, host, IPv6reference, or what else is seen as a value: no quotes, no separators of the list. */
const C_VALUE: u8 = C_TOKEN | C_PARAM;

/**
 * Reads the parameters at `p`, which stands before a semicolon, a comma or the end; returns the address
 * of the comma or the end, 0 after a failure.
 */
export function params(p: usize, end: usize): usize {
  const start = p;
  let behind = p;
  let count: u32 = 0;
  while (p < end && load<u8>(p) == 0x3b) {
    const name = skip(p + 1, end, C_SPACE);
    const nameEnd = skip(name, end, C_TOKEN);
    behind = nameEnd;
    p = skip(nameEnd, end, C_SPACE);
    if (nameEnd == name) {
      // An empty parameter (";;") is passed over; anything else that is not a token is not.
      if (p < end && load<u8>(p) != 0x3b && load<u8>(p) != 0x2c) return fail(E_VALUE, p);
      continue;
    }
    let value = NONE;
    if (p < end && load<u8>(p) == 0x3d) {
      const first = skip(p + 1, end, C_SPACE);
      if (first < end && load<u8>(first) == 0x22) {
        behind = skipQuoted(first, end);
        if (behind == 0) return fail(E_QUOTE, first);
      } else {
        behind = skip(first, end, C_VALUE);
      }
      value = span(first, behind);
      p = skip(behind, end, C_SPACE);
    }
    if (count == PARAMS_MAX) return fail(E_TOO_MANY_PARAMS, name);
    const at = PARAMS + ((<usize>count) << 3);
    store<u32>(at, span(name, nameEnd));
    store<u32>(at + 4, value);
    count++;
  }
  if (p < end && load<u8>(p) != 0x2c) return fail(E_VALUE, p);
  record(R_PARAMS, span(start, count == 0 ? start : behind));
  record(R_PARAMS_COUNT, count);
  return p;
}

/** The octets at an offset of the window, at most four, in lower case; what lies behind `length` is zero. */
function lower(offset: u32, length: u32): u32 {
  const octets = load<u32>(WINDOW + <usize>offset, 0, 1) | 0x20202020;
  return length >= 4 ? octets : octets & ((1 << (length << 3)) - 1);
}

/** True where parameter `number` has a name of `length` octets, given as two little-endian words of lower case. */
export function nameIs(number: u32, length: u32, first: u32, second: u32): bool {
  const name = load<u32>(PARAMS + ((<usize>number) << 3));
  const start = name & 0xffff;
  if ((name >>> 16) - start != length) return false;
  return lower(start, length) == first && (length <= 4 || lower(start + 4, length - 4) == second);
}

/** The value span of a parameter, NONE for a flag. */
export function valueSpan(number: u32): u32 {
  return load<u32>(PARAMS + ((<usize>number) << 3) + 4);
}
