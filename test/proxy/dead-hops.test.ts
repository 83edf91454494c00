// Next hops that have failed lately: the proxy tells its stack's resolver of them, and tries them last (RFC 3263 §4.3).

import { expect, it } from "vitest";
import { resolver } from "../../src/stack/resolve/sip-resolver.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { type Phone, SipWorld } from "../support/sip-world.ts";
import { proxied } from "./support.ts";

const BOB = "sip:bob@example.com";

/** A proxy with a resolver, and a caller whose requests go to two gateways, the first of which does as it is told. */
async function world(answer: (transaction: ServerTransaction) => void, protocol = "UDP") {
  const world = new SipWorld();
  const alice = await world.phone("alice");
  const gateways = [await world.phone("one", protocol), await world.phone("two", protocol)] as [Phone, Phone];
  gateways[0].answer = (_request, transaction) => transaction && answer(transaction);
  const hops = gateways.map(({ transport }) => ({ protocol, ...transport.local }));
  const found = resolver({ dns: false, clock: world.clock });
  const proxy = await proxied(world, {}, ["UDP", "TCP"], { resolver: found });
  proxy.targets = [{ uri: BOB, hops }];
  const got = () => gateways.map(({ requests }) => requests.length);
  const send = async (method: string, time = 0) => {
    const { final } = alice.send(alice.request(method, BOB), proxy.phone);
    await world.pass(time);
    return (await final).status;
  };
  return { world, alice, proxy, gateways, hops, got, send };
}

it.each(["INVITE", "OPTIONS"])("are tried last after a 503, for 30 seconds (%s)", async (method) => {
  const { world: all, got, send } = await world((transaction) => transaction.respond(503));
  expect([await send(method), got()]).toEqual([200, [1, 1]]);
  expect([await send(method), got()]).toEqual([200, [1, 2]]);
  await all.pass(30_000);
  expect([await send(method), got()]).toEqual([200, [2, 3]]);
});

it("are left alone as long as Retry-After asks for", async () => {
  const {
    world: all,
    got,
    send,
  } = await world((transaction) => {
    const response = transaction.request!.createResponse(503);
    response.headers.set("Retry-After", "5 (a moment)");
    transaction.respond(response);
  });
  expect([await send("INVITE"), got()]).toEqual([200, [1, 1]]);
  await all.pass(4_000);
  expect([await send("INVITE"), got()]).toEqual([200, [1, 2]]);
  await all.pass(1_000);
  expect([await send("INVITE"), got()]).toEqual([200, [2, 3]]);
});

it.each([
  ["that ended the transaction", 33_000, {}],
  ["that was longer than `hopTimeout`", 2_100, { hopTimeout: 2_000 }],
])("are those whose silence %s", async (_name, time, forward) => {
  const { world: all, proxy, hops, got, send } = await world(() => {});
  all.network.block("10.9.0.1", hops[0]!.host);
  proxy.forward = forward;
  expect([await send("INVITE", time), got()]).toEqual([200, [0, 1]]);
  expect([await send("INVITE"), got()]).toEqual([200, [0, 2]]);
  expect(proxy.proxy.stats.branches).toBe(3);
});

it("are those who cannot be reached", async () => {
  const { gateways, proxy, got, send } = await world(() => {}, "TCP");
  await gateways[0].stack.close();
  expect([await send("INVITE"), got()]).toEqual([200, [0, 1]]);
  const { branches } = proxy.proxy.stats;
  expect([await send("INVITE"), got()]).toEqual([200, [0, 2]]);
  expect(proxy.proxy.stats.branches).toBe(branches + 1);
});

it("are none of those who have said anything: refusals, a 408, a 100 and no more", async () => {
  const { got, send } = await world((transaction) => transaction.respond(486));
  expect([await send("INVITE"), await send("INVITE"), got()]).toEqual([486, 486, [2, 0]]);
  const late = await world((transaction) => transaction.respond(408));
  expect([await late.send("INVITE"), await late.send("INVITE"), late.got()]).toEqual([408, 408, [2, 0]]);
  const trying = await world((transaction) => transaction.respond(100));
  const { world: all, alice, proxy } = trying;
  alice.send(alice.request("INFO", BOB), proxy.phone);
  await all.pass(40_000);
  const { final } = alice.send(alice.request("INFO", BOB), proxy.phone);
  await all.pass();
  expect(trying.got()).toEqual([2, 0]);
  await all.pass(40_000);
  await expect(final).rejects.toMatchObject({ code: "timeout" });
});

it("count again when they answer, and for the stack's own requests as well", async () => {
  let busy = true;
  const {
    world: all,
    proxy,
    hops,
    got,
    send,
  } = await world((transaction) => transaction.respond(busy ? 503 : 200));
  const { resolver: found } = proxy.phone.stack;
  expect([await send("INVITE"), got()]).toEqual([200, [1, 1]]);
  expect(found?.order?.(hops)).toEqual([hops[1], hops[0]]);
  busy = false;
  proxy.targets = [{ uri: BOB, hops: [hops[0]!] }];
  expect([await send("INVITE"), got()]).toEqual([200, [2, 1]]);
  expect(found?.order?.(hops)).toEqual(hops);
  await all.pass();
});

it("are where no ACK goes, either", async () => {
  const { world: all, alice, proxy, gateways, send } = await world((transaction) => transaction.respond(503));
  await send("INVITE");
  const { protocol, local } = proxy.phone.transport;
  alice.stack.sendStateless(alice.request("ACK", BOB), { target: { protocol, ...local } });
  await all.pass();
  expect(gateways.map(({ methods }) => methods)).toEqual([["INVITE"], ["INVITE", "ACK"]]);
});

it("are no matter where the stack has no resolver", async () => {
  const world = new SipWorld();
  const [alice, one, two] = [await world.phone("alice"), await world.phone("one"), await world.phone("two")];
  one.answer = (_request, transaction) => transaction?.respond(503);
  const proxy = await proxied(world);
  proxy.targets = [
    { uri: BOB, hops: [one, two].map(({ transport }) => ({ protocol: "UDP", ...transport.local })) },
  ];
  for (let calls = 1; calls <= 2; calls++) {
    const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
    await world.pass();
    expect([(await final).status, one.requests.length]).toEqual([200, calls]);
  }
});
