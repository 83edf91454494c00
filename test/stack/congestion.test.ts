// The congestion gate by itself, without a stack: what it does unless told otherwise, where each level begins and ends,
// how a turn is shared out, and that it begins anew before another stack.

import { expect, it, vi } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { type CongestionOptions, congestion } from "../../src/stack/congestion.ts";
import type { Flow } from "../../src/transport/transport.ts";
import { text } from "./support.ts";

const from = (host: string): Flow => ({ remote: { host, port: 5060 } }) as Flow;
const flow = from("10.0.0.2");
const [message, options, ack] = ["MESSAGE", "OPTIONS", "ACK"].map((method) =>
  parseMessage(text(method, "10.0.0.2")),
);
const response = parseMessage(text("OPTIONS", "10.0.0.2").replace(/^.*\r\n/, "SIP/2.0 200 OK\r\n"));

function hosted(given: CongestionOptions = {}, clock: VirtualClock = new VirtualClock()) {
  const levels: number[] = [];
  const gate = congestion({ onLevel: (level) => void levels.push(level), ...given });
  const refused: number[] = [];
  const host = {
    clock,
    random: { fraction: () => 0 } as never,
    transactions: 0,
    isNew: (request: unknown) => request !== ack,
    pass: () => {},
    refuse: (_request: unknown, _flow: unknown, retryAfter: number) => void refused.push(retryAfter),
  };
  gate.open(host);
  const receive = (count: number, what = response) => {
    for (let i = 0; i < count; i++) gate.receive(what!, flow);
  };
  return { gate, host, clock, levels, refused, receive };
}

it("lets 256 messages in at once and 10,000 wait, unless told otherwise", () => {
  const { gate, clock, levels, receive } = hosted();
  receive(256);
  expect(gate.counts).toMatchObject({ passed: 256, queue: 0 });
  receive(999);
  expect(levels).toEqual([]);
  receive(1);
  expect(levels).toEqual([1]);
  receive(3999);
  expect(levels).toEqual([1]);
  receive(1);
  expect(levels).toEqual([1, 2]);
  receive(5001);
  expect(gate.counts).toMatchObject({ queue: 10_000, dropped: 1 });
  clock.advance(0);
  expect(gate.counts).toMatchObject({ passed: 10_256, queue: 0 });
  gate.close();
});

it("counts 100,000 and 200,000 transactions as busy and overloaded, and refuses for 5 seconds", () => {
  const { gate, host, refused, receive } = hosted();
  const counts = [99_999, 100_000, 199_999, 200_000].map((transactions) => {
    host.transactions = transactions;
    receive(1, message);
    // A dead health check moves all calls elsewhere: it is essential.
    receive(1, options);
    const { passed, busy, overloaded } = gate.counts;
    return [passed, busy, overloaded];
  });
  expect(counts).toEqual([
    [2, 0, 0],
    [3, 1, 0],
    [4, 2, 0],
    [4, 2, 2],
  ]);
  expect(refused).toEqual([5, 5, 5, 5]);
  gate.close();
});

it.each([
  [99, 0],
  [100, 1],
  [499, 1],
  [500, 2],
])("a runtime that is %i ms late is at level %i", (late, level) => {
  const { gate, clock } = hosted();
  const now = clock.now.bind(clock);
  clock.now = () => now() + late;
  clock.advance(100);
  clock.now = now;
  expect(gate.counts).toMatchObject({ delay: late, level });
  // It is forgotten by and by, and then all of it.
  clock.advance(2_000);
  expect(gate.counts).toMatchObject({ delay: 0, level: 0 });
  gate.close();
});

it("goes up at a threshold, and from each level down a fifth below its own", () => {
  const { gate, host, receive } = hosted({ transactions: [10, 20] });
  const levels = [10, 17, 20, 16, 9, 8, 7, 20, 9].map((transactions) => {
    host.transactions = transactions;
    receive(1, message);
    return gate.counts.level;
  });
  expect(levels).toEqual([1, 1, 2, 2, 1, 1, 0, 2, 1]);
  gate.close();
});

it("shares each turn among what waits and what comes, a batch in all", () => {
  const { gate, clock, receive } = hosted({ batch: 3 });
  receive(5);
  clock.advance(0);
  expect(gate.counts).toMatchObject({ passed: 5, queue: 0 });
  receive(2);
  expect(gate.counts).toMatchObject({ passed: 6, queue: 1 });
  clock.advance(0);
  expect(gate.counts).toMatchObject({ passed: 7, queue: 0 });
  gate.close();
});

it("takes no more than a batch in one turn", () => {
  const clock = new VirtualClock();
  const turns: (() => void)[] = [];
  const set = clock.set.bind(clock);
  clock.set = (callback, delay) => (delay === 0 ? turns.push(callback) : set(callback, delay));
  const { gate, receive } = hosted({ batch: 2 }, clock);
  receive(7);
  const passed = [0, 0, 0].map(() => {
    turns.shift()?.();
    return gate.counts.passed;
  });
  expect(passed).toEqual([4, 6, 7]);
  gate.close();
});

it("lets in what comes behind a turn that took a whole batch from the queue", () => {
  const { gate, clock, receive } = hosted({ batch: 2 });
  receive(4);
  clock.advance(0);
  expect(gate.counts).toMatchObject({ passed: 4, queue: 0 });
  receive(1);
  clock.advance(0);
  expect(gate.counts).toMatchObject({ passed: 5, queue: 0 });
  gate.close();
});

it("gives a source nothing for a part of a token, and keeps 10,000 sources in mind", () => {
  const { gate, clock } = hosted({ perSource: { rate: 0.5, burst: 1 } });
  const passes = (host: string) => {
    const { passed = 0 } = gate.counts;
    gate.receive(message!, from(host));
    // Each has a turn of its own.
    clock.advance(0);
    return gate.counts.passed === passed + 1;
  };
  expect([passes("10.0.0.1"), passes("10.0.0.1")]).toEqual([true, false]);
  clock.advance(1_900);
  expect(passes("10.0.0.1")).toBe(false);
  clock.advance(100);
  expect(passes("10.0.0.1")).toBe(true);
  for (let i = 0; i < 9_999; i++) passes(`10.1.${i >> 8}.${i & 255}`);
  expect(passes("10.0.0.1")).toBe(false);
  for (let i = 0; i < 10_000; i++) passes(`10.2.${i >> 8}.${i & 255}`);
  expect(passes("10.0.0.1")).toBe(true);
  gate.close();
});

it("begins anew before another stack: nothing of the first one's load is left", () => {
  const { gate, host, clock, receive } = hosted({ batch: 2 });
  const now = clock.now.bind(clock);
  clock.now = () => now() + 300;
  clock.advance(100);
  clock.now = now;
  receive(3);
  expect(gate.counts).toMatchObject({ level: 1, delay: 300, queue: 1 });
  gate.close();
  gate.open(host);
  receive(2);
  expect(gate.counts).toMatchObject({ delay: 0, passed: 4, dropped: 1, queue: 0 });
  receive(1, message);
  expect(gate.counts).toMatchObject({ level: 0, queue: 1 });
  clock.advance(0);
  expect(gate.counts).toMatchObject({ passed: 5, queue: 0 });
  gate.close();
  expect(clock.size).toBe(0);
});

it("drops what an async onLevel rejects with", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const { gate, host, receive } = hosted({
    transactions: [1, 2],
    onLevel: async () => {
      throw new Error("mine");
    },
  });
  host.transactions = 1;
  receive(1, message);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  expect([gate.counts.level, unhandled.mock.calls]).toEqual([1, []]);
  gate.close();
});
