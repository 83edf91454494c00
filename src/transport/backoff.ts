// Backoff: how long to wait before the next attempt to connect. It keeps no timer.

import type { Random } from "../random.ts";

/** Options of reconnecting. */
export interface ReconnectOptions {
  /** The wait after the first failure is up to this, in milliseconds. Default 1,000. */
  baseDelay?: number | undefined;
  /** No wait is longer than this, in milliseconds. Default 30,000. */
  maxDelay?: number | undefined;
  /**
   * How many attempts in a row may fail before the transport gives up; one whose connection does not hold for 5 seconds
   * has failed too. Default: no limit.
   */
  attempts?: number | undefined;
}

/**
 * Waits as RFC 5626 §4.5 has it: the upper bound doubles with every failure, and the wait is drawn
 * from its upper half, so that the clients of a server that comes back don't all call it at once. The
 * RFC's own times (30 s to 30 min) are for registrations; a user before a screen waits less.
 */
export class Backoff {
  readonly #base: number;
  readonly #max: number;
  readonly #attempts: number;
  readonly #random: Random;
  #failures = 0;

  constructor(
    { baseDelay = 1000, maxDelay = 30_000, attempts = Infinity }: ReconnectOptions,
    random: Random,
  ) {
    this.#base = baseDelay;
    this.#max = maxDelay;
    this.#attempts = attempts;
    this.#random = random;
  }

  /** Milliseconds until the next attempt, or undefined where there is none. */
  next(): number | undefined {
    this.#failures++;
    if (this.#failures > this.#attempts) return undefined;
    const bound = Math.min(this.#max, this.#base * 2 ** (this.#failures - 1));
    return bound * (0.5 + this.#random.fraction() / 2);
  }

  /** A connection has held. */
  reset(): void {
    this.#failures = 0;
  }
}
