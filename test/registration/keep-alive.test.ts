// Keep-alives of a registration over UDP: STUN where the registrar has taken its flow (RFC 5626 §4.4.2, §8), CRLFs where
// its user wants them; and what an answer, another answer and silence mean.

import { expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import type { RegistrationOptions } from "../../src/registration/options.ts";
import { Registration } from "../../src/registration/registration.ts";
import type { Address, Flow } from "../../src/transport/transport.ts";
import { SipWorld } from "../support/sip-world.ts";

/** A client over UDP whose probes the test answers: an address, or how they fail. */
async function world(options: Partial<RegistrationOptions> = {}, stun = true) {
  const world = new SipWorld();
  const server = await world.phone("server", "UDP", { aliases: ["example.com"] });
  const location = new MemoryLocation({ clock: world.clock });
  const registrar = new Registrar({ stack: server.stack, location });
  server.answer = async (request, transaction) => transaction?.respond(await registrar.register(request));
  const bob = await world.phone("bob", "UDP");
  const probes: { at: number; flow: Flow }[] = [];
  const answers: { next: Address | SipError | Promise<Address> } = {
    next: { host: "203.0.113.7", port: 4000 },
  };
  const probe = async (flow: Flow): Promise<Address> => {
    probes.push({ at: world.clock.now(), flow });
    const { next } = answers;
    if (next instanceof SipError) throw next;
    return next;
  };
  if (stun) Object.assign(bob.transport, { probe });
  const log: (number | string)[] = [];
  const registration = new Registration({
    stack: bob.stack,
    registrar: "sip:example.com",
    aor: "<sip:bob@example.com>",
    contact: `<${bob.uri}>`,
    send: { target: { protocol: "UDP", ...server.transport.local } },
    onRegistered: ({ status }) => void log.push(status),
    onFailed: (_cause, retry) => void log.push(retry === undefined ? "over" : "again"),
    ...options,
  });
  await world.pass(100);
  const pings = () => world.network.trace.filter(({ text }) => text === "\r\n\r\n");
  return { world, server, registration, log, probes, answers, pings };
}

const OUTBOUND = { instance: "urn:uuid:1", regId: 1 };

it("of an outbound flow are STUN, 24 to 29 seconds apart, and nothing happens while the address is the same", async () => {
  const { world: all, registration, log, probes, pings } = await world(OUTBOUND);
  await all.pass(600_000);
  expect(probes.length).toBeGreaterThanOrEqual(20);
  const gaps = probes.slice(1).map(({ at }, i) => at - probes[i]!.at);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(24_000);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(29_000);
  expect(new Set(probes.map(({ flow }) => flow))).toEqual(new Set([registration.flow]));
  expect([log, pings()]).toEqual([[200], []]);
  registration.close();
  probes.length = 0;
  await all.pass(100_000);
  expect(probes).toEqual([]);
});

it("that show another address have it registered anew, once (RFC 5626 §4.4.2)", async () => {
  for (const other of [
    { host: "203.0.113.7", port: 4001 },
    { host: "203.0.113.8", port: 4000 },
  ]) {
    const { world: all, registration, log, answers, server } = await world(OUTBOUND);
    await all.pass(60_000);
    answers.next = other;
    await all.pass(30_000);
    expect(log).toEqual([200, 200]);
    expect(server.requests).toHaveLength(2);
    await all.pass(300_000);
    expect(log).toEqual([200, 200]);
    registration.close();
  }
});

it("that nobody answers any more have it registered anew; refusals are answers, too", async () => {
  const { world: all, registration, log, answers } = await world(OUTBOUND);
  await all.pass(60_000);
  answers.next = new SipError("refused", "no");
  await all.pass(60_000);
  expect(log).toEqual([200]);
  answers.next = new SipError("timeout", "silence");
  await all.pass(30_000);
  expect(log).toEqual([200, 200]);
  registration.close();
});

it("that were never answered are of a peer without STUN, which is there all the same", async () => {
  const { world: all, registration, log, answers, probes } = await world(OUTBOUND);
  answers.next = new SipError("timeout", "silence");
  await all.pass(300_000);
  expect(log).toEqual([200]);
  expect(probes.length).toBeGreaterThan(9);
  registration.close();
});

it("are remembered over a refresh of the same flow", async () => {
  const { world: all, registration, log, answers } = await world(OUTBOUND);
  await all.pass(35_000);
  registration.refresh();
  await all.pass(1_000);
  answers.next = { host: "203.0.113.7", port: 4001 };
  await all.pass(30_000);
  // Within thirty seconds of a registration it is a failure, to be tried again later.
  expect(log).toEqual([200, 200, "again"]);
  registration.close();
});

it("that are answered when the registration is over mean nothing", async () => {
  const { world: all, registration, log, answers } = await world(OUTBOUND);
  await all.pass(30_000);
  let answer: (address: Address) => void = () => {};
  answers.next = new Promise((resolve) => {
    answer = resolve;
  });
  await all.pass(30_000);
  const done = registration.unregister();
  await all.pass(100);
  await done;
  answer({ host: "203.0.113.9", port: 1 });
  await all.pass(100_000);
  expect([registration.state, log]).toEqual(["ended", [200]]);
});

it("are CRLFs where a transport has no STUN", async () => {
  const { world: all, registration, pings } = await world(OUTBOUND, false);
  await all.pass(300_000);
  expect(pings().length).toBeGreaterThanOrEqual(10);
  registration.close();
});

it("of a registrar that asks for none are as often as the user says, and CRLFs", async () => {
  const { world: all, registration, log, probes, pings } = await world({ keepAlive: 20 });
  await all.pass(200_000);
  const gaps = pings()
    .slice(1)
    .map(({ at }, i) => at - pings()[i]!.at);
  expect(gaps.length).toBeGreaterThanOrEqual(9);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(16_000);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(20_000);
  expect([log, probes]).toEqual([[200], []]);
  registration.close();
});

it("follow the registrar where it says how often, whatever the user says", async () => {
  const { world: all, registration, probes, pings } = await world({ ...OUTBOUND, keepAlive: 5 });
  await all.pass(100_000);
  expect(probes.length).toBeLessThanOrEqual(4);
  expect(pings()).toEqual([]);
  registration.close();
});

it.each([0, 0.5, -1, Number.NaN])("cannot be %s seconds apart", async (keepAlive) => {
  await expect(world({ keepAlive })).rejects.toMatchObject({ code: "value_invalid" });
});

it("can be one second apart", async () => {
  const { world: all, registration, pings } = await world({ keepAlive: 1 });
  await all.pass(10_000);
  expect(pings().length).toBeGreaterThanOrEqual(10);
  registration.close();
});
