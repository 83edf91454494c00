// Life: which phase of its life a stack is in, and the wait for its transactions before the last.

import type { Clock } from "../clock.ts";

export class Life {
  /** It goes from each to a later one only. */
  phase: "new" | "running" | "draining" | "closed" = "new";
  /** Ends the wait for the transactions, where there is one. */
  #drained: (() => void) | undefined;

  /**
   * Waits until `drained` is called.
   *
   * @param longest how long at most, in milliseconds
   */
  async drain(clock: Clock, longest: number): Promise<void> {
    this.phase = "draining";
    await new Promise<void>((resolve) => {
      const timer = clock.set(resolve, longest);
      this.#drained = () => {
        clock.clear(timer);
        resolve();
      };
    });
  }

  /** Nothing is left to wait for, or nobody wants to wait any more. */
  drained(): void {
    this.#drained?.();
  }
}
