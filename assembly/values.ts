// Values: the small grammars: CSeq, numbers, a token or media type with parameters (RFC 3261 §20.16,
// §20.15, §20.1), and the parameters of a URI.

import {
  E_RANGE,
  E_TOO_MANY_PARAMS,
  E_VALUE,
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
import { at, C_DIGIT, C_HEADERS, C_PARAM, C_TOKEN, skip, skipSpace } from "./chars";
import { skipEscaped } from "./escape";
import { fail } from "./failure";
import { PARAMS, record, span } from "./memory";
import { decimal, decimalValue } from "./number";
import { params } from "./params";
import { methodId } from "./words";

/** 1*DIGIT up to 2^31 - 1 (RFC 3261 §8.1.1.5), LWS, Method. */
export function cseq(p: usize, end: usize): usize {
  const digits = skipSpace(p, end);
  const last = decimal(digits, end, 0x7fffffff);
  if (last == 0) return fail(digits >= end || !at(digits, C_DIGIT) ? E_VALUE : E_RANGE, digits);
  record(R_NUMBER, decimalValue);
  const method = skipSpace(last, end);
  const methodEnd = skip(method, end, C_TOKEN);
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

/** A token with parameters, one of a list; the address of the comma behind it or the end. */
export function token(p: usize, end: usize): usize {
  const first = skipSpace(p, end);
  const last = skip(first, end, C_TOKEN);
  if (last == first) return fail(E_VALUE, first);
  record(R_TOKEN, span(first, last));
  return params(skipSpace(last, end), end);
}

/** type "/" subtype with parameters, one of a list. */
export function mediaType(p: usize, end: usize): usize {
  const type = skipSpace(p, end);
  const typeEnd = skip(type, end, C_TOKEN);
  const slash = skipSpace(typeEnd, end);
  if (typeEnd == type || slash >= end || load<u8>(slash) != 0x2f) return fail(E_VALUE, slash);
  const subtype = skipSpace(slash + 1, end);
  const last = skip(subtype, end, C_TOKEN);
  if (last == subtype) return fail(E_VALUE, subtype);
  record(R_TYPE, span(type, typeEnd));
  record(R_SUBTYPE, span(subtype, last));
  return params(skipSpace(last, end), end);
}

/**
 * The parameters of a URI (`separator` a semicolon) or its headers (an ampersand), `p` behind the first
 * separator or question mark: no white space, no quotes (RFC 3261 §19.1.1).
 */
export function uriParams(p: usize, end: usize, separator: u32): usize {
  const bits = separator == 0x3b ? C_PARAM : C_HEADERS;
  let count: u32 = 0;
  while (p < end) {
    // Nothing at all between two separators: passed over here, or thousands of them cost several times as much.
    if (load<u8>(p) == separator) {
      p++;
      continue;
    }
    let last = p;
    let equals: usize = 0;
    while (last < end && load<u8>(last) != separator) {
      if (load<u8>(last) == 0x3d && equals == 0) equals = last;
      last++;
    }
    const nameEnd = equals == 0 ? last : equals;
    if (skipEscaped(p, nameEnd, bits) != nameEnd) return fail(E_VALUE, p);
    if (equals != 0 && skipEscaped(equals + 1, last, bits) != last) return fail(E_VALUE, equals + 1);
    if (count == PARAMS_MAX) return fail(E_TOO_MANY_PARAMS, p);
    const at = PARAMS + ((<usize>count) << 3);
    store<u32>(at, span(p, nameEnd));
    store<u32>(at + 4, equals == 0 ? NONE : span(equals + 1, last));
    count++;
    p = last + 1;
  }
  record(R_PARAMS_COUNT, count);
  return end;
}
