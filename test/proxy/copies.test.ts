// The copy that goes to one target: hops, Routes, Record-Route and Path; and what an error of a branch counts as
// (RFC 3261 §16.6, §16.8, §16.9).

import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { validate } from "../../src/message/validate.ts";
import { statusOf } from "../../src/proxy/branch.ts";
import { checkRequest } from "../../src/proxy/check.ts";
import { FlowTokens } from "../../src/proxy/flow-tokens.ts";
import type { ProxyTarget } from "../../src/proxy/target.ts";
import { sipHash, sipKey } from "../../src/transaction/siphash.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { type Phone, SipWorld } from "../support/sip-world.ts";
import { proxied } from "./support.ts";

const BOB = "sip:bob@example.com";
const PROXY = { host: "10.9.0.1", port: 5060 };
const OURS = "<sip:10.9.0.1:5060;transport=udp;lr>";

async function world(options: Parameters<typeof proxied>[1] = {}) {
  const world = new SipWorld();
  const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
  const proxy = await proxied(world, options, ["UDP", "TCP"]);
  proxy.targets = [{ uri: bob.uri }];
  return { world, alice, bob, proxy };
}

describe("a copy", () => {
  it("of a request that counts no hops has 70 left", async () => {
    const { world: all, alice, bob, proxy } = await world();
    const request = alice.request("OPTIONS", BOB);
    request.headers.delete("Max-Forwards");
    alice.send(request, proxy.phone);
    await all.pass();
    expect(bob.requests[0]!.headers.get("Max-Forwards")).toBe(70);
  });

  it("goes the Path of its target before the Routes that it has", async () => {
    const { world: all, alice, bob, proxy } = await world();
    const path = `<sip:${bob.transport.sentBy};lr>`;
    proxy.targets = [{ uri: BOB, path: [path] }];
    const headers = { Route: `${OURS}, <sip:far.example.com;lr>` };
    alice.send(alice.request("OPTIONS", BOB, { headers }), proxy.phone);
    await all.pass();
    expect(bob.requests[0]!.headers.get("Route").map(String)).toEqual([path, "<sip:far.example.com;lr>"]);
  });

  it("to a GRUU that has Routes left goes those, and no Path (RFC 5627 §6.1)", async () => {
    const { world: all, alice, bob, proxy } = await world();
    proxy.targets = [{ uri: BOB, path: ["<sip:token@far.example.com;lr;ob>"] }];
    const route = `<sip:${bob.transport.sentBy};lr>`;
    const gruu = "sip:bob@example.com;gr=urn:uuid:1";
    alice.send(alice.request("OPTIONS", gruu, { headers: { Route: `${OURS}, ${route}` } }), proxy.phone);
    await all.pass();
    const { uri, headers } = bob.requests[0]!;
    expect([`${uri}`, headers.get("Route").map(String)]).toEqual([BOB, [route]]);
  });

  it.each([
    ["INVITE", 1],
    ["SUBSCRIBE", 1],
    ["REFER", 1],
    ["NOTIFY", 1],
    ["OPTIONS", 0],
    ["MESSAGE", 0],
    ["REGISTER", 0],
    ["PUBLISH", 0],
    ["UPDATE", 0],
    // It may begin a dialog, for all that we know (RFC 3261 §16.6 step 4).
    ["TRANSFER", 1],
  ])("of a %s has %i Record-Route", async (method, count) => {
    const { world: all, alice, bob, proxy } = await world();
    alice.send(alice.request(method, BOB), proxy.phone);
    await all.pass();
    expect(bob.requests[0]!.headers.get("Record-Route")).toHaveLength(count);
  });

  it("has all that is not for a proxy to read as it came (RFC 3261 §16.3 step 1)", async () => {
    const all = new SipWorld();
    const [alice, bob] = [await all.phone("alice"), await all.phone("bob", "UDP", { validate: () => [] })];
    const proxy = await proxied(all, {}, ["UDP"], { validate: (each) => validate(each, { role: "proxy" }) });
    proxy.targets = [{ uri: bob.uri }];
    const odd = [
      ["Contact", "Bob & Co <sip:a@10.0.0.1>"],
      ["Record-Route", "<sip:a"],
      ["Date", "yesterday"],
      ["X-Unknown", "1"],
    ] as const;
    const request = alice.request("INVITE", BOB, { headers: Object.fromEntries(odd) });
    alice.send(request, proxy.phone);
    await all.pass();
    const { headers } = bob.requests[0]!;
    for (const [name, value] of odd) expect(headers.raw(name).at(-1)).toBe(value);
  });

  it.each([
    ["REGISTER", true, 1],
    ["REGISTER", undefined, 0],
    ["OPTIONS", true, 0],
  ])("of a %s, where the option path is %s, has %i Path", async (method, path, count) => {
    const { world: all, alice, bob, proxy } = await world(path ? { path } : {});
    alice.send(alice.request(method, BOB), proxy.phone);
    await all.pass();
    const added = bob.requests[0]!.headers.get("Path");
    expect(added).toHaveLength(count);
    // The client keeps no flow of its own (RFC 5626 §5.1).
    for (const { uri } of added) expect(uri.params.has("ob")).toBe(false);
  });

  it("has a Record-Route that names a flow for a side that only that leads to", async () => {
    const all = new SipWorld();
    const proxy = await proxied(all, {}, ["UDP", "TCP", "WS"]);
    const [udp, tcp, ws] = proxy.phone.stack.transports;
    const [near, far] = [
      await all.phone("near", "UDP", {
        transports: [all.network.transport({ host: "10.3.3.3", sentBy: "10.3.3.3" })],
      }),
      await all.phone("far"),
    ];
    const [stream, page] = [await all.phone("stream", "TCP"), await all.phone("page", "WS")];
    const bare = [undefined];
    const users = async (from: Phone, door: Transport, to: ProxyTarget) => {
      proxy.targets = [to];
      const target = { protocol: door.protocol, ...door.local };
      const sent = from.stack.send(from.request("INVITE", BOB), { target });
      await all.pass();
      const { headers } = await sent.final;
      return headers.get("Record-Route").map(({ uri }) => uri.user && "token");
    };
    // Neither is behind a NAT: 5060 is what a sent-by without a port says.
    expect(await users(near, udp!, { uri: far.uri })).toEqual(bare);
    // A client on a connection, and a target whose binding names one, or which has no other.
    expect(await users(stream, tcp!, { uri: far.uri })).toEqual([undefined, "token"]);
    const { flow } = proxy.phone.requests.at(-1)!;
    expect(await users(near, udp!, { uri: stream.uri, flow: flow! })).toEqual(["token", undefined]);
    expect(await users(page, ws!, { uri: far.uri })).toEqual([undefined, "token"]);
    const { remote } = proxy.phone.requests.at(-1)!.flow!;
    const hops = [{ protocol: "WS", ...remote }];
    expect(await users(near, udp!, { uri: BOB, hops })).toEqual(["token", undefined]);
  });

  it("has no more breadth than the proxy allows (RFC 5393 §5.3.3)", async () => {
    const { world: all, alice, bob } = await world({ maxBreadth: 10 });
    for (const [asked, given] of [
      [{ "Max-Breadth": "100" }, "10"],
      [{ "Max-Breadth": "7" }, "7"],
      [{}, "10"],
    ] as const) {
      const target = { protocol: "UDP", ...PROXY };
      const sent = alice.stack.send(alice.request("OPTIONS", BOB, { headers: asked }), { target });
      await all.pass();
      expect((await sent.final).status).toBe(200);
      expect(bob.requests.at(-1)!.headers.raw("Max-Breadth")).toEqual([given]);
    }
  });

  it.each([
    [Number.POSITIVE_INFINITY, "999999999"],
    [2.5, "2"],
  ])("says the breadth as a number of digits, though the proxy may have %d", async (maxBreadth, said) => {
    const { world: all, alice, bob, proxy } = await world({ maxBreadth });
    alice.stack.send(alice.request("OPTIONS", BOB), { target: { protocol: "UDP", ...PROXY } });
    const options = alice.request("OPTIONS", BOB);
    options.headers.prepend("Via", "SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKs");
    proxy.proxy.forwardStateless(options, { uri: bob.uri });
    await all.pass(100);
    expect(bob.requests.map(({ headers }) => headers.raw("Max-Breadth"))).toEqual([[said], [said]]);
  });

  it("of an ACK that its targets refuse, or that has none, is dropped and counted", async () => {
    const { world: all, alice, proxy } = await world();
    for (const [dropped, targets] of [404, []].entries()) {
      proxy.targets = targets;
      alice.stack.sendStateless(alice.request("ACK", BOB), { target: { protocol: "UDP", ...PROXY } });
      await all.pass();
      expect(proxy.proxy.stats).toMatchObject({ branches: 0, dropped: dropped + 1 });
    }
  });

  it("of an ACK goes by the first of its target's hops, whatever its Request-URI says", async () => {
    const { world: all, alice, bob, proxy } = await world();
    const hops = [{ protocol: "UDP", ...bob.transport.local }];
    proxy.targets = [{ uri: "sip:bob@10.7.7.7", hops }];
    alice.stack.sendStateless(alice.request("ACK", BOB), { target: { protocol: "UDP", ...PROXY } });
    await all.pass();
    expect(bob.requests.map(({ uri }) => String(uri))).toEqual(["sip:bob@10.7.7.7"]);
  });

  it("of an ACK whose target's connection is gone is dropped, and counted", async () => {
    const { world: all, alice, proxy } = await world();
    const carol = await all.phone("carol", "TCP");
    const [, tcp] = proxy.phone.stack.transports;
    carol.stack.send(carol.request("OPTIONS", BOB, { maxForwards: 0 }), {
      target: { protocol: "TCP", ...tcp!.local },
    });
    await all.pass();
    const { flow } = proxy.phone.requests[0]!;
    all.network.cut(carol.transport, tcp!);
    await all.pass();
    proxy.targets = [{ uri: carol.uri, flow: flow! }];
    alice.stack.sendStateless(alice.request("ACK", BOB), {
      target: { protocol: "UDP", ...proxy.phone.transport.local },
    });
    await all.pass();
    expect(proxy.proxy.stats).toMatchObject({ branches: 0, dropped: 1 });
  });
});

describe("Routes", () => {
  it("leave a Request-URI of ours alone that no strict router has put there", async () => {
    const { world: all, alice, bob, proxy } = await world();
    proxy.targets = undefined;
    const headers = { Route: `${OURS}, <sip:${bob.transport.sentBy};lr>` };
    alice.send(alice.request("OPTIONS", "sip:10.9.0.1", { headers }), proxy.phone);
    await all.pass();
    expect(`${bob.requests[0]?.uri}`).toBe("sip:10.9.0.1");
  });

  it("may lead back on the flow that a request came by, where they name both sides", async () => {
    const { world: all, alice, proxy } = await world();
    const tokens = new FlowTokens(proxy.phone.stack, sipKey("for the tests"));
    const token = tokens.of(proxy.phone.transport.flow(alice.transport.local)!);
    const own = `<sip:${token}@10.9.0.1:5060;transport=udp;lr>`;
    const seen: unknown[] = [];
    proxy.targets = ({ flow, flowGone, viaUs }) => {
      seen.push([flow, flowGone, viaUs]);
      return 404;
    };
    // One alone is the sender's own side.
    alice.send(alice.request("INFO", BOB, { headers: { Route: own } }), proxy.phone);
    await all.pass();
    expect(seen).toEqual([[undefined, false, true]]);
    alice.send(alice.request("INFO", alice.uri, { headers: { Route: [own, own] } }), proxy.phone);
    await all.pass();
    expect([seen.length, alice.methods]).toEqual([1, ["INFO"]]);
  });

  it("of an maddr of ours leave no transport and no port behind (RFC 3261 §16.4)", async () => {
    const { world: all, alice, proxy } = await world();
    const seen: string[] = [];
    proxy.targets = ({ request }) => {
      seen.push(`${request.uri}`);
      return 404;
    };
    const uri = "sip:bob@example.com:5060;maddr=10.9.0.1;transport=udp;user=ip";
    alice.send(alice.request("OPTIONS", uri), proxy.phone);
    await all.pass();
    expect(seen).toEqual(["sip:bob@example.com;user=ip"]);
  });
});

it("a flow token names no connection by an address, whoever made it", async () => {
  const { proxy } = await world();
  const key = sipKey("for the tests");
  const tokens = new FlowTokens(proxy.phone.stack, key);
  const made = (address: string) => tokens.flow(`${address}.${sipHash(address, key)}`);
  expect(made("0.10.0.0.9+5060")?.remote).toEqual({ host: "10.0.0.9", port: 5060 });
  expect(made("1.10.0.0.9+5060")).toBeUndefined();
  expect(made("7.10.0.0.9+5060")).toBeUndefined();
});

describe("checkRequest (RFC 3261 §16.3)", () => {
  const check = (uri: string, headers = {}, extensions: string[] = [], loops = false, method = "OPTIONS") =>
    checkRequest(
      createRequest(method, uri, { from: "<sip:a@b>;tag=1", headers }),
      new Set(extensions),
      () => loops,
    )?.status;

  it("takes sip, sips, and tel, which its Routes or a location service lead on", () => {
    expect(["sip:a", "sips:a", "tel:+123", "mailto:a@b"].map((uri) => check(uri))).toEqual([
      undefined,
      undefined,
      undefined,
      416,
    ]);
  });

  it("knows its extensions in any case, and tells those that it does not", () => {
    expect(check(BOB, { "Proxy-Require": "Privacy" }, ["privacy"])).toBeUndefined();
    expect(check(BOB, { "Proxy-Require": "privacy, foo" }, ["privacy"])).toBe(420);
  });

  it("refuses neither CANCEL nor ACK for extensions (RFC 3261 §8.2.2.3)", () => {
    const headers = { "Proxy-Require": "foo" };
    expect(["CANCEL", "ACK"].map((method) => check(BOB, headers, [], false, method))).toEqual([
      undefined,
      undefined,
    ]);
  });

  it("looks for loops before extensions", () => {
    expect(check(BOB, { "Proxy-Require": "foo" }, [], true)).toBe(482);
  });
});

describe("an error of a branch", () => {
  it.each([
    ["timeout", undefined, 408],
    ["timeout", 500, 408],
    ["aborted", undefined, 487],
    ["transport_failed", undefined, 503],
    ["no_target", 416, 416],
    ["no_target", undefined, 503],
    ["overloaded", 503, 503],
    // What is our own: no other hop would do better.
    ["value_unsafe", undefined, 500],
    // No final response that refuses.
    ["core_failed", 200, 500],
    ["core_failed", 299, 500],
    ["core_failed", 300, 300],
    ["core_failed", 699, 699],
    ["core_failed", 700, 500],
  ] as const)("%s with status %s counts as %i", (code, status, expected) => {
    expect(statusOf(new SipError(code, "", status === undefined ? {} : { status }))).toBe(expected);
  });
});
