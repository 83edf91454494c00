// Ringing: how long a call rings, and that it goes on saying so: a proxy on the way may give up where nothing has come for
// three minutes (RFC 3261 §13.3.1.1, §16.7 step 2).

import type { Clock, TimerHandle } from "../clock.ts";
import { LONGEST } from "./host.ts";

/** In milliseconds: one that is lost leaves time for another. */
const MINUTE = 60_000;

/** The times of one call that rings. */
export class Ringing {
  readonly #clock: Clock;
  #next: TimerHandle | undefined;
  #end: TimerHandle | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Limits it to what Expires says (RFC 3261 §13.2.1, §13.3.1). @param seconds undefined for no limit */
  limit(seconds: number | undefined, over: () => void): void {
    if (seconds === undefined || seconds > LONGEST) return;
    this.#end = this.#clock.set(over, seconds * 1000);
  }

  /** Something was said just now. @param again says it once more */
  said(again: () => void): void {
    this.#clock.clear(this.#next);
    this.#next = this.#clock.set(again, MINUTE);
  }

  /** It rings no more. */
  stop(): void {
    this.#clock.clear(this.#next);
    this.#clock.clear(this.#end);
  }
}
