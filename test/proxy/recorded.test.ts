// Requests within dialogs that the proxy has recorded: the mark in its Record-Route, who has it, and who only says that he is in
// a dialog (RFC 3261 §12.2, §16.4, §16.6 step 4).

import { describe, expect, it } from "vitest";
import type { Response } from "../../src/message/response.ts";
import type { ProxyOptions } from "../../src/proxy/options.ts";
import { SipProxy } from "../../src/proxy/proxy.ts";
import type { Phone } from "../support/sip-world.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Proxied, proxied } from "./support.ts";

const PROXY = { protocol: "UDP", host: "10.9.0.1", port: 5060 };
const PROXY_WS = { protocol: "WS", host: "10.9.0.1", port: 80 };

interface Call {
  readonly world: SipWorld;
  readonly proxy: Proxied;
  readonly alice: Phone;
  readonly bob: Phone;
  readonly ok: Response;
  /** Sends a request of one side; whether the proxy knew its dialog, and what was answered. */
  ask(side: "alice" | "bob", change?: Change): Promise<{ recorded: boolean | undefined; status: number }>;
}

interface Change {
  readonly method?: string;
  readonly route?: readonly string[];
  readonly uri?: string;
  readonly callId?: string;
  readonly from?: string;
  readonly to?: string;
}

/** A dialog between alice and bob, begun by alice. */
async function call(
  { first = "UDP", second = "UDP", method = "INVITE" } = {},
  options: Partial<ProxyOptions> = {},
): Promise<Call> {
  const world = new SipWorld();
  const proxy = await proxied(world, options, ["UDP", "WS"]);
  const alice = await world.phone("alice", first);
  const bob = await world.phone("bob", second);
  const door = (phone: Phone) => ({ target: phone.transport.protocol === "WS" ? PROXY_WS : PROXY });
  bob.answer = (request, transaction) => {
    const response = request.createResponse(200);
    response.headers.set("Contact", `<${bob.uri}>`);
    if (request.method !== "ACK") transaction?.respond(response);
  };
  // Bob's flow, as a registrar keeps it.
  bob.stack.send(bob.request("OPTIONS", "sip:proxy@10.9.0.1", { maxForwards: 0 }), door(bob));
  await world.pass();
  const flow = second === "WS" ? { flow: proxy.phone.lastFlow } : {};
  proxy.targets = ({ inDialog, request }) => [inDialog ? { uri: request.uri } : { uri: bob.uri, ...flow }];
  const begin = alice.request(method, "sip:bob@example.com");
  const sent = alice.stack.send(begin, door(alice));
  await world.pass();
  const ok = await sent.final;
  const [from, to] = [ok.headers.raw("From")[0]!, ok.headers.raw("To")[0]!];
  const route = ok.headers.get("Record-Route").map(String);
  const ask: Call["ask"] = async (side, change = {}) => {
    const isAlice = side === "alice";
    const phone = isAlice ? alice : bob;
    const request = phone.request(change.method ?? "INFO", change.uri ?? (isAlice ? bob.uri : alice.uri), {
      from: change.from ?? (isAlice ? from : to),
      to: change.to ?? (isAlice ? to : from),
      callId: change.callId ?? ok.headers.get("Call-ID")!,
      headers: { Route: change.route ?? (isAlice ? [...route].reverse() : route) },
    });
    const asked = phone.stack.send(request, door(phone));
    await world.pass(1000);
    const { status } = await asked.final;
    return { recorded: proxy.recorded.at(-1), status };
  };
  return { world, proxy, alice, bob, ok, ask };
}

describe.each([
  ["UDP", "UDP"],
  ["UDP", "WS"],
  ["WS", "UDP"],
  ["WS", "WS"],
])("from %s to %s", (first, second) => {
  it("requests of both sides have the mark", async () => {
    const { proxy, ask } = await call({ first, second });
    expect(proxy.recorded).toEqual([false, false]);
    for (const side of ["alice", "bob"] as const)
      for (const method of ["INFO", "UPDATE", "INVITE", "BYE"])
        expect(await ask(side, { method })).toEqual({ recorded: true, status: 200 });
  });
});

it.each(["SUBSCRIBE", "REFER"])(
  "the NOTIFYs of a %s have it, and what the subscriber sends then",
  async (method) => {
    const { bob, ask, alice } = await call({ method });
    expect(await ask("bob", { method: "NOTIFY" })).toEqual({ recorded: true, status: 200 });
    expect(await ask("alice", { method: "SUBSCRIBE" })).toEqual({ recorded: true, status: 200 });
    // One whose 2xx is lost takes its routes from the NOTIFY (RFC 6665 §4.4.1), which has the mark of the notifier's tag.
    const route = alice.requests[0]!.headers.get("Record-Route").map(String);
    expect(await ask("alice", { method: "SUBSCRIBE", route })).toEqual({ recorded: true, status: 200 });
    expect(bob.methods).toEqual([method, "SUBSCRIBE", "SUBSCRIBE"]);
  },
);

it("the ACK to a 2xx has it", async () => {
  const { world, proxy, alice, bob, ok } = await call();
  const ack = alice.request("ACK", bob.uri, {
    from: ok.headers.raw("From")[0]!,
    to: ok.headers.raw("To")[0]!,
    callId: ok.headers.get("Call-ID")!,
    headers: { Route: ok.headers.get("Record-Route").map(String) },
  });
  alice.stack.sendStateless(ack, { target: PROXY });
  await world.pass();
  expect([proxy.recorded.at(-1), bob.methods.at(-1)]).toEqual([true, "ACK"]);
});

describe("has no mark, and goes on all the same:", () => {
  const bare = "<sip:10.9.0.1:5060;transport=udp;lr>";

  it("a Route that somebody made up", async () => {
    const { ask } = await call();
    for (const route of [
      bare,
      "<sip:10.9.0.1:5060;transport=udp;lr;mark>",
      bare.replace("lr", "lr;mark=0123456789abcdef"),
    ])
      expect(await ask("alice", { route: [route] })).toEqual({ recorded: false, status: 200 });
    expect(await ask("alice", { route: [] })).toEqual({ recorded: false, status: 200 });
  });

  it("the Route of another call", async () => {
    const { ask } = await call();
    expect(await ask("alice", { callId: "another" })).toEqual({ recorded: false, status: 200 });
    const [from, to] = ["<sip:alice@example.com>;tag=another", "<sip:bob@example.com>;tag=another"];
    expect(await ask("alice", { from })).toEqual({ recorded: false, status: 200 });
    // Of the callee's tag nobody knew when it was written: what it belongs to, the caller's says.
    expect(await ask("alice", { to })).toEqual({ recorded: true, status: 200 });
    expect(await ask("bob", { to })).toEqual({ recorded: false, status: 200 });
  });

  it("what begins a dialog, whatever Route it has", async () => {
    const { ask, proxy, bob } = await call();
    proxy.targets = [{ uri: bob.uri }];
    expect(await ask("alice", { method: "INVITE", to: "<sip:bob@example.com>" })).toMatchObject({
      recorded: false,
    });
  });

  it("a Route of another kind behind the one that has it", async () => {
    const { ask, ok } = await call();
    const [good] = ok.headers.get("Record-Route").map(String);
    expect(await ask("alice", { route: [good!, bare] })).toEqual({ recorded: false, status: 200 });
    expect(await ask("alice", { route: [bare, good!] })).toEqual({ recorded: true, status: 200 });
    expect(await ask("alice", { route: [good!, bare, bare, good!] })).toEqual({
      recorded: true,
      status: 200,
    });
  });
});

it("a peer that writes the parameters in another order, or in capitals, has it", async () => {
  const { ask, ok } = await call();
  const [good] = ok.headers.get("Record-Route").map(String);
  const [, mark] = /;mark=([\da-f]{16})>$/.exec(good!)!;
  const route = [`<sip:10.9.0.1:5060;MARK=${mark!.toUpperCase()};lr;transport=udp>`];
  expect(await ask("bob", { route })).toEqual({ recorded: true, status: 200 });
});

it("a strict router before the proxy leaves it as it is", async () => {
  const { ask, alice, bob, ok } = await call();
  const [good] = ok.headers.get("Record-Route").map(String);
  const uri = good!.slice(1, -1);
  expect(await ask("alice", { uri, route: [`<${bob.uri}>`] })).toEqual({ recorded: true, status: 200 });
  expect(await ask("bob", { uri, route: [`<${alice.uri}>`] })).toEqual({ recorded: true, status: 200 });
});

it("a spiral has one for each time that it comes by", async () => {
  const { world, proxy, alice, bob } = await call();
  // To a forwarding name of ours first, and by ourselves to bob.
  proxy.targets = ({ request: { uri }, inDialog }) => [
    { uri: inDialog ? uri : uri.user === "forwarded" ? "sip:bob@10.9.0.1:5060" : bob.uri },
  ];
  const sent = alice.stack.send(alice.request("INVITE", "sip:forwarded@10.9.0.1"), { target: PROXY });
  await world.pass();
  const ok = await sent.final;
  const Route = ok.headers.get("Record-Route").map(String);
  expect(Route).toHaveLength(2);
  const bye = bob.request("BYE", alice.uri, {
    from: ok.headers.raw("To")[0]!,
    to: ok.headers.raw("From")[0]!,
    callId: ok.headers.get("Call-ID")!,
    headers: { Route },
  });
  const { final } = bob.stack.send(bye, { target: PROXY });
  await world.pass();
  expect([(await final).status, proxy.recorded.at(-1)]).toEqual([200, true]);
});

it("machines that share a secret know each other's marks, and no others", async () => {
  const { proxy, ok, alice, bob } = await call();
  const request = alice.request("INFO", bob.uri, {
    from: ok.headers.raw("From")[0]!,
    to: ok.headers.raw("To")[0]!,
    callId: ok.headers.get("Call-ID")!,
    headers: { Route: ok.headers.get("Record-Route").map(String) },
  });
  const { stack } = proxy.phone;
  const knows = (options: object) => new SipProxy({ stack, ...options }).hasRecorded(request);
  expect([{ secret: "for the tests" }, { secret: "another" }, {}].map(knows)).toEqual([true, false, false]);
});

it("targets are told", async () => {
  const { proxy, bob, ask } = await call();
  const told: boolean[] = [];
  proxy.targets = ({ request, recorded }) => {
    told.push(recorded);
    return recorded ? [{ uri: request.uri }] : 403;
  };
  expect(await ask("alice")).toMatchObject({ status: 200 });
  expect(await ask("bob", { uri: bob.uri, callId: "another" })).toMatchObject({ status: 403 });
  expect(told).toEqual([true, false]);
});
