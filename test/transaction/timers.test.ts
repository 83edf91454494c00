// How long each timer lasts, and the queue that they wait in.

import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import type { TimerName } from "../../src/transaction/machine.ts";
import { type Timer, type TimerOwner, TimerQueue } from "../../src/transaction/timer-queue.ts";
import { Timers } from "../../src/transaction/timers.ts";

describe("Timers", () => {
  it("has the values of RFC 3261 Table 4 and RFC 6026", () => {
    const timers = new Timers();
    const first = (name: TimerName, invite = true) => timers.first(name, invite);
    expect(["A", "E", "G"].map((name) => first(name as TimerName))).toEqual([500, 500, 500]);
    expect(["B", "D", "F", "H", "J", "L", "M", "abandon"].map((name) => first(name as TimerName))).toEqual(
      Array(8).fill(32_000),
    );
    expect(["I", "K"].map((name) => first(name as TimerName))).toEqual([5_000, 5_000]);
    // RFC 3261 §16.6 step 11: larger than 3 minutes.
    expect(first("C")).toBe(181_000);
    expect(first("trying", true)).toBe(200);
    expect(first("trying", false)).toBe(3_500);
    expect(first("expire", false)).toBe(28_500);
  });

  it("scales with T1, but keeps Timer D at 32 s at least", () => {
    const fast = new Timers({ t1: 10, t2: 80 });
    expect(fast.first("B", true)).toBe(640);
    expect(fast.first("D", true)).toBe(32_000);
    expect(fast.slow).toBe(10 + 20 + 40);
    expect(new Timers({ t1: 1_000 }).first("D", true)).toBe(64_000);
    expect(new Timers({ t1: 4_000 }).slow).toBe(0);
  });

  it("backs A off without end, E and G up to T2", () => {
    const timers = new Timers();
    expect(timers.backoff("A", 16_000)).toBe(32_000);
    expect([500, 1_000, 2_000, 4_000].map((last) => timers.backoff("E", last))).toEqual([
      1_000, 2_000, 4_000, 4_000,
    ]);
    expect(timers.backoff("G", 3_000)).toBe(4_000);
  });

  it.each([{ t1: 0 }, { t2: -1 }, { t4: Number.NaN }, { c: Number.POSITIVE_INFINITY }])(
    "refuses %o",
    (options) => {
      expect(() => new Timers(options)).toThrow(expect.objectContaining({ code: "value_invalid" }));
    },
  );

  it("lets the automatic 100 be immediate", () => {
    expect(new Timers({ trying: 0 }).first("trying", true)).toBe(0);
  });
});

class Owner implements TimerOwner {
  pending: Timer | undefined = undefined;
  readonly log: [TimerName, number][] = [];
  readonly #clock: VirtualClock;
  readonly #then: (owner: Owner, name: TimerName) => void;
  constructor(clock: VirtualClock, then: (owner: Owner, name: TimerName) => void = () => {}) {
    this.#clock = clock;
    this.#then = then;
  }
  fired(name: TimerName): void {
    this.log.push([name, this.#clock.now()]);
    this.#then(this, name);
  }
}

describe("TimerQueue", () => {
  it("fires each timer at its time, with one clock timer for each length", () => {
    const clock = new VirtualClock();
    const queue = new TimerQueue(clock);
    const owners = Array.from({ length: 100 }, () => new Owner(clock));
    for (const owner of owners) {
      queue.set(owner, "A", 500);
      queue.set(owner, "B", 32_000);
      clock.advance(1);
    }
    expect(queue.size).toBe(200);
    expect(clock.size).toBe(2);
    clock.advance(40_000);
    for (const [i, owner] of owners.entries())
      expect(owner.log).toEqual([
        ["A", 500 + i],
        ["B", 32_000 + i],
      ]);
    expect([queue.size, clock.size]).toEqual([0, 0]);
  });

  it("starts again, stops, and leaves no clock timer behind", () => {
    const clock = new VirtualClock();
    const queue = new TimerQueue(clock);
    const [one, two] = [new Owner(clock), new Owner(clock)];
    queue.set(one, "E", 500);
    queue.set(two, "E", 500);
    clock.advance(300);
    queue.set(one, "E", 500);
    queue.set(one, "F", 1_000);
    queue.set(one, "K", 100);
    expect(queue.size).toBe(4);
    queue.clear(one, "F");
    queue.clear(one, "F");
    queue.clear(one, "M");
    clock.advance(10_000);
    expect(one.log).toEqual([
      ["K", 400],
      ["E", 800],
    ]);
    expect(two.log).toEqual([["E", 500]]);
    queue.set(one, "B", 5);
    queue.set(one, "C", 6);
    queue.set(two, "B", 5);
    queue.clearAll(one);
    // A length that has none left keeps its clock timer as long as others wait.
    expect([queue.size, clock.size]).toEqual([1, 2]);
    queue.clearAll(two);
    expect([queue.size, clock.size, one.pending, two.pending]).toEqual([0, 0, undefined, undefined]);
  });

  it("bears timers that are set and stopped while others fire", () => {
    const clock = new VirtualClock();
    const queue = new TimerQueue(clock);
    const victim = new Owner(clock);
    let rounds = 0;
    const busy = new Owner(clock, (owner, name) => {
      queue.clearAll(victim);
      if (rounds++ < 3) queue.set(owner, name, 100);
    });
    queue.set(busy, "G", 100);
    queue.set(victim, "G", 100);
    queue.set(victim, "H", 100);
    clock.advance(150);
    expect([queue.size, clock.size]).toEqual([1, 1]);
    clock.advance(850);
    expect(busy.log.map(([, at]) => at)).toEqual([100, 200, 300, 400]);
    expect(victim.log).toEqual([]);
    expect([queue.size, clock.size]).toEqual([0, 0]);
  });

  it("waits again when the clock fires early", () => {
    const clock = new VirtualClock();
    const early = {
      now: () => clock.now(),
      set: (f: () => void, ms: number) => clock.set(f, Math.max(1, ms - 3)),
      clear: (h: unknown) => clock.clear(h),
    };
    const queue = new TimerQueue(early);
    const owner = new Owner(clock);
    queue.set(owner, "J", 50);
    clock.advance(49);
    expect(owner.log).toEqual([]);
    clock.advance(1);
    expect(owner.log).toEqual([["J", 50]]);
    expect(clock.size).toBe(0);
  });

  it("goes on when an owner throws", () => {
    const clock = new VirtualClock();
    const queue = new TimerQueue(clock);
    const bad = new Owner(clock, () => {
      throw new Error("a bug");
    });
    const good = new Owner(clock);
    queue.set(bad, "A", 10);
    queue.set(good, "A", 10);
    expect(() => clock.advance(10)).toThrow("a bug");
    clock.advance(10);
    expect(good.log).toHaveLength(1);
    expect([queue.size, clock.size]).toEqual([0, 0]);
  });
});
