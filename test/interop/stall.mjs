// Stall: how long this machine has let nobody run. Timers of the real world cannot be kept meanwhile, five times as fast
// least of all, and what a test finds then says nothing of the library.

import { monitorEventLoopDelay } from "node:perf_hooks";

/** So long may nobody run, in milliseconds: T1, five times as fast, ten times over. */
const LONGEST = 1000;

export class Stall {
  #delay = monitorEventLoopDelay({ resolution: 20 });

  constructor() {
    this.#delay.enable();
  }

  /** Ends the watch. @returns the longest stall in milliseconds, where it was too long */
  end() {
    this.#delay.disable();
    const longest = Math.round(this.#delay.max / 1e6);
    return longest > LONGEST ? longest : undefined;
  }
}
