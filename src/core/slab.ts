// Slab: where tables of numbers are kept. A typed array of its own costs as much as a whole parse, so many
// tables share one. Whoever keeps a table keeps its slab: 16 kB.

import { R_ERROR, READ_ASCII, READ_OCTETS } from "./abi.ts";
import type { Engine } from "./engine.ts";

const SLAB_WORDS = 4096;
let used = 0;

/** The slab that keep() has just copied to. */
export let slab: Uint32Array = new Uint32Array(SLAB_WORDS);

/** Copies these words, a view on the core's memory, into the slab; where they are in it. */
export function keep(words: Uint32Array): number {
  let at = used;
  used += words.length;
  if (used > SLAB_WORDS) {
    begin(words.length);
    at = 0;
  }
  slab.set(words, at);
  return at;
}

/** Takes another slab, of which the first `size` words are in use. */
function begin(size: number): void {
  slab = new Uint32Array(Math.max(SLAB_WORDS, size));
  used = size;
}

/** Copies the record of the value that the core has just read, and notes whether its text is ASCII. */
export function keepRecord(core: Engine, ascii: boolean): number {
  const at = keep(core.record);
  slab[at + R_ERROR] = ascii ? READ_ASCII : READ_OCTETS;
  return at;
}
