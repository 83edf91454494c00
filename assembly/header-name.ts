// Header name → id. The names come from the one table in src/message/header-table.ts: the JavaScript
// side interns each of them once, at the start; compact forms are names of the same id. All are made of
// letters, digits and `-`, of which setting 0x20 makes lower case and nothing else.

import { NAME_MAX } from "../src/core/abi";
import { BUCKETS, ENTRIES, IDS, NAMES, WINDOW } from "./memory";

const LOWER: u64 = 0x2020202020202020;

let count: u32 = 0;

/** The octets from `p`, at most eight, in lower case; what lies behind `length` is zero. */
function word(p: usize, length: u32): u64 {
  const octets = load<u64>(p, 0, 1) | LOWER;
  return length >= 8 ? octets : octets & (((<u64>1) << ((<u64>length) << 3)) - 1);
}

/** The bucket in which a name with these first sixteen octets is looked for first. */
function bucket(first: u64, second: u64): u32 {
  return <u32>(((first ^ (second << 7)) * 0x9e3779b97f4a7c15) >> 55);
}

/** Whether the octets of the name at `p` behind the first sixteen are the entry's. */
function restMatches(entry: usize, p: usize, length: u32): bool {
  const third = length > 16 ? word(p + 16, length - 16) : 0;
  const fourth = length > 24 ? word(p + 24, length - 24) : 0;
  return third == load<u64>(entry + 16) && fourth == load<u64>(entry + 24);
}

/** The id of the name at `p`, in any case, made of plain octets; 0 for one that nobody interned. */
export function nameId(p: usize, length: u32): u32 {
  if (length == 0 || length > <u32>NAME_MAX) return 0;
  const first = word(p, length);
  const second = length > 8 ? word(p + 8, length - 8) : 0;
  let slot = bucket(first, second);
  while (true) {
    const number = <usize>load<u8>(BUCKETS + slot);
    if (number == 0) return 0;
    const entry = ENTRIES + number * NAME_MAX;
    if (first == load<u64>(entry) && second == load<u64>(entry + 8) && restMatches(entry, p, length))
      return load<u8>(IDS + number);
    slot = (slot + 1) & 511;
  }
}

/**
 * Where that name is, if it is known: one of at most fifteen octets, given in lower case with zeros behind. The sixteenth
 * octet of the place is its id: all is in one load.
 */
export function placeOf(first: u64, second: u64): usize {
  return NAMES + ((<usize>bucket(first, second)) << 4);
}

/** Puts a name of at most fifteen octets in its place, unless another is there. */
function place(first: u64, second: u64, id: u32): void {
  const at = placeOf(first, second);
  if (load<u8>(at) != 0) return;
  store<u64>(at, first);
  store<u64>(at + 8, second);
  store<u8>(at + 15, <u8>id);
}

/**
 * Makes the lower-case name that stands at the start of the window known as `id` (1 to 255). Returns 0
 * where it cannot: too long, known already, or 255 names known.
 */
export function internName(length: u32, id: u32): u32 {
  if (length == 0 || length > <u32>NAME_MAX || count >= 255 || nameId(WINDOW, length) != 0) return 0;
  const entry = ENTRIES + <usize>++count * NAME_MAX;
  for (let i: u32 = 0; i < length; i++) store<u8>(entry + i, load<u8>(WINDOW + i));
  store<u8>(IDS + count, <u8>id);
  let slot = bucket(load<u64>(entry), load<u64>(entry + 8));
  while (load<u8>(BUCKETS + slot) != 0) slot = (slot + 1) & 511;
  store<u8>(BUCKETS + slot, <u8>count);
  if (ASC_FEATURE_SIMD && length < 16) place(load<u64>(entry), load<u64>(entry + 8), id);
  return id;
}
