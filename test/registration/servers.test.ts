// A registration at a domain of several servers, which DNS names (RFC 3263).

import { expect, it } from "vitest";
import { DigestClient } from "../../src/digest/client.ts";
import { DigestServer } from "../../src/digest/server.ts";
import { Registration } from "../../src/registration/registration.ts";
import { resolver } from "../../src/stack/resolve/sip-resolver.ts";
import type { Dns } from "../../src/transport/dns.ts";
import { type Phone, SipWorld } from "../support/sip-world.ts";

const none = { records: [], ttl: undefined };

/** Two servers of example.com, alike to DNS. */
async function world() {
  const world = new SipWorld();
  const servers: readonly Phone[] = [await world.phone("one"), await world.phone("two")];
  /** In which order DNS tells of them. */
  const states = { turned: false };
  const dns: Dns = {
    naptr: async () => none,
    srv: async (name) => {
      const records = servers
        .filter(() => name === "_sip._udp.example.com")
        .map(({ transport }, i) => ({ priority: 0, weight: 1, port: transport.local.port, target: `h${i}` }));
      return { records: states.turned ? records.reverse() : records, ttl: 60_000 };
    },
    address: async (name, family) =>
      family === 4 ? { records: [servers[Number(name.slice(1))]!.transport.local.host], ttl: 1e9 } : none,
  };
  const found = resolver({ dns, families: [4], clock: world.clock });
  const bob = await world.phone("bob", "UDP", { resolver: found });
  /** Lets time pass; names take more turns to find than a virtual clock gives. */
  const pass = async (milliseconds = 0) => {
    for (const step of [0, 0, milliseconds, 0, 0]) {
      await new Promise((resolve) => setImmediate(resolve));
      await world.pass(step);
    }
  };
  return { servers, bob, pass, states };
}

it("asks the one again that has challenged it: no other need know its nonce", async () => {
  const { servers, bob, pass } = await world();
  const user = { username: "bob", password: "zanzibar" };
  for (const server of servers) {
    const digest = new DigestServer({ realm: "example.com", lookup: () => user });
    server.answer = async (request, transaction) => {
      const verdict = await digest.check(request);
      // A server that takes what is another's nonce for a wrong answer, as some do.
      transaction?.respond(verdict.ok ? 200 : digest.challenge(request));
    };
  }
  const registrations = Array.from({ length: 20 }, () => {
    const credentials = new DigestClient({ credentials: user });
    return new Registration({
      stack: bob.stack,
      registrar: "sip:example.com",
      aor: "<sip:bob@example.com>",
      credentials,
    });
  });
  await pass(100);
  await pass(100);
  expect(registrations.map(({ state }) => state)).toEqual(registrations.map(() => "registered"));
  // By lot all the same.
  expect(servers.map(({ requests }) => requests.length > 0)).toEqual([true, true]);
  for (const each of registrations) each.close();
});

it("comes back to the one where it has registered, as long as that answers (RFC 5626 §4.2.2)", async () => {
  const { servers, bob, pass, states } = await world();
  const registration = new Registration({
    stack: bob.stack,
    registrar: "sip:example.com",
    aor: "<sip:bob@example.com>",
    expires: 600,
  });
  await pass(100);
  const [first, other] = servers[0]!.requests.length > 0 ? servers : [...servers].reverse();
  for (let i = 0; i < 10; i++) {
    states.turned = !states.turned;
    await pass(540_000);
  }
  expect([first!.requests.length, other!.requests.length]).toEqual([11, 0]);
  first!.answer = (_request, transaction) => transaction?.respond(503);
  await pass(540_000);
  await pass(100);
  expect([registration.state, other!.requests.length]).toEqual(["registered", 1]);
  registration.close();
});
