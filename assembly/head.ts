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
import { K_TOKEN, skip, skipSpace, trimEnd } from "./chars";
import { nameId } from "./header-name";
import { span, TABLE, WINDOW } from "./memory";
import { decimal, decimalValue } from "./number";
import { allAscii, colon, lineEnd, resetSeen } from "./scan";
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

/** Notes where the first field of a frequent header is, and which of them come again. */
function index(id: u32, count: u32): void {
  const hot = TABLE + ((<usize>T_HOT) << 2) + id;
  if (load<u8>(hot) != 0) {
    const repeated = TABLE + ((<usize>T_REPEATED) << 2);
    store<u32>(repeated, load<u32>(repeated) | (1 << id));
  } else if (count < 255) {
    store<u8>(hot, <u8>(count + 1));
  }
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

/**
 * Reads the head of the message that fills the first `length` octets of the window into the table, and
 * returns the number of header fields, or minus an E_* code. Lines end in CRLF or in a LF alone.
 */
export function parseHead(length: u32): i32 {
  const end = WINDOW + length;
  store<u64>(end, 0x0a0a0a0a0a0a0a0a, 0, 1); // the scan's last stop
  resetSeen();

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
  let count: u32 = 0;
  let field = TABLE + ((<usize>T_FIELDS) << 2);
  while (true) {
    lf = lineEnd(p);
    if (lf >= end) return unfinished(length);
    if (lf == p || (lf == p + 1 && load<u8>(p) == 0x0d)) break;
    if (count == <u32>FIELDS_MAX) return -E_TOO_MANY_HEADERS;

    const nameEnd = colon;
    let flags: u32 = 0;
    let last = lf;
    while (last + 1 < end && folds(last + 1)) {
      flags = L_FOLDED;
      last = lineEnd(last + 1);
      if (last >= end) return unfinished(length);
    }

    let id: u32 = 0;
    let value = p;
    if (nameEnd > p) {
      let name = nameEnd;
      while (name > p && folds(name - 1)) name--;
      id = nameId(p, <u32>(name - p));
      if (id == 0 && (name == p || skip(p, name, K_TOKEN) != name)) flags |= L_MALFORMED;
      else value = nameEnd + 1;
    } else {
      flags |= L_MALFORMED;
    }
    let valueEnd = beforeBreak(value, last);
    value = skipSpace(value, valueEnd);
    valueEnd = trimEnd(value, valueEnd);
    if (id != 0 && id < <u32>HOT_IDS) {
      index(id, count);
      if (id == ID_CONTENT_LENGTH) bodyLength(value, valueEnd);
    }
    store<u32>(field, span(p, value));
    store<u32>(field + 4, <u32>(valueEnd - WINDOW) | (id << 16) | (flags << 24));
    field += 8;
    count++;
    p = last + 1;
  }

  put(T_FIELDS_END, <u32>(p - WINDOW));
  put(T_HEAD_END, <u32>(lf + 1 - WINDOW));
  if (allAscii()) put(T_FLAGS, load<u32>(TABLE + ((<usize>T_FLAGS) << 2)) | F_ASCII);
  return <i32>count;
}
