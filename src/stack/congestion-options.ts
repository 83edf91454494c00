// CongestionOptions: what a congestion gate goes by.

import { checkNumbers, need } from "../demands.ts";
import { notWanted } from "../errors.ts";

/** Two thresholds: past the first the gate is at level 1, past the second at level 2. */
export type Thresholds = readonly [busy: number, overloaded: number];

/** Options of `congestion`; all of them have defaults. */
export interface CongestionOptions {
  /** Live transactions, of both kinds. Default [100,000, 200,000]. */
  transactions?: Thresholds | undefined;
  /** How late the runtime is with its work, in milliseconds. Default [100, 500]. */
  delay?: Thresholds | undefined;
  /** Messages that wait for their turn. Default [1,000, 5,000]. */
  queue?: Thresholds | undefined;
  /**
   * How many messages are let in in one go; the others wait until the runtime has looked at its sockets and timers.
   * Default 256.
   */
  batch?: number | undefined;
  /** The most messages that may wait; a request beyond is refused, a response or an ACK dropped. Default 10,000. */
  queueLimit?: number | undefined;
  /**
   * What level 1 still takes though it is new. Default ["REGISTER", "OPTIONS"]: who cannot register calls again and
   * again, and a dead health check moves all calls elsewhere.
   */
  essential?: readonly string[] | undefined;
  /** How many new requests a second one source address may send, of IPv6 one /64, and how many at once. Default: no limit. */
  perSource?: { readonly rate: number; readonly burst: number } | undefined;
  /** How many sources are kept in mind; the least recently seen go first. Default 10,000. */
  sourceLimit?: number | undefined;
  /** Retry-After in seconds; up to twice that is asked for, by lot, so that not all come back at once. Default 5. */
  retryAfter?: number | undefined;
  /** How often the delay is measured, in milliseconds. Default 100. */
  interval?: number | undefined;
  /** Told when the level changes. What it throws or rejects with is dropped. */
  onLevel?:
    | ((level: 0 | 1 | 2, load: Readonly<Record<"transactions" | "delay" | "queue", number>>) => void)
    | undefined;
}

/** @throws SipError `value_invalid` for a number that is none */
export function checkCongestion(options: CongestionOptions): void {
  checkNumbers(options, 1, "batch", "sourceLimit", "interval");
  checkNumbers(options, 0, "queueLimit", "retryAfter");
  if (options.perSource) {
    need("perSource", options.perSource, "rate", "burst");
    checkNumbers(options.perSource, 0, "rate", "burst");
  }
  for (const name of ["transactions", "delay", "queue"] as const) {
    const given = options[name];
    if (given && !(given[0] <= given[1])) throw notWanted(name, "two numbers, the lower first", given);
  }
}
