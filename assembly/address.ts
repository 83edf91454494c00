// Address: ( name-addr / addr-spec ) *( SEMI generic-param ), or the `*` of Contact (RFC 3261 §20.10,
// §25.1); of Route and its kin a name-addr alone (§20.34). Without angle brackets every parameter belongs to the header field, not to the URI.

import {
  E_QUOTE,
  E_URI,
  E_VALUE,
  G_BRACKETS,
  G_RANKED,
  G_STAR,
  R_ADDRESS_FORM,
  R_DISPLAY,
  R_DISPLAY_QUOTED,
  R_URI_KIND,
  SCHEME_STAR,
} from "../src/core/abi";
import { at, C_SPACE, find, K_WORDS, skip, skipQuoted, skipSpace, trimEnd } from "./chars";
import { fail } from "./failure";
import { record, span } from "./memory";
import { params } from "./params";
import { ranked } from "./qvalue";
import { uri } from "./uri";

/** Reads the URI in angle brackets, `p` behind the opening one; the address behind the closing one, or 0. */
function bracketed(p: usize, end: usize): usize {
  record(R_ADDRESS_FORM, 1);
  const close = uri(p, end);
  if (close == 0) return 0;
  return close < end && load<u8>(close) == 0x3e ? close + 1 : fail(E_URI, close);
}

/** Reads a URI without angle brackets: it may hold no comma, question mark or semicolon (§20). */
function bare(p: usize, end: usize): usize {
  let last = p;
  while (last < end) {
    const octet = load<u8>(last);
    if (octet == 0x3b || octet == 0x2c || octet == 0x3f || at(last, C_SPACE)) break;
    last++;
  }
  if (last < end && load<u8>(last) == 0x3f) return fail(E_URI, last);
  record(R_ADDRESS_FORM, 0);
  const stop = uri(p, last);
  return stop == last || stop == 0 ? stop : fail(E_URI, stop);
}

/** The display name, if any, and the URI at `p`; the address behind them, or 0. */
function nameAndUri(p: usize, end: usize, rules: u32): usize {
  record(R_DISPLAY, span(p, p));
  record(R_DISPLAY_QUOTED, 0);
  const first = load<u8>(p);
  if (first == 0x3c) return bracketed(p + 1, end);
  if (first == 0x22) {
    const close = skipQuoted(p, end);
    if (close == 0) return fail(E_QUOTE, p);
    record(R_DISPLAY, span(p + 1, close - 1));
    record(R_DISPLAY_QUOTED, find(p + 1, close - 1, 0x5c) < close - 1 ? 3 : 1);
    const open = skipSpace(close, end);
    if (open >= end || load<u8>(open) != 0x3c) return fail(E_VALUE, open);
    return bracketed(open + 1, end);
  }
  // *( token LWS ) before a bracket, or the scheme of a bare URI, which a colon ends.
  const last = skip(p, end, K_WORDS);
  if (last >= end) return fail(E_VALUE, last);
  if (load<u8>(last) == 0x3a) return (rules & G_BRACKETS) == 0 ? bare(p, end) : fail(E_VALUE, p);
  if (load<u8>(last) != 0x3c || last == p) return fail(E_VALUE, last);
  record(R_DISPLAY, span(p, trimEnd(p, last)));
  return bracketed(last + 1, end);
}

/**
 * Reads one value by the rules G_STAR, G_BRACKETS, G_RANKED; returns the address of the comma behind it or the
 * end, 0 after a failure.
 */
export function address(p: usize, end: usize, rules: u32): usize {
  p = skipSpace(p, end);
  if (p >= end) return fail(E_VALUE, p);
  if ((rules & G_STAR) != 0 && load<u8>(p) == 0x2a && skipSpace(p + 1, end) == end) {
    record(R_DISPLAY, span(p, p));
    record(R_DISPLAY_QUOTED, 0);
    record(R_ADDRESS_FORM, 2);
    record(R_URI_KIND, SCHEME_STAR);
    return params(end, end);
  }
  p = nameAndUri(p, end, rules);
  if (p == 0) return 0;
  p = params(skipSpace(p, end), end);
  return p == 0 || (rules & G_RANKED) == 0 || ranked() ? p : 0;
}
