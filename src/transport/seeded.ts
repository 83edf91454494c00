// A seeded source of octets for the in-memory network and for tests: the same seed, the same dice. Not
// for branches, tags or keys.

import { Random } from "../random.ts";

/** A Random whose octets follow from `seed` (xorshift32): repeatable, and guessable. */
export function seededRandom(seed: number): Random {
  let state = (Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995) | 0 || 1;
  return new Random((bytes) => {
    for (let i = 0; i < bytes.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      bytes[i] = state >>> 16;
    }
    return bytes;
  });
}
