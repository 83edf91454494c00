// Memory: the windows of the module and their addresses. All is static and of fixed size: nothing is
// allocated, nothing grows, and so no view on this memory is ever detached.
//
//   WINDOW    the message or value at hand, and a tail for whole-vector reads   65,536 + 128 bytes
//   TABLE     what parse() found: T_* and Q_* words, then two words a header field
//   RECORD    what a grammar function found: R_* words
//   PARAMS    the parameters of the value in RECORD: two words each, name span and value span
//   CLASSES   a byte of C_* bits for each octet
//   PLAIN     16 bytes: which octets are plain, as rows that a vector looks up
//   MARKS     a bit for each octet of the window: it is not plain
//   MASKS     sixteen octets 0xff and sixteen octets zero: what a vector keeps of a name
//   BUCKETS   hash of a header name → number of its entry, 0 for none
//   ENTRIES   the names known by id: lower-case name with zeros behind
//   IDS       their ids
//   NAMES     hash of a name of at most fifteen octets → the name, with its id behind

import { FIELDS_MAX, NAME_MAX, PARAMS_MAX, RECORD_WORDS, T_FIELDS } from "../src/core/abi";

export const WINDOW: usize = memory.data(65536 + 128, 16);
export const TABLE: usize = memory.data((T_FIELDS + 2 * FIELDS_MAX) * 4, 16);
export const RECORD: usize = memory.data(RECORD_WORDS * 4, 16);
export const PARAMS: usize = memory.data(PARAMS_MAX * 8, 16);
export const CLASSES: usize = memory.data(256, 16);
export const PLAIN: usize = memory.data(16, 16);
export const MARKS: usize = memory.data(8192 + 32, 16);
export const MASKS: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0,
]);
export const BUCKETS: usize = memory.data(512, 16);
export const ENTRIES: usize = memory.data(256 * NAME_MAX, 16);
export const IDS: usize = memory.data(256, 16);
export const NAMES: usize = memory.data(512 * 16, 16);

/** Where the grammar functions put what they find: RECORD, or a part of TABLE. */
let target: usize = RECORD;

export function recordTo(address: usize): void {
  target = address;
}

/** Writes one word of the value record. */
export function record(word: u32, value: u32): void {
  store<u32>(target + ((<usize>word) << 2), value);
}

/** Reads one word of it. */
export function recorded(word: u32): u32 {
  return load<u32>(target + ((<usize>word) << 2));
}

/** A span of the window as one word. */
export function span(start: usize, end: usize): u32 {
  return <u32>(start - WINDOW) | ((<u32>(end - WINDOW)) << 16);
}
