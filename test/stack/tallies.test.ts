// What stack.stats tells of transactions: retransmissions each way, timeouts, merged requests, and states.

import { describe, expect, it } from "vitest";
import { MergedRequests } from "../../src/transaction/merged-requests.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { text, to, World } from "./support.ts";

/** Two stacks; bob's core keeps what it is asked. */
async function setUp() {
  const world = new World();
  const held: ServerTransaction[] = [];
  const bob = await world.started({
    onRequest: (_request, transaction) => void (transaction && held.push(transaction)),
  });
  const alice = await world.started();
  const counts = () => [alice, bob].map(({ stack }) => stack.stats.transactions);
  return { world, held, alice, bob, counts };
}

describe("transactions are counted", () => {
  it("sent again by Timers A and E, and absorbed", async () => {
    const { world, held, alice, bob, counts } = await setUp();
    alice.stack.send(to(bob, "OPTIONS"));
    // Timer E after 500 ms, and 1000 ms later.
    await world.pass(1600);
    expect(counts()).toMatchObject([
      { resent: 2, repeated: 0, timeouts: 0, states: { "non-INVITE client": { trying: 1 } } },
      { resent: 0, repeated: 2, timeouts: 0, states: { "non-INVITE server": { trying: 1 } } },
    ]);
    held[0]!.respond(200);
    await world.pass(100);
    expect(counts()).toMatchObject([
      { resent: 2, states: { "non-INVITE client": { completed: 1 } } },
      { repeated: 2, states: { "non-INVITE server": { completed: 1 } } },
    ]);
  });

  it("answered again, whoever lost the answer", async () => {
    const { world, held, bob, counts } = await setUp();
    const wire = await world.wire();
    const { host, port } = wire.transport.local;
    const options = text("OPTIONS", `${host}:${port}`, [], { branch: "z9hG4bK-once" });
    wire.send(options, bob.stack.transports[0]!);
    await world.pass(10);
    held[0]!.respond(200);
    for (let i = 0; i < 3; i++) wire.send(options, bob.stack.transports[0]!);
    await world.pass(10);
    expect(wire.got.length).toBe(4);
    expect(counts()[1]).toMatchObject({ resent: 3, repeated: 3 });
  });

  it("timed out, at both sides", async () => {
    const { world, held, alice, bob, counts } = await setUp();
    alice.stack.send(to(bob, "INVITE"));
    await world.pass(300);
    expect(counts()[0]).toMatchObject({ states: { "INVITE client": { proceeding: 1 } } });
    expect(counts()[1]).toMatchObject({ states: { "INVITE server": { proceeding: 1 } } });
    await alice.stack.close();
    held[0]!.respond(486);
    // No ACK comes from a stack that is closed: Timer G, then Timer H.
    await world.pass(40_000);
    const { timeouts, resent, states } = counts()[1]!;
    expect({ timeouts, states }).toEqual({ timeouts: 1, states: {} });
    expect(resent).toBe(10);
  });

  it("merged, where the core asks", async () => {
    const world = new World();
    const merged = new MergedRequests();
    const bob = await world.started({
      onRequest: (request, transaction) => {
        if (transaction) transaction.respond(merged.check(request, transaction) ? 482 : 180);
      },
    });
    const wire = await world.wire();
    const { host, port } = wire.transport.local;
    for (const branch of ["z9hG4bK-1", "z9hG4bK-2"]) {
      wire.send(text("INVITE", `${host}:${port}`, [], { branch }), bob.stack.transports[0]!);
      await world.pass(10);
    }
    expect(bob.stack.stats.transactions).toMatchObject({
      merged: 1,
      states: { "INVITE server": { proceeding: 1, completed: 1 } },
    });
    await bob.stack.close();
  });
});
