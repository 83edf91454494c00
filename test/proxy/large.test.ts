// Requests that the proxy has made too large for a datagram: they go over TCP by the policy of the stack's resolver (RFC
// 3261 §18.1.1), as far as target and flow leave that open.

import { expect, it, vi } from "vitest";
import type { ProxyTarget } from "../../src/proxy/target.ts";
import { type ResolverOptions, resolver } from "../../src/stack/resolve/sip-resolver.ts";
import type { Dns } from "../../src/transport/dns.ts";
import type { Flow } from "../../src/transport/transport.ts";
import { SipWorld } from "../support/sip-world.ts";
import { proxied, unmarked } from "./support.ts";

const HOST = "10.7.7.7";
const BOB = `sip:bob@${HOST}`;
const none = { records: [], ttl: undefined };
const dns: Dns = {
  naptr: async () => none,
  srv: async () => none,
  address: async (_name, family) => (family === 4 ? { records: [HOST], ttl: 1e9 } : none),
};

/** A proxy with UDP and TCP, a phone at 10.7.7.7 with these protocols, and who calls there with a body of that size. */
async function world(options: Partial<ResolverOptions> = {}, protocols: readonly string[] = ["UDP", "TCP"]) {
  const world = new SipWorld();
  const alice = await world.phone("alice");
  const transports = protocols.map((protocol) => world.network.transport({ protocol, host: HOST }));
  const bob = await world.phone("bob", "UDP", { transports });
  const sizes: number[] = [];
  const onSwitch = vi.fn();
  const found = resolver({ dns: false, clock: world.clock, onSwitch, ...options });
  const proxy = await proxied(world, {}, ["UDP", "TCP"], {
    resolver: found,
    tap: (data, direction) => {
      if (direction === "out" && data.length > 500) sizes.push(data.length);
    },
  });
  const send = async (size: number, uri = BOB, method = "INVITE", headers: Record<string, string> = {}) => {
    const request = alice.request(method, uri, { headers });
    request.body = "x".repeat(size);
    const { final } = alice.send(request, proxy.phone);
    for (let turn = 0; turn < 4; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      await world.pass(20);
    }
    const { status } = await final;
    const got = bob.requests.at(-1);
    return { status, protocol: got?.headers.first("Via")?.transport, got };
  };
  return { world, alice, bob, proxy, send, sizes, onSwitch };
}

it("go over TCP from 1,301 octets on, what the proxy has written on them included", async () => {
  const { send, sizes, onSwitch } = await world();
  expect(await send(700)).toMatchObject({ status: 200, protocol: "UDP" });
  const largest = 700 + 1300 - sizes[0]!;
  expect(await send(largest)).toMatchObject({ status: 200, protocol: "UDP" });
  expect(sizes[1]).toBe(1300);
  expect(onSwitch).not.toHaveBeenCalled();
  expect(await send(largest + 1)).toMatchObject({ status: 200, protocol: "TCP" });
  expect(onSwitch.mock.calls).toMatchObject([
    [{ method: "INVITE" }, { protocol: "UDP" }, { protocol: "TCP", host: HOST, port: 5060 }],
  ]);
});

it("have the Record-Route and the Path of the way that they take", async () => {
  const { send } = await world();
  const { got } = await send(1300);
  expect(unmarked(got?.headers.get("Record-Route"))).toEqual([
    "<sip:10.9.0.1:5060;transport=tcp;lr>",
    "<sip:10.9.0.1:5060;transport=udp;lr>",
  ]);
});

it("of every method, to names and by Routes too", async () => {
  const { send } = await world({ dns });
  expect(await send(1300, "sip:bob@pool.example.com", "MESSAGE")).toMatchObject({
    status: 200,
    protocol: "TCP",
  });
  const route = { Route: `<sip:${HOST};lr>` };
  expect(await send(1300, "sip:bob@elsewhere.example.com", "MESSAGE", route)).toMatchObject({
    status: 200,
    protocol: "TCP",
  });
});

it("go over UDP after all where nobody takes TCP, the next ones at once", async () => {
  const { world: all, send, onSwitch, proxy } = await world({ deadTime: 5000 }, ["UDP"]);
  for (const calls of [1, 1]) {
    expect(await send(1300)).toMatchObject({ status: 200, protocol: "UDP" });
    expect(onSwitch).toHaveBeenCalledTimes(calls);
  }
  expect(proxy.proxy.stats.branches).toBe(3);
  await all.pass(5000);
  expect(await send(1300)).toMatchObject({ status: 200, protocol: "UDP" });
  expect(onSwitch).toHaveBeenCalledTimes(2);
});

it("go nowhere where TCP is all that is allowed, and stay on UDP where it is not wanted", async () => {
  const strict = await world({ largeRequests: "tcp" }, ["UDP"]);
  expect(await strict.send(1300)).toMatchObject({ status: 500 });
  expect(strict.bob.requests).toEqual([]);
  const off = await world({ largeRequests: "off" });
  expect(await off.send(1300)).toMatchObject({ status: 200, protocol: "UDP" });
});

it.each<[string, (flow: () => Flow) => ProxyTarget]>([
  ["a flow", (flow) => ({ uri: BOB, flow: flow() })],
  ["hops", () => ({ uri: BOB, hops: [{ protocol: "UDP", host: HOST, port: 5060 }] })],
  ["a transport", () => ({ uri: `${BOB};transport=udp` })],
  ["a Route's transport", () => ({ uri: BOB, path: [`<sip:${HOST};transport=UDP;lr>`] })],
])("keep to UDP where %s says so", async (_name, target) => {
  const { send, proxy, onSwitch } = await world();
  const flow = () => proxy.phone.transport.flow({ host: HOST, port: 5060 }) as Flow;
  proxy.targets = () => [target(flow)];
  expect(await send(1300)).toMatchObject({ status: 200, protocol: "UDP" });
  expect(onSwitch).not.toHaveBeenCalled();
});

it("are edited once", async () => {
  const { send, proxy } = await world();
  let edits = 0;
  proxy.forward = { prepare: (copy) => void copy.headers.append("X-Edit", String(++edits)) };
  const { got } = await send(1300);
  expect(got?.headers.raw("X-Edit")).toEqual(["1"]);
});
