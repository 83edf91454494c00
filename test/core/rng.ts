// Rng: a small seeded generator, so that a random test that fails can be run again.

/** Random numbers that are the same for the same seed. */
export interface Rng {
  /** A whole number from 0 up to `limit`, which it never is (0 where the limit is 0). */
  below(limit: number): number;
}

/** Makes a generator (mulberry32). */
export function rng(seed: number): Rng {
  let state = seed >>> 0;
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
    },
  };
}

/** The octets of a text whose characters are all below U+0100. */
export function bytes(binary: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
