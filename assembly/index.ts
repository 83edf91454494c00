// The exports of the module, and nothing else. Offsets count from the start of the window. A grammar
// function reads one value from `start`, at most to `end`, leaves its parts in the record, and returns
// the offset behind it (of the comma, where another value follows), or -1 with R_ERROR and R_ERROR_AT.

import { address as readAddress } from "./address";
import { fillClasses } from "./chars";
import { parseHead } from "./head";
import { internName } from "./header-name";
import { mark, resetMarks } from "./marks";
import { PARAMS, RECORD, TABLE, WINDOW } from "./memory";
import { paramList as readParamList } from "./param-list";
import { params as readParams } from "./params";
import { parts as readParts } from "./parts";
import { NOT_ASCII, oddities } from "./scan";
import { uri as readUri } from "./uri";
import {
  cseq as readCSeq,
  integer as readInteger,
  mediaType as readMediaType,
  token as readToken,
  uriParams as readUriParams,
} from "./values";
import { via as readVia } from "./via";

fillClasses();

/** Addresses of the window, table, value record and parameter record in the module's memory. */
export const windowAt: usize = WINDOW;
export const tableAt: usize = TABLE;
export const recordAt: usize = RECORD;
export const paramsAt: usize = PARAMS;

function offset(p: usize): i32 {
  return p == 0 ? -1 : <i32>(p - WINDOW);
}

/** Reads the head of the message in the window; the number of header fields, or minus an E_* code. */
export function parse(length: u32): i32 {
  return parseHead(length);
}

/** Makes the lower-case name at the start of the window known as `id`. */
export function intern(length: u32, id: u32): u32 {
  return internName(length, id);
}

/** 1 where the first `length` octets of the window are all ASCII. */
export function ascii(length: u32): u32 {
  return (oddities(WINDOW + length) & NOT_ASCII) ^ NOT_ASCII;
}

/** Says that the window holds something else than before. parse() knows by itself. */
export function reset(): void {
  resetMarks();
}

export function via(start: u32, end: u32): i32 {
  mark(WINDOW + start, WINDOW + end);
  return offset(readVia(WINDOW + start, WINDOW + end));
}

export function address(start: u32, end: u32): i32 {
  mark(WINDOW + start, WINDOW + end);
  return offset(readAddress(WINDOW + start, WINDOW + end));
}

export function uri(start: u32, end: u32): i32 {
  mark(WINDOW + start, WINDOW + end);
  return offset(readUri(WINDOW + start, WINDOW + end));
}

export function cseq(start: u32, end: u32): i32 {
  mark(WINDOW + start, WINDOW + end);
  return offset(readCSeq(WINDOW + start, WINDOW + end));
}

export function integer(start: u32, end: u32, most: u32): i32 {
  mark(WINDOW + start, WINDOW + end);
  return offset(readInteger(WINDOW + start, WINDOW + end, most));
}

export function token(start: u32, end: u32): i32 {
  mark(WINDOW + start, WINDOW + end);
  return offset(readToken(WINDOW + start, WINDOW + end));
}

export function mediaType(start: u32, end: u32): i32 {
  mark(WINDOW + start, WINDOW + end);
  return offset(readMediaType(WINDOW + start, WINDOW + end));
}

export function params(start: u32, end: u32): i32 {
  mark(WINDOW + start, WINDOW + end);
  return offset(readParams(WINDOW + start, WINDOW + end));
}

export function uriParams(start: u32, end: u32, separator: u32): i32 {
  mark(WINDOW + start, WINDOW + end);
  return offset(readUriParams(WINDOW + start, WINDOW + end, separator));
}

export function parts(start: u32, end: u32, format: u32): i32 {
  mark(WINDOW + start, WINDOW + end);
  return offset(readParts(WINDOW + start, WINDOW + end, format));
}

export function paramList(start: u32, end: u32, separator: u32): i32 {
  mark(WINDOW + start, WINDOW + end);
  return offset(readParamList(WINDOW + start, WINDOW + end, separator));
}
