// The virtual clock: timers in order of time, then of setting, whatever is set and cleared between.

import { describe, expect, it } from "vitest";
import { systemClock, VirtualClock } from "../src/clock.ts";
import { seededRandom } from "../src/transport/seeded.ts";

describe("systemClock", () => {
  it.each([Infinity, 2 ** 31])("waits for %d ms, and does not call at once", async (delay) => {
    let called = false;
    const handle = systemClock.set(() => {
      called = true;
    }, delay);
    await new Promise((resolve) => setTimeout(resolve, 20));
    systemClock.clear(handle);
    expect(called).toBe(false);
  });
});

describe("VirtualClock", () => {
  it("fires as a sorted list would", () => {
    const clock = new VirtualClock();
    const random = seededRandom(7);
    const expected: { at: number; order: number }[] = [];
    const fired: number[] = [];
    const handles: unknown[] = [];
    for (let order = 0; order < 2000; order++) {
      const at = Math.floor(random.fraction() * 500);
      handles.push(clock.set(() => fired.push(order), at));
      expected.push({ at, order });
    }
    const gone = new Set<number>();
    for (let i = 0; i < 700; i++) gone.add(Math.floor(random.fraction() * 2000));
    for (const order of gone) {
      clock.clear(handles[order]);
      clock.clear(handles[order]);
    }
    expect(clock.size).toBe(2000 - gone.size);
    clock.advance(500);
    const sorted = expected
      .filter(({ order }) => !gone.has(order))
      .sort((a, b) => a.at - b.at || a.order - b.order)
      .map(({ order }) => order);
    expect(fired).toEqual(sorted);
    expect(clock.size).toBe(0);
    expect(clock.next).toBeUndefined();
  });

  it("fires what is set while it fires, and not what is cleared then", () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const late = clock.set(() => log.push("never"), 20);
    clock.set(() => {
      log.push(`a ${clock.now()}`);
      clock.clear(late);
      clock.set(() => log.push(`b ${clock.now()}`), 0);
      clock.set(() => log.push(`c ${clock.now()}`), 15);
    }, 10);
    expect(clock.next).toBe(10);
    clock.advance(24);
    expect(log).toEqual(["a 10", "b 10"]);
    expect([clock.size, clock.now(), clock.next]).toEqual([1, 24, 25]);
    clock.advance(1);
    expect(log.at(-1)).toBe("c 25");
  });
});
