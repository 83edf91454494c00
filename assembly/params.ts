// Parameters of header fields: *(SEMI generic-param) (RFC 3261 §25.1). Each is put into the parameter
// record as a name span and a value span; a value span keeps its quotes.

import {
  E_TOO_MANY_PARAMS,
  E_VALUE,
  FLAG,
  NONE,
  PARAMS_MAX,
  R_BAD_Q,
  R_BRANCH,
  R_PARAMS,
  R_PARAMS_COUNT,
  R_RECEIVED,
  R_RPORT,
  R_TAG,
} from "../src/core/abi";
import { C_TOKEN, skip, skipSpace } from "./chars";
import { fail } from "./failure";
import { PARAMS, record, recorded, span } from "./memory";
import { isQ, paramValue } from "./param-value";

/** Keeps the first of that name, as Params.get does: a parameter that comes twice must not mean two things. */
function noteFirst(word: u32, value: u32): void {
  if (recorded(word) == <u32>NONE) record(word, value);
}

function isRport(name: usize, length: usize): bool {
  return (
    length == 5 && (load<u32>(name, 0, 1) | 0x20202020) == 0x726f7072 && (load<u8>(name + 4) | 0x20) == 0x74
  );
}

/** Puts the values of the few parameters that every element reads into words of their own. */
export function note(name: usize, length: usize, value: u32): void {
  if (length == 1) {
    if ((load<u8>(name) | 0x20) == 0x71 && !isQ(value)) record(R_BAD_Q, 1);
    return;
  }
  if (length < 3 || length > 8) return;
  const first = load<u32>(name, 0, 1) | 0x20202020;
  if (length == 3) {
    if ((first & 0xffffff) == 0x676174) noteFirst(R_TAG, value); // "tag"
  } else if (length == 6) {
    if (first == 0x6e617262 && (load<u16>(name + 4, 0, 1) | 0x2020) == 0x6863) noteFirst(R_BRANCH, value); // "branch"
  } else if (length == 5) {
    if (isRport(name, length)) noteFirst(R_RPORT, value == NONE ? <u32>FLAG : value);
  } else if (length == 8) {
    if (first == 0x65636572 && (load<u32>(name + 4, 0, 1) | 0x20202020) == 0x64657669)
      noteFirst(R_RECEIVED, value); // "received"
  }
}

/**
 * Reads the parameters at `p`, which stands before a semicolon, a comma or the end; returns the address
 * of the comma or the end, 0 after a failure.
 */
export function params(p: usize, end: usize): usize {
  const start = p;
  let behind = p;
  let count: u32 = 0;
  record(R_TAG, NONE);
  record(R_BRANCH, NONE);
  record(R_RECEIVED, NONE);
  record(R_RPORT, NONE);
  record(R_BAD_Q, 0);
  while (p < end && load<u8>(p) == 0x3b) {
    const name = skipSpace(p + 1, end);
    const nameEnd = skip(name, end, C_TOKEN);
    behind = nameEnd;
    p = skipSpace(nameEnd, end);
    if (nameEnd == name) return fail(E_VALUE, name);
    let value = NONE;
    if (p < end && load<u8>(p) == 0x3d) {
      const first = skipSpace(p + 1, end);
      behind = paramValue(first, end);
      if (behind == 0) return 0;
      // `rport=` asks for it too: it is seen in the wild.
      if (behind == first && !isRport(name, nameEnd - name)) return fail(E_VALUE, first);
      value = span(first, behind);
      p = skipSpace(behind, end);
    }
    if (count == PARAMS_MAX) return fail(E_TOO_MANY_PARAMS, name);
    const at = PARAMS + ((<usize>count) << 3);
    store<u32>(at, span(name, nameEnd));
    store<u32>(at + 4, value);
    note(name, nameEnd - name, value);
    count++;
  }
  if (p < end && load<u8>(p) != 0x2c) return fail(E_VALUE, p);
  record(R_PARAMS, span(start, count == 0 ? start : behind));
  record(R_PARAMS_COUNT, count);
  return p;
}
