// Chars: which octet may stand where (RFC 3261 §25.1). A byte of C_* bits for each of the 256 octets; and
// for each K_* class a row table, with which sixteen octets are looked at in one step.

import { CLASSES, ROWS } from "./memory";

/** token */
export const C_TOKEN: u8 = 1;
/** SP, HTAB, and CR and LF, which inside a value can only be folding */
export const C_SPACE: u8 = 2;
export const C_DIGIT: u8 = 4;
/** hostname, IPv4address; `_` besides, as it is seen in the wild */
export const C_HOST: u8 = 8;
/** user: unreserved, user-unreserved; `#` besides, as it is seen in the wild */
export const C_USER: u8 = 16;
/** paramchar: param-unreserved, unreserved */
export const C_PARAM: u8 = 32;
/** hnv: hnv-unreserved, unreserved, and `=` `&` between */
export const C_HEADERS: u8 = 64;
/** what a URI of any scheme is made of (RFC 3986 §2), escapes left out */
export const C_URIC: u8 = 128;

export const K_TOKEN: usize = 0;
export const K_HOST: usize = 16;
export const K_USER: usize = 32;
export const K_PARAM: usize = 48;
export const K_HEADERS: usize = 64;
export const K_URIC: usize = 80;
/** what is seen as the value of a header parameter: token, host, IPv6reference */
export const K_VALUE: usize = 96;
/** the words of a display name: token and white space */
export const K_WORDS: usize = 112;

function mark(octet: u32, bits: u8): void {
  const p = CLASSES + octet;
  store<u8>(p, load<u8>(p) | bits);
}

function range(from: u32, to: u32, bits: u8): void {
  for (let octet = from; octet <= to; octet++) mark(octet, bits);
}

/** Row table of a class: bit h of byte l says that octet h << 4 | l is in it. */
function rows(kind: usize, bits: u8): void {
  for (let octet: u32 = 0; octet < 128; octet++) {
    if ((load<u8>(CLASSES + octet) & bits) == 0) continue;
    const p = ROWS + kind + (octet & 15);
    store<u8>(p, load<u8>(p) | <u8>((<u32>1) << (octet >> 4)));
  }
}

/** Fills the tables; runs once, when the module is instantiated. */
export function fillClasses(): void {
  const unreserved: u8 = C_USER | C_PARAM | C_HEADERS | C_URIC;
  const word: u8 = C_TOKEN | C_HOST | unreserved;
  range(0x30, 0x39, word | C_DIGIT);
  range(0x41, 0x5a, word);
  range(0x61, 0x7a, word);

  mark(0x2d, word); // -
  mark(0x2e, word); // .
  mark(0x5f, word); // _
  mark(0x21, C_TOKEN | unreserved); // !
  mark(0x7e, C_TOKEN | unreserved); // ~
  mark(0x2a, C_TOKEN | unreserved); // *
  mark(0x27, C_TOKEN | unreserved); // '
  mark(0x28, unreserved); // (
  mark(0x29, unreserved); // )
  mark(0x2b, C_TOKEN | unreserved); // +
  mark(0x25, C_TOKEN); // %
  mark(0x60, C_TOKEN); // `

  mark(0x26, C_USER | C_PARAM | C_HEADERS | C_URIC); // &
  mark(0x24, C_USER | C_PARAM | C_HEADERS | C_URIC); // $
  mark(0x2f, C_USER | C_PARAM | C_HEADERS | C_URIC); // /
  mark(0x3d, C_USER | C_HEADERS | C_URIC); // =
  mark(0x2c, C_USER | C_URIC); // ,
  mark(0x3b, C_USER | C_URIC); // ;
  mark(0x3f, C_USER | C_HEADERS | C_URIC); // ?
  mark(0x23, C_USER | C_URIC); // #
  mark(0x3a, C_PARAM | C_HEADERS | C_URIC); // :
  mark(0x5b, C_PARAM | C_HEADERS | C_URIC); // [
  mark(0x5d, C_PARAM | C_HEADERS | C_URIC); // ]
  mark(0x40, C_URIC); // @

  mark(0x20, C_SPACE);
  range(0x09, 0x0a, C_SPACE);
  mark(0x0d, C_SPACE);

  rows(K_TOKEN, C_TOKEN);
  rows(K_HOST, C_HOST);
  rows(K_USER, C_USER);
  rows(K_PARAM, C_PARAM);
  rows(K_HEADERS, C_HEADERS);
  rows(K_URIC, C_URIC);
  rows(K_VALUE, C_TOKEN | C_PARAM);
  rows(K_WORDS, C_TOKEN | C_SPACE);
}

/** True where the octet at `p` is of one of these C_* classes. */
export function at(p: usize, bits: u8): bool {
  return (load<u8>(CLASSES + load<u8>(p)) & bits) != 0;
}

/** The first address from `p` up to `end` whose octet is not of this K_* class. */
export function skip(p: usize, end: usize, kind: usize): usize {
  if (ASC_FEATURE_SIMD) {
    const row = v128.load(ROWS + kind);
    const bits = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
    while (p < end) {
      const lanes = v128.load(p);
      const low = i8x16.swizzle(row, v128.and(lanes, i8x16.splat(15)));
      const high = i8x16.swizzle(bits, i8x16.shr_u(lanes, 4));
      const out = i8x16.bitmask(i8x16.eq(v128.and(low, high), i8x16.splat(0)));
      if (out != 0) {
        const stop = p + ctz(out);
        return stop < end ? stop : end;
      }
      p += 16;
    }
    return end;
  } else {
    while (p < end) {
      const octet = <usize>load<u8>(p);
      if (octet > 127 || ((load<u8>(ROWS + kind + (octet & 15)) >> <u8>(octet >> 4)) & 1) == 0) return p;
      p++;
    }
    return p;
  }
}

/** The address of the first octet `wanted` from `p`, or `end`. */
export function find(p: usize, end: usize, wanted: u8): usize {
  if (ASC_FEATURE_SIMD) {
    const wanteds = i8x16.splat(wanted);
    while (p < end) {
      const hits = i8x16.bitmask(i8x16.eq(v128.load(p), wanteds));
      if (hits != 0) {
        const stop = p + ctz(hits);
        return stop < end ? stop : end;
      }
      p += 16;
    }
    return end;
  } else {
    while (p < end && load<u8>(p) != wanted) p++;
    return p;
  }
}

/** The first address from `p` up to `end` that has no white space: there is seldom more than one octet of it. */
export function skipSpace(p: usize, end: usize): usize {
  while (p < end && at(p, C_SPACE)) p++;
  return p;
}

/** The end of what is left of `start` … `end` without white space behind. */
export function trimEnd(start: usize, end: usize): usize {
  while (end > start && at(end - 1, C_SPACE)) end--;
  return end;
}

export function isHex(octet: u32): bool {
  return octet - 0x30 < 10 || (octet | 0x20) - 0x61 < 6;
}

/**
 * The address after the closing quote of the quoted string that opens at `p`, or 0 where it never
 * closes. A backslash takes the next octet with it (RFC 3261 §25.1, quoted-pair).
 */
export function skipQuoted(p: usize, end: usize): usize {
  for (p++; p < end; p++) {
    const octet = load<u8>(p);
    if (octet == 0x22) return p + 1;
    if (octet == 0x5c) p++;
  }
  return 0;
}
