// Values: the small grammars: CSeq, numbers, a token or media type with parameters (RFC 3261 §20.16,
// §20.15, §20.1), and the parameters of a URI.

import {
  E_RANGE,
  E_TOO_MANY_PARAMS,
  E_VALUE,
  G_BARE,
  G_DOTTED,
  G_RANKED,
  G_VALUED,
  NONE,
  PARAMS_MAX,
  R_METHOD,
  R_METHOD_ID,
  R_NUMBER,
  R_PARAMS_COUNT,
  R_SUBTYPE,
  R_TOKEN,
  R_TYPE,
} from "../src/core/abi";
import { at, C_DIGIT, K_HEADERS, K_PARAM, K_TOKEN, skip, skipSpace } from "./chars";
import { skipEscaped } from "./escape";
import { fail } from "./failure";
import { PARAMS, record, span } from "./memory";
import { decimal, decimalValue } from "./number";
import { hasFlag, params } from "./params";
import { ranked } from "./qvalue";
import { methodId } from "./words";

/** 1*DIGIT up to 2^31 - 1 (RFC 3261 §8.1.1.5), LWS, Method. */
export function cseq(p: usize, end: usize): usize {
  const digits = skipSpace(p, end);
  const last = decimal(digits, end, 0x7fffffff);
  if (last == 0) return fail(digits >= end || !at(digits, C_DIGIT) ? E_VALUE : E_RANGE, digits);
  record(R_NUMBER, decimalValue);
  const method = skipSpace(last, end);
  const methodEnd = skip(method, end, K_TOKEN);
  if (method == last || methodEnd == method) return fail(E_VALUE, method);
  record(R_METHOD, span(method, methodEnd));
  record(R_METHOD_ID, methodId(method, methodEnd - method));
  const rest = skipSpace(methodEnd, end);
  return rest == end ? end : fail(E_VALUE, rest);
}

/** 1*DIGIT up to `most`, and nothing else. */
export function integer(p: usize, end: usize, most: u32): usize {
  const digits = skipSpace(p, end);
  const last = decimal(digits, end, most);
  if (last == 0) return fail(digits >= end || !at(digits, C_DIGIT) ? E_VALUE : E_RANGE, digits);
  record(R_NUMBER, decimalValue);
  const rest = skipSpace(last, end);
  return rest == end ? end : fail(E_VALUE, rest);
}

/** Behind the dots between which there is nothing, or at either end; 0 where all is well (RFC 6665 §8.4). */
function strayDot(p: usize, end: usize): usize {
  let before: u32 = 0x2e;
  for (; p < end; p++) {
    const octet = load<u8>(p);
    if (octet == 0x2e && before == 0x2e) return p;
    before = octet;
  }
  return before == 0x2e ? p : 0;
}

/**
 * A token with parameters, one of a list, by the rules G_BARE, G_DOTTED, G_RANKED; the address of the comma
 * behind it or the end.
 */
export function token(p: usize, end: usize, rules: u32): usize {
  const first = skipSpace(p, end);
  const last = skip(first, end, K_TOKEN);
  if (last == first) return fail(E_VALUE, first);
  if ((rules & G_DOTTED) != 0) {
    const dot = strayDot(first, last);
    if (dot != 0) return fail(E_VALUE, dot);
  }
  record(R_TOKEN, span(first, last));
  const rest = skipSpace(last, end);
  if ((rules & G_BARE) != 0 && rest < end && load<u8>(rest) == 0x3b) return fail(E_VALUE, rest);
  p = params(rest, end);
  return p == 0 || (rules & G_RANKED) == 0 || ranked() ? p : 0;
}

/** type "/" subtype with parameters, one of a list, by the rules G_RANKED, G_VALUED. */
export function mediaType(p: usize, end: usize, rules: u32): usize {
  const type = skipSpace(p, end);
  const typeEnd = skip(type, end, K_TOKEN);
  const slash = skipSpace(typeEnd, end);
  if (typeEnd == type || slash >= end || load<u8>(slash) != 0x2f) return fail(E_VALUE, slash);
  const subtype = skipSpace(slash + 1, end);
  const last = skip(subtype, end, K_TOKEN);
  if (last == subtype) return fail(E_VALUE, subtype);
  record(R_TYPE, span(type, typeEnd));
  record(R_SUBTYPE, span(subtype, last));
  p = params(skipSpace(last, end), end);
  if (p != 0 && (rules & G_VALUED) != 0 && hasFlag) return fail(E_VALUE, p);
  return p == 0 || (rules & G_RANKED) == 0 || ranked() ? p : 0;
}

/**
 * The parameters of a URI (`separator` a semicolon) or its headers (an ampersand), `p` behind the first
 * separator or question mark: no white space, no quotes (RFC 3261 §19.1.1).
 */
export function uriParams(p: usize, end: usize, separator: u32): usize {
  const kind = separator == 0x3b ? K_PARAM : K_HEADERS;
  let count: u32 = 0;
  while (p < end) {
    let last = p;
    let equals: usize = 0;
    while (last < end && load<u8>(last) != separator) {
      if (load<u8>(last) == 0x3d && equals == 0) equals = last;
      last++;
    }
    const nameEnd = equals == 0 ? last : equals;
    if (skipEscaped(p, nameEnd, kind) != nameEnd) return fail(E_VALUE, p);
    if (equals != 0 && skipEscaped(equals + 1, last, kind) != last) return fail(E_VALUE, equals + 1);
    if (last > p) {
      if (count == PARAMS_MAX) return fail(E_TOO_MANY_PARAMS, p);
      const at = PARAMS + ((<usize>count) << 3);
      store<u32>(at, span(p, nameEnd));
      store<u32>(at + 4, equals == 0 ? NONE : span(equals + 1, last));
      count++;
    }
    p = last + 1;
  }
  record(R_PARAMS_COUNT, count);
  return end;
}
