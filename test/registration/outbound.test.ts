// The flows of a registration (RFC 5626): kept alive as the registrar asks, formed anew when they break, several of
// them for one client.

import { expect, it } from "vitest";
import { Uri } from "../../src/message/uri.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import type { RegistrarOptions } from "../../src/registrar/registrar-options.ts";
import { backOff } from "../../src/registration/back-off.ts";
import { OutboundRegistration } from "../../src/registration/outbound.ts";
import { Registration } from "../../src/registration/registration.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import type { Flow } from "../../src/transport/transport.ts";
import { SipWorld } from "../support/sip-world.ts";

const common = { registrar: "sip:example.com", aor: "<sip:bob@example.com>", instance: "urn:uuid:1" };

/** A registrar with two doors, and a client that knows both. */
async function world(options: Partial<RegistrarOptions> = {}, protocol = "TCP") {
  const world = new SipWorld();
  const doors = ["10.9.0.1", "10.9.0.2"].map((host) => world.network.transport({ protocol, host }));
  const server = await world.phone("server", protocol, { transports: doors, aliases: ["example.com"] });
  const location = new MemoryLocation({ clock: world.clock });
  const registrar = new Registrar({ stack: server.stack, location, ...options });
  server.answer = async (request, transaction) => transaction?.respond(await registrar.register(request));
  const watchers: { flowClosed(flow: object): void }[] = [];
  const transport = world.network.transport({ protocol });
  const bob = await world.phone(
    "bob",
    protocol,
    { transports: [transport] },
    {
      onFlowClosed: (flow) => {
        for (const each of watchers) each.flowClosed(flow);
      },
    },
  );
  const targets = doors.map(({ protocol, local }) => ({ target: { protocol, ...local } }));
  const log: (number | string)[] = [];
  const told = {
    stack: bob.stack,
    contact: `<${bob.uri};ob>`,
    onRegistered: () => void log.push(200),
    onFailed: (_cause: unknown, retry: number | undefined) =>
      void log.push(retry === undefined ? "over" : retry),
  };
  const found = async () => (await registrar.locate(Uri.parse("sip:bob@example.com")))?.length;
  const cut = () => doors.map((door) => world.network.cut(transport, door));
  return { world, cut, server, registrar, bob, targets, told, log, found, watchers };
}

it("is kept alive as often as Flow-Timer asks", async () => {
  const { world: all, told, targets, log } = await world({ flowTimer: 40 });
  const registration = new Registration({ ...common, ...told, regId: 1, send: targets[0]! });
  await all.pass(100);
  const pings = () => all.network.trace.filter(({ text }) => text === "\r\n\r\n");
  await all.pass(400_000);
  const times = pings().map(({ at }) => at);
  expect(times.length).toBeGreaterThanOrEqual(10);
  const gaps = times.slice(1).map((at, i) => at - times[i]!);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(32_000);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(40_000);
  expect(new Set(gaps).size).toBeGreaterThan(1);
  expect(log).toEqual([200]);
  const done = registration.unregister();
  await all.pass(100);
  await done;
  const before = pings().length;
  await all.pass(400_000);
  expect(pings().length).toBe(before);
});

it("is kept alive while a refresh has been refused, and may be taken later (RFC 5626 §4.2.2)", async () => {
  const { world: all, told, targets, server, registrar, log, cut } = await world({ flowTimer: 40 });
  const registration = new Registration({ ...common, ...told, regId: 1, send: targets[0]! });
  await all.pass(100);
  const flow = registration.flow;
  const pings = () => all.network.trace.filter(({ text }) => text === "\r\n\r\n").length;
  server.answer = (request, transaction) => {
    const response = request.createResponse(503);
    response.headers.set("Retry-After", "300");
    transaction?.respond(response);
  };
  registration.refresh();
  await all.pass(280_000);
  expect([log, registration.state, registration.flow === flow]).toEqual([[200, 300_000], "failed", true]);
  expect(pings()).toBeGreaterThanOrEqual(6);
  // Where it breaks meanwhile nothing is hastened.
  cut();
  await all.pass(10_000);
  expect(log).toEqual([200, 300_000]);
  server.answer = async (request, transaction) => transaction?.respond(await registrar.register(request));
  await all.pass(11_000);
  expect([log, registration.flow?.open]).toEqual([[200, 300_000, 200], true]);
  // What is not to be taken later leaves nothing to be kept.
  server.answer = (_request, transaction) => transaction?.respond(403);
  registration.refresh();
  await all.pass(100);
  const before = pings();
  await all.pass(100_000);
  expect([log.at(-1), registration.flow, pings()]).toEqual(["over", undefined, before]);
  registration.close();
});

it("without Flow-Timer an outbound flow has the RFC's pace, and another none", async () => {
  for (const [regId, least] of [
    [1, 3],
    [undefined, 0],
  ] as const) {
    const { world: all, told, targets } = await world();
    const id = regId === undefined ? {} : { regId };
    const registration = new Registration({ ...common, ...told, ...id, send: targets[0]! });
    await all.pass(400_000);
    const pings = all.network.trace.filter(({ text }) => text === "\r\n\r\n").length;
    expect(pings).toBeGreaterThanOrEqual(least);
    expect(pings).toBeLessThanOrEqual(least && 4);
    registration.close();
  }
});

it("a flow that breaks is formed anew at once; one that breaks again and again by the back-off", async () => {
  const { world: all, cut, told, targets, log, found, watchers, server } = await world();
  const registration = new Registration({ ...common, ...told, regId: 1, send: targets[0]! });
  watchers.push(registration);
  await all.pass(100_000);
  const first = registration.flow;
  expect([log, first?.open, await found()]).toEqual([[200], true, 1]);
  cut();
  await all.pass(100);
  expect(log).toEqual([200, 200]);
  expect([first?.open, registration.flow === first, await found()]).toEqual([false, false, 1]);
  // Three times in a row, as soon as it is registered.
  const waits: number[] = [];
  for (let i = 0; i < 3; i++) {
    cut();
    await all.pass(100);
    expect(registration.state).toBe("failed");
    const wait = log.at(-1) as number;
    waits.push(wait);
    await all.pass(wait - 200);
    expect(registration.state).toBe("failed");
    await all.pass(300);
    expect(registration.state).toBe("registered");
  }
  for (const [i, wait] of waits.entries()) {
    expect(wait).toBeGreaterThanOrEqual(30_000 * 2 ** i);
    expect(wait).toBeLessThanOrEqual(60_000 * 2 ** i);
  }
  const binding = server.requests.at(-1)?.headers.get("Contact")[0];
  expect(binding?.params.get("reg-id")).toBe("1");
  registration.close();
});

it("a break is noticed at the next keep-alive, where the core says nothing", async () => {
  const { world: all, cut, told, targets, log, found } = await world({ flowTimer: 40 });
  const registration = new Registration({ ...common, ...told, regId: 1, send: targets[0]! });
  await all.pass(60_000);
  cut();
  await all.pass(100);
  expect([log, await found()]).toEqual([[200], 0]);
  await all.pass(40_000);
  expect([log, await found()]).toEqual([[200, 200], 1]);
  registration.close();
});

it("a connection that brings no answer is asked for a sign of life: the next try would go by it", async () => {
  const { world: all, server, bob, targets, told, log } = await world();
  const pinged: Flow[] = [];
  bob.transport.ping = (flow) => void pinged.push(flow);
  const registration = new Registration({ ...common, ...told, send: targets[0], expires: 600 });
  await all.pass(100);
  const { flow } = registration;
  server.answer = (_request, transaction) => transaction?.respond(503);
  await all.pass(541_000);
  expect([registration.state, pinged]).toEqual(["failed", []]);
  server.answer = () => {};
  registration.refresh();
  await all.pass(32_000);
  expect([log.length, pinged]).toEqual([3, [flow]]);
  registration.close();
});

it("the back-off is that of RFC 5626 §4.5, with others standing and without", () => {
  const random = seededRandom(1);
  for (const [others, base] of [
    [false, 30],
    [true, 90],
  ] as const) {
    for (let failures = 1; failures < 12; failures++) {
      const most = Math.min(1800, base * 2 ** failures);
      for (let i = 0; i < 20; i++) {
        const seconds = backOff(failures, others, random) / 1000;
        expect(seconds).toBeGreaterThanOrEqual(most / 2);
        expect(seconds).toBeLessThanOrEqual(most);
      }
    }
  }
});

it("a client with two flows is reached by one as long as the other is down", async () => {
  const {
    world: all,
    told,
    targets,
    log,
    found,
    watchers,
    server,
    bob,
    registrar,
  } = await world({ gruuSecret: "x" });
  const outbound = new OutboundRegistration({ ...common, ...told, flows: targets });
  watchers.push(outbound);
  await all.pass(100);
  expect([outbound.state, log]).toEqual(["registered", [200, 200]]);
  expect(server.requests.map(({ headers }) => headers.get("Contact")[0]!.params.get("reg-id"))).toEqual([
    "1",
    "2",
  ]);
  // RFC 5626 §4.2.1: each has its own.
  expect(new Set(server.requests.map(({ headers }) => headers.get("Call-ID"))).size).toBe(2);
  expect(server.requests.map(({ headers }) => headers.get("CSeq")?.number)).toEqual([1, 1]);
  expect(new Set(outbound.registrations.map(({ flow }) => flow)).size).toBe(2);
  const gruu = outbound.gruus.temporary!;
  expect(await found()).toBe(1);

  // The second door is shut: its flow breaks, and cannot be formed anew.
  const [, second] = server.stack.transports;
  await second!.close();
  await all.pass(100);
  expect([outbound.state, await found()]).toEqual(["registered", 1]);
  expect(outbound.registrations[1]!.state).toBe("failed");
  // Another flow stands: there is time (RFC 5626 §4.5).
  expect(log.at(-1)).toBeGreaterThanOrEqual(90_000);
  const [target] = (await registrar.locate(gruu)) ?? [];
  const { final } = server.send(server.request("OPTIONS", String(target!.uri)), target!.flow);
  await all.pass(100);
  expect((await final).status).toBe(200);
  expect(bob.methods).toEqual(["OPTIONS"]);
  const done = outbound.unregister();
  await all.pass(40_000);
  await done;
  expect([outbound.state, await found()]).toEqual(["ended", 0]);
});

it("each flow is refreshed by its own time, though the Contacts of all are alike", async () => {
  const { world: all, told, targets, server } = await world();
  const outbound = new OutboundRegistration({ ...common, ...told, flows: targets });
  await all.pass(1_800_000);
  outbound.registrations[1]!.refresh();
  await all.pass(5_000_000);
  const seen = server.requests.map(({ headers }) => headers.get("Contact")[0]!.params.get("reg-id"));
  expect(seen).toEqual(["1", "2", "2", "1", "2"]);
  outbound.close();
});

it("a flow that breaks while it is refreshed is formed anew at once", async () => {
  const { world: all, cut, told, targets, log, watchers, server } = await world();
  const registration = new Registration({ ...common, ...told, regId: 1, send: targets[0]! });
  watchers.push(registration);
  await all.pass(100);
  const answer = server.answer;
  server.answer = (_request, transaction) => transaction?.terminate();
  registration.refresh();
  await all.pass(100);
  server.answer = answer;
  cut();
  await all.pass(100);
  expect([registration.state, log]).toEqual(["registered", [200, expect.any(Number), 200]]);
  registration.close();
});

it("ends with its stack, whose closing broke the flow: nobody waits to try again", async () => {
  const { world: all, told, targets, log, bob, watchers } = await world();
  const registration = new Registration({ ...common, ...told, regId: 1, send: targets[0]! });
  watchers.push(registration);
  await all.pass(100);
  await bob.stack.close();
  await all.pass(0);
  expect([registration.state, log]).toEqual(["failed", [200, "over"]]);
  expect(bob.stack.clock).toBe(all.clock);
  await all.pass(100_000);
  expect(log).toEqual([200, "over"]);
});
