// The exports of the module, and nothing else. Offsets count from the start of the window. A grammar
// function reads one value from `start`, at most to `end`, leaves its parts in the record, and returns
// the offset behind it (of the comma, where another value follows), or -1 with R_ERROR and R_ERROR_AT. Some
// take G_* bits as `rules`.

import { address as readAddress } from "./address";
import { callId as readCallId } from "./call-id";
import { fillClasses } from "./chars";
import { parseHead } from "./head";
import { internName } from "./header-name";
import { PARAMS, RECORD, TABLE, WINDOW } from "./memory";
import { params as readParams } from "./params";
import { asciiWindow } from "./scan";
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
  return asciiWindow(length) ? 1 : 0;
}

export function via(start: u32, end: u32): i32 {
  return offset(readVia(WINDOW + start, WINDOW + end));
}

export function address(start: u32, end: u32, rules: u32): i32 {
  return offset(readAddress(WINDOW + start, WINDOW + end, rules));
}

export function callId(start: u32, end: u32): i32 {
  return offset(readCallId(WINDOW + start, WINDOW + end));
}

export function uri(start: u32, end: u32): i32 {
  return offset(readUri(WINDOW + start, WINDOW + end));
}

export function cseq(start: u32, end: u32): i32 {
  return offset(readCSeq(WINDOW + start, WINDOW + end));
}

export function integer(start: u32, end: u32, most: u32): i32 {
  return offset(readInteger(WINDOW + start, WINDOW + end, most));
}

export function token(start: u32, end: u32, rules: u32): i32 {
  return offset(readToken(WINDOW + start, WINDOW + end, rules));
}

export function mediaType(start: u32, end: u32, rules: u32): i32 {
  return offset(readMediaType(WINDOW + start, WINDOW + end, rules));
}

export function params(start: u32, end: u32): i32 {
  return offset(readParams(WINDOW + start, WINDOW + end));
}

export function uriParams(start: u32, end: u32, separator: u32): i32 {
  return offset(readUriParams(WINDOW + start, WINDOW + end, separator));
}
