// A stack's beginning and end: transports that do not start, and draining.

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { StackOptions } from "../../src/stack/options.ts";
import { Stack } from "../../src/stack/stack.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { lines, type Station, statuses, text, to, World } from "./support.ts";

/** A stack that holds what it is asked. */
async function holding(world: World) {
  const held: ServerTransaction[] = [];
  const station = await world.started({
    onRequest: (_request, transaction) => void (transaction && held.push(transaction)),
  });
  return { ...station, held };
}

/** Begins to close, and tells whether that has ended. */
function closing({ stack }: Station, drain?: number) {
  const state = { closed: false, done: Promise.resolve() };
  state.done = stack.close(drain === undefined ? {} : { drain }).then(() => {
    state.closed = true;
  });
  return state;
}

describe("start", () => {
  it("closes the others where one fails, and says why", async () => {
    const world = new World();
    const taken = { host: "10.1.1.1", port: 5060 };
    await world.wire(taken);
    const free = world.network.transport({ host: "10.1.1.1", port: 5070 });
    const broken = world.station({}, { transports: [free, world.network.transport(taken)] });
    await expect(broken.stack.start()).rejects.toMatchObject({ code: "address_in_use" });
    // Its port is free again.
    await world.started({}, { transports: [world.network.transport({ host: "10.1.1.1", port: 5070 })] });
    await expect(broken.stack.start()).rejects.toMatchObject({ code: "closed" });
  });

  it("closes the others where one throws", async () => {
    const world = new World();
    const transport = world.network.transport({ host: "10.1.1.1" });
    const rude = {
      ...stub,
      start: () => {
        throw new Error("rude");
      },
    };
    const broken = world.station({}, { transports: [rude as Transport, transport] });
    await expect(broken.stack.start()).rejects.toThrow("rude");
    await world.started({}, { transports: [world.network.transport({ host: "10.1.1.1" })] });
  });

  it("works once", async () => {
    const world = new World();
    const { stack } = await world.started();
    await expect(stack.start()).rejects.toMatchObject({
      code: "closed",
      message: "a stack starts once; this one is running",
    });
  });

  it("comes before the first request: one that is sent earlier fails, and says why", async () => {
    const world = new World();
    const [alice, bob] = [world.station(), await world.started()];
    await expect(alice.stack.send(to(bob)).final).rejects.toMatchObject({
      code: "no_target",
      message: expect.stringContaining("not started"),
    });
  });

  it.each([{}, { transports: [] }, { core: { onRequest() {}, onResponse() {}, onError() {} } }])(
    "has to have a core and transports: not %j",
    (options) => {
      const refused = expect.objectContaining({ name: "SipError", code: "value_invalid" });
      expect(() => new Stack(options as unknown as StackOptions)).toThrow(refused);
    },
  );

  it("fails where the stack is closed meanwhile, or was before", async () => {
    const world = new World();
    const [early, late] = [world.station(), world.station()];
    const starting = early.stack.start();
    await early.stack.close();
    await expect(starting).rejects.toMatchObject({ code: "closed" });
    await late.stack.close();
    await expect(late.stack.start()).rejects.toMatchObject({ code: "closed" });
  });
});

describe("close", () => {
  it("ends everything at once", async () => {
    const world = new World();
    const bob = await holding(world);
    const alice = await world.started();
    const sent = alice.stack.send(to(bob, "INVITE"));
    await world.pass();
    await alice.stack.close();
    await bob.stack.close();
    await expect(sent.final).rejects.toMatchObject({ code: "closed" });
    expect(world.clock.size).toBe(0);
    expect([alice.errors, bob.errors]).toEqual([[], []]);
  });

  it("lets nothing in any more, nor counts it", async () => {
    const world = new World();
    const { stack, refused, requests } = await world.started();
    const flow = stack.transports[0]!.flow({ host: "10.9.9.9", port: 5060 })!;
    await stack.close();
    for (const via of ["10.9.9.9", ""]) stack.receive(parseMessage(text("OPTIONS", via)), flow);
    expect([stack.stats.received, refused, requests]).toEqual([0, [], []]);
  });

  it("takes nothing from a transport that is not closed yet", async () => {
    const world = new World();
    const transport = world.network.transport();
    let receiver: Parameters<typeof transport.start>[0] | undefined;
    const start = transport.start.bind(transport);
    transport.start = (given) => {
      receiver = given;
      return start(given);
    };
    const seen: string[] = [];
    const { stack, refused } = await world.started(
      {},
      { transports: [transport], tap: (_data, direction) => void seen.push(direction) },
    );
    const flow = transport.flow({ host: "10.9.9.9", port: 5060 })!;
    const closing = stack.close();
    const octets = new TextEncoder().encode(text("OPTIONS", "10.9.9.9"));
    receiver!.onMessage("garbage", flow);
    receiver!.onMessage(octets, flow);
    receiver!.onFault?.(new SipError("message_too_large", "too large", { status: 413 }), octets, flow);
    await closing;
    expect([stack.stats.received, stack.stats.bad, refused, seen]).toEqual([0, {}, [], []]);
  });

  it("may be called twice, and both wait for the end", async () => {
    const world = new World();
    let release = () => {};
    const transport = world.network.transport();
    const close = transport.close.bind(transport);
    transport.close = () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }).then(close);
    const bob = await world.started({}, { transports: [transport] });
    const [first, second] = [closing(bob), closing(bob, 1000)];
    await world.pass(2000);
    expect([first.closed, second.closed]).toEqual([false, false]);
    release();
    await Promise.all([first.done, second.done]);
    await bob.stack.close();
  });

  it("ends the other transports where one cannot be closed", async () => {
    const world = new World();
    const transport = world.network.transport({ host: "10.1.1.1" });
    const rude = {
      ...stub,
      close: () => {
        throw new Error("rude");
      },
    };
    const bob = await world.started({}, { transports: [rude as Transport, transport] });
    await bob.stack.close();
    await world.started({}, { transports: [world.network.transport({ host: "10.1.1.1" })] });
  });
});

describe("drain", () => {
  it("takes no time where nothing waits, though transactions still absorb retransmissions", async () => {
    const world = new World();
    const [alice, bob] = [await world.started(), await world.started()];
    alice.stack.send(to(bob));
    alice.stack.send(to(bob, "INVITE"));
    await world.pass();
    expect(alice.stack.stats.transactions).toMatchObject({ client: 2, waiting: 0 });
    expect(bob.stack.stats.transactions).toMatchObject({ server: 2, waiting: 0 });
    const both = [closing(alice, 5000), closing(bob, 5000)];
    await world.pass();
    expect(both.map(({ closed }) => closed)).toEqual([true, true]);
    expect(world.clock.size).toBe(0);
  });

  it("waits for the core's final response, and for the peer's", async () => {
    const world = new World();
    const bob = await holding(world);
    const alice = await world.started();
    alice.stack.send(to(bob));
    await world.pass();
    const both = [closing(alice, 5000), closing(bob, 5000)];
    await world.pass(1000);
    expect(both.map(({ closed }) => closed)).toEqual([false, false]);
    bob.held[0]!.respond(200);
    await world.pass();
    expect(both.map(({ closed }) => closed)).toEqual([true, true]);
    expect(alice.responses.map(({ status }) => status)).toEqual([200]);
    expect(world.clock.size).toBe(0);
  });

  it("waits for the ACK to a refused INVITE", async () => {
    const world = new World();
    const bob = await holding(world);
    const alice = await world.started();
    alice.stack.send(to(bob, "INVITE"));
    await world.pass();
    world.network.block(alice.stack.transports[0]!.local.host, bob.stack.transports[0]!.local.host);
    bob.held[0]!.respond(486);
    const end = closing(bob, 5000);
    await world.pass(400);
    expect(end.closed).toBe(false);
    world.network.unblock(alice.stack.transports[0]!.local.host, bob.stack.transports[0]!.local.host);
    await world.pass(200);
    expect(end.closed).toBe(true);
    expect(alice.responses.map(({ status }) => status)).toEqual([486]);
  });

  it("ends when its time is over", async () => {
    const world = new World();
    const bob = await holding(world);
    const wire = await world.wire();
    wire.send(text("OPTIONS", wire.transport.sentBy), bob.stack.transports[0]!);
    await world.pass();
    const end = closing(bob, 700);
    await world.pass(699);
    expect(end.closed).toBe(false);
    await world.pass(1);
    expect(end.closed).toBe(true);
    expect(world.clock.size).toBe(0);
    expect(bob.held[0]!.state).toBe("terminated");
  });

  it("is cut short by a second close without one, and joined by one with", async () => {
    const world = new World();
    const bob = await holding(world);
    const wire = await world.wire();
    wire.send(text("OPTIONS", wire.transport.sentBy), bob.stack.transports[0]!);
    await world.pass();
    const [first, second] = [closing(bob, 60_000), closing(bob, 10)];
    await world.pass(1000);
    expect([first.closed, second.closed]).toEqual([false, false]);
    await bob.stack.close();
    await world.pass();
    expect([first.closed, second.closed]).toEqual([true, true]);
    expect(world.clock.size).toBe(0);
  });

  it("lets through what belongs to a dialog or transaction, and answers 503 to what begins one", async () => {
    const world = new World();
    const bob = await holding(world);
    const transport = bob.stack.transports[0]!;
    const wire = await world.wire();
    const { sentBy } = wire.transport;
    const send = async (method: string, branch: string, toTag = "") => {
      wire.send(text(method, sentBy, [], { branch, toTag }), transport);
      await world.pass();
    };
    await send("INVITE", "z9hG4bK-ring");
    const end = closing(bob, 5000);
    await send("BYE", "z9hG4bK-bye", "b1");
    await send("ACK", "z9hG4bK-ack", "b1");
    expect(bob.requests.map(({ method }) => method)).toEqual(["INVITE", "BYE", "ACK"]);
    bob.held[1]!.respond(200);
    // A retransmission of what was there before is no new request.
    await send("INVITE", "z9hG4bK-ring");
    expect(bob.refused).toEqual([]);
    await world.pass();
    wire.got.length = 0;

    for (const branch of ["z9hG4bK-new", "z9hG4bK-new", "z9hG4bK-other"]) await send("INVITE", branch);
    await send("OPTIONS", "z9hG4bK-opt");
    const refusals = wire.got.filter((one) => one.startsWith("SIP/2.0 503 Shutting Down"));
    expect(refusals).toHaveLength(4);
    expect(refusals.map((one) => lines(one, "Retry-After"))).toEqual(Array(4).fill(["Retry-After: 5"]));
    // One To tag for a request and its retransmission (RFC 3261 §8.2.7); the ACK to it goes no further.
    const [first, again, other] = refusals.map((one) => /;tag=(\S+)/.exec(lines(one, "To")[0]!)![1]);
    expect(first).toBe(again);
    expect(first).not.toBe(other);
    await send("ACK", "z9hG4bK-new", first);
    expect(bob.requests).toHaveLength(3);
    expect(bob.refused).toEqual(Array(4).fill(["closed", 503]));
    expect(bob.stack.stats).toMatchObject({ answered: 4, bad: { closed: 4 } });

    wire.got.length = 0;
    await send("CANCEL", "z9hG4bK-ring");
    expect(statuses(wire.got).sort()).toEqual([200, 487]);
    expect(end.closed).toBe(false);
    await send("ACK", "z9hG4bK-ring");
    expect(end.closed).toBe(true);
    await end.done;
  });

  it("lets the core send, to end its calls", async () => {
    const world = new World();
    const bob = await holding(world);
    const alice = await world.started();
    alice.stack.send(to(bob));
    await world.pass();
    const end = closing(bob, 5000);
    const bye = bob.stack.send(to(alice, "BYE"));
    bob.held[0]!.respond(200);
    expect(end.closed).toBe(false);
    await world.pass();
    expect(await bye.final).toMatchObject({ status: 200 });
    expect(end.closed).toBe(true);
  });
});

const stub = {
  protocol: "TCP",
  reliable: true,
  secure: false,
  framed: false,
  local: { host: "10.8.8.8", port: 5060 },
  sentBy: "10.8.8.8:5060",
  start: async () => {},
  flow: () => undefined,
  flowById: () => undefined,
  send: () => {},
  close: async () => {},
};
