// AckKeeper: sends a user agent client's ACK to a 2xx again when the 2xx comes again (RFC 3261 §13.2.2.4). It
// makes no ACK: what stands in it is the core's business.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { dialogKey, type KeeperOptions } from "./answer-keeper.ts";
import type { TimerName } from "./machine.ts";
import { type Timer, type TimerOwner, TimerQueue } from "./timer-queue.ts";

/** What an AckKeeper needs. */
export interface AckKeeperOptions extends KeeperOptions {
  /** Sends an ACK: `(ack) => stack.sendStateless(ack)`. */
  readonly send: (ack: Request) => void;
  /** How many ACKs are kept at once. Default 100,000. */
  readonly limit?: number | undefined;
}

/** The ACKs of one user agent client. */
export class AckKeeper {
  readonly #queue: TimerQueue;
  readonly #send: (ack: Request) => void;
  readonly #patience: number;
  readonly #limit: number;
  readonly #kept: Map<string, Kept> = new Map();

  /** Keeps nothing yet. The ACK to a 2xx is made by `createAck`. */
  constructor({ clock, timers, send, limit = 100_000 }: AckKeeperOptions) {
    this.#queue = new TimerQueue(clock);
    this.#send = send;
    this.#patience = 64 * timers.t1;
    this.#limit = limit;
  }

  /** How many ACKs are kept. */
  get size(): number {
    return this.#kept.size;
  }

  /**
   * Sends the ACK to a 2xx, and keeps a copy until the 2xx has not come for 64 × T1, when its sender has given
   * up.
   *
   * @throws SipError `overloaded` where no more are kept: nothing was sent. What `send` throws.
   */
  acknowledge(response: Response, ack: Request): void {
    const key = dialogKey(response);
    if (!this.#kept.has(key) && this.#kept.size >= this.#limit) {
      throw new SipError("overloaded", `${this.#limit} ACKs are kept already`);
    }
    this.#forget(key);
    const kept = new Kept(ack.clone(), () => this.#kept.delete(key));
    this.#kept.set(key, kept);
    this.#queue.set(kept, "M", this.#patience);
    this.#send(ack);
  }

  /**
   * Takes a 2xx to an INVITE.
   *
   * @returns true where it was acknowledged before: the ACK has been sent again, and nothing is left to do
   */
  receive(response: Response): boolean {
    const kept = this.#kept.get(dialogKey(response));
    if (kept === undefined) return false;
    this.#queue.set(kept, "M", this.#patience);
    this.#send(kept.ack);
    return true;
  }

  /** Forgets all; no timer is left. */
  close(): void {
    for (const key of [...this.#kept.keys()]) this.#forget(key);
  }

  #forget(key: string): void {
    const kept = this.#kept.get(key);
    if (kept !== undefined) this.#queue.clearAll(kept);
    this.#kept.delete(key);
  }
}

class Kept implements TimerOwner {
  pending: Timer | undefined = undefined;
  readonly ack: Request;
  readonly #over: () => void;

  constructor(ack: Request, over: () => void) {
    this.ack = ack;
    this.#over = over;
  }

  fired(_name: TimerName, _length: number): void {
    this.#over();
  }
}
