// Resend: when a response goes again, and when nobody waits any more (RFC 3261 §13.3.1.4, RFC 3262 §3).

import { expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { Resend } from "../../src/dialog/resend.ts";

/** The times of what goes again, and that of the end. */
function run(most?: number): { again: number[]; end: number[]; clock: VirtualClock; resend: Resend } {
  const clock = new VirtualClock();
  const [again, end]: [number[], number[]] = [[], []];
  const pace = { clock, t1: 500, t2: 4_000 };
  const resend = new Resend(
    pace,
    () => void again.push(clock.now()),
    () => void end.push(clock.now()),
    most,
  );
  return { again, end, clock, resend };
}

it("a 2xx goes at intervals that double up to T2, for 64 × T1", () => {
  const { again, end, clock } = run();
  clock.advance(100_000);
  expect(again).toEqual([500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
  expect([end, clock.size]).toEqual([[32_000], 0]);
});

it("a reliable provisional response goes at intervals that double without end", () => {
  const { again, end, clock } = run(Number.POSITIVE_INFINITY);
  clock.advance(100_000);
  expect([again, end, clock.size]).toEqual([[500, 1_500, 3_500, 7_500, 15_500, 31_500], [32_000], 0]);
});

it("one that was acknowledged goes no more, and leaves no timer, however often it is told", () => {
  const { again, end, clock, resend } = run();
  clock.advance(1_000);
  resend.stop();
  resend.stop();
  expect(clock.size).toBe(0);
  clock.advance(100_000);
  expect([again, end]).toEqual([[500], []]);
});
