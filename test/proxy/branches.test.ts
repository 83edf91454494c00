// The branches of one request: what goes on of their responses, when the next hop's turn comes, and how a request ends
// that was cancelled (RFC 3261 §16.7, §16.8, §16.10, RFC 3263 §4.3).

import { expect, it } from "vitest";
import { SipProxy } from "../../src/proxy/proxy.ts";
import { type Phone, SipWorld } from "../support/sip-world.ts";
import { proxied } from "./support.ts";

const BOB = "sip:bob@example.com";

/** A caller, a proxy, and phones that ring, and answer when they are told. */
async function world(count = 2) {
  const world = new SipWorld();
  const alice = await world.phone("alice");
  const proxy = await proxied(world);
  const phones: Phone[] = [];
  for (let i = 0; i < count; i++) {
    const phone = await world.phone(`p${i}`);
    phone.answer = (_request, transaction) => transaction?.respond(180);
    phones.push(phone);
  }
  const hops = phones.map(({ transport }) => ({ protocol: "UDP", ...transport.local }));
  const seen: number[] = [];
  const invite = () =>
    alice.stack.send(alice.request("INVITE", BOB), {
      target: { protocol: "UDP", ...proxy.phone.transport.local },
      onResponse: ({ status }) => void seen.push(status),
      onError: () => {},
    });
  return { world, alice, proxy, phones, hops, invite, seen };
}

it("no provisional response to another request than INVITE goes on (RFC 4320 §4.1)", async () => {
  const { world: all, alice, proxy, phones } = await world(1);
  phones[0]!.answer = (request, transaction) => {
    // No transaction of ours would send it.
    phones[0]!.stack.sendStateless(request.createResponse(183));
    transaction?.respond(200);
  };
  proxy.targets = [{ uri: phones[0]!.uri }];
  const { final } = alice.send(alice.request("OPTIONS", BOB), proxy.phone);
  await all.pass();
  expect([(await final).status, alice.statuses]).toEqual([200, [200]]);
});

it("nothing provisional goes on of a branch that was given up", async () => {
  const { world: all, proxy, phones, invite, seen } = await world();
  all.network.set({ drop: ({ text }) => text.startsWith("CANCEL") });
  proxy.targets = phones.map(({ uri }) => ({ uri }));
  proxy.forward = { sequential: true, noAnswer: 5_000 };
  const { final } = invite();
  await all.pass(6_000);
  phones[0]!.transactions[0]!.respond(183);
  await all.pass();
  expect(seen).toEqual([100, 180]);
  all.network.set({ drop: () => false });
  await all.pass(4_000);
  phones[1]!.transactions[0]!.respond(486);
  await all.pass();
  expect((await final).status).toBe(486);
});

it("a response that lacks the caller's Via is dropped and counted, a final one counts as 502", async () => {
  const { world: all, proxy, phones, invite } = await world(1);
  phones[0]!.answer = (request, transaction) => {
    for (const status of [180, 486]) {
      const response = request.createResponse(status);
      response.headers.pop("Via");
      transaction?.respond(response);
    }
  };
  proxy.targets = [{ uri: phones[0]!.uri }];
  const { final } = invite();
  await all.pass();
  expect((await final).status).toBe(502);
  expect(proxy.proxy.stats.dropped).toBe(2);
});

it.each([
  ["garbage behind our Via", 486, 502, (text: string) => text.replace(/^(Via: .*)\r\nVia: .*/m, '$1, %%;"')],
  [
    "garbage behind our Via, of a 2xx",
    200,
    502,
    (text: string) => text.replace(/^(Via: .*)\r\nVia: .*/m, '$1, %%;"'),
  ],
  ["two Vias in one line", 486, 486, (text: string) => text.replace(/^(Via: .*)\r\nVia: /m, "$1, ")],
  ["a Contact that is none", 302, 302, (text: string) => text.replace("To:", "Contact: <sip:b@h\r\nTo:")],
])("a final response with %s (%i) ends its branch: %i", async (_what, status, expected, edit) => {
  const all = new SipWorld();
  // One that takes what it gets, as a proxy may.
  const lenient = { validate: () => [] };
  const [alice, bob] = [await all.phone("alice", "UDP", lenient), await all.phone("bob")];
  const proxy = await proxied(all, {}, ["UDP"], lenient);
  proxy.targets = [{ uri: bob.uri }];
  proxy.forward = { recurse: true };
  bob.answer = (request, transaction) => {
    const flow = request.flow!;
    const response = new TextEncoder().encode(edit(request.createResponse(status).toString()));
    flow.transport.send(response, flow, () => {});
    transaction?.terminate();
  };
  const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await all.pass(100);
  expect(proxy.finals).toEqual([expected]);
  expect((await final).status).toBe(expected);
  expect(proxy.errors).toEqual([]);
});

it("who has answered is not passed over for another hop when his connection breaks", async () => {
  const all = new SipWorld();
  const proxy = await proxied(all, {}, ["UDP", "TCP"]);
  const [alice, bob, carol] = [
    await all.phone("alice"),
    await all.phone("bob", "TCP"),
    await all.phone("carol", "TCP"),
  ];
  bob.answer = (_request, transaction) => transaction?.respond(180);
  const hops = [bob, carol].map(({ transport }) => ({ protocol: "TCP", ...transport.local }));
  proxy.targets = [{ uri: BOB, hops }];
  const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await all.pass();
  all.network.cut(bob.transport, proxy.phone.stack.transports[1]!);
  await all.pass();
  expect([(await final).status, carol.methods]).toEqual([500, []]);
  // Nor does he ring on: he is told by another connection.
  expect([bob.methods, bob.canceled]).toEqual([["INVITE"], 1]);
});

it("who has come by a connection that breaks cannot be told, and is not called", async () => {
  const all = new SipWorld();
  const proxy = await proxied(all, {}, ["UDP", "TCP"]);
  const [alice, bob] = [await all.phone("alice"), await all.phone("bob", "TCP")];
  const options = bob.request("OPTIONS", "sip:10.9.0.1", { maxForwards: 0 });
  bob.send(options, bob.transport.flow({ host: "10.9.0.1", port: 5060 })!);
  await all.pass();
  const { flow } = proxy.phone.requests[0]!;
  bob.answer = (_request, transaction) => transaction?.respond(180);
  proxy.targets = [{ uri: bob.uri, flow }];
  const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await all.pass();
  all.network.clearTrace();
  all.network.cut(bob.transport, proxy.phone.stack.transports[1]!);
  await all.pass();
  expect([(await final).status, all.wire("CANCEL")]).toEqual([500, 0]);
  bob.transactions[0]!.terminate();
});

it.each([
  ["was cancelled", {}, 500],
  ["was given up", { noAnswer: 5_000 }, 500],
])("no other hop is tried once it %s", async (what, forward, status) => {
  const { world: all, proxy, phones, hops, invite } = await world();
  all.network.set({ drop: ({ text }) => text.startsWith("CANCEL") });
  proxy.targets = [{ uri: BOB, hops }];
  proxy.forward = forward;
  const sent = invite();
  await all.pass(100);
  if (what === "was cancelled") {
    all.network.set({ drop: ({ text }) => /^CANCEL[\s\S]*Via: SIP\/2\.0\/UDP 10\.9\.0\.1/.test(text) });
    sent.cancel();
  }
  await all.pass(6_000);
  phones[0]!.transactions[0]!.respond(503);
  await all.pass();
  expect([(await sent.final).status, phones[1]!.methods]).toEqual([status, []]);
});

it("one that is cancelled is 487, though its phone never answers the CANCEL", async () => {
  const { world: all, proxy, phones, invite } = await world(1);
  proxy.targets = [{ uri: phones[0]!.uri }];
  const sent = invite();
  await all.pass(100);
  all.network.set({ drop: ({ text }) => /^CANCEL[\s\S]*Via: SIP\/2\.0\/UDP 10\.9\.0\.1/.test(text) });
  sent.cancel();
  sent.final.catch(() => {});
  await all.pass(40_000);
  expect(proxy.finals).toEqual([487]);
  phones[0]!.transactions[0]!.terminate();
});

it.each([
  [true, 487],
  [false, 408],
])("a redirection to nowhere, and cancelled: %s, is %i", async (cancels, status) => {
  const { world: all, proxy, phones, invite } = await world(1);
  proxy.targets = [{ uri: phones[0]!.uri }];
  proxy.forward = { recurse: true };
  const sent = invite();
  await all.pass(100);
  all.network.set({ drop: ({ text }) => /^CANCEL[\s\S]*Via: SIP\/2\.0\/UDP 10\.9\.0\.1/.test(text) });
  if (cancels) sent.cancel();
  await all.pass(100);
  phones[0]!.transactions[0]!.respond(302);
  await all.pass(100);
  expect((await sent.final).status).toBe(status);
});

it("each hop has its own time, whoever rang before it", async () => {
  const { world: all, proxy, phones, hops, invite } = await world();
  proxy.targets = [{ uri: BOB, hops: [hops[0]!, { protocol: "UDP", host: "10.7.7.7", port: 7 }, hops[1]!] }];
  const { final } = invite();
  await all.pass(100);
  phones[0]!.transactions[0]!.respond(503);
  await all.pass(33_000);
  phones[1]!.transactions[0]!.respond(486);
  await all.pass();
  expect((await final).status).toBe(486);
});

it("a hook that throws is no hop that fails", async () => {
  const { world: all, proxy, hops, invite } = await world();
  let copies = 0;
  proxy.targets = [{ uri: BOB, hops }];
  proxy.forward = {
    prepare: () => {
      copies++;
      throw new Error("oops");
    },
  };
  const { final } = invite();
  await all.pass();
  expect([(await final).status, copies]).toEqual([500, 1]);
  expect(proxy.failed).toMatchObject([{ message: "oops" }]);
});

it.each([
  ["a URI for a target", ["sip:bob@10.0.0.9"], 'URI "undefined": not a URI, scheme first, at octet 9'],
  ["a target without URI", [{}], 'URI "undefined": not a URI, scheme first, at octet 9'],
  ["a URI without scheme", [{ uri: "bob" }], 'URI "bob": not a URI, scheme first, at octet 3'],
  ["one target for a list", { uri: BOB }, "targets: a list or a status is wanted, not [object Object]"],
  ["nothing", undefined, "targets: a list or a status is wanted, not undefined"],
  ["null", null, "targets: a list or a status is wanted, not null"],
])("%s, a mistake of the core, is a 500 that it hears of", async (_what, targets, message) => {
  const { world: all, proxy, invite } = await world(1);
  proxy.targets = async () => targets as never;
  const { final } = invite();
  await all.pass();
  expect((await final).status).toBe(500);
  expect(proxy.failed).toMatchObject([{ message }]);
});

it("a caller who gives up while the copy is edited has nobody called", async () => {
  const { world: all, proxy, phones, invite } = await world(1);
  proxy.targets = [{ uri: phones[0]!.uri }];
  proxy.forward = { prepare: () => proxy.proxy.cancel(proxy.phone.transactions[0]!) };
  const { final } = invite();
  await all.pass();
  expect([(await final).status, phones[0]!.methods]).toEqual([487, []]);
});

it("the first that a hook throws is what forward rejects with", async () => {
  const { world: all, proxy, phones, invite } = await world(1);
  proxy.targets = [{ uri: phones[0]!.uri }];
  proxy.forward = {
    onResponse: ({ status }) => {
      throw new Error(`at ${status}`);
    },
  };
  const { final } = invite();
  await all.pass();
  phones[0]!.transactions[0]!.respond(486);
  await all.pass();
  expect((await final).status).toBe(486);
  expect(proxy.failed).toMatchObject([{ message: "at 180" }]);
});

it.each(["noAnswer", "hopTimeout"])("a stack that closes leaves no timer of `%s`", async (option) => {
  const all = new SipWorld();
  const [alice, bob, edge] = [await all.phone("alice"), await all.phone("bob"), await all.phone("edge")];
  const proxy = new SipProxy({ stack: edge.stack });
  const hops = [bob, bob].map(({ transport }) => ({ protocol: "UDP", ...transport.local }));
  edge.answer = (request, transaction) =>
    void proxy.forward(request, transaction, [{ uri: bob.uri, hops }], { [option]: 10_000_000 });
  if (option === "noAnswer") bob.answer = (_request, transaction) => transaction?.respond(180);
  else all.network.set({ drop: ({ to }) => to.startsWith(bob.transport.local.host) });
  const sent = alice.send(alice.request("INVITE", BOB), edge);
  await all.pass(100);
  expect(all.clock.size).toBeGreaterThan(0);
  await edge.stack.close();
  sent.terminate();
  bob.transactions[0]?.terminate();
  await all.pass(100);
  expect(all.clock.size).toBe(0);
});

it("the time of `noAnswer` is the target's, whichever of its hops has it in the end", async () => {
  const { world: all, proxy, phones, hops, invite } = await world(3);
  phones[0]!.answer = (_request, transaction) => transaction?.respond(503);
  phones[2]!.answer = (_request, transaction) => transaction?.respond(200);
  proxy.targets = [{ uri: BOB, hops: hops.slice(0, 2) }, { uri: phones[2]!.uri }];
  proxy.forward = { sequential: true, noAnswer: 5_000 };
  const { final } = invite();
  await all.pass(6_000);
  expect([phones[1]!.canceled, phones[2]!.methods]).toEqual([1, ["INVITE"]]);
  expect((await final).status).toBe(200);
});

it("a hop that is silent is given up after `hopTimeout`, and the last has all the time there is", async () => {
  for (const method of ["INVITE", "OPTIONS"]) {
    const { world: all, alice, proxy, phones, hops } = await world();
    phones[1]!.answer = (_request, transaction) => void all.clock.set(() => transaction?.respond(200), 3_000);
    const dead = { protocol: "UDP", host: "10.7.7.7", port: 7 };
    proxy.targets = [{ uri: BOB, hops: [dead, hops[1]!] }];
    proxy.forward = { hopTimeout: 1_000 };
    const { final } = alice.send(alice.request(method, BOB), proxy.phone);
    await all.pass(1_100);
    expect(phones[1]!.methods).toEqual([method]);
    await all.pass(3_000);
    expect((await final).status).toBe(200);
    const asked = all.network.trace.filter(({ to }) => to === "10.7.7.7:7").length;
    expect(asked).toBeLessThan(8);
  }
});

it("a hop that was given up and rings after all is cancelled, and nobody hears of it", async () => {
  const { world: all, proxy, phones, hops, invite, seen } = await world();
  phones[0]!.answer = (_request, transaction) => void all.clock.set(() => transaction?.respond(180), 1_500);
  phones[1]!.answer = (_request, transaction) => void all.clock.set(() => transaction?.respond(486), 2_000);
  all.network.set({ drop: ({ text }) => /^SIP\/2\.0 100/.test(text) });
  proxy.targets = [{ uri: BOB, hops }];
  proxy.forward = { hopTimeout: 1_000 };
  const { final } = invite();
  await all.pass(1_700);
  expect([phones[0]!.canceled, phones[1]!.methods]).toEqual([1, ["INVITE"]]);
  await all.pass(2_000);
  expect([(await final).status, seen]).toEqual([486, [486]]);
});

it("a hop that has answered 100 is not passed over by `hopTimeout`", async () => {
  const { world: all, proxy, phones, hops, invite } = await world();
  phones[0]!.answer = (_request, transaction) => void all.clock.set(() => transaction?.respond(200), 5_000);
  proxy.targets = [{ uri: BOB, hops }];
  proxy.forward = { hopTimeout: 1_000 };
  const { final } = invite();
  await all.pass(6_000);
  expect([(await final).status, phones[1]!.methods]).toEqual([200, []]);
});
