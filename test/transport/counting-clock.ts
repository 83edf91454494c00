// The runtime's timers, counted: so that a test over real sockets can say that none was left.

import type { Clock } from "../../src/clock.ts";

export class CountingClock implements Clock {
  readonly pending = new Set<NodeJS.Timeout>();

  now(): number {
    return performance.now();
  }

  set(callback: () => void, delay: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.pending.delete(timer);
      callback();
    }, delay);
    this.pending.add(timer);
    return timer;
  }

  clear(handle: unknown): void {
    clearTimeout(handle as NodeJS.Timeout);
    this.pending.delete(handle as NodeJS.Timeout);
  }
}
