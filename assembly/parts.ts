// Parts: the grammars of the rarer header fields, each told by a format: S_* steps that are taken one after
// the other, without a way back. What the steps find goes into the record from R_PART on.

import {
  E_QUOTE,
  E_RANGE,
  E_VALUE,
  NONE,
  R_PART,
  S_AUTH_PARAMS,
  S_CALL_ID,
  S_COMMENT,
  S_GAP,
  S_ITEM,
  S_LINE,
  S_NUMBER,
  S_PARAMS,
  S_QUOTED,
  S_SPACE,
  S_TEXT,
  S_TOKEN,
} from "../src/core/abi";
import { at, C_DIGIT, C_TOKEN, isControl, skip, skipQuoted, skipSpace, trimEnd } from "./chars";
import { fail } from "./failure";
import { record, span } from "./memory";
import { decimal, decimalValue } from "./number";
import { paramList } from "./param-list";
import { params } from "./params";

/** Visible ASCII up to white space, a comma or a semicolon. */
function word(p: usize, end: usize): usize {
  for (; p < end; p++) {
    const octet: u32 = load<u8>(p);
    if (octet - 0x21 > 93 || octet == 0x2c || octet == 0x3b) break;
  }
  return p;
}

/**
 * word [ "@" word ]; any visible octets will do for the words but the separators, since Call-IDs with `=` and
 * the like are seen in the wild. The address behind it, or `p` where there is none.
 */
function callId(p: usize, end: usize): usize {
  const last = word(p, end);
  let signs = 0;
  for (let sign = p; sign < last; sign++) {
    if (load<u8>(sign) == 0x40 && (++signs > 1 || sign == p || sign + 1 == last)) return p;
  }
  return last;
}

/** The comment whose first parenthesis is at `p`, others nested in it; the address behind it, or `p`. */
function comment(p: usize, end: usize): usize {
  let depth = 0;
  for (let last = p; last < end; last++) {
    const octet = load<u8>(last);
    if (isControl(last)) break;
    if (octet == 0x5c) last++;
    else if (octet == 0x28) depth++;
    else if (octet == 0x29 && --depth == 0) return last + 1;
  }
  return p;
}

/** Up to a comma that is neither in a quoted string nor in angle brackets. */
function item(p: usize, end: usize): usize {
  let bracket = false;
  for (; p < end; p++) {
    const octet = load<u8>(p);
    if (octet == 0x22 && !bracket) {
      const close = skipQuoted(p, end);
      if (close == 0) return end;
      p = close - 1;
    } else if (octet == 0x3c) bracket = true;
    else if (octet == 0x3e) bracket = false;
    else if (octet == 0x2c && !bracket) break;
  }
  return p;
}

/** The end, where no octet before it is a control character other than white space. */
function line(p: usize, end: usize): usize {
  for (; p < end; p++) if (isControl(p)) return fail(E_VALUE, p);
  return p;
}

/** The end of the part at `p` that the step asks for; `p` where it is not there, 0 where it is not closed. */
function part(p: usize, end: usize, step: u32): usize {
  if (step == S_QUOTED || step == S_TEXT) {
    if (p < end && load<u8>(p) == 0x22) return skipQuoted(p, end);
    if (step == S_QUOTED) return p;
  }
  if (step == S_TOKEN || step == S_TEXT) return skip(p, end, C_TOKEN);
  if (step == S_CALL_ID) return callId(p, end);
  return step == S_ITEM ? item(p, end) : word(p, end);
}

/** Reads one value by its format; the address of the comma behind it or the end, 0 after a failure. */
export function parts(p: usize, end: usize, format: u32): usize {
  let found: u32 = R_PART;
  p = skipSpace(p, end);
  for (; format != 0; format >>>= 4) {
    const step = format & 15;
    const start = p;
    if (step == S_SPACE || step == S_GAP) {
      p = skipSpace(p, end);
      if (step == S_GAP && p == start) return fail(E_VALUE, p);
    } else if (step == S_NUMBER) {
      p = decimal(start, end, 0xffffffff);
      if (p == 0) return fail(start < end && at(start, C_DIGIT) ? E_RANGE : E_VALUE, start);
      record(found++, decimalValue);
    } else if (step == S_COMMENT) {
      record(found, NONE);
      if (p < end && load<u8>(p) == 0x28) {
        p = comment(start, end);
        if (p == start) return fail(E_VALUE, start);
        record(found, span(start + 1, p - 1));
      }
      found++;
    } else if (step == S_PARAMS) {
      return params(p, end);
    } else if (step == S_AUTH_PARAMS) {
      return paramList(p, end, 0x2c);
    } else if (step == S_LINE) {
      return line(p, end);
    } else {
      p = part(start, end, step);
      if (p == 0) return fail(E_QUOTE, start);
      if (p == start) return fail(E_VALUE, start);
      record(found++, span(start, step == S_ITEM ? trimEnd(start, p) : p));
    }
  }
  return p == end || load<u8>(p) == 0x2c ? p : fail(E_VALUE, p);
}
