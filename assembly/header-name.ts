// Header name → id. The names come from the one table in src/message/header-table.ts: the JavaScript
// side interns each of them once, at the start; compact forms are names of the same id.

import { NAME_MAX } from "../src/core/abi";
import { BUCKETS, ENTRIES, WINDOW } from "./memory";

// An entry: 32 bytes lower-case name, 32 bytes mask (0x20 where a letter stands), length, id.
const MASK: usize = 32;
const LENGTH: usize = 64;
const ID: usize = 65;
const ENTRY_SIZE: usize = 80;
const LOWER: u64 = 0x2020202020202020;

let count: u32 = 0;

/** The octets from `p`, at most eight, in lower case; what lies behind `length` is zero. */
function word(p: usize, length: u32): u64 {
  const octets = load<u64>(p, 0, 1);
  return length >= 8 ? octets : octets & (((<u64>1) << ((<u64>length) << 3)) - 1);
}

function hash(p: usize, length: u32): u32 {
  const first = word(p, length) | LOWER;
  const last = load<u8>(p + length - 1) | 0x20;
  const mixed = (first ^ ((<u64>last) << 24) ^ ((<u64>length) << 40)) * 0x9e3779b97f4a7c15;
  return <u32>(mixed >> 55);
}

function matches(entry: usize, p: usize, length: u32): bool {
  if (load<u8>(entry + LENGTH) != <u8>length) return false;
  for (let i: u32 = 0; i < length; i += 8) {
    const differ = word(p + i, length - i) ^ load<u64>(entry + i);
    if ((differ & ~load<u64>(entry + MASK + i)) != 0) return false;
  }
  return true;
}

/** The id of the name at `p`, in any case; 0 for one that nobody interned. */
export function nameId(p: usize, length: u32): u32 {
  if (length == 0 || length > <u32>NAME_MAX) return 0;
  let slot = hash(p, length);
  while (true) {
    const number = <usize>load<u8>(BUCKETS + slot);
    if (number == 0) return 0;
    const entry = ENTRIES + number * ENTRY_SIZE;
    if (matches(entry, p, length)) return load<u8>(entry + ID);
    slot = (slot + 1) & 511;
  }
}

/**
 * Makes the name that stands at the start of the window, `length` octets of lower case, known as
 * `id` (1 to 255). Returns 0 where it cannot: too long, known already, or 255 names known.
 */
export function internName(length: u32, id: u32): u32 {
  if (length == 0 || length > <u32>NAME_MAX || count >= 255 || nameId(WINDOW, length) != 0) return 0;
  const entry = ENTRIES + <usize>++count * ENTRY_SIZE;
  for (let i: u32 = 0; i < length; i++) {
    const octet = load<u8>(WINDOW + i);
    store<u8>(entry + i, octet);
    if (<u32>octet - 0x61 < 26) store<u8>(entry + MASK + i, 0x20);
  }
  store<u8>(entry + LENGTH, <u8>length);
  store<u8>(entry + ID, <u8>id);
  let slot = hash(WINDOW, length);
  while (load<u8>(BUCKETS + slot) != 0) slot = (slot + 1) & 511;
  store<u8>(BUCKETS + slot, <u8>count);
  return id;
}
