// Several flows to one client: where one has failed the next is tried, and no other after an answer (RFC 5626 §7).

import { expect, it } from "vitest";
import type { ForwardOptions } from "../../src/proxy/options.ts";
import { SipProxy } from "../../src/proxy/proxy.ts";
import type { ProxyTarget } from "../../src/proxy/target.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import { type Phone, SipWorld } from "../support/sip-world.ts";
import { proxied } from "./support.ts";

const BOB = "sip:bob@example.com";
/** Answers with these, the next when the one before has been sent. */
const answers =
  (...statuses: number[]): Phone["answer"] =>
  (_request, transaction) => {
    for (const status of statuses) transaction?.respond(status);
  };

/** A call to a client of two flows, each by an edge: what its caller gets, and which edges saw it. */
async function call(first: Phone["answer"], forward: ForwardOptions = {}, method = "INVITE") {
  const world = new SipWorld();
  const alice = await world.phone("alice");
  const proxy = await proxied(world);
  const edges = [await world.phone("one"), await world.phone("other")];
  edges[0]!.answer = first;
  const [one, other] = edges.map(({ uri, transport }) => ({ uri: BOB, path: [`<${uri};lr>`], transport }));
  proxy.targets = [{ ...one, instead: [other] } as ProxyTarget];
  proxy.forward = forward;
  const sent = alice.send(alice.request(method, BOB), proxy.phone);
  const end = async (milliseconds = 0) => {
    await world.pass(milliseconds);
    return [(await sent.final).status, ...edges.map(({ methods }) => methods.length)];
  };
  return { end, proxy, edges, world, sent };
}

it.each([
  ["that has failed (430)", [430], "INVITE"],
  ["that has failed (430), of another request", [430], "OPTIONS"],
  ["that was silent to the edge (408)", [100, 408], "INVITE"],
])("a flow %s gives way to the next", async (_what, statuses, method) => {
  const { end, proxy } = await call(answers(...statuses), {}, method);
  expect(await end()).toEqual([200, 1, 1]);
  expect(proxy.proxy.stats.branches).toBe(2);
});

it.each([
  ["486", [486], 486],
  ["503", [503], 500],
  ["408 after it rang", [180, 408], 408],
])("a client that has answered %s has answered", async (_what, statuses, status) => {
  const { end } = await call(answers(...statuses));
  expect(await end()).toEqual([status, 1, 0]);
});

it("a flow without a way gives way to the next, once for each", async () => {
  const world = new SipWorld();
  const alice = await world.phone("alice");
  const bob = await world.phone("bob");
  const proxy = await proxied(world);
  const nowhere = { uri: "sip:bob@10.7.7.7;transport=tcp" };
  proxy.targets = [{ ...nowhere, instead: [nowhere, { uri: bob.uri, path: [] }] }];
  const { final } = alice.send(alice.request("INVITE", BOB), proxy.phone);
  await world.pass();
  expect((await final).status).toBe(200);
});

it("a silent flow gives way after `hopTimeout`", async () => {
  const { end, world, edges } = await call(answers(200), { hopTimeout: 2_000 });
  world.network.set({ drop: ({ to }) => to.startsWith(edges[0]!.transport.local.host) });
  expect(await end(2_000)).toEqual([200, 0, 1]);
});

it("none is tried once the caller has cancelled", async () => {
  const { end, edges, world, sent } = await call(answers(180));
  await world.pass();
  edges[0]!.transactions[0]!.onCancel = () => edges[0]!.transactions[0]!.respond(430);
  sent.cancel();
  expect(await end(1_000)).toEqual([430, 1, 0]);
});

it("a client of two edge proxies is reached by the one that stands", async () => {
  const world = new SipWorld();
  const core = await world.phone("core", "UDP", { aliases: ["example.com"] });
  const registrar = new Registrar({
    stack: core.stack,
    location: new MemoryLocation({ clock: world.clock }),
  });
  const proxy = new SipProxy({ stack: core.stack, clock: world.clock });
  core.answer = async (request, transaction) => {
    if (request.method === "REGISTER") return transaction?.respond(await registrar.register(request));
    await proxy.forward(
      request,
      transaction,
      async ({ request: { uri } }) => (await registrar.locate(uri)) ?? 404,
    );
  };
  const [bob, alice] = [await world.phone("bob", "TCP"), await world.phone("alice")];
  const edges: Phone[] = [];
  for (const [index, name] of ["west", "east"].entries()) {
    const transports = ["UDP", "TCP"].map((protocol) =>
      world.network.transport({ protocol, host: `10.9.0.${index + 1}` }),
    );
    const edge = await world.phone(name, "UDP", { transports });
    const forwarder = new SipProxy({ stack: edge.stack, clock: world.clock, path: true });
    edge.answer = (request, transaction) =>
      void forwarder.forward(request, transaction, ({ request: { method, uri } }) =>
        method === "REGISTER" ? [{ uri, hops: [{ protocol: "UDP", ...core.transport.local }] }] : [{ uri }],
      );
    edges.push(edge);
    const register = bob.request("REGISTER", "sip:example.com", {
      to: "<sip:bob@example.com>",
      contact: `<${bob.uri};ob>;+sip.instance="<urn:uuid:1>";reg-id=${index + 1}`,
      headers: { Supported: "path, outbound" },
    });
    const target = { protocol: "TCP", ...transports[1]!.local };
    const { final } = bob.stack.send(register, { target });
    await world.pass();
    expect((await final).headers.get("Require")).toEqual(["outbound"]);
  }
  const call = async () => {
    const { final } = alice.send(alice.request("INVITE", "sip:bob@example.com"), core);
    await world.pass(100);
    return [
      (await final).status,
      ...edges.map((edge) => edge.methods.filter((each) => each === "INVITE").length),
    ];
  };
  expect(await call()).toEqual([200, 0, 1]);
  world.network.cut(bob.transport, edges[1]!.stack.transports[1]!);
  await world.pass();
  expect(await call()).toEqual([200, 1, 2]);
});
