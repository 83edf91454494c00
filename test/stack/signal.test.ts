// send({ signal }), what a stack shows to what is built on it, and ICMP on the in-memory network.

import { describe, expect, it } from "vitest";
import { to, World } from "./support.ts";

describe("a signal", () => {
  it("aborts a request, and is forgotten with the outcome", async () => {
    const world = new World();
    const bob = await world.started({ onRequest() {} });
    const alice = await world.started();
    const told: string[] = [];
    const controller = new AbortController();
    const { signal } = controller;
    const onError = ({ code }: { code: string }) => void told.push(code);
    const first = alice.stack.send(to(bob), { signal, onError });
    await world.pass(100);
    controller.abort();
    expect([told, first.state]).toEqual([["aborted"], "terminated"]);
    await expect(first.final).rejects.toMatchObject({ code: "aborted" });
  });

  it("that was aborted before lets nothing leave, and says so later", async () => {
    const world = new World();
    const bob = await world.started();
    const alice = await world.started();
    const told: string[] = [];
    for (const method of ["OPTIONS", "INVITE"]) {
      alice.stack.send(to(bob, method), {
        signal: AbortSignal.abort(),
        onError: ({ code }) => void told.push(code),
      });
    }
    expect(told).toEqual([]);
    await world.pass(10);
    expect(told).toEqual(["aborted", "aborted"]);
    expect(bob.requests).toEqual([]);
  });

  it("listens no longer than the request lasts", async () => {
    const world = new World();
    const bob = await world.started();
    const alice = await world.started();
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      addEventListener: (_type: "abort", one: () => void) => void listeners.add(one),
      removeEventListener: (_type: "abort", one: () => void) => void listeners.delete(one),
    };
    for (let i = 0; i < 3; i++) alice.stack.send(to(bob), { signal });
    expect(listeners.size).toBe(3);
    await world.pass(10);
    expect(listeners.size).toBe(0);
  });
});

describe("ICMP", () => {
  it("fails what waits for an address where nobody listens, at once", async () => {
    const world = new World();
    world.network.set({ unreachable: true, delay: 30 });
    const bob = world.station();
    const alice = await world.started();
    const told: string[] = [];
    alice.stack.send(to(bob), { onError: ({ code }) => void told.push(`${code} at ${world.clock.now()}`) });
    await world.pass(1000);
    expect(told).toEqual(["transport_failed at 30"]);
  });
});

it("a stack shows its clock, its randomness and its timers", async () => {
  const world = new World();
  const { stack } = world.station({}, { timers: { t1: 100 } });
  expect(stack.clock).toBe(world.clock);
  expect(stack.random.tag()).toMatch(/^\S{10}$/);
  expect(stack.timers).toEqual({ t1: 100, t2: 4000, t4: 5000, c: 181_000, trying: 200 });
});
