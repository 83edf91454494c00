// Chars: which octet may stand where (RFC 3261 §25.1): a byte of C_* bits for each of the 256 octets. Letters,
// digits, `-`, `.` and `_` may stand everywhere; where vectors are there, marks.ts has marked all others.

import { marked } from "./marks";
import { CLASSES, MARKS, PLAIN, WINDOW } from "./memory";

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

/** what is seen as the value of a header parameter: token, host, IPv6reference */
export const C_VALUE: u8 = C_TOKEN | C_PARAM;
/** the words of a display name: token and white space */
export const C_WORDS: u8 = C_TOKEN | C_SPACE;

function mark(octet: u32, bits: u8): void {
  const p = CLASSES + octet;
  store<u8>(p, load<u8>(p) | bits);
}

function range(from: u32, to: u32, bits: u8): void {
  for (let octet = from; octet <= to; octet++) mark(octet, bits);
}

/** The rows of what all classes but white space have in common: bit h of byte l says that octet h << 4 | l is. */
function plainRows(): void {
  const all: u8 = C_TOKEN | C_HOST | C_USER | C_PARAM | C_HEADERS | C_URIC;
  for (let octet: u32 = 0; octet < 128; octet++) {
    if ((load<u8>(CLASSES + octet) & all) != all) continue;
    const p = PLAIN + (octet & 15);
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

  plainRows();
}

/** True where the octet at `p` is of one of these C_* classes. */
export function at(p: usize, bits: u8): bool {
  return (load<u8>(CLASSES + load<u8>(p)) & bits) != 0;
}

/**
 * The first address from `p` up to `end` whose octet is of none of these C_* classes. As marked() goes, but that it
 * keeps the marks at hand: a hostile value is nothing but marked octets.
 */
export function skip(p: usize, end: usize, bits: u8): usize {
  if (ASC_FEATURE_SIMD) {
    let block = WINDOW + ((p - WINDOW) & ~63);
    let marks = load<u64>(marksOf(block)) & ((<u64>-1) << (<u64>((p - WINDOW) & 63)));
    while (true) {
      while (marks == 0) {
        block += 64;
        if (block >= end) return end;
        marks = load<u64>(marksOf(block));
      }
      p = block + <usize>ctz(marks);
      if (p >= end) return end;
      if (!at(p, bits)) return p;
      marks &= marks - 1;
    }
  } else {
    while (p < end && at(p, bits)) p++;
  }
  return p;
}

/** Where the marks of the sixty-four octets from `block` on are. */
function marksOf(block: usize): usize {
  return MARKS + ((block - WINDOW) >> 3);
}

/** The address of the first octet `wanted`, one that is not plain, from `p`, or `end`. */
export function find(p: usize, end: usize, wanted: u8): usize {
  if (ASC_FEATURE_SIMD) {
    while (true) {
      p = marked(p, end);
      if (p >= end) return end;
      if (load<u8>(p) == wanted) return p;
      p++;
    }
  } else {
    while (p < end && load<u8>(p) != wanted) p++;
    return p;
  }
}

/** The first address from `p` up to `end` that has no white space: there is seldom any. */
export function skipSpace(p: usize, end: usize): usize {
  return p < end && at(p, C_SPACE) ? behindSpace(p + 1, end) : p;
}

/** The same behind white space: there is seldom more than one octet of it. */
function behindSpace(p: usize, end: usize): usize {
  if (ASC_FEATURE_SIMD) {
    while (p + 16 <= end && load<u8>(p) <= 0x20) {
      const lanes = v128.load(p);
      const ends = v128.or(i8x16.eq(lanes, i8x16.splat(0x0a)), i8x16.eq(lanes, i8x16.splat(0x0d)));
      const blanks = v128.or(i8x16.eq(lanes, i8x16.splat(0x20)), i8x16.eq(lanes, i8x16.splat(0x09)));
      const others = ~i8x16.bitmask(v128.or(ends, blanks)) & 0xffff;
      if (others != 0) return p + <usize>ctz(others);
      p += 16;
    }
  }
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

/** True where a control character is at `p` that is no white space. */
export function isControl(p: usize): bool {
  const octet = load<u8>(p);
  return octet == 0x7f || (octet < 0x20 && !at(p, C_SPACE));
}

/**
 * The address after the closing quote of the quoted string that opens at `p`, or 0 where it never
 * closes or has a control character. A backslash takes the next octet with it (RFC 3261 §25.1, quoted-pair).
 */
export function skipQuoted(p: usize, end: usize): usize {
  p++;
  while (true) {
    if (ASC_FEATURE_SIMD) p = marked(p, end);
    if (p >= end) return 0;
    if (load<u8>(p) == 0x22) return p + 1;
    if (isControl(p)) return 0;
    if (load<u8>(p) != 0x5c) p++;
    else while (p < end && load<u8>(p) == 0x5c) p += 2;
  }
}
