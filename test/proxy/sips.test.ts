// SIPS URIs at a proxy: by TLS from hop to hop, neither up nor down from what the caller has asked for (RFC 3261 §16.6
// steps 4 and 7, RFC 5630 §5.3).

import { describe, expect, it } from "vitest";
import type { ProxyTarget } from "../../src/proxy/target.ts";
import { type Phone, SipWorld } from "../support/sip-world.ts";
import { type Proxied, proxied } from "./support.ts";

const BOB = "sips:bob@example.com";

async function world() {
  const all = new SipWorld();
  const [alice, bob, plain] = [
    await all.phone("alice", "TLS"),
    await all.phone("bob", "TLS"),
    await all.phone("plain", "TCP"),
  ];
  const proxy = await proxied(all, {}, ["UDP", "TCP", "TLS"]);
  /** Sends to the proxy over TLS, and returns the final response. */
  const ask = async (uri: string, targets: readonly ProxyTarget[], method = "INVITE") => {
    proxy.targets = targets;
    const tls = proxy.phone.stack.transports[2]!;
    const asked = alice.stack.send(alice.request(method, uri), { target: { protocol: "TLS", ...tls.local } });
    await all.pass();
    return asked.final;
  };
  return { all, alice, bob, plain, proxy, ask };
}

/** The address of a phone as a SIPS URI. */
const secure = (phone: Phone) => `sips:${phone.name}@${phone.transport.sentBy}`;

const flowTo = (proxy: Proxied, phone: Phone) =>
  proxy.phone.stack.route(phone.request("OPTIONS", phone.uri), {
    target: { protocol: phone.transport.protocol, ...phone.transport.local },
  });

describe("a request to a SIPS URI", () => {
  it("goes to SIPS URIs, with Record-Routes that are some", async () => {
    const { bob, ask } = await world();
    expect((await ask(BOB, [{ uri: secure(bob) }])).status).toBe(200);
    expect(`${bob.requests[0]!.uri}`).toBe(secure(bob));
    expect(bob.requests[0]!.headers.first("Via")?.transport).toBe("TLS");
    const routes = bob.requests[0]!.headers.get("Record-Route").map(({ uri }) => uri);
    expect(routes.length).toBeGreaterThan(0);
    for (const uri of routes) expect([uri.scheme, uri.params.get("transport")]).toEqual(["sips", "tcp"]);
  });

  it.each<[string, (proxy: Proxied, phone: Phone) => ProxyTarget]>([
    ["a SIP URI", (_proxy, phone) => ({ uri: phone.uri })],
    ["a SIP URI and a flow", (proxy, phone) => ({ uri: phone.uri, flow: flowTo(proxy, phone) })],
    [
      "a SIPS URI and a flow without TLS",
      (proxy, phone) => ({ uri: secure(phone), flow: flowTo(proxy, phone) }),
    ],
    [
      "a SIPS URI and a next hop without TLS",
      (_proxy, phone) => ({ uri: secure(phone), hops: [{ protocol: "TCP", ...phone.transport.local }] }),
    ],
  ])("does not go to %s: 480", async (_what, target) => {
    const { plain, proxy, ask } = await world();
    for (const method of ["INVITE", "MESSAGE"]) {
      const response = await ask(BOB, [target(proxy, plain)], method);
      expect(response.status).toBe(480);
    }
    expect(plain.requests).toEqual([]);
  });

  it("is told so by a Warning where there is nobody with a SIPS URI", async () => {
    const { plain, bob, ask } = await world();
    const response = await ask(BOB, [{ uri: plain.uri }, { uri: bob.uri }]);
    expect(response.headers.raw("Warning").join()).toMatch(/^380 \S+ "SIPS Not Allowed"$/);
    expect(bob.requests).toEqual([]);
  });

  it("goes to those of several targets, and ways to a client, that are SIPS URIs", async () => {
    const { plain, bob, ask } = await world();
    const targets = [
      { uri: plain.uri, q: 1 },
      { uri: bob.uri, q: 0.5, instead: [{ uri: secure(bob) }] },
    ];
    expect((await ask(BOB, targets)).status).toBe(200);
    expect([plain.requests.length, bob.requests.map(({ uri }) => `${uri}`)]).toEqual([0, [secure(bob)]]);
  });

  it("goes over TLS to a Route that is a SIP URI (RFC 3261 §16.6 step 7)", async () => {
    const { bob, ask } = await world();
    const path = [`<sip:${bob.transport.sentBy};lr>`];
    expect((await ask(BOB, [{ uri: "sips:bob@far.example.com", path }])).status).toBe(200);
    expect(bob.requests[0]!.headers.first("Via")?.transport).toBe("TLS");
  });

  it("as an ACK is dropped and counted where it cannot go by TLS", async () => {
    const { all, alice, plain, proxy } = await world();
    proxy.targets = [{ uri: plain.uri }];
    const tls = proxy.phone.stack.transports[2]!;
    const ack = alice.request("ACK", BOB);
    alice.stack.sendStateless(ack, { target: { protocol: "TLS", ...tls.local } });
    await all.pass();
    expect([plain.requests.length, proxy.proxy.stats.dropped]).toEqual([0, 1]);
  });
});

describe("a request to a SIP URI", () => {
  it("goes to a SIPS URI over TLS, and as a SIP URI (RFC 5630 §5.3)", async () => {
    const { bob, ask, proxy } = await world();
    const sip = secure(bob).replace("sips:", "sip:");
    for (const target of [{ uri: secure(bob) }, { uri: secure(bob), flow: flowTo(proxy, bob) }]) {
      expect((await ask("sip:bob@example.com", [target])).status).toBe(200);
      const { uri, headers } = bob.requests.pop()!;
      expect([`${uri}`, headers.first("Via")?.transport]).toEqual([sip, "TLS"]);
      expect(headers.get("Record-Route").map((route) => route.uri.scheme)).not.toContain("sips");
    }
  });

  it("has a Record-Route with sips towards a Route that is one (RFC 3261 §16.6 step 4)", async () => {
    const { bob, ask } = await world();
    const path = [`<sips:${bob.transport.sentBy};lr>`];
    expect((await ask("sip:bob@example.com", [{ uri: "sip:bob@far.example.com", path }])).status).toBe(200);
    expect(bob.requests[0]!.headers.first("Record-Route")?.uri.scheme).toBe("sips");
  });
});
