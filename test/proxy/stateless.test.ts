// A stateless proxy (RFC 3261 §16.11): no transactions, and yet calls, CANCELs and refusals go through.

import { expect, it } from "vitest";
import { createAck } from "../../src/message/create-ack.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { SipProxy } from "../../src/proxy/proxy.ts";
import type { ProxyTarget } from "../../src/proxy/target.ts";
import type { MemoryFaults } from "../../src/transport/memory.ts";
import { SipWorld } from "../support/sip-world.ts";

async function stateless(faults: MemoryFaults & { seed?: number } = {}) {
  const world = new SipWorld(faults);
  const made: { proxy?: SipProxy; target?: ProxyTarget } = {};
  const transports = ["UDP", "WS", "TCP"].map((protocol) =>
    world.network.transport({ protocol, host: "10.9.0.1", ...(protocol === "WS" ? { port: 80 } : {}) }),
  );
  const phone = await world.phone(
    "proxy",
    "UDP",
    { transports, stateless: true },
    {
      onRequest: (request) => made.proxy?.forwardStateless(request, made.target),
      onResponse: (response) => made.proxy?.forwardResponse(response),
    },
  );
  const proxy = new SipProxy({ stack: phone.stack, secret: "for the tests" });
  made.proxy = proxy;
  const alice = await world.phone("alice");
  const bob = await world.phone("bob");
  made.target = { uri: bob.uri };
  const target = (to: ProxyTarget): void => {
    made.target = to;
  };
  return { world, phone, proxy, alice, bob, target };
}

it("a call, and its end, with nothing kept", async () => {
  const { world, phone, proxy, alice, bob } = await stateless();
  const invite = alice.send(alice.request("INVITE", "sip:bob@example.com"), phone);
  await world.pass();
  const ok = await invite.final;
  alice.stack.sendStateless(createAck(invite.request, ok));
  await world.pass();
  expect(alice.statuses).toEqual([200]);
  expect(bob.methods).toEqual(["INVITE", "ACK"]);
  expect(ok.headers.get("Record-Route")).toHaveLength(1);
  expect(phone.stack.stats.transactions).toMatchObject({ client: 0, server: 0, timers: 0 });
  expect(proxy.stats).toMatchObject({ taken: 2, branches: 2, dropped: 0, live: 0 });
});

it("a target's first hop is the way, whatever its URI says", async () => {
  const made = await stateless();
  const { world, phone, alice, bob } = made;
  made.target({ uri: "sip:bob@10.7.7.7", hops: [{ protocol: "UDP", ...bob.transport.local }] });
  const { final } = alice.send(alice.request("OPTIONS", "sip:bob@example.com"), phone);
  await world.pass();
  expect((await final).status).toBe(200);
  expect(bob.requests.map(({ uri }) => String(uri))).toEqual(["sip:bob@10.7.7.7"]);
});

it.each([
  ["OPTIONS", undefined, ["60"]],
  ["OPTIONS", "7", ["7"]],
  ["OPTIONS", "999999", ["60"]],
  ["OPTIONS", "99999999999999999999", ["60"]],
  ["ACK", undefined, []],
])("a %s with Max-Breadth %s goes on with %j (RFC 5393 §5.3.3)", async (method, given, expected) => {
  const { world, phone, alice, bob } = await stateless();
  const headers = given === undefined ? {} : { "Max-Breadth": given };
  const request = alice.request(method, "sip:bob@example.com", { headers });
  alice.stack.sendStateless(request, { target: { protocol: "UDP", ...phone.transport.local } });
  await world.pass();
  expect(bob.requests.map((each) => each.headers.raw("Max-Breadth"))).toEqual([expected]);
});

it("a CANCEL with Proxy-Require is not refused (RFC 3261 §8.2.2.3)", async () => {
  const { world, phone, alice, bob } = await stateless();
  const cancel = alice.request("CANCEL", "sip:bob@example.com", { headers: { "Proxy-Require": "foo" } });
  alice.stack.sendStateless(cancel, { target: { protocol: "UDP", ...phone.transport.local } });
  await world.pass();
  // It has come through: nobody there has an INVITE to it.
  expect([alice.statuses, world.wire("SIP/2.0 481"), world.wire("CANCEL")]).toEqual([[], 2, 2]);
  expect(bob.requests).toEqual([]);
});

it("retransmissions, CANCEL and ACK go by the branch of the first", async () => {
  const { world, phone, alice, bob } = await stateless({ drop: ({ text }) => text.startsWith("SIP/2.0 1") });
  bob.answer = (_request, transaction) => transaction?.respond(180);
  const invite = alice.send(alice.request("INVITE", "sip:bob@example.com"), phone);
  await world.pass(2_000);
  expect(bob.requests).toHaveLength(1);
  world.network.set({ drop: () => false });
  bob.transactions[0]?.respond(183);
  await world.pass();
  invite.cancel();
  await world.pass(1_000);
  expect(bob.canceled).toBe(1);
  expect((await invite.final).status).toBe(487);
  // The ACK has found its transaction, and so has not come to the core.
  expect(bob.methods).toEqual(["INVITE"]);
});

it("by loss, too", async () => {
  const { world, phone, alice } = await stateless({ loss: 0.2, delay: [1, 20], seed: 5 });
  const finals = Array.from(
    { length: 10 },
    () => alice.send(alice.request("OPTIONS", "sip:b@c"), phone).final,
  );
  await world.pass(33_000);
  expect((await Promise.all(finals)).map(({ status }) => status)).toEqual(Array(10).fill(200));
});

it("a client on a connection gets its response there", async () => {
  const { world, bob } = await stateless();
  const page = await world.phone("page", "WS");
  page.stack.send(page.request("OPTIONS", "sip:b@c"), {
    target: { protocol: "WS", host: "10.9.0.1", port: 80 },
  });
  await world.pass();
  expect(page.statuses).toEqual([200]);
  expect(bob.methods).toEqual(["OPTIONS"]);
});

it("a connection that is gone is opened anew for the response (RFC 3261 §18.2.2)", async () => {
  const { world, phone, proxy, bob } = await stateless();
  const carol = await world.phone("carol", "TCP");
  bob.answer = (_request, transaction) => void world.clock.set(() => transaction?.respond(200), 1_000);
  const [, , tcp] = phone.stack.transports;
  const target = { protocol: "TCP", ...tcp!.local };
  const sent = carol.stack.send(carol.request("OPTIONS", "sip:bob@example.com"), { target });
  await world.pass(500);
  world.network.cut(carol.transport, tcp!);
  await world.pass(1_000);
  await expect(sent.final).rejects.toMatchObject({ code: "connection_closed" });
  // Its transaction is over, and what comes is nobody's; but it comes.
  expect(carol.stack.stats.traffic.TCP!.received).toMatchObject({ "2xx": 1 });
  expect(proxy.stats.dropped).toBe(0);
});

it("a WebSocket client whose connection is gone is not called, nor whom its Via names (RFC 7118 §5)", async () => {
  const { world, phone, proxy, bob } = await stateless();
  bob.answer = (_request, transaction) => void world.clock.set(() => transaction?.respond(200), 1_000);
  const page = await world.phone("page", "WS");
  const bystander = await world.phone("bystander", "TCP");
  const [, ws] = phone.stack.transports;
  const request = page.request("OPTIONS", "sip:bob@example.com");
  request.headers.set("Via", `SIP/2.0/TCP ${bystander.transport.sentBy};branch=z9hG4bK1`);
  page.transport.send(request.toBytes(), page.transport.flow(ws!.local)!, () => {});
  await world.pass(500);
  world.network.cut(page.transport, ws!);
  await world.pass(1_000);
  expect([bob.methods, bystander.stack.stats.received, proxy.stats.dropped]).toEqual([["OPTIONS"], 0, 1]);
});

it("refuses with the same To tag each time, and takes the ACK for itself", async () => {
  const { world, phone, proxy, alice, bob } = await stateless({ drop: ({ text }) => text.startsWith("ACK") });
  const invite = alice.send(alice.request("INVITE", "sip:b@c", { maxForwards: 0 }), phone);
  await world.pass(2_000);
  const { headers, status } = await invite.final;
  expect(status).toBe(483);
  const again = invite.request.toBytes();
  const flow = alice.transport.flow(phone.transport.local)!;
  alice.transport.send(again, flow, () => {});
  world.network.set({ drop: () => false });
  await world.pass(2_000);
  const sent = world.network.trace.filter(({ text }) => text.startsWith("SIP/2.0 483"));
  expect(sent.length).toBeGreaterThan(1);
  for (const { text } of sent) expect(text).toContain(`tag=${headers.get("To")!.tag}`);
  expect(bob.methods).toEqual([]);
  expect(proxy.stats).toMatchObject({ refused: sent.length, dropped: 0, branches: 0 });
});

it("refuses what is to take a connection that is gone", async () => {
  const { world, phone, alice, bob } = await stateless();
  const headers = { Route: "<sip:nosuchconnection@10.9.0.1:80;transport=ws;lr>" };
  const sent = alice.send(alice.request("OPTIONS", "sip:b@c", { headers }), phone);
  await world.pass();
  expect([(await sent.final).status, bob.methods]).toEqual([430, []]);
});

it("refuses 500 what it has no way for: a 503 would say that it serves nobody (RFC 3261 §16.7 step 6)", async () => {
  const { world, phone, alice, target } = await stateless();
  target({ uri: "sip:bob@10.7.7.7;transport=tls" });
  const sent = alice.send(alice.request("OPTIONS", "sip:b@c"), phone);
  await world.pass();
  const { status, headers } = await sent.final;
  expect([status, headers.has("Retry-After")]).toEqual([500, false]);
});

it("refuses what it cannot read, as a stateful one does", async () => {
  const { world, phone, alice, bob } = await stateless();
  const headers = { "Proxy-Require": "((@" };
  const sent = alice.send(alice.request("OPTIONS", "sip:b@c", { headers }), phone);
  await world.pass();
  expect((await sent.final).status).toBe(400);
  expect([phone.errors, bob.methods]).toEqual([[], []]);
});

it("a response without a way back is dropped, and counted", async () => {
  const { world, phone, proxy, bob } = await stateless();
  const request = bob.request("OPTIONS", "sip:b@c");
  request.headers.set("Via", "SIP/2.0/UDP 10.9.0.1:5060;branch=z9hG4bK1");
  bob.stack.sendStateless(request.createResponse(200), {
    target: { protocol: "UDP", ...phone.transport.local },
  });
  await world.pass();
  expect(proxy.stats.dropped).toBe(1);
});

it("a response with garbage behind our Via is dropped, and counted", async () => {
  const { world, phone, proxy, bob } = await stateless();
  const request = bob.request("OPTIONS", "sip:b@c");
  request.headers.set("Via", "SIP/2.0/UDP 10.9.0.1:5060;branch=z9hG4bK1");
  const text = request
    .createResponse(200)
    .toString()
    .replace(/^Via: .*/m, '$&, %%;"');
  const flow = bob.transport.flow(phone.transport.local)!;
  bob.transport.send(new TextEncoder().encode(text), flow, () => {});
  await world.pass();
  expect([proxy.stats.dropped, phone.errors]).toEqual([1, []]);
});

it("what a core without transactions answers has one To tag for a request and its retransmissions (§8.2.7)", async () => {
  const world = new SipWorld();
  const alice = await world.phone("alice");
  const server = await world.phone("server", "UDP", { stateless: true });
  server.answer = (request) => {
    server.stack.sendStateless(request.createResponse(302));
    server.stack.sendStateless(request.clone().createResponse(302));
  };
  const tags = async (times: number) => {
    const from = world.network.trace.length;
    const { final } = alice.send(alice.request("OPTIONS", "sip:bob@example.com"), server);
    await world.pass();
    await final;
    const came = server.requests.at(-1)!;
    for (let i = 1; i < times; i++) server.stack.receive(parseMessage(came.toBytes()), came.flow!);
    await world.pass();
    const sent = world.network.trace.slice(from).filter(({ text }) => text.startsWith("SIP/2.0"));
    return sent.map(({ text }) => parseMessage(text).headers.get("To")?.tag);
  };
  const [one, other] = [await tags(3), await tags(2)];
  expect([one.length, other.length, new Set(one).size, new Set([...one, ...other]).size]).toEqual([
    6, 4, 1, 2,
  ]);
  expect(one[0]).toBeDefined();
});
