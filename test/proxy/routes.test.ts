// The ways through a proxy: Route and Record-Route, flow tokens, Path, strict routers (RFC 3261 §16.4, §16.6,
// RFC 3327, RFC 5626, RFC 5658).

import { describe, expect, it } from "vitest";
import { createAck } from "../../src/message/create-ack.ts";
import { FlowTokens } from "../../src/proxy/flow-tokens.ts";
import { sipKey } from "../../src/transaction/siphash.ts";
import type { Phone } from "../support/sip-world.ts";
import { SipWorld } from "../support/sip-world.ts";
import { proxied, unmarked } from "./support.ts";

const PROXY_WS = { protocol: "WS", host: "10.9.0.1", port: 80 };
const PROXY_UDP = { protocol: "UDP", host: "10.9.0.1", port: 5060 };

describe.each([
  ["UDP", "UDP", 1],
  ["UDP", "WS", 2],
  ["WS", "UDP", 2],
  ["WS", "WS", 2],
])("from %s to %s", (first, second, routes) => {
  it("requests within the dialog find their way, both ways", async () => {
    const world = new SipWorld();
    const proxy = await proxied(world, {}, ["UDP", "WS"]);
    const alice = await world.phone("alice", first);
    const bob = await world.phone("bob", second);
    const door = (phone: Phone) => ({ target: phone.transport.protocol === "WS" ? PROXY_WS : PROXY_UDP });
    bob.answer = (request, transaction) => {
      const response = request.method === "ACK" ? undefined : request.createResponse(200);
      response?.headers.set("Contact", `<${bob.uri}>`);
      if (response) transaction?.respond(response);
    };
    // Bob's flow, as a registrar keeps it.
    bob.stack.send(bob.request("OPTIONS", "sip:proxy@10.9.0.1", { maxForwards: 0 }), door(bob));
    await world.pass();
    const { flow } = proxy.phone.requests[0]!;
    proxy.targets = ({ inDialog, request }) =>
      inDialog ? [{ uri: request.uri }] : [{ uri: bob.uri, ...(second === "WS" ? { flow: flow! } : {}) }];

    const invite = alice.stack.send(alice.request("INVITE", "sip:bob@example.com"), door(alice));
    await world.pass();
    const ok = await invite.final;
    expect(ok.headers.get("Record-Route")).toHaveLength(routes);
    alice.stack.sendStateless(createAck(invite.request, ok), door(alice));
    await world.pass();
    expect(bob.methods).toEqual(["INVITE", "ACK"]);

    const [from, to, callId] = (["From", "To", "Call-ID"] as const).map(
      (name) => ok.headers.raw(name)[0]!,
    ) as [string, string, string];
    const route = ok.headers.raw("Record-Route");
    const there = alice.request("INFO", bob.uri, {
      from,
      to,
      callId,
      headers: { Route: [...route].reverse() },
    });
    const back = bob.request("BYE", alice.uri, { from: to, to: from, callId, headers: { Route: route } });
    const info = alice.stack.send(there, door(alice));
    const bye = bob.stack.send(back, door(bob));
    await world.pass();
    expect([(await info.final).status, (await bye.final).status]).toEqual([200, 200]);
    expect(bob.methods).toEqual(["INVITE", "ACK", "INFO"]);
    expect(alice.methods).toEqual(["BYE"]);
    for (const { headers } of [bob.requests[2]!, alice.requests[0]!])
      expect(headers.get("Route")).toEqual([]);
  });
});

it.each(["WS", "TCP"])(
  "a call from a connection to itself finds its way, both ways: %s",
  async (protocol) => {
    const world = new SipWorld();
    const proxy = await proxied(world, {}, [protocol]);
    // A PBX behind a NAT with two users, alice and bob.
    const pbx = await world.phone("pbx", protocol, {
      transports: [world.network.transport({ protocol, host: "10.3.3.3", sentBy: "pbx.invalid" })],
    });
    const door = { target: protocol === "WS" ? PROXY_WS : { ...PROXY_UDP, protocol } };
    const contact = (user: string) => `sip:${user}@pbx.invalid;transport=${protocol}`;
    pbx.answer = (request, transaction) => {
      const response = request.createResponse(200);
      response.headers.set("Contact", `<${contact("bob")}>`);
      if (request.method !== "ACK") transaction?.respond(response);
    };
    proxy.targets = ({ inDialog, request }) =>
      inDialog ? [{ uri: request.uri }] : [{ uri: contact("bob"), flow: proxy.phone.lastFlow }];
    const invite = pbx.stack.send(pbx.request("INVITE", "sip:bob@example.com"), door);
    await world.pass();
    const ok = await invite.final;
    pbx.stack.sendStateless(createAck(invite.request, ok), door);
    const [from, to, callId] = (["From", "To", "Call-ID"] as const).map(
      (name) => ok.headers.raw(name)[0]!,
    ) as [string, string, string];
    const Route = ok.headers.raw("Record-Route").join().split(",");
    const back = pbx.request("INFO", contact("alice"), { from: to, to: from, callId, headers: { Route } });
    const there = pbx.request("BYE", contact("bob"), {
      from,
      to,
      callId,
      headers: { Route: [...Route].reverse() },
    });
    const [info, bye] = [pbx.stack.send(back, door), pbx.stack.send(there, door)];
    await world.pass(1000);
    expect([(await info.final).status, (await bye.final).status]).toEqual([200, 200]);
    expect(pbx.requests.map(({ method, uri }) => `${method} ${uri.user}`)).toEqual([
      "INVITE bob",
      "ACK bob",
      "INFO alice",
      "BYE bob",
    ]);
  },
);

it.each(["UDP", "TCP"])(
  "a call between IPv4 and IPv6 goes through both of the proxy's transports, both ways: %s",
  async (protocol) => {
    const world = new SipWorld();
    const at = (host: string) => world.network.transport({ protocol, host });
    const stack = { transports: [at("10.9.0.1"), at("2001:db8::1")] };
    const proxy = await proxied(world, {}, [], stack);
    const alice = await world.phone("alice", protocol, { transports: [at("10.3.3.3")] });
    const bob = await world.phone("bob", protocol, { transports: [at("2001:db8::3")] });
    bob.answer = (request, transaction) => {
      const response = request.createResponse(200);
      response.headers.set("Contact", `<${bob.uri}>`);
      if (request.method !== "ACK") transaction?.respond(response);
    };
    proxy.targets = ({ inDialog, request }) => [{ uri: inDialog ? request.uri : bob.uri }];
    const door = { target: { ...PROXY_UDP, protocol } };
    const invite = alice.stack.send(alice.request("INVITE", "sip:bob@example.com"), door);
    await world.pass();
    const ok = await invite.final;
    const route = ok.headers.get("Record-Route");
    expect(route.map(({ uri }) => uri.host)).toEqual(["2001:db8::1", "10.9.0.1"]);
    expect(bob.requests[0]!.headers.first("Via")?.host).toBe("2001:db8::1");
    const [from, to] = [ok.headers.raw("From")[0]!, ok.headers.raw("To")[0]!];
    const callId = ok.headers.get("Call-ID")!;
    const [there, back] = [[...route].reverse(), [...route]].map((each) => ({ Route: each.map(String) }));
    alice.stack.sendStateless(createAck(invite.request, ok), door);
    const info = alice.stack.send(alice.request("INFO", bob.uri, { from, to, callId, headers: there! }));
    const bye = bob.stack.send(bob.request("BYE", alice.uri, { from: to, to: from, callId, headers: back! }));
    await world.pass(1000);
    expect([(await info.final).status, (await bye.final).status]).toEqual([200, 200]);
    expect([bob.methods, alice.methods]).toEqual([["INVITE", "ACK", "INFO"], ["BYE"]]);
  },
);

describe("a TCP connection that is gone", () => {
  const world = async (behindNat: boolean) => {
    const all = new SipWorld();
    const proxy = await proxied(all, {}, ["UDP", "TCP"]);
    const sentBy = behindNat ? "192.168.1.5:5060" : "10.3.3.3:5060";
    const alice = await all.phone("alice", "TCP", {
      transports: [all.network.transport({ protocol: "TCP", host: "10.3.3.3", sentBy })],
    });
    const bob = await all.phone("bob");
    const [, tcp] = proxy.phone.stack.transports;
    const door = { target: { ...PROXY_UDP, protocol: "TCP" } };
    const cut = () => all.network.cut(alice.transport, tcp!);
    return { all, proxy, alice, bob, door, cut };
  };

  it.each([
    ["can be called", false, 200],
    ["is behind a NAT", true, 430],
  ])("of a caller who %s: a BYE to it is %j, %i", async (_what, behindNat, status) => {
    const { all, proxy, alice, bob, door, cut } = await world(behindNat);
    proxy.targets = ({ inDialog, request }) => [{ uri: inDialog ? request.uri : bob.uri }];
    const invite = alice.stack.send(alice.request("INVITE", "sip:bob@example.com"), door);
    await all.pass();
    const ok = await invite.final;
    cut();
    await all.pass();
    const bye = bob.send(
      bob.request("BYE", alice.uri, {
        from: ok.headers.raw("To")[0]!,
        to: ok.headers.raw("From")[0]!,
        callId: ok.headers.get("Call-ID")!,
        headers: { Route: ok.headers.raw("Record-Route") },
      }),
      proxy.phone,
    );
    await all.pass();
    expect([(await bye.final).status, alice.methods]).toEqual([status, status === 200 ? ["BYE"] : []]);
  });

  it.each([
    ["can be called", false, 200],
    ["is behind a NAT", true, 430],
  ])("of a callee who %s, by whose flow the call went: %j, %i", async (_what, behindNat, status) => {
    const { all, proxy, alice, bob, door, cut } = await world(behindNat);
    alice.stack.send(alice.request("OPTIONS", "sip:proxy@10.9.0.1", { maxForwards: 0 }), door);
    await all.pass();
    const flow = proxy.phone.lastFlow;
    proxy.targets = ({ inDialog, request }) => [inDialog ? { uri: request.uri } : { uri: alice.uri, flow }];
    const invite = bob.send(bob.request("INVITE", "sip:alice@example.com"), proxy.phone);
    await all.pass();
    const ok = await invite.final;
    const bye = () =>
      bob.send(
        bob.request("BYE", alice.uri, {
          from: ok.headers.raw("From")[0]!,
          to: ok.headers.raw("To")[0]!,
          callId: ok.headers.get("Call-ID")!,
          headers: { Route: ok.headers.raw("Record-Route").join().split(",").reverse() },
        }),
        proxy.phone,
      );
    // As long as it stands it is the way.
    const first = bye();
    await all.pass();
    expect([(await first.final).status, alice.lastFlow.id]).toEqual([200, alice.requests[0]!.flow!.id]);
    cut();
    await all.pass();
    const second = bye();
    await all.pass();
    expect((await second.final).status).toBe(status);
  });
});

it("a flow that is gone is 430", async () => {
  const world = new SipWorld();
  const proxy = await proxied(world, {}, ["UDP", "WS"]);
  const alice = await world.phone("alice");
  const route = "<sip:10.9.0.1:5060;transport=udp;lr>, <sip:nosuchconnection@10.9.0.1:80;transport=ws;lr>";
  const sent = alice.send(alice.request("INFO", "sip:x@y", { headers: { Route: route } }), proxy.phone);
  await world.pass();
  expect((await sent.final).status).toBe(430);
});

describe("a client behind a NAT", () => {
  it("is reached by the token of its datagram flow, which nobody else can make", async () => {
    const world = new SipWorld();
    const proxy = await proxied(world, {}, ["UDP", "TCP"]);
    const alice = await world.phone("alice", "UDP", {
      transports: [world.network.transport({ host: "10.3.3.3", sentBy: "192.168.1.5:5060" })],
    });
    const bob = await world.phone("bob", "TCP");
    proxy.targets = [{ uri: bob.uri }];
    const invite = alice.send(alice.request("INVITE", "sip:bob@example.com"), proxy.phone);
    await world.pass();
    const ok = await invite.final;
    const route = ok.headers.raw("Record-Route");
    expect(route[1]).toMatch(
      /^<sip:0\.10\.3\.3\.3\+5060\.[\da-f]{16}@10\.9\.0\.1:5060;transport=udp;lr;mark=[\da-f]{16}>$/,
    );

    const init = { to: ok.headers.raw("From")[0]!, callId: ok.headers.get("Call-ID")! };
    const within = (routes: readonly string[]) =>
      bob.send(
        bob.request("BYE", "sip:alice@192.168.1.5", { ...init, headers: { Route: routes } }),
        bob.lastFlow,
      );
    const bye = within(route);
    await world.pass();
    expect((await bye.final).status).toBe(200);
    expect(alice.methods).toEqual(["BYE"]);
    const forged = within([route[0]!, route[1]!.replace("10.3.3.3", "10.3.3.4")]);
    await world.pass();
    expect((await forged.final).status).toBe(430);
  });

  it("with an IPv6 address, too", async () => {
    const world = new SipWorld();
    const phone = await world.phone("proxy");
    const tokens = new FlowTokens(phone.stack, sipKey("key"));
    const flow = phone.transport.flow({ host: "2001:db8::5", port: 5070 })!;
    expect(tokens.of(flow)).toMatch(/^0\.2001\+db8\+\+5\+5070\.[\da-f]{16}$/);
    expect(tokens.flow(tokens.of(flow))).toBe(flow);
    expect(tokens.flow(tokens.of(flow).replace("5070", "5071"))).toBeUndefined();
    expect(new FlowTokens(phone.stack, sipKey("other")).flow(tokens.of(flow))).toBeUndefined();
  });
});

describe("REGISTER through an edge proxy", () => {
  it("gets a Path, by which the registrar's calls come back on the client's flow", async () => {
    const world = new SipWorld();
    const registrar = await world.phone("registrar");
    const proxy = await proxied(world, { path: true }, ["UDP", "WS"]);
    const page = await world.phone("page", "WS");
    proxy.targets = [{ uri: registrar.uri }];
    const register = page.request("REGISTER", "sip:example.com", {
      contact: `<${page.uri}>;reg-id=1;+sip.instance="<urn:uuid:0>"`,
      headers: { Supported: "path, outbound" },
    });
    page.stack.send(register, { target: PROXY_WS });
    await world.pass();
    expect(page.statuses).toEqual([200]);
    const path = registrar.requests[0]!.headers.get("Path");
    expect(path).toHaveLength(1);
    expect(path[0]!.uri.params.has("ob")).toBe(true);
    expect(registrar.requests[0]!.headers.get("Record-Route")).toEqual([]);

    const call = registrar.request("INVITE", page.uri, { headers: { Route: path.map(String) } });
    const sent = registrar.send(call);
    await world.pass();
    expect((await sent.final).status).toBe(200);
    expect(page.methods).toEqual(["INVITE"]);
  });

  it("and a core proxy that knows the binding's Path uses it as Route", async () => {
    const world = new SipWorld();
    const edge = await world.phone("edge");
    const alice = await world.phone("alice");
    const core = await proxied(world);
    core.targets = [{ uri: "sip:bob@10.250.0.1", path: [`<sip:token@${edge.transport.sentBy};lr>`] }];
    const sent = alice.send(alice.request("OPTIONS", "sip:bob@example.com"), core.phone);
    await world.pass();
    expect((await sent.final).status).toBe(200);
    expect(edge.requests[0]!.headers.get("Route").map(String)).toEqual([
      `<sip:token@${edge.transport.sentBy};lr>`,
    ]);
    expect(edge.requests[0]!.uri.toString()).toBe("sip:bob@10.250.0.1");
  });
});

describe("strict routers", () => {
  it("before us: the Request-URI comes back from the last Route (RFC 3261 §16.12.1.2)", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const bob = await world.phone("bob");
    const proxy = await proxied(world);
    const strict = alice.request("INFO", "sip:10.9.0.1:5060;transport=udp;lr", {
      headers: { Route: `<${bob.uri}>` },
    });
    const sent = alice.send(strict, proxy.phone);
    await world.pass();
    expect((await sent.final).status).toBe(200);
    expect(bob.requests[0]!.uri.toString()).toBe(bob.uri);
    expect(bob.requests[0]!.headers.get("Route")).toEqual([]);
  });

  for (const others of [["<sip:third.example.com;lr>"], []]) {
    it(`after us: its address becomes the Request-URI, and that the last Route, of ${others.length + 1}`, async () => {
      const world = new SipWorld();
      const alice = await world.phone("alice");
      const old = await world.phone("old");
      const proxy = await proxied(world);
      const routes = ["<sip:10.9.0.1;lr>", `<sip:${old.transport.sentBy}>`, ...others];
      const headers = { Route: routes };
      const sent = alice.send(alice.request("INFO", "sip:bob@10.8.8.8", { headers }), proxy.phone);
      await world.pass();
      expect((await sent.final).status).toBe(200);
      expect(old.requests[0]!.uri.toString()).toBe(`sip:${old.transport.sentBy}`);
      expect(old.requests[0]!.headers.get("Route").map(String)).toEqual([...others, "<sip:bob@10.8.8.8>"]);
    });
  }

  it("after us: one whose lr stands behind its brackets is a loose one", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const next = await world.phone("next");
    const proxy = await proxied(world);
    const routes = ["<sip:10.9.0.1;lr>", `<sip:${next.transport.sentBy}>;lr`];
    alice.send(alice.request("INFO", "sip:bob@10.8.8.8", { headers: { Route: routes } }), proxy.phone);
    await world.pass();
    expect(next.requests[0]!.uri.toString()).toBe("sip:bob@10.8.8.8");
    expect(next.requests[0]!.headers.get("Route").map(String)).toEqual([routes[1]]);
  });

  it.each([1, 2, 3, 2000])("%i Routes of ours in a row are taken off, in linear time", async (count) => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const proxy = await proxied(world);
    const seen: unknown[] = [];
    proxy.targets = ({ request, viaUs }) => {
      seen.push(viaUs, request.headers.raw("Route").join());
      return 404;
    };
    const ours = Array<string>(count).fill("<sip:10.9.0.1:5060;lr>").join();
    for (const others of ["", ",<sip:a.example.com;lr>,<sip:10.9.0.1;lr>"]) {
      const request = alice.request("OPTIONS", "sip:bob@b.example.com", {
        headers: { Route: ours + others },
      });
      alice.send(request, proxy.phone);
    }
    const began = process.cpuUsage();
    await world.pass();
    expect(seen).toEqual([true, "", true, "<sip:a.example.com;lr>,<sip:10.9.0.1;lr>"]);
    // Half a second and more where each goes through the list again. What else the machine does is not counted.
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(400);
  });

  it("an maddr that names us is taken off", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const proxy = await proxied(world);
    const seen: string[] = [];
    proxy.targets = ({ request }) => {
      seen.push(`${request.uri}`);
      return 404;
    };
    alice.send(alice.request("OPTIONS", "sip:bob@example.com:5060;maddr=10.9.0.1;user=ip"), proxy.phone);
    await world.pass();
    expect(seen).toEqual(["sip:bob@example.com;user=ip"]);
  });

  it.each(["[2001:db8::1]", "[", "a%20b", "%0d%0a", ""])(
    "an maddr of %j, which does not, stays",
    async (maddr) => {
      const world = new SipWorld();
      const alice = await world.phone("alice");
      const proxy = await proxied(world);
      proxy.targets = () => 404;
      const request = alice.request("OPTIONS", `sip:bob@example.com;maddr=${maddr}`);
      const { final } = alice.send(request, proxy.phone);
      await world.pass();
      expect((await final).status).toBe(404);
    },
  );
});

describe("Record-Route is a SIPS URI on what side can be secure", () => {
  it.each([
    ["the Request-URI is one", "sips:bob@10.8.8.8", [], "TLS", ["<sips:10.9.0.1:5061;transport=tcp;lr>"]],
    [
      "the next Route is one",
      "sip:bob@b.org",
      ["<sips:10.8.8.8;lr>"],
      "TLS",
      ["<sips:10.9.0.1:5061;transport=tcp;lr>"],
    ],
    [
      "it came over UDP",
      "sips:bob@10.8.8.8",
      [],
      "UDP",
      ["<sips:10.9.0.1:5061;transport=tcp;lr>", "<sip:10.9.0.1:5060;transport=udp;lr>"],
    ],
    ["neither is one", "sip:bob@10.8.8.8;transport=tls", [], "TLS", ["<sip:10.9.0.1:5061;transport=tls;lr>"]],
  ])("where %s", async (_name, uri, path, protocol, expected) => {
    const world = new SipWorld();
    const proxy = await proxied(world, {}, ["UDP", "TLS"]);
    const transports = [world.network.transport({ protocol: "TLS", host: "10.8.8.8" })];
    const bob = await world.phone("bob", "TLS", { transports });
    const alice = await world.phone("alice", protocol);
    proxy.targets = [{ uri, path }];
    const request = alice.request("INVITE", `${uri.startsWith("sips") ? "sips" : "sip"}:bob@example.com`);
    // Another proxy is between: its connection is not the only way back.
    request.headers.append("Via", `SIP/2.0/${protocol} 10.5.5.5;branch=z9hG4bKfar`);
    const port = protocol === "TLS" ? 5061 : 5060;
    alice.stack.send(request, { target: { protocol, host: "10.9.0.1", port } });
    await world.pass();
    expect(unmarked(bob.requests[0]?.headers.get("Record-Route"))).toEqual(expected);
  });
});
