// Resend: sends a response again until it is acknowledged: a 2xx to INVITE (RFC 3261 §13.3.1.4), which its
// transaction leaves to the core, or a reliable provisional response (RFC 3262 §3).

import type { Clock, TimerHandle } from "../clock.ts";

/** T1 and T2 in milliseconds, and the clock that counts them. */
export interface Pace {
  readonly clock: Clock;
  readonly t1: number;
  readonly t2: number;
}

/** One response under way. */
export class Resend {
  readonly #pace: Pace;
  readonly #again: () => void;
  readonly #givenUp: () => void;
  readonly #most: number;
  #interval: number;
  #next: TimerHandle | undefined;
  readonly #end: TimerHandle;

  /**
   * @param again sends the response once more: after T1, then at twice the last interval
   * @param givenUp called after 64 × T1 without an acknowledgement
   * @param most the longest interval in milliseconds; T2 for a 2xx
   */
  constructor(pace: Pace, again: () => void, givenUp: () => void, most: number = pace.t2) {
    this.#pace = pace;
    this.#again = again;
    this.#givenUp = givenUp;
    this.#most = most;
    this.#interval = pace.t1;
    this.#end = pace.clock.set(() => this.#giveUp(), 64 * pace.t1);
    this.#wait();
  }

  /** It was acknowledged, or nobody wants it any more. */
  stop(): void {
    this.#pace.clock.clear(this.#next);
    this.#pace.clock.clear(this.#end);
  }

  #wait(): void {
    this.#next = this.#pace.clock.set(() => {
      this.#interval = Math.min(2 * this.#interval, this.#most);
      this.#wait();
      this.#again();
    }, this.#interval);
  }

  #giveUp(): void {
    this.stop();
    this.#givenUp();
  }
}
