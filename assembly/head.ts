// Head: the start line and the table of header fields. One pass over the octets; values are found, not
// looked into.

import {
  E_EMPTY,
  E_HEAD_INCOMPLETE,
  E_HEAD_TOO_LARGE,
  E_START_LINE,
  E_TOO_MANY_HEADERS,
  F_ASCII,
  FIELDS_MAX,
  FLAG,
  HOT_IDS,
  ID_CONTENT_LENGTH,
  ID_MAX_FORWARDS,
  L_FOLDED,
  L_MALFORMED,
  NONE,
  T_BODY_LENGTH,
  T_FIELDS,
  T_FIELDS_END,
  T_FLAGS,
  T_HEAD_END,
  T_HOT,
  T_REPEATED,
  T_START,
  WINDOW_SIZE,
} from "../src/core/abi";
import { C_TOKEN, skip, skipSpace, trimEnd } from "./chars";
import { clearFrequent, dropFrequent, frequentIsAscii, readFrequent } from "./frequent";
import { nameId, nameIdOf } from "./header-name";
import { mark, resetMarks } from "./marks";
import { MASKS, span, TABLE, WINDOW } from "./memory";
import { decimal, decimalValue } from "./number";
import { asciiWindow, lineEnd } from "./scan";
import { startLine } from "./start-line";

function put(wordNumber: u32, value: u32): void {
  store<u32>(TABLE + ((<usize>wordNumber) << 2), value);
}

/** True for SP and HTAB, which at the start of a line go on with the field before (RFC 3261 §7.3.1). */
function folds(p: usize): bool {
  const octet = load<u8>(p);
  return octet == 0x20 || octet == 0x09;
}

/** Without the CR that stands before a LF. */
function beforeBreak(start: usize, lf: usize): usize {
  return lf > start && load<u8>(lf - 1) == 0x0d ? lf - 1 : lf;
}

/** Notes where the first field of a frequent header is, and which of them come again; true for the first, within 255. */
function index(id: u32, count: u32): bool {
  const hot = TABLE + ((<usize>T_HOT) << 2) + id;
  if (load<u8>(hot) != 0) {
    const repeated = TABLE + ((<usize>T_REPEATED) << 2);
    store<u32>(repeated, load<u32>(repeated) | (1 << id));
    return false;
  }
  if (count >= 255) return false;
  store<u8>(hot, <u8>(count + 1));
  return true;
}

/** Notes the Content-Length, which says where the body ends (RFC 3261 §18.3). */
function bodyLength(value: usize, end: usize): void {
  const word = TABLE + ((<usize>T_BODY_LENGTH) << 2);
  const before = load<u32>(word);
  const length = decimal(value, end, 0x7fffffff) == end ? decimalValue : <u32>FLAG;
  store<u32>(word, before == <u32>NONE || before == length ? length : <u32>FLAG);
}

/** Why no empty line was found: more of the head may lie behind what the window holds. */
function unfinished(length: u32): i32 {
  return length >= <u32>WINDOW_SIZE ? -E_HEAD_TOO_LARGE : -E_HEAD_INCOMPLETE;
}

/** Does what is to be done with a frequent header. */
function noteHot(count: u32, value: usize, valueEnd: usize, id: u32): void {
  const first = index(id, count);
  if (id == ID_CONTENT_LENGTH) bodyLength(value, valueEnd);
  else if (id > <u32>ID_MAX_FORWARDS) return;
  else if (first) readFrequent(id, value, valueEnd);
  else dropFrequent(id);
}

/** Only methods can be inlined where a decorator that TypeScript takes asks for it. */
class Table {
  /** Puts a field into the table. */
  @inline
  static note(count: u32, line: usize, value: usize, valueEnd: usize, id: u32, flags: u32): void {
    const field = TABLE + ((<usize>T_FIELDS) << 2) + ((<usize>count) << 3);
    store<u32>(field, span(line, value));
    store<u32>(field, <u32>(valueEnd - WINDOW) | (id << 16) | (flags << 24), 4);
    if (id - 1 < <u32>HOT_IDS - 1) noteHot(count, value, valueEnd, id);
  }
}

/**
 * Reads a field as nearly all of them are: a known name of at most fifteen octets, a colon, at most one SP, a
 * value, CRLF, and no fold. The address behind it, or 0 where it is not so.
 */
function usualField(p: usize, end: usize, count: u32): usize {
  let lanes = v128.load(p);
  const colons = i8x16.bitmask(i8x16.eq(lanes, i8x16.splat(0x3a)));
  if (colons == 0) return 0;
  const length = <usize>ctz(colons);
  // In lower case; a control character becomes a SP, or a CR would be a `-`.
  const space = i8x16.splat(0x20);
  const lower = v128.or(i8x16.max_s(lanes, space), space);
  const name = v128.and(lower, v128.load(MASKS + 16 - length));
  const id = nameIdOf(i64x2.extract_lane(name, 0), i64x2.extract_lane(name, 1));
  if (id == 0) return 0;
  let value = p + length + 1;
  if (load<u8>(value) == 0x20) value++;
  if (load<u8>(value) <= 0x20) return 0;
  let lf = value;
  while (true) {
    lanes = v128.load(lf);
    const ends = i8x16.bitmask(i8x16.eq(lanes, i8x16.splat(0x0a)));
    if (ends != 0) {
      lf += <usize>ctz(ends);
      break;
    }
    lf += 16;
  }
  if (lf >= end) return 0;
  const before = <u32>load<u16>(lf - 2, 0, 1);
  if (before >> 8 != 0x0d) return 0;
  if ((before & 0xff) <= 0x20) return 0;
  const behind = load<u8>(lf + 1);
  if (behind <= 0x20 && behind != 0x0d && behind != 0x0a) return 0;
  Table.note(count, p, value, lf - 1, id, 0);
  return lf + 1;
}

/** Reads a field, whatever it is made of; the address behind it, or 0 where the head ends within it. */
function anyField(p: usize, end: usize, count: u32): usize {
  const lf = lineEnd(p);
  let last = lf;
  let flags: u32 = 0;
  while (last + 1 < end && folds(last + 1)) {
    flags = L_FOLDED;
    last = lineEnd(last + 1);
  }
  if (last >= end) return 0;

  mark(p, lf);
  const name = skip(p, lf, C_TOKEN);
  const colon = skipSpace(name, lf);
  let id: u32 = 0;
  let value = p;
  if (name > p && colon < lf && load<u8>(colon) == 0x3a) {
    id = nameId(p, <u32>(name - p));
    value = colon + 1;
  } else {
    flags |= L_MALFORMED;
  }
  let valueEnd = beforeBreak(value, last);
  value = skipSpace(value, valueEnd);
  valueEnd = trimEnd(value, valueEnd);
  Table.note(count, p, value, valueEnd, id, flags);
  return last + 1;
}

/**
 * Reads the head of the message that fills the first `length` octets of the window into the table, and
 * returns the number of header fields, or minus an E_* code. Lines end in CRLF or in a LF alone.
 */
export function parseHead(length: u32): i32 {
  const end = WINDOW + length;
  store<u64>(end, 0x0a0a0a0a0a0a0a0a, 0, 1); // the scan's last stop
  resetMarks();

  // RFC 3261 §7.5: CRLFs before the start line are ignored.
  let p = WINDOW;
  while (p < end && (load<u8>(p) == 0x0a || load<u8>(p) == 0x0d)) p++;
  if (p >= end) return -E_EMPTY;

  const start = p;
  let lf = lineEnd(p);
  if (lf >= end) return unfinished(length);
  if (!startLine(start, beforeBreak(start, lf))) return -E_START_LINE;
  p = lf + 1;
  put(T_START, span(start, p));

  put(T_BODY_LENGTH, NONE);
  put(T_REPEATED, 0);
  store<u64>(TABLE + ((<usize>T_HOT) << 2), 0);
  store<u64>(TABLE + ((<usize>T_HOT) << 2) + 8, 0);
  clearFrequent();
  let count: u32 = 0;
  while (true) {
    const first = load<u8>(p);
    if (first == 0x0a || (first == 0x0d && load<u8>(p + 1) == 0x0a)) break;
    if (count == <u32>FIELDS_MAX) return -E_TOO_MANY_HEADERS;
    let next: usize = 0;
    if (ASC_FEATURE_SIMD) next = usualField(p, end, count);
    if (next == 0) next = anyField(p, end, count);
    if (next == 0) return unfinished(length);
    count++;
    p = next;
  }
  if (p >= end) return unfinished(length);
  lf = load<u8>(p) == 0x0a ? p : p + 1;
  if (lf >= end) return unfinished(length);

  put(T_FIELDS_END, <u32>(p - WINDOW));
  put(T_HEAD_END, <u32>(lf + 1 - WINDOW));
  if (asciiWindow(<u32>(lf + 1 - WINDOW))) {
    put(T_FLAGS, load<u32>(TABLE + ((<usize>T_FLAGS) << 2)) | F_ASCII);
    frequentIsAscii();
  }
  return <i32>count;
}
