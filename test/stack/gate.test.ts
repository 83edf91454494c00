// The congestion gate: what each level lets in, by each of its measures; the queue; the limit per source. And
// what a tap sees.

import { channel } from "node:diagnostics_channel";
import { describe, expect, it } from "vitest";
import { type Clock, systemClock, VirtualClock } from "../../src/clock.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { type CongestionOptions, congestion } from "../../src/stack/congestion.ts";
import type { Gate, GateHost } from "../../src/stack/gate.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { diagnostics } from "../../src/transport/node/diagnostics.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import type { Flow } from "../../src/transport/transport.ts";
import { lines, statuses, text, to, World } from "./support.ts";

async function setUp(options: CongestionOptions) {
  const world = new World();
  const held: ServerTransaction[] = [];
  const levels: number[] = [];
  const gate = congestion({ onLevel: (level) => void levels.push(level), ...options });
  const core = {
    onRequest: (_request: unknown, transaction: ServerTransaction | undefined) => {
      if (transaction) held.push(transaction);
    },
  };
  const bob = await world.started(core, { gate });
  const wire = await world.wire();
  let branch = 0;
  const send = (method: string, more: { toTag?: string; branch?: string } = {}) => {
    const { host, port } = wire.transport.local;
    const lines = text(method, `${host}:${port}`, [], { branch: `z9hG4bK-b${branch++}`, ...more });
    wire.send(lines, bob.stack.transports[0]!);
  };
  const methods = () => bob.requests.map(({ method }) => method);
  return { world, bob, wire, send, held, levels, methods, gate };
}

const flow = { remote: { host: "10.0.0.2", port: 5060 } } as Flow;

/** A gate without a stack. */
function hosted(options: CongestionOptions, timer?: Clock) {
  const clock = new VirtualClock();
  const gate = congestion(options);
  const refused: number[] = [];
  const host = {
    clock: timer ?? clock,
    random: seededRandom(1),
    transactions: 0,
    isNew: () => true,
    pass: () => {},
    refuse: (_request: unknown, _flow: unknown, retryAfter: number) => void refused.push(retryAfter),
  };
  gate.open(host);
  return { gate, host, clock, refused, message: parseMessage(text("MESSAGE", "10.0.0.2")) };
}

describe("a gate", () => {
  it("lets everything in at level 0", async () => {
    const { world, send, methods, gate } = await setUp({});
    for (const method of ["MESSAGE", "OPTIONS", "REGISTER"]) send(method);
    await world.pass();
    expect(methods()).toEqual(["MESSAGE", "OPTIONS", "REGISTER"]);
    expect(gate.counts).toMatchObject({ passed: 3, level: 0, queued: 0 });
  });

  it("refuses what is new at level 1, but for the essential, and nothing that goes on", async () => {
    const { world, send, methods, held, levels, wire, gate, bob } = await setUp({ transactions: [1, 100] });
    send("MESSAGE", { branch: "z9hG4bK-first" });
    await world.pass();
    send("MESSAGE");
    send("INVITE");
    send("REGISTER");
    send("BYE", { toTag: "t" });
    send("MESSAGE", { branch: "z9hG4bK-first" });
    send("ACK", { toTag: "t" });
    await world.pass();
    expect(methods()).toEqual(["MESSAGE", "REGISTER", "BYE", "ACK"]);
    expect(statuses(wire.got)).toEqual([503, 503]);
    expect(Number(lines(wire.got[0]!, "Retry-After")[0]!.slice(13))).toBeGreaterThanOrEqual(5);
    expect(levels).toEqual([1]);
    expect(gate.counts).toMatchObject({ busy: 2, overloaded: 0, level: 1 });
    expect(bob.stack.stats.gate).toMatchObject({ busy: 2 });
    expect(bob.refused).toEqual([
      ["overloaded", 503],
      ["overloaded", 503],
    ]);
    for (const transaction of held) transaction.respond(200);
    await world.pass(40_000);
    send("MESSAGE");
    await world.pass();
    expect([methods().length, levels]).toEqual([5, [1, 0]]);
    held.at(-1)!.respond(200);
  });

  it("refuses the essential too at level 2, and still lets CANCEL and dialogs through", async () => {
    const { world, send, methods, held, wire, levels } = await setUp({ transactions: [1, 1] });
    send("INVITE", { branch: "z9hG4bK-call" });
    await world.pass();
    send("REGISTER");
    send("BYE", { toTag: "t" });
    send("CANCEL", { branch: "z9hG4bK-call" });
    await world.pass();
    expect([methods(), levels]).toEqual([["INVITE", "BYE"], [2]]);
    expect(statuses(wire.got).sort()).toEqual([200, 487, 503]);
    held[1]!.respond(200);
  });

  it("queues what is more than a batch in one turn, in order, and loses none of it", async () => {
    const { world, send, methods, gate, levels } = await setUp({ batch: 3, queue: [4, 100] });
    const sent = ["MESSAGE", "OPTIONS", "REGISTER", "INFO", "UPDATE", "PUBLISH", "MESSAGE", "OPTIONS"];
    for (const method of sent) send(method, { toTag: "in-dialog" });
    await world.pass(5);
    expect(methods()).toEqual(sent);
    expect(gate.counts).toMatchObject({ passed: 8, queued: 5, queue: 0, full: 0 });
    expect(levels[0]).toBe(1);
  });

  it("refuses what does not fit the queue, and drops what cannot be answered", async () => {
    const { world, send, methods, gate, wire } = await setUp({ batch: 1, queueLimit: 1 });
    for (const method of ["MESSAGE", "OPTIONS", "INFO", "ACK"]) send(method, { toTag: "t" });
    await world.pass(5);
    expect(methods()).toEqual(["MESSAGE", "OPTIONS"]);
    expect([gate.counts, statuses(wire.got)]).toMatchObject([{ full: 1, dropped: 1 }, [503]]);
  });

  it("drops what waits when the stack is closed", async () => {
    const { world, send, bob, gate, methods } = await setUp({ batch: 1 });
    send("MESSAGE", { toTag: "t" });
    send("OPTIONS", { toTag: "t" });
    world.clock.advance(0);
    await bob.stack.close();
    expect(gate.counts.dropped! + methods().length).toBe(2);
    expect(world.clock.size).toBe(0);
  });

  it("gives each source its share of new requests, and refills it with time", async () => {
    const { world, send, methods, wire, gate } = await setUp({ perSource: { rate: 2, burst: 3 } });
    for (let i = 0; i < 5; i++) send("MESSAGE");
    send("BYE", { toTag: "t" });
    await world.pass();
    expect(methods()).toEqual(["MESSAGE", "MESSAGE", "MESSAGE", "BYE"]);
    expect([statuses(wire.got), gate.counts]).toMatchObject([[503, 503], { sources: 2 }]);
    await world.pass(1000);
    for (let i = 0; i < 3; i++) send("MESSAGE");
    await world.pass();
    expect(methods()).toHaveLength(6);
  });

  it("keeps for a source that was silent no more than the burst", async () => {
    const { world, send, methods } = await setUp({ perSource: { rate: 2, burst: 3 } });
    for (const passed of [3, 6]) {
      for (let i = 0; i < 5; i++) send("MESSAGE");
      await world.pass();
      expect(methods()).toHaveLength(passed);
      await world.pass(60_000);
    }
  });

  it("counts a /64 of IPv6 as one source", () => {
    const { gate, message } = hosted({ perSource: { rate: 1, burst: 1 } });
    for (const host of ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "192.0.2.1", "192.0.2.2"])
      gate.receive(message, { remote: { host, port: 5060 } } as Flow);
    expect(gate.counts).toMatchObject({ passed: 4, sources: 1 });
    gate.close();
  });

  it("leaves a level a fifth below its threshold", () => {
    const { gate, host, clock } = hosted({ transactions: [10, 20] });
    const levels = [9, 10, 8, 7, 20, 16, 15, 8, 7].map((transactions) => {
      host.transactions = transactions;
      clock.advance(100);
      return gate.counts.level;
    });
    expect(levels).toEqual([0, 1, 1, 0, 2, 2, 1, 1, 0]);
    gate.close();
  });

  it("asks those that it refuses to come back at different times", () => {
    const { gate, host, message, refused } = hosted({ transactions: [1, 1], retryAfter: 10 });
    host.transactions = 1;
    for (let i = 0; i < 50; i++) gate.receive(message, flow);
    expect([refused.length, Math.min(...refused) >= 10, Math.max(...refused) <= 20]).toEqual([
      50,
      true,
      true,
    ]);
    expect(new Set(refused).size).toBeGreaterThan(5);
    gate.close();
  });

  it("begins each turn with a batch of its own", () => {
    const { gate, message, clock } = hosted({ batch: 2 });
    for (let turn = 0; turn < 3; turn++) {
      for (let i = 0; i < 2; i++) gate.receive(message, flow);
      clock.advance(1);
    }
    expect(gate.counts).toMatchObject({ passed: 6, queued: 0 });
    gate.close();
  });

  it("drops and counts what waits when it is closed, from within a turn too, and leaves no timer", () => {
    const before = hosted({ batch: 1 });
    for (let i = 0; i < 3; i++) before.gate.receive(before.message, flow);
    before.gate.close();
    expect(before.gate.counts).toMatchObject({ passed: 1, queued: 2, dropped: 2, queue: 0 });
    expect(before.clock.size).toBe(0);
    const within = hosted({ batch: 2 });
    for (let i = 0; i < 4; i++) within.gate.receive(within.message, flow);
    within.host.pass = () => within.gate.close();
    within.clock.advance(1);
    expect(within.gate.counts.passed).toBe(3);
    expect(within.clock.size).toBe(0);
  });

  it("counts what waited for the rest of a turn in which it was closed", () => {
    const within = hosted({ batch: 2 });
    for (let i = 0; i < 4; i++) within.gate.receive(within.message, flow);
    within.host.pass = () => within.gate.close();
    within.clock.advance(0);
    expect(within.gate.counts).toMatchObject({ passed: 3, queued: 2, dropped: 1, queue: 0 });
  });

  it("sees transactions of both kinds, and its Retry-After is the refusal's", async () => {
    const { world, bob, send, wire } = await setUp({ transactions: [2, 10], retryAfter: 100 });
    const sent = bob.stack.send(to(bob), { target: { protocol: "UDP", host: "10.9.9.9", port: 9 } });
    send("OPTIONS");
    await world.pass();
    send("MESSAGE");
    await world.pass();
    const [refusal] = wire.got.filter((each) => each.startsWith("SIP/2.0 503"));
    const after = Number(lines(refusal ?? "", "Retry-After")[0]?.split(" ")[1]);
    expect([after >= 100, after <= 200]).toEqual([true, true]);
    sent.terminate();
  });

  it("takes no ACK for something new, whatever its To", async () => {
    const { world, send, methods } = await setUp({ transactions: [0, 0] });
    send("ACK");
    send("MESSAGE");
    await world.pass();
    expect(methods()).toEqual(["ACK"]);
  });

  it("stands before one stack at a time, and takes another when that is closed", async () => {
    const world = new World();
    const gate = congestion({ batch: 1 });
    const first = await world.started({}, { gate });
    const second = world.station({}, { gate });
    await expect(second.stack.start()).rejects.toMatchObject({ code: "value_invalid" });
    expect(second.stack.transports[0]!.flow({ host: "10.0.0.9", port: 5060 })).toBeUndefined();
    await world.station({}, { gate }).stack.close();
    const wire = await world.wire();
    const { host, port } = wire.transport.local;
    let branch = 0;
    const send = async ({ stack }: typeof first, count: number) => {
      for (let i = 0; i < count; i++) {
        wire.send(
          text("OPTIONS", `${host}:${port}`, [], { branch: `z9hG4bK-${branch++}` }),
          stack.transports[0]!,
        );
      }
      await world.pass();
    };
    await send(first, 2);
    expect(first.requests).toHaveLength(2);
    await send(first, 1);
    await first.stack.close();
    await second.stack.start();
    await send(second, 3);
    expect(second.requests).toHaveLength(3);
    await second.stack.close();
    expect(world.clock.size).toBe(0);
  });

  it("of another make lets nothing in when it is closed", async () => {
    const world = new World();
    const kept: (() => void)[] = [];
    let host: GateHost | undefined;
    const gate: Gate = {
      counts: {},
      open: (given) => {
        host = given;
      },
      receive: (message, flow) => void kept.push(() => host?.pass(message, flow)),
      close: () => {
        for (const pass of kept) pass();
      },
    };
    const { stack, requests } = await world.started({}, { gate });
    stack.receive(
      parseMessage(text("MESSAGE", "10.0.0.2")),
      stack.transports[0]!.flow({ host: "10.0.0.2", port: 5060 })!,
    );
    await stack.close();
    expect([kept.length, requests.length]).toEqual([1, 0]);
  });

  it("forgets a single late turn by and by", () => {
    let [now, late]: [number, () => void] = [0, () => {}];
    const clock: Clock = {
      now: () => now,
      set: (callback) => {
        late = callback;
        return 1;
      },
      clear: () => {},
    };
    const { gate } = hosted({}, clock);
    const delays = [300, 100, 100, 100].map((passed) => {
      now += passed;
      late();
      return gate.counts.delay;
    });
    expect(delays).toEqual([200, 100, 50, 25]);
  });

  it("measures how late the runtime is", async () => {
    const levels: number[] = [];
    const gate = congestion({
      delay: [20, 10_000],
      interval: 5,
      onLevel: (level) => void levels.push(level),
    });
    const host = {
      clock: systemClock,
      random: undefined as never,
      transactions: 0,
      isNew: () => true,
      pass: () => {},
      refuse: () => {},
    };
    gate.open(host);
    const until = performance.now() + 60;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect([levels[0], gate.counts.delay! > 20]).toEqual([1, true]);
    gate.close();
  });
});

describe("a tap", () => {
  it("sees the octets of every message, which way, on which flow and when; what it throws is dropped", async () => {
    const world = new World();
    const seen: [string, string, number][] = [];
    const bob = await world.started(
      {},
      {
        tap: (data, direction, flow, time) => {
          seen.push([
            direction,
            `${typeof data === "string" ? data : new TextDecoder().decode(data)}`.split(" ")[0]!,
            time,
          ]);
          expect(flow.transport.protocol).toBe("UDP");
          throw new Error("thrown by a tap");
        },
      },
    );
    const alice = await world.started();
    await world.pass(500);
    const sent = alice.stack.send(to(bob));
    await world.pass();
    expect((await sent.final).status).toBe(200);
    expect(seen).toEqual([
      ["in", "OPTIONS", 500],
      ["out", "SIP/2.0", 500],
    ]);
    expect(bob.stack.stats.traffic).toEqual({ UDP: { received: { OPTIONS: 1 }, sent: { "2xx": 1 } } });
    expect(alice.stack.stats.traffic).toEqual({ UDP: { received: { "2xx": 1 }, sent: { OPTIONS: 1 } } });
  });

  it("publishes on Node's diagnostics channels, if anybody listens", async () => {
    const world = new World();
    const bob = await world.started({}, diagnostics());
    const got: unknown[] = [];
    const listener = (event: unknown) => void got.push(event);
    channel("sippet:message").subscribe(listener);
    channel("sippet:refused").subscribe(listener);
    const wire = await world.wire();
    wire.send("nonsense\r\n\r\n", bob.stack.transports[0]!);
    await world.pass();
    channel("sippet:message").unsubscribe(listener);
    channel("sippet:refused").unsubscribe(listener);
    expect(got).toMatchObject([{ direction: "in", time: 0 }, { finding: { code: "start_line_invalid" } }]);
    wire.send("nonsense\r\n\r\n", bob.stack.transports[0]!);
    await world.pass();
    expect(got).toHaveLength(2);
  });
});

describe("counters of traffic", () => {
  it("count each method by its whole name, up to 32 octets of it, and responses by their class", async () => {
    const world = new World();
    const bob = await world.started({ onRequest: (_request, transaction) => transaction?.respond(299) });
    const alice = await world.started();
    const [longest, longer] = ["M".repeat(32), "M".repeat(33)];
    const methods = ["INFO", "INFOS", "INFX", "INF", "OPTIONS", longest!, longer!, longer!];
    for (const method of methods) alice.stack.send(to(bob, method));
    await world.pass();
    const tally = { INFO: 1, INFOS: 1, INFX: 1, INF: 1, OPTIONS: 1, [longest!]: 1, other: 2 };
    expect(bob.stack.stats.traffic).toEqual({ UDP: { received: tally, sent: { "2xx": 8 } } });
    expect(alice.stack.stats.traffic).toEqual({ UDP: { received: { "2xx": 8 }, sent: tally } });
  });

  it("count by method, and what is past 64 methods as other", async () => {
    const world = new World();
    const bob = await world.started();
    const alice = await world.started();
    const methods = Array.from({ length: 64 }, (_, i) => `M${i}`);
    for (const method of [...methods, "INFO", "M1", "FOO"]) alice.stack.send(to(bob, method));
    await world.pass();
    for (const tally of [bob.stack.stats.traffic.UDP!.received, alice.stack.stats.traffic.UDP!.sent]) {
      expect(tally).toMatchObject({ M0: 1, M1: 2, M63: 1, other: 2 });
      expect(Object.keys(tally)).toHaveLength(65);
    }
  });
});
