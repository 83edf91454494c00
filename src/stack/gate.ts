// Gate: what stands between the transports and the transactions of a stack, and lets in what it will. The
// stack knows no more of it than this.

import type { Clock } from "../clock.ts";
import type { Message } from "../message/parse.ts";
import type { Request } from "../message/request.ts";
import type { Random } from "../random.ts";
import type { Flow } from "../transport/transport.ts";

/** What a gate can see and do. */
export interface GateHost {
  /** The stack's clock. */
  readonly clock: Clock;
  /** The stack's random source. */
  readonly random: Random;
  /** How many transactions live now. */
  readonly transactions: number;
  /** True for a request that belongs to no transaction and to no dialog. */
  isNew(request: Request): boolean;
  /** Lets a message in. */
  pass(message: Message, flow: Flow): void;
  /** Answers a request 503 without a transaction. `retryAfter` is in seconds. */
  refuse(request: Request, flow: Flow, retryAfter: number): void;
}

/**
 * Decides on every message that came in whole and sound; `congestion` of `sippet/node` makes one. One gate, one stack
 * at a time.
 */
export interface Gate {
  /** Whether it is open for a stack already, and cannot be for another. */
  readonly taken?: boolean;
  /** The stack starts. Where this throws, it does not, and `close` is not called. */
  open(host: GateHost): void;
  /** Passes or refuses a message, at once or later. */
  receive(message: Message, flow: Flow): void;
  /** The stack is closed: no timers, nothing passed any more. */
  close(): void;
  /** What it has counted, and how things stand. A copy. */
  readonly counts: Readonly<Record<string, number>>;
}
