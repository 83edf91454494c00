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
  // What is longer than 31 bits, Infinity say, the runtimes take for 1.
  set: (callback, delay) => setTimeout(callback, Math.min(delay, 0x7fffffff)),
  clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

interface Pending {
  at: number;
  order: number;
  /** Undefined once it was cleared: it leaves the heap when its time comes. */
  callback: (() => void) | undefined;
}

/** Whether `a` fires before `b`: by time, then by the order of setting. */
const isBefore = (a: Pending, b: Pending): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/**
 * A clock that stands still until it is told to move: for tests of transactions, dialogs and whatever
 * else waits. Timers fire in order of time, then of setting.
 */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  /** A binary heap, first due on top. */
  readonly #heap: Pending[] = [];
  #size = 0;

  /** The time in milliseconds, 0 at first; it moves by `advance` and `advanceAsync` alone. */
  now(): number {
    return this.#now;
  }

  /** Calls back once, when the clock has moved by `delay` milliseconds; never within `set`. */
  set(callback: () => void, delay: number): TimerHandle {
    const timer: Pending = { at: this.#now + Math.max(0, delay), order: this.#order++, callback };
    const heap = this.#heap;
    let at = heap.length;
    // Up from the end, as long as the parent is due later.
    for (; at > 0; ) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Pending;
      if (!isBefore(timer, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
    this.#size++;
    return timer;
  }

  /** Takes a timer back; nothing happens where it has fired, or was taken back before. */
  clear(handle: TimerHandle): void {
    const timer = handle as Pending | undefined;
    if (timer?.callback === undefined) return;
    timer.callback = undefined;
    this.#size--;
    if (this.#size === 0) this.#heap.length = 0;
  }

  /** How many timers are pending. */
  get size(): number {
    return this.#size;
  }

  /** The time of the next timer, or undefined where none is pending. */
  get next(): number | undefined {
    return this.#first()?.at;
  }

  /** Moves time on by `ms` milliseconds and fires what falls due on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#first(); timer !== undefined && timer.at <= end; timer = this.#first()) {
      this.#fire(timer);
    }
    this.#now = end;
  }

  /** Like advance, but lets promises settle after every timer. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#first(); timer !== undefined && timer.at <= end; timer = this.#first()) {
      this.#fire(timer);
      await settle();
    }
    this.#now = end;
  }

  #fire(timer: Pending): void {
    const { callback } = timer;
    this.#now = timer.at;
    this.clear(timer);
    callback?.();
  }

  #first(): Pending | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].callback === undefined) this.#pop();
    return this.#heap[0];
  }

  /** Takes the top away: the last one takes its place, and sinks below those that are due before it. */
  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Pending)) child++;
      const next = heap[child] as Pending;
      if (!isBefore(next, last)) break;
      heap[at] = next;
      at = child;
    }
    heap[at] = last;
  }
}

/** Lets promise callbacks that are queued now, and those that they queue in turn, run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await null;
}
