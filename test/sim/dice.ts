// Dice: what a seed decides, drawn in one fixed order.

import type { Random } from "../../src/random.ts";
import { seededRandom } from "../../src/transport/seeded.ts";

export class Dice {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.#random.fraction() < p;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#random.fraction() * (high - low + 1));
  }

  pick<T>(...from: readonly T[]): T {
    return from[Math.floor(this.#random.fraction() * from.length)] as T;
  }

  /** Dice of its own for somebody, so that one's draws do not shift another's. */
  split(): Dice {
    return new Dice(this.between(1, 2 ** 24 - 1));
  }
}
