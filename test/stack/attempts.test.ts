// The finer points of failover: what of a request each attempt is, who is tried after what, and when nobody is any more.

import { expect, it, vi } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import type { Response } from "../../src/message/response.ts";
import { resolver } from "../../src/stack/resolve/sip-resolver.ts";
import type { Dns } from "../../src/transport/dns.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { dnsOf, elapse, pool } from "./pool.ts";
import { World } from "./support.ts";

/** A DNS whose SRV records come when they are let go. */
function slow(transports: readonly Transport[]): Dns & { letGo(): void } {
  const dns = dnsOf("UDP", transports);
  let go: () => void = () => {};
  const gone = new Promise<void>((resolve) => (go = resolve));
  return { ...dns, srv: async (name) => gone.then(() => dns.srv(name)), letGo: () => go() };
}

it("each attempt is the request as it was given, whatever its sender has done to it since", async () => {
  const { world, servers, caller } = await pool([503, 200]);
  const request = createRequest("OPTIONS", "sip:pool.example.com", { from: "<sip:a@b>;tag=1" });
  const sent = caller.stack.send(request);
  request.headers.set("Subject", "another");
  await elapse(world);
  expect((await sent.final).status).toBe(200);
  expect(servers.map((server) => server!.requests[0]!.headers.has("Subject"))).toEqual([false, false]);
});

it("a connection that breaks before an answer is followed by the next target", async () => {
  const { world, servers, caller, send, got, held } = await pool(["silent", 200], "TCP");
  const sent = send();
  await elapse(world);
  world.network.cut(caller.stack.transports[0]!, servers[0]!.stack.transports[0]!);
  await elapse(world);
  expect([(await sent.final).status, got()]).toEqual([200, [1, 1]]);
  held[0]!.terminate();
});

it.each([504, 500, 603])("a %i is an answer, and nobody else is asked", async (status) => {
  const { world, send, got } = await pool([status, 200]);
  const sent = send();
  await elapse(world);
  expect([(await sent.final).status, got()]).toEqual([status, [1, 0]]);
});

it("one that is cancelled while it is called rings nowhere else, whatever its target says then", async () => {
  const { world, send, got, held } = await pool(["silent", 200]);
  const sent = send("INVITE");
  await elapse(world);
  held[0]!.respond(100);
  await elapse(world);
  held[0]!.onCancel = () => held[0]!.respond(503);
  sent.cancel();
  await elapse(world);
  expect([(await sent.final).status, got()]).toEqual([503, [1, 0]]);
});

it.each(["cancel", "abort", "terminate"] as const)(
  "%s while names are looked up lets nothing leave when they are found",
  async (end) => {
    const world = new World();
    const bobs = [await world.started(), await world.started()];
    const dns = slow(bobs.map(({ stack }) => stack.transports[0]!));
    const found = resolver({ dns, families: [4], clock: world.clock, attemptTimeout: 1_000 });
    const { stack } = await world.started({}, { resolver: found });
    const sent = stack.send(createRequest("INVITE", "sip:pool.example.com", { from: "<sip:a@b>;tag=1" }));
    await elapse(world);
    sent[end]();
    dns.letGo();
    await elapse(world);
    expect(world.clock.size).toBe(0);
    await elapse(world, 5_000);
    await expect(sent.final).rejects.toMatchObject({ code: end === "terminate" ? "terminated" : "aborted" });
    expect(bobs.flatMap(({ requests }) => requests)).toEqual([]);
  },
);

it("names that are found when the search has ended are too late", async () => {
  const world = new World();
  const bobs = [await world.started(), await world.started()];
  const dns = slow(bobs.map(({ stack }) => stack.transports[0]!));
  const found = resolver({ dns, families: [4], clock: world.clock, attemptTimeout: 1_000 });
  const { stack } = await world.started({}, { resolver: found });
  const sent = stack.send(createRequest("INVITE", "sip:pool.example.com", { from: "<sip:a@b>;tag=1" }));
  await elapse(world, 32_000);
  await expect(sent.final).rejects.toMatchObject({ code: "timeout" });
  dns.letGo();
  await elapse(world);
  await elapse(world, 5_000);
  expect(bobs.flatMap(({ requests }) => requests)).toEqual([]);
});

it("a search that took its time costs the next target nothing", async () => {
  const world = new World();
  const bob = await world.started();
  const absent = world.network.transport();
  const dns = slow([absent, bob.stack.transports[0]!]);
  const found = resolver({ dns, families: [4], clock: world.clock });
  const { stack } = await world.started({}, { resolver: found });
  const sent = stack.send(createRequest("OPTIONS", "sip:pool.example.com", { from: "<sip:a@b>;tag=1" }));
  await elapse(world, 1_000);
  dns.letGo();
  await elapse(world, 33_000);
  expect((await sent.final).status).toBe(200);
});

it("where there is no way to the last target, its reason is told", async () => {
  const world = new World();
  const { stack } = await world.started({}, { resolver: resolver({ dns: false, clock: world.clock }) });
  const request = createRequest("OPTIONS", "sip:10.0.0.9;transport=tcp", { from: "<sip:a@b>;tag=1" });
  await expect(stack.send(request).final).rejects.toMatchObject({ code: "no_transport" });
});

it("handlers are called as methods of what they were given with", async () => {
  const { world, send } = await pool([503, 200]);
  class Handlers {
    readonly seen: number[] = [];
    onResponse({ status }: Response) {
      this.seen.push(status);
    }
    onError() {}
  }
  const handlers = new Handlers();
  send("OPTIONS", handlers);
  await elapse(world);
  expect(handlers.seen).toEqual([200]);
});

it("who has failed is known by address and port, and for as long as it was told, whatever the time is", async () => {
  const world = new World();
  await world.pass(3_600_000);
  const [dead, alive] = [5060, 5070].map((port) => world.network.transport({ host: "10.5.5.5", port }));
  const bob = await world.started({}, { transports: [alive!] });
  const found = resolver({ dns: dnsOf("UDP", [dead!, alive!]), families: [4], clock: world.clock });
  const { stack } = await world.started({}, { resolver: found });
  const request = createRequest("OPTIONS", "sip:pool.example.com", { from: "<sip:a@b>;tag=1" });
  const ports = async () => (await stack.resolve(request)).map(({ port }) => port);
  expect(await ports()).toEqual([5060, 5070]);
  const sent = stack.send(request);
  await elapse(world, 33_000);
  expect((await sent.final).status).toBe(200);
  expect(bob.requests).toHaveLength(1);
  // It failed a second ago.
  expect(await ports()).toEqual([5070, 5060]);
  await elapse(world, 28_000);
  expect(await ports()).toEqual([5070, 5060]);
  await elapse(world, 2_000);
  expect(await ports()).toEqual([5060, 5070]);
});

it("answers of DNS that do not say are kept for a minute, that there is nothing for half of one, none for over an hour", async () => {
  const world = new World();
  for (const [records, ttl, good] of [
    [["192.0.2.1"], undefined, 60_000],
    [[], undefined, 30_000],
    [["192.0.2.1"], 1e9, 3_600_000],
  ] as const) {
    const address = vi.fn(async () => ({ records, ttl }));
    const none = async () => ({ records: [], ttl: 1e9 });
    const dns = { naptr: none, srv: none, address };
    const { stack } = await world.started(
      {},
      { resolver: resolver({ dns, families: [4], clock: world.clock }) },
    );
    const request = createRequest("OPTIONS", "sip:pool.example.com:5060", { from: "<sip:a@b>;tag=1" });
    const asked = async () => {
      await stack.resolve(request).catch(() => {});
      return address.mock.calls.length;
    };
    expect(await asked()).toBe(1);
    await world.pass(good - 1);
    expect(await asked()).toBe(1);
    await world.pass(1);
    expect(await asked()).toBe(2);
  }
});

it("of a request too large for a datagram only what would go by one goes over TCP, and TLS stays TLS", async () => {
  const world = new World();
  const bobs = ["UDP", "TCP", "TLS"].map((protocol) =>
    world.network.transport({ protocol, host: "10.7.7.7" }),
  );
  const bob = await world.started({}, { transports: bobs });
  const service = ["SIPS+D2T", "SIP+D2U"];
  const dns: Dns = {
    naptr: async () => ({
      records: service.map((each, order) => ({
        order,
        preference: 0,
        flags: "s",
        service: each,
        regexp: "",
        replacement: each,
      })),
      ttl: 1e9,
    }),
    srv: async (name) => ({
      records: [{ priority: 0, weight: 0, port: name === "SIPS+D2T" ? 5061 : 5060, target: "h" }],
      ttl: 1e9,
    }),
    address: async () => ({ records: ["10.7.7.7"], ttl: 1e9 }),
  };
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  let switched = 0;
  const onSwitch = async () => {
    switched++;
    throw new Error("mine");
  };
  const found = resolver({ dns, families: [4], clock: world.clock, onSwitch });
  const transports = ["UDP", "TCP", "TLS"].map((protocol) => world.network.transport({ protocol }));
  const { stack } = await world.started({}, { transports, resolver: found });
  const request = createRequest("MESSAGE", "sip:pool.example.com", { from: "<sip:a@b>;tag=1" });
  request.body = "x".repeat(2000);
  const sent = stack.send(request);
  await elapse(world);
  process.off("unhandledRejection", unhandled);
  expect((await sent.final).status).toBe(200);
  expect(bob.requests.map(({ flow }) => flow?.transport.protocol)).toEqual(["TLS"]);
  expect([switched, unhandled.mock.calls]).toEqual([1, []]);
});
