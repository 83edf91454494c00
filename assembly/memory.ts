// Memory: the windows of the module and their addresses. All is static and of fixed size: nothing is
// allocated, nothing grows, and so no view on this memory is ever detached.
//
//   WINDOW   the message or value at hand, and a tail for whole-vector reads   65,536 + 64 bytes
//   TABLE    what parse() found: T_* words, then two words a header field
//   RECORD   what a grammar function found: R_* words
//   PARAMS   its parameters: two words each, name span and value span
//   CLASSES  a byte of C_* bits for each octet
//   ROWS     16 bytes for each K_* class: which octets are in it
//   BUCKETS  hash of a header name → number of its entry, 0 for none
//   ENTRIES  the names known by id: lower-case name, letter mask, id

import { FIELDS_MAX, PARAMS_MAX, RECORD_WORDS, T_FIELDS } from "../src/core/abi";

export const WINDOW: usize = memory.data(65536 + 64, 16);
export const TABLE: usize = memory.data((T_FIELDS + 2 * FIELDS_MAX) * 4, 16);
export const RECORD: usize = memory.data(RECORD_WORDS * 4, 16);
export const PARAMS: usize = memory.data(PARAMS_MAX * 8, 16);
export const CLASSES: usize = memory.data(256, 16);
/** Row tables of the K_* classes, 16 bytes each. */
export const ROWS: usize = memory.data(128, 16);
export const BUCKETS: usize = memory.data(512, 16);
export const ENTRIES: usize = memory.data(256 * 80, 16);

/** Writes one word of the value record. */
export function record(word: u32, value: u32): void {
  store<u32>(RECORD + ((<usize>word) << 2), value);
}

/** A span of the window as one word. */
export function span(start: usize, end: usize): u32 {
  return <u32>(start - WINDOW) | ((<u32>(end - WINDOW)) << 16);
}
