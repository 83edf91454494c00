// TimerQueue: one layer's pending timers, over one Clock timer for each length of wait. Transactions
// come by the hundred thousand, and nearly all of their timers last one of a few fixed times: such
// timers fall due in the order they were set, so that a list for each length needs no sorting, no
// closure for each timer, and no more than one timer of the runtime.

import type { Clock, TimerHandle } from "../clock.ts";
import type { TimerName } from "./machine.ts";

/** Who is told when a timer fires; it keeps its own pending timers in a list. */
export interface TimerOwner {
  /** The first of its pending timers. Kept by the queue. */
  pending: Timer | undefined;
  /** Timer `name`, set for `length` milliseconds, has fired, and is no longer pending. */
  fired(name: TimerName, length: number): void;
}

/** A pending timer: in the list of its length, and in that of its owner. */
export interface Timer {
  name: TimerName;
  owner: TimerOwner;
  line: Line;
  /** When it falls due, by the clock. */
  at: number;
  before: Timer | undefined;
  after: Timer | undefined;
  /** The next of the same owner's. */
  next: Timer | undefined;
}

/** All timers of one length, first due first. */
interface Line {
  readonly length: number;
  first: Timer | undefined;
  last: Timer | undefined;
  handle: TimerHandle | undefined;
  /** While its timers fire: what they set meanwhile starts no wait of its own. */
  firing: boolean;
}

/** Sets and clears the timers of one transaction layer. */
export class TimerQueue {
  readonly #clock: Clock;
  // As many lines as there are different lengths: a few tens at most, since they come from TimerOptions.
  readonly #lines: Map<number, Line> = new Map();
  #size = 0;
  /** One that was cleared, for the next that is set: a request that is answered at once clears one and sets one. */
  #spare: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many timers are pending. */
  get size(): number {
    return this.#size;
  }

  /** Starts `owner`'s timer `name`, for `length` milliseconds; if it runs already, it starts again. */
  set(owner: TimerOwner, name: TimerName, length: number): void {
    this.clear(owner, name);
    let line = this.#lines.get(length);
    if (line === undefined) {
      line = { length, first: undefined, last: undefined, handle: undefined, firing: false };
      this.#lines.set(length, line);
    }
    const at = this.#clock.now() + length;
    const timer = this.#make(owner, name, line, at);
    if (line.last === undefined) line.first = timer;
    else line.last.after = timer;
    line.last = timer;
    owner.pending = timer;
    this.#size++;
    if (line.handle === undefined && !line.firing) this.#wait(line, length);
  }

  /** Stops `owner`'s timer `name`, if it runs. */
  clear(owner: TimerOwner, name: TimerName): void {
    for (let timer = owner.pending; timer !== undefined; timer = timer.next) {
      if (timer.name === name) {
        this.#remove(timer);
        this.#spare = timer;
        return;
      }
    }
  }

  /** Counts timers that others have, so that the clock's are not stopped and set again for each that is set here. */
  count(others: 1 | -1): void {
    this.#size += others;
    if (this.#size === 0) this.#rest();
  }

  #make(owner: TimerOwner, name: TimerName, line: Line, at: number): Timer {
    const spare = this.#spare;
    const { last: before } = line;
    const { pending: next } = owner;
    if (spare === undefined) return { name, owner, line, at, before, after: undefined, next };
    this.#spare = undefined;
    spare.name = name;
    spare.owner = owner;
    spare.line = line;
    spare.at = at;
    spare.before = before;
    spare.after = undefined;
    spare.next = next;
    return spare;
  }

  /** Stops all of `owner`'s timers. */
  clearAll(owner: TimerOwner): void {
    while (owner.pending !== undefined) this.#remove(owner.pending);
  }

  #remove(timer: Timer): void {
    const { line, owner } = timer;
    if (timer.before === undefined) line.first = timer.after;
    else timer.before.after = timer.after;
    if (timer.after === undefined) line.last = timer.before;
    else timer.after.before = timer.before;
    if (owner.pending === timer) owner.pending = timer.next;
    else {
      let other = owner.pending;
      while (other !== undefined && other.next !== timer) other = other.next;
      if (other !== undefined) other.next = timer.next;
    }
    this.count(-1);
  }

  /**
   * Stops the clock's timers. A line's own is left to run when only that line is empty, and may come too early, or
   * for nothing: a server that answers at once sets and clears the same timer for each request, and to have the
   * runtime do so takes longer than to parse it.
   */
  #rest(): void {
    for (const line of this.#lines.values()) {
      if (line.handle !== undefined) this.#clock.clear(line.handle);
      line.handle = undefined;
    }
  }

  #wait(line: Line, delay: number): void {
    line.handle = this.#clock.set(() => this.#due(line), delay);
  }

  #due(line: Line): void {
    const now = this.#clock.now();
    line.handle = undefined;
    line.firing = true;
    try {
      for (let timer = line.first; timer !== undefined && timer.at <= now; timer = line.first) {
        const { owner, name } = timer;
        this.#remove(timer);
        owner.fired(name, line.length);
      }
    } finally {
      line.firing = false;
      // A clock that fires early (timers of the runtime are whole milliseconds) is waited for again.
      if (line.first !== undefined) this.#wait(line, Math.max(0, line.first.at - this.#clock.now()));
    }
  }
}
