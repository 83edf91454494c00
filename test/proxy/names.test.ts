// Next hops that are names: a proxy whose stack has a resolver finds their servers, and goes on to the next where one
// fails (RFC 3261 §16.6 step 7, RFC 3263).

import { expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import type { ProxyOptions } from "../../src/proxy/options.ts";
import { resolver } from "../../src/stack/resolve/sip-resolver.ts";
import type { Dns } from "../../src/transport/dns.ts";
import { type Phone, SipWorld } from "../support/sip-world.ts";
import { proxied, unmarked } from "./support.ts";

const BOB = "sip:bob@pool.example.com";
const none = { records: [], ttl: undefined };

/** Holds the answers about servers back; each function that is in the list by and by lets one go. */
function holdAnswers(dns: Dns): (() => void)[] {
  const found: (() => void)[] = [];
  const { srv } = dns;
  dns.srv = async (name) => {
    await new Promise<void>((resolve) => void found.push(resolve));
    return srv(name);
  };
  return found;
}

/** A proxy with a resolver, phones p0, p1 … that pool.example.com has SRV records of, and who calls there. */
async function world(protocols: readonly string[] = ["UDP", "UDP"], options: Partial<ProxyOptions> = {}) {
  const world = new SipWorld();
  const phones: Phone[] = [];
  for (const [index, protocol] of protocols.entries()) phones.push(await world.phone(`p${index}`, protocol));
  const asked: string[] = [];
  const dns: Dns = {
    naptr: async () => none,
    srv: async (name) => {
      asked.push(name);
      const protocol = name.startsWith("_sip._udp.") ? "UDP" : "TCP";
      const found = name.endsWith("pool.example.com")
        ? phones.filter(({ transport }) => transport.protocol === protocol)
        : [];
      const records = found.map(({ name: target, transport }, priority) => ({
        priority,
        weight: 0,
        port: transport.local.port,
        target,
      }));
      return { records, ttl: 1e9 };
    },
    address: async (name, family) => {
      const phone = phones.find((each) => each.name === name);
      return phone && family === 4 ? { records: [phone.transport.local.host], ttl: 1e9 } : none;
    },
  };
  const alice = await world.phone("alice");
  const proxy = await proxied(world, options, ["UDP", "TCP"], {
    resolver: resolver({ dns, clock: world.clock }),
  });
  /** Names take more turns to find than a virtual clock gives. */
  const pass = async (milliseconds = 0): Promise<void> => {
    for (const step of [0, 0, milliseconds, 0, 0]) {
      await new Promise((resolve) => setImmediate(resolve));
      await world.pass(step);
    }
  };
  return { world, phones, alice, proxy, dns, asked, pass };
}

it("are found by their SRV records, and the next is tried after a 503", async () => {
  const { phones, alice, proxy, pass } = await world();
  phones[0]!.answer = (_request, transaction) => transaction?.respond(503);
  const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await pass();
  expect((await final).status).toBe(200);
  expect(phones.map(({ methods }) => methods)).toEqual([["INVITE"], ["INVITE"]]);
  expect(proxy.proxy.stats.branches).toBe(2);
});

it("decide the transport, which Record-Route names", async () => {
  const { phones, alice, proxy, pass } = await world(["TCP"]);
  const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await pass();
  expect((await final).status).toBe(200);
  expect(unmarked(phones[0]!.requests[0]!.headers.get("Record-Route"))).toEqual([
    "<sip:10.9.0.1:5060;transport=tcp;lr>",
    "<sip:10.9.0.1:5060;transport=udp;lr>",
  ]);
});

it("are looked up once for a target, after the copy was edited", async () => {
  const { phones, alice, proxy, asked, pass } = await world();
  let edits = 0;
  proxy.targets = [{ uri: "sip:bob@10.7.7.7" }];
  proxy.forward = {
    prepare(copy) {
      edits++;
      copy.headers.set("Route", "<sip:pool.example.com;lr>");
    },
  };
  const { final } = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
  await pass();
  expect([(await final).status, edits]).toEqual([200, 1]);
  expect(phones[0]!.methods).toEqual(["OPTIONS"]);
  expect(asked).toEqual(["_sip._udp.pool.example.com", "_sip._tcp.pool.example.com"]);
});

it("do not let the BYE overtake the ACK before it", async () => {
  const { phones, alice, proxy, pass } = await world(["UDP"]);
  for (const method of ["ACK", "BYE"]) {
    const request = alice.request(method, BOB, { to: "<sip:bob@example.com>;tag=1" });
    const { protocol, local } = proxy.phone.transport;
    const target = { protocol, ...local };
    if (method === "ACK") alice.stack.sendStateless(request, { target });
    else alice.stack.send(request, { target });
  }
  await pass();
  expect(phones[0]!.methods).toEqual(["ACK", "BYE"]);
});

it("that are still looked up when the caller cancels: 487 at once, and nobody is called", async () => {
  const { phones, alice, proxy, dns, pass } = await world();
  const found = holdAnswers(dns);
  const sent = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await pass(100);
  sent.cancel();
  await pass();
  expect((await sent.final).status).toBe(487);
  for (const tell of found) tell();
  await pass();
  expect(phones.flatMap(({ methods }) => methods)).toEqual([]);
});

it("that nobody knows are 500, that DNS is silent about 408", async () => {
  const { alice, proxy, dns, pass } = await world();
  const unknown = alice.send(alice.request("INVITE", "sip:bob@nowhere.example.com"), proxy.phone);
  await pass();
  expect((await unknown.final).status).toBe(500);
  dns.srv = () => new Promise(() => {});
  const silent = alice.send(alice.request("INVITE", "sip:bob@silent.example.com"), proxy.phone);
  await pass(31_000);
  expect(proxy.finals).toEqual([500]);
  await pass(1_000);
  expect((await silent.final).status).toBe(408);
});

it("do not hold up the next target: who accepts first has the call, and `noAnswer` goes on", async () => {
  for (const forward of [{}, { sequential: true, noAnswer: 2_000 }]) {
    const { world: all, phones, alice, proxy, dns, pass } = await world();
    const found: (() => void)[] = [];
    const { srv } = dns;
    dns.srv = async (name) => {
      await new Promise<void>((resolve) => void found.push(resolve));
      return srv(name);
    };
    const carol = await all.phone("carol");
    proxy.targets = [{ uri: BOB }, { uri: carol.uri }];
    proxy.forward = forward;
    const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
    await pass(2_000);
    expect([(await final).status, proxy.proxy.stats.live]).toEqual([200, 0]);
    for (const tell of found) tell();
    await pass();
    expect(phones.flatMap(({ methods }) => methods)).toEqual([]);
  }
});

it("that are still looked up when the stack is closed leave no timer, nor a request that waits", async () => {
  for (const forward of [{}, { noAnswer: 5_000 }]) {
    const { world: all, alice, proxy, dns, pass } = await world();
    dns.srv = () => new Promise(() => {});
    proxy.forward = forward;
    const sent = alice.send(alice.request("INVITE", BOB), proxy.phone);
    await pass(100);
    expect(proxy.proxy.stats.live).toBe(1);
    sent.terminate();
    await Promise.all(all.phones.map(({ stack }) => stack.close()));
    await pass();
    expect([all.clock.size, proxy.proxy.stats.live, proxy.finals]).toEqual([0, 0, [undefined]]);
  }
});

it("that are found when another way to the client was taken already lead nowhere", async () => {
  const { world: all, phones, alice, proxy, dns, pass } = await world(["UDP"]);
  const found = holdAnswers(dns);
  const carol = await all.phone("carol");
  carol.answer = (_request, transaction) => transaction?.respond(180);
  proxy.targets = [{ uri: BOB, instead: [{ uri: carol.uri }] }];
  const sent = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await pass(32_000);
  expect(carol.methods).toEqual(["INVITE"]);
  for (const tell of found) tell();
  await pass();
  expect([carol.methods, phones[0]!.methods]).toEqual([["INVITE"], []]);
  sent.cancel();
  await pass(1_000);
  expect((await sent.final).status).toBe(487);
});

it("are waited for as long as `noAnswer` says, though another of the group has answered", async () => {
  const { world: all, alice, proxy, dns, pass } = await world();
  dns.srv = () => new Promise(() => {});
  const [carol, dave] = [await all.phone("carol"), await all.phone("dave")];
  dave.answer = (_request, transaction) => transaction?.respond(486);
  proxy.targets = [{ uri: BOB }, { uri: dave.uri }, { uri: carol.uri, q: 0.5 }];
  proxy.forward = { noAnswer: 2_000 };
  const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await pass(1_999);
  expect([dave.methods, carol.methods]).toEqual([["INVITE"], []]);
  await pass(1);
  expect([(await final).status, proxy.proxy.stats.live]).toEqual([200, 0]);
});

it("that were found late may be silent for as long as others", async () => {
  const { world: all, phones, alice, proxy, dns, pass } = await world(["UDP"]);
  const found = holdAnswers(dns);
  const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await pass(20_000);
  all.network.set({ drop: ({ to }) => to.startsWith(phones[0]!.transport.local.host) });
  for (const tell of found) tell();
  await pass(13_000);
  expect([phones[0]!.methods, proxy.proxy.stats.live]).toEqual([[], 1]);
  all.network.set({ drop: () => false });
  await pass(10_000);
  expect((await final).status).toBe(200);
});

it("that nobody wants any more are not waited for", async () => {
  const clock = new VirtualClock();
  const { alice, proxy, dns, pass } = await world(["UDP"], { clock });
  dns.srv = () => new Promise(() => {});
  const sent = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await pass(100);
  expect(clock.size).toBe(1);
  sent.cancel();
  await pass();
  expect([(await sent.final).status, clock.size]).toEqual([487, 0]);
});
