// Options of the transaction layer: what it is made of, and what it counts.

import type { Clock } from "../clock.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Finding } from "../message/validate.ts";
import type { Via } from "../message/via.ts";
import type { Random } from "../random.ts";
import type { Flow, SendFailed } from "../transport/transport.ts";
import type { Tallies } from "./tallies.ts";
import type { TimerOptions } from "./timers.ts";
import type { TransactionUser } from "./user.ts";

/** How many transactions may live at once, unless told otherwise. */
export const DEFAULT_TRANSACTION_LIMIT = 250_000;

/** What a transaction layer is made of. */
export interface TransactionLayerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** What differs from DEFAULT_TIMERS, in milliseconds. */
  readonly timers?: Partial<TimerOptions> | undefined;
  /** The core. */
  readonly user: TransactionUser;
  /**
   * Live transactions, of both kinds, past which a new request is answered 503, and none can be sent; and how many times
   * 4 KiB those of servers may take. Default 250,000.
   */
  readonly limit?: number | undefined;
  /** Hands every request to the core without a transaction, and every response that is not to one of ours. */
  readonly stateless?: boolean;
  /** Hands bytes to the flow's transport; `failed` is for Transport.send. The bytes are never changed. */
  transmit(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void;
  /** Whether that Via is one of ours (RFC 3261 §18.1.2); a 2xx without one is a stray. All are, without it. */
  owns?(via: Via): boolean;
  /** Told of what the layer answers or drops by itself: a request past the limit, a stray response. */
  onRefused?(finding: Finding, flow: Flow, message: Request | Response): void;
}

/** What a layer holds now, and what it has turned away so far. */
export interface TransactionCounts extends Readonly<Tallies> {
  /** Live client transactions. */
  readonly client: number;
  /** Live server transactions. */
  readonly server: number;
  /**
   * Of both, those that wait: for a final response, or for the ACK to a refused INVITE. The others only
   * absorb retransmissions until timer D, I, J, K, L or M.
   */
  readonly waiting: number;
  /** Pending timers of transactions. */
  readonly timers: number;
  /** Requests answered without a transaction, or not sent, since the limit was reached. */
  readonly refused: number;
  /** Responses that belong to no transaction, or have a Via that is not ours, and were dropped. */
  readonly stray: number;
  /** Messages that lack what a transaction is known by, and were dropped with an error to the user. */
  readonly dropped: number;
}
