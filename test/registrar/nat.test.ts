// A registrar's clients behind a NAT, over UDP, that keep no flow: RFC 3581 §3.

import { expect, it } from "vitest";
import { SipProxy } from "../../src/proxy/proxy.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import type { RegistrarOptions } from "../../src/registrar/registrar-options.ts";
import { Registration } from "../../src/registration/registration.ts";
import { type Agent, agent } from "../dialog/support.ts";
import { SipWorld } from "../support/sip-world.ts";

/** A registrar and proxy of example.com. */
async function world(options: Partial<RegistrarOptions> = {}) {
  const world = new SipWorld();
  const server = await world.phone(
    "server",
    "UDP",
    { aliases: ["example.com"] },
    {
      async onRequest(request, transaction) {
        if (request.method === "REGISTER") return transaction?.respond(await registrar.register(request));
        await proxy.forward(request, transaction, async ({ request: { uri }, viaUs, inDialog }) =>
          viaUs && inDialog ? [{ uri }] : ((await registrar.locate(uri)) ?? 404),
        );
      },
    },
  );
  const location = new MemoryLocation({ clock: world.clock });
  const registrar: Registrar = new Registrar({ stack: server.stack, location, ...options });
  const proxy = new SipProxy({ stack: server.stack, clock: world.clock, secret: "for the tests" });
  const from = "<sip:bob@example.com>";
  /** Registers a phone of Bob's that calls itself so. */
  const register = async (sentBy: string, contact: string, headers = {}) => {
    const transports = [world.network.transport({ host: `10.2.2.${++phones}`, sentBy })];
    const phone = await world.phone("bob", "UDP", { transports });
    const request = phone.request("REGISTER", "sip:example.com", { from, to: from, contact, headers });
    const { final } = phone.send(request, server);
    await world.pass(10);
    expect((await final).status).toBe(200);
    return phone;
  };
  let phones = 1;
  const located = async () => (await registrar.locate("sip:bob@example.com")) ?? [];
  const expires = async () =>
    (await location.find("sip:bob@example.com"))?.map((each) =>
      Math.ceil((each.expires - location.now()) / 1000),
    );
  return { world, server, register, located, expires };
}

it.each([
  ["192.168.1.7:5060", "<sip:bob@192.168.1.7>", true],
  ["192.168.1.7:5062", "<sip:bob@192.168.1.7:5062>", true],
  // Another port alone: a NAT of one machine, a container's say.
  ["10.2.2.2:5062", "<sip:bob@10.2.2.2:5062>", true],
  ["phone.lan", "<sip:bob@PHONE.lan>", true],
  ["10.2.2.2:5060", "<sip:bob@10.2.2.2>", false],
  // It knows where it is seen, or registers somebody else.
  ["192.168.1.7:5060", "<sip:bob@10.2.2.2>", false],
  ["192.168.1.7:5060", "<sip:bob@192.168.1.8>", false],
  ["192.168.1.7:5060", "<sip:bob@192.168.1.7:5070>", false],
])("one that calls itself %s, with %s, is called where it was seen: %s", async (sentBy, contact, seen) => {
  const { world: all, server, register, located } = await world();
  const phone = await register(sentBy, contact);
  const [target] = await located();
  expect(target?.flow?.remote).toEqual(seen ? phone.transport.local : undefined);
  expect(`<${target?.uri}>`).toBe(contact);
  if (!seen) return;
  const { final } = server.stack.send(server.request("OPTIONS", `${target?.uri}`), { flow: target?.flow });
  await all.pass(10);
  expect((await final).status).toBe(200);
});

it.each<[Partial<RegistrarOptions>, boolean, number]>([
  [{ nat: false }, false, 3600],
  [{ nat: false, natExpires: 120 }, false, 3600],
  [{ nat: true }, true, 3600],
  [{ nat: true, natExpires: 120 }, true, 120],
  [{ natExpires: 30 }, true, 60],
  [{ nat: (_, { host }) => host === "192.168.1.7", natExpires: 120 }, true, 120],
  [{ nat: (_, { host }) => host === "192.168.1.8", natExpires: 120 }, false, 3600],
])("told otherwise by %j: %s, for %i seconds", async (options, seen, seconds) => {
  const { register, located, expires } = await world(options);
  await register("192.168.1.7", "<sip:bob@192.168.1.7>");
  const [target] = await located();
  expect(target?.flow !== undefined).toBe(seen);
  // One that no NAT hides is none of them.
  await register("10.2.2.3", "<sip:bob@10.2.2.3>");
  expect(await expires()).toEqual([seconds, 3600]);
});

it("nobody is asked about whom another proxy is between", async () => {
  const { register, located } = await world({ nat: () => true });
  await register("192.168.1.7", "<sip:bob@192.168.1.7>", { Via: "SIP/2.0/UDP 10.1.1.9;branch=z9hG4bKx" });
  await register("192.168.1.7", "<sip:bob@192.168.1.8>", { Path: "<sip:edge;lr>" });
  await register("192.168.1.7", "<sip:bob@192.168.1.9>");
  expect((await located()).map(({ flow }) => flow !== undefined)).toEqual([false, false, true]);
});

it("both can call each other by a proxy, though their addresses are the same", async () => {
  const { world: all, server } = await world();
  const [alice, bob] = [
    await agent(all, "alice", "UDP behind NAT"),
    await agent(all, "bob", "UDP behind NAT"),
  ];
  expect(bob.phone.transport.sentBy).toBe(alice.phone.transport.sentBy);
  const target = { protocol: "UDP", ...server.transport.local };
  const bind = ({ phone }: Agent) =>
    new Registration({
      stack: phone.stack,
      registrar: "sip:example.com",
      aor: `<sip:${phone.name}@example.com>`,
      send: { target },
    });
  const bound = [bind(alice), bind(bob)];
  await all.pass(10);
  const route = { headers: { Route: `<sip:${server.transport.sentBy};lr>` } };
  const call = alice.invite("sip:bob@example.com", { body: "offer", ...route });
  await all.pass(10);
  const session = await call.session;
  // After the 200 and the ACK, each to the other, until Bob ends it.
  const there = session.request("INFO");
  const back = bob.sessions[0]!.request("INFO");
  await all.pass(10);
  expect([(await there).status, (await back).status]).toEqual([405, 405]);
  void bob.sessions[0]!.bye();
  await all.pass(10);
  expect([alice.log, bob.log]).toEqual([["peer"], ["bye"]]);
  for (const each of bound) each.close();
});
