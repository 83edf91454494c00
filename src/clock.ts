// Clock: where time comes from. Every timer of a stack goes through the Clock it was given, so that
// tests can turn time by hand and browsers can lend a worker's timers to a throttled page.

/** An opaque handle of a pending timer. */
export type TimerHandle = unknown;

/** Time and timers, in milliseconds. */
export interface Clock {
  /** Milliseconds since any fixed moment; must never go back. */
  now(): number;
  /** Calls `callback` once after `delay` milliseconds, unless the handle is cleared before. */
  set(callback: () => void, delay: number): TimerHandle;
  /** Forgets a timer; one that has fired or was cleared already is ignored. */
  clear(handle: TimerHandle): void;
}

/** The runtime's own timers. A pending timer keeps a Node process alive; the stack clears all of its. */
export const systemClock: Clock = {
  now: () => performance.now(),
  set: (callback, delay) => setTimeout(callback, delay),
  clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

interface Pending {
  at: number;
  order: number;
  callback: () => void;
}

/**
 * A clock that stands still until it is told to move: for tests of transactions, dialogs and whatever
 * else waits. Timers fire in order of time, then of setting.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  now(): number {
    return this.#now;
  }

  set(callback: () => void, delay: number): TimerHandle {
    const timer = { at: this.#now + Math.max(0, delay), order: this.#order++, callback };
    this.#pending.add(timer);
    return timer;
  }

  clear(handle: TimerHandle): void {
    this.#pending.delete(handle as Pending);
  }

  /** How many timers are pending. */
  get size(): number {
    return this.#pending.size;
  }

  /** The time of the next timer, or undefined where none is pending. */
  get next(): number | undefined {
    return this.#first()?.at;
  }

  /** Moves time on by `ms` milliseconds and fires what falls due on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#first(); timer !== undefined && timer.at <= end; timer = this.#first()) {
      this.#now = timer.at;
      this.#pending.delete(timer);
      timer.callback();
    }
    this.#now = end;
  }

  /** Like advance, but lets promises settle after every timer. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#first(); timer !== undefined && timer.at <= end; timer = this.#first()) {
      this.#now = timer.at;
      this.#pending.delete(timer);
      timer.callback();
      await settle();
    }
    this.#now = end;
  }

  #first(): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#pending) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    }
    return first;
  }
}

/** Lets promise callbacks that are queued now, and those that they queue in turn, run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await null;
}
