// Mutate: small changes to a message, in place: octets, pieces, lines, numbers, runs, and pieces of others.

import type { Rng } from "../core/rng.ts";
import { bytes } from "../core/rng.ts";

/** The longest mutant: a little more than the window takes. */
export const MUTANT_MAX = 66_000;

const MARKS = bytes(' \t\r\n:;,<>"\\@=/[]?&%.*+-0129afAZz\0\x7f\x80\xc3\xa9\xff');
const WORDS = [
  ...[
    "\r\n ",
    "\n\t",
    "\r\n",
    "\r\n\r\n",
    "\n\n",
    "\r",
    ": ",
    ";",
    ",",
    ", ,",
    '"',
    '\\"',
    "\\",
    "<",
    ">",
    "<>",
    "*",
  ],
  ...[
    "%41",
    "%00",
    "%",
    "%4",
    "[::1]",
    "[",
    "]",
    ":5060",
    ":65536",
    ":",
    "@",
    "?a=b&c",
    ";lr",
    ";tag=",
    ";rport",
  ],
  ...[
    ";branch=z9hG4bK",
    ";received=[::1]",
    ';a=""',
    "SIP/2.0",
    "SIP / 2.0 / UDP ",
    "sip:",
    "sips:",
    "tel:+1;x=y",
  ],
  ...[
    "Via: ",
    "v:",
    "Contact: *",
    "Content-Length: 5",
    "l: 4294967296",
    "To: ",
    "CSeq: 2147483648 ACK",
    "\xc3\xa9",
  ],
  ...[
    "4294967295",
    "4294967296",
    "99999999999999999999",
    "00000000000000000001",
    "-1",
    "\0",
    "\x7f",
    "\xff",
    "(",
    ")",
  ],
].map(bytes);

/** A message that is being changed: the first `length` octets of `data`. */
export interface Work {
  readonly data: Uint8Array;
  length: number;
}

/** Room for one mutant. */
export function makeWork(): Work {
  return { data: new Uint8Array(MUTANT_MAX), length: 0 };
}

function insert(work: Work, at: number, from: Uint8Array, start: number, end: number): void {
  const size = Math.min(end - start, MUTANT_MAX - work.length);
  if (size <= 0) return;
  work.data.copyWithin(at + size, at, work.length);
  for (let i = 0; i < size; i++) work.data[at + i] = from[start + i]!;
  work.length += size;
}

function remove(work: Work, at: number, size: number): void {
  work.data.copyWithin(at, at + size, work.length);
  work.length -= size;
}

/** Changes the message one to four times; `other` is where foreign pieces come from. */
export function mutate(random: Rng, work: Work, other: Uint8Array): void {
  for (let times = 1 + random.below(4); times > 0; times--) change(random, work, other);
}

function change(random: Rng, work: Work, other: Uint8Array): void {
  const { data, length } = work;
  const at = random.below(length + 1);
  const few = Math.min(length - at, 1 + random.below(random.below(4) === 0 ? 64 : 6));
  switch (random.below(12)) {
    case 0:
      remove(work, at, few);
      return;
    case 1:
    case 2:
      if (at < length) data[at] = MARKS[random.below(MARKS.length)]!;
      return;
    case 3:
      if (at < length) data[at]! ^= 1 << random.below(8);
      return;
    case 4: {
      const mark = random.below(MARKS.length);
      insert(work, at, MARKS, mark, mark + 1);
      return;
    }
    case 5:
    case 6: {
      const word = WORDS[random.below(WORDS.length)]!;
      if (random.below(2) === 0) remove(work, at, Math.min(few, length - at));
      insert(work, at, word, 0, word.length);
      return;
    }
    case 7: {
      // A piece of this message once more, somewhere else.
      const piece = data.slice(at, at + few);
      insert(work, random.below(length + 1), piece, 0, piece.length);
      return;
    }
    case 8: {
      const from = random.below(other.length + 1);
      insert(work, at, other, from, Math.min(other.length, from + random.below(80)));
      return;
    }
    case 9: {
      // A line of another message.
      const from = other.indexOf(10, random.below(other.length + 1)) + 1;
      const end = other.indexOf(10, from) + 1;
      const line = data.indexOf(10, at) + 1;
      if (from > 0 && end > from && line > 0) insert(work, line, other, from, end);
      return;
    }
    case 10: {
      // A run: 2 to 40 of one octet, rarely very many, so that limits and vectors are passed.
      const size = random.below(400) === 0 ? random.below(MUTANT_MAX) : 2 + random.below(40);
      const octet = random.below(2) === 0 && at < length ? data[at]! : MARKS[random.below(MARKS.length)]!;
      const run = new Uint8Array(size).fill(octet);
      insert(work, at, run, 0, size);
      return;
    }
    default:
      // Cut, or cut out to the end of a line.
      if (random.below(4) === 0) work.length = at;
      else remove(work, at, Math.max(0, data.indexOf(10, at) - at) % (length - at + 1));
  }
}
