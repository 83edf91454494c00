// Head: the start line and the table of header fields. First all fields are found, then the frequent values among them
// are read, in one order always: the other way round no two messages go the same way through the code.

import {
  E_EMPTY,
  E_HEAD_INCOMPLETE,
  E_HEAD_TOO_LARGE,
  E_LINE_END,
  E_START_LINE,
  E_TOO_MANY_HEADERS,
  F_ASCII,
  FIELDS_MAX,
  FLAG,
  HOT_IDS,
  ID_CONTENT_LENGTH,
  L_FOLDED,
  L_MALFORMED,
  NONE,
  READ_ASCII,
  READ_OCTETS,
  T_BODY_LENGTH,
  T_FIELDS_END,
  T_FLAGS,
  T_HEAD_END,
  T_HOT,
  T_REPEATED,
  T_START,
  WINDOW_SIZE,
} from "../src/core/abi";
import { C_TOKEN, skip, skipSpace, trimEnd } from "./chars";
import { fieldAt, firstField, valueEnd, valueStart } from "./fields";
import { readFrequent } from "./frequent";
import { nameId, placeOf } from "./header-name";
import { mark, resetMarks } from "./marks";
import { MASKS, span, TABLE, WINDOW } from "./memory";
import { decimal, decimalValue } from "./number";
import { BARE_RETURN, lineEnd, NOT_ASCII, oddities } from "./scan";
import { startLine } from "./start-line";

function put(wordNumber: u32, value: u32): void {
  store<u32>(TABLE + ((<usize>wordNumber) << 2), value);
}

/** A bit for each id below HOT_IDS of which there is more than one field. */
let repeated: u32 = 0;

/** True for SP and HTAB, which at the start of a line go on with the field before (RFC 3261 §7.3.1). */
function folds(p: usize): bool {
  const octet = load<u8>(p);
  return octet == 0x20 || octet == 0x09;
}

/** Without the CR that stands before a LF. */
function beforeBreak(start: usize, lf: usize): usize {
  return lf > start && load<u8>(lf - 1) == 0x0d ? lf - 1 : lf;
}

/** Why no empty line was found: more of the head may lie behind what the window holds. */
function unfinished(length: u32): i32 {
  return length >= <u32>WINDOW_SIZE ? -E_HEAD_TOO_LARGE : -E_HEAD_INCOMPLETE;
}

/** Only methods can be inlined where a decorator that TypeScript takes asks for it. */
class Table {
  /** Puts a field into the table, and notes of a frequent header where its first field is, and whether it comes again. */
  @inline
  static note(count: u32, line: usize, value: usize, valueEnd: usize, id: u32, flags: u32): void {
    const field = fieldAt(count);
    store<u32>(field, span(line, value));
    store<u32>(field, <u32>(valueEnd - WINDOW) | (id << 16) | (flags << 24), 4);
    // Without a branch, as it comes another way in every message. All other ids share the first place, which counts for nothing.
    const hot = id < <u32>HOT_IDS ? id : 0;
    const place = TABLE + ((<usize>T_HOT) << 2) + hot;
    const before = <u32>load<u8>(place);
    store<u8>(place, <u8>(before != 0 ? before : count < 255 ? count + 1 : 0));
    repeated |= (before != 0 ? <u32>1 : <u32>0) << hot;
  }
}

/**
 * Reads a field as nearly all of them are: a known name of at most fifteen octets, a colon, at most one SP, a
 * value, CRLF, and no fold. Its line ends in the LF at `lf`. False where it is not so.
 */
function usualField(p: usize, lf: usize, count: u32): bool {
  const lanes = v128.load(p);
  const colons = i8x16.bitmask(i8x16.eq(lanes, i8x16.splat(0x3a)));
  if (colons == 0) return false;
  const length = <usize>ctz(colons);
  // In lower case; a control character becomes a SP, or a CR would be a `-`.
  const space = i8x16.splat(0x20);
  const lower = v128.or(i8x16.max_s(lanes, space), space);
  const name = v128.and(lower, v128.load(MASKS + 16 - length));
  const known = v128.load(placeOf(i64x2.extract_lane(name, 0), i64x2.extract_lane(name, 1)));
  if ((i8x16.bitmask(i8x16.eq(known, name)) & 0x7fff) != 0x7fff) return false;
  const id = <u32>i8x16.extract_lane_u(known, 15);
  if (id == 0) return false; // no name at all is where nothing is
  let value = p + length + 1;
  if (load<u8>(value) == 0x20) value++;
  if (load<u8>(value) <= 0x20) return false;
  const before = <u32>load<u16>(lf - 2, 0, 1);
  if (before >> 8 != 0x0d || (before & 0xff) <= 0x20) return false;
  const behind = load<u8>(lf + 1);
  if (behind <= 0x20 && behind != 0x0d && behind != 0x0a) return false;
  Table.note(count, p, value, lf - 1, id, 0);
  return true;
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

/** Notes the Content-Length, which says where the body ends (RFC 3261 §18.3): of several that differ none. */
function bodyLength(count: u32): void {
  const first = firstField(ID_CONTENT_LENGTH);
  let length = first == 0 ? <u32>NONE : lengthIn(first);
  // The place of one behind the 255th field is not noted.
  if (((repeated >> ID_CONTENT_LENGTH) & 1) != 0 || (first == 0 && count > 255)) {
    const behind = fieldAt(count);
    for (let field = first == 0 ? fieldAt(255) : first + 8; field < behind; field += 8) {
      if (load<u8>(field, 6) != ID_CONTENT_LENGTH) continue;
      const other = lengthIn(field);
      length = length == <u32>NONE || length == other ? other : <u32>FLAG;
    }
  }
  put(T_BODY_LENGTH, length);
}

/** The number that a field's value is, or FLAG. */
function lengthIn(field: usize): u32 {
  const end = valueEnd(field);
  return decimal(valueStart(field), end, 0x7fffffff) == end ? decimalValue : <u32>FLAG;
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

  repeated = 0;
  store<u64>(TABLE + ((<usize>T_HOT) << 2), 0);
  store<u64>(TABLE + ((<usize>T_HOT) << 2) + 8, 0);
  let count: u32 = 0;
  while (true) {
    const first = load<u8>(p);
    if (first == 0x0a || (first == 0x0d && load<u8>(p + 1) == 0x0a)) break;
    if (count == <u32>FIELDS_MAX) return -E_TOO_MANY_HEADERS;
    let next: usize = 0;
    if (ASC_FEATURE_SIMD) {
      lf = lineEnd(p);
      if (lf < end && usualField(p, lf, count)) next = lf + 1;
    }
    if (next == 0) next = anyField(p, end, count);
    if (next == 0) return unfinished(length);
    count++;
    p = next;
  }
  if (p >= end) return unfinished(length);
  lf = load<u8>(p) == 0x0a ? p : p + 1;
  if (lf >= end) return unfinished(length);
  // Some take it for a line end, others for white space (RFC 3261 §7 has neither): what one hides the other shows.
  const odd = oddities(lf + 1);
  if ((odd & BARE_RETURN) != 0) return -E_LINE_END;

  put(T_FIELDS_END, <u32>(p - WINDOW));
  put(T_HEAD_END, <u32>(lf + 1 - WINDOW));
  repeated &= ~1;
  put(T_REPEATED, repeated);
  store<u8>(TABLE + ((<usize>T_HOT) << 2), 0);
  const ascii = (odd & NOT_ASCII) == 0;
  if (ascii) put(T_FLAGS, load<u32>(TABLE + ((<usize>T_FLAGS) << 2)) | F_ASCII);
  bodyLength(count);
  readFrequent(repeated, ascii ? READ_ASCII : READ_OCTETS);
  return <i32>count;
}
