// Patience: how long a proxy waits for those whom it has asked.

import type { Clock, TimerHandle } from "../clock.ts";

/** A timer that does not outlive what it waits for: a stack that closes drops its transactions without a word. */
export class Patience {
  readonly #clock: Clock;
  #timer: TimerHandle | undefined;
  /** How many have not ended. */
  #asked = 0;

  /** @param over called after `delay` milliseconds, unless all that is waited for has ended by then */
  constructor(clock: Clock, delay: number, over: () => void) {
    this.#clock = clock;
    this.#timer = clock.set(() => {
      this.#timer = undefined;
      over();
    }, delay);
  }

  /** Waits for this one, too. */
  watch({ final }: { readonly final: Promise<unknown> }): void {
    this.#asked++;
    const ended = () => {
      if (--this.#asked === 0) this.stop();
    };
    final.then(ended, ended);
  }

  /** Waits no longer. */
  stop(): void {
    if (this.#timer !== undefined) this.#clock.clear(this.#timer);
    this.#timer = undefined;
  }
}
