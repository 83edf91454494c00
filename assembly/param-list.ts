// Parameter lists: parameters with separators between them and none before the first: the auth-params of
// credentials and challenges, between commas (RFC 3261 §25.1), and those of P-Charging-Vector, between
// semicolons (RFC 7315 §5.6). They go into the parameter record as those of params() do.

import { E_TOO_MANY_PARAMS, E_VALUE, NONE, PARAMS_MAX, R_PARAMS, R_PARAMS_COUNT } from "../src/core/abi";
import { at, C_TOKEN, skip, skipSpace } from "./chars";
import { fail } from "./failure";
import { PARAMS, record, span } from "./memory";
import { paramValue } from "./param-value";

/**
 * Reads the list at `p`; returns its end, or the address of the comma behind which another challenge or list begins,
 * or 0 after a failure. Between commas every parameter has a value.
 */
export function paramList(p: usize, end: usize, separator: u32): usize {
  const start = skipSpace(p, end);
  let behind = start;
  let before = start;
  let count: u32 = 0;
  p = start;
  while (true) {
    const name = skipSpace(p, end);
    const nameEnd = skip(name, end, C_TOKEN);
    if (nameEnd == name) return fail(E_VALUE, name);
    p = skipSpace(nameEnd, end);
    let value = NONE;
    let last = nameEnd;
    if (p < end && load<u8>(p) == 0x3d) {
      const first = skipSpace(p + 1, end);
      last = paramValue(first, end);
      if (last == 0) return 0;
      if (last == first) return fail(E_VALUE, first);
      value = span(first, last);
      p = skipSpace(last, end);
    } else if (separator == 0x2c) {
      // RFC 3261 §20.44 has one challenge a line; HTTP's several (RFC 7235 §4.1) are told by their scheme.
      if (count == 0 || p == nameEnd || p >= end || !at(p, C_TOKEN)) return fail(E_VALUE, p);
      p = before;
      break;
    }
    if (count == PARAMS_MAX) return fail(E_TOO_MANY_PARAMS, name);
    const place = PARAMS + ((<usize>count) << 3);
    store<u32>(place, span(name, nameEnd));
    store<u32>(place + 4, value);
    count++;
    behind = last;
    if (p >= end) break;
    if (load<u8>(p) != <u8>separator) {
      // Between semicolons: the next list of a header field of several.
      if (load<u8>(p) != 0x2c) return fail(E_VALUE, p);
      break;
    }
    before = p++;
  }
  record(R_PARAMS, span(start, behind));
  record(R_PARAMS_COUNT, count);
  return p;
}
