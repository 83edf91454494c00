// Counters: what a stack has seen and done, as plain numbers. Nothing is dropped without one of them
// going up.

import type { ErrorCode } from "../errors.ts";

/** Running totals of one stack. */
export interface Counters {
  /** Messages that came in, good or bad. */
  received: number;
  /** Messages handed to a transport, retransmissions included. */
  sent: number;
  /** What came in and was no message, or not one that can be worked with, by error code. */
  readonly bad: Partial<Record<ErrorCode, number>>;
  /** Of those, how many requests were answered. */
  answered: number;
  /** Sends that a transport reported as failed. */
  failed: number;
}

/** All zero. */
export function newCounters(): Counters {
  return { received: 0, sent: 0, bad: {}, answered: 0, failed: 0 };
}

/** Counts one bad message. */
export function countBad(counters: Counters, code: ErrorCode): void {
  counters.bad[code] = (counters.bad[code] ?? 0) + 1;
}
