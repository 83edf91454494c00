// UserAgent: its options and figures, what it says in the requests that begin something, what it leaves to its core, and
// how it ends.

import { describe, expect, it, vi } from "vitest";
import type { InviteOptions } from "../../src/dialog/invite-options.ts";
import type { NotifierHandlers } from "../../src/dialog/notifier-options.ts";
import { UserAgent } from "../../src/dialog/user-agent.ts";
import type { Response } from "../../src/message/response.ts";
import { Registration } from "../../src/registration/registration.ts";
import type { SendOptions } from "../../src/stack/options.ts";
import { resolver } from "../../src/stack/resolve/sip-resolver.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent, connect } from "./support.ts";

const state: NotifierHandlers = { state: () => ({ body: "open", contentType: "text/plain" }) };
/** What an agent has got last. */
const got = ({ phone }: Agent) => phone.requests.at(-1)!.headers;

describe("what it says", () => {
  it.each([
    [undefined, [], ["100rel", "replaces"]],
    ["required", ["100rel"], ["100rel", "replaces"]],
    ["supported", [], ["100rel", "replaces"]],
    ["none", [], ["replaces"]],
  ] as const)("of reliable responses, told %s", async (reliable, require, supported) => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => call.reject();
    const options: InviteOptions = reliable ? { reliable } : {};
    alice.invite(bob, { body: "offer" }, {}, options);
    await world.pass();
    const { headers } = bob.phone.requests[0]!;
    expect(headers.get("Require")).toEqual(require);
    expect(headers.get("Supported").filter((option) => option !== "timer")).toEqual(supported);
    expect(headers.get("Allow")).toContain("UPDATE");
  });

  it("of the methods that it takes is what it was told", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice", "UDP", { allow: "INVITE, ACK, BYE" });
    const bob = await agent(world, "bob");
    bob.onInvite = (call) => call.reject();
    alice.invite(bob);
    await world.pass();
    expect(bob.phone.requests[0]!.headers.get("Allow")).toEqual(["INVITE", "ACK", "BYE"]);
  });

  it("of whom it calls has no tag, though the one that is given comes out of a response (RFC 3261 §8.1.1.2)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => call.reject(302, { headers: { Contact: `<${bob.uri}>` } });
    const moved = alice.invite(bob, { to: '"Bob" <sip:bob@example.com>;x=y', body: "offer" });
    await world.pass();
    const { cause } = await moved.session.catch((error) => error);
    bob.onInvite = (call) => void call.accept({ body: "answer" });
    const [contact, to] = [
      (cause as Response).headers.first("Contact")!,
      (cause as Response).headers.get("To")!,
    ];
    const again = alice.invite(contact.uri.toString(), { to, body: "offer" });
    await world.pass();
    expect(bob.phone.requests.at(-2)!.headers.raw("To")).toEqual(['"Bob" <sip:bob@example.com>;x=y']);
    void (await again.session).bye();
  });

  it("in a PUBLISH has no Contact, and names the event", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    alice.ua.publish(bob.uri, "presence", alice.init({ body: "open" }));
    expect(alice.ua.stats.pending).toBe(1);
    await world.pass();
    expect([got(bob).has("Contact"), got(bob).raw("Event")]).toEqual([false, ["presence"]]);
    alice.ua.close();
  });
});

it("goes by the timers that it is told", async () => {
  const world = new SipWorld();
  const bob = await agent(world, "bob", "UDP", { timers: { t1: 100, t2: 200 } });
  world.network.set({ drop: ({ text }) => text.startsWith("ACK") });
  await connect(world, {}, {}, [await agent(world, "alice"), bob]);
  await world.pass(10_000);
  const times = world.network.trace.filter(({ text }) => /^SIP\/2.0 200[\s\S]*\d INVITE\r\n/.test(text));
  expect(times.slice(0, 4).map(({ at }) => at)).toEqual([0, 100, 300, 500]);
  expect(bob.log).toEqual(["unacknowledged"]);
});

describe("what belongs to nothing", () => {
  it("is left to the core where that wants it, and counted where not; so is a 2xx", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const [bob, carol] = [
      await agent(world, "bob", "UDP", { answersStrays: false }),
      await agent(world, "carol"),
    ];
    const to = "<sip:x@example.com>;tag=no";
    const sent = [bob, carol].map(({ uri }) => alice.phone.send(alice.phone.request("INFO", uri, { to })));
    await world.pass();
    const finals = await Promise.all(sent.map(({ final }) => final));
    expect(finals.map(({ status }) => status)).toEqual([405, 481]);
    expect([bob.ua.stats.strays, carol.ua.stats.strays]).toEqual([0, 1]);
    const { strays } = alice.ua.stats;
    const stray = alice.phone.request("INVITE", "sip:b@b", { to });
    expect(alice.ua.receiveResponse(stray.createResponse(200))).toBe(false);
    expect(alice.ua.stats.strays).toBe(strays + 1);
    // Of all responses, which the core hands on, these alone can be a session's.
    const ping = alice.phone.request("OPTIONS", "sip:b@b");
    for (const each of [stray.createResponse(180), stray.createResponse(486), ping.createResponse(200)])
      expect(alice.ua.receiveResponse(each)).toBe(false);
    expect(alice.ua.stats.strays).toBe(strays + 1);
  });

  it("is an INVITE's alone in `find`: a subscription cannot be replaced", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onOther = (request, transaction) =>
      void bob.ua.incomingSubscription(request, transaction)!.accept(state);
    const subscription = alice.ua.subscribe(bob.uri, "presence", alice.init(), {});
    expect(alice.ua.stats.pending).toBe(1);
    await world.pass();
    const { callId, local, remote } = subscription.dialog!;
    const headers = { Replaces: `${callId};to-tag=${local.tag};from-tag=${remote.tag}` };
    expect(alice.ua.find(bob.phone.request("INVITE", alice.uri, { headers }))).toBe(481);
    subscription.unsubscribe();
  });

  it("within a dialog: 481 for what a session would take, else 405, or 489 for another event (RFC 5057)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onOther = (request, transaction) =>
      void bob.ua.incomingSubscription(request, transaction)!.accept(state);
    const subscription = alice.ua.subscribe(bob.uri, "presence", alice.init(), {});
    await world.pass();
    const answers: Response[] = [];
    for (const method of ["BYE", "INVITE", "UPDATE", "PRACK", "NOTIFY", "SUBSCRIBE", "INFO"]) {
      const headers = { Event: "dialog", "Subscription-State": "active" };
      const sent = alice.phone.stack.send(subscription.dialog!.createRequest(method, { headers }), {});
      await world.pass();
      answers.push(await sent.final);
    }
    expect(answers.map(({ status }) => status)).toEqual([481, 481, 481, 481, 481, 489, 405]);
    expect(answers.map(({ headers }) => headers.has("Allow"))).toEqual([...Array(6).fill(false), true]);
    // RFC 3261 §21.4.6: what is refused is not among what is taken.
    expect(answers.at(-1)!.headers.get("Allow")).toEqual(expect.arrayContaining(["INVITE", "MESSAGE"]));
    expect(answers.at(-1)!.headers.get("Allow")).not.toContain("INFO");
    subscription.unsubscribe();
  });
});

it("takes no more than its limit, whatever begins", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob", "UDP", { limit: 1 })];
  bob.onOther = (request, transaction) => {
    if (request.method === "SUBSCRIBE") bob.ua.incomingSubscription(request, transaction)!.reject();
    else bob.ua.incomingRefer(request, transaction)?.reject();
  };
  const begin = async () => {
    const sent = ["SUBSCRIBE", "REFER"].map((method) => {
      const headers = { Event: "presence", "Refer-To": "<sip:c@c>" };
      return alice.phone.send(alice.phone.request(method, bob.uri, { headers }));
    });
    await world.pass();
    return (await Promise.all(sent.map(({ final }) => final))).map(({ status }) => status);
  };
  expect(await begin()).toEqual([489, 603]);
  const { a } = await connect(world, {}, {}, [alice, bob]);
  expect(await begin()).toEqual([503, 503]);
  void a.bye();
});

it("takes no more text of its peers than 4 KiB for each dialog of its limit", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob", "UDP", { limit: 4 })];
  bob.onOther = (request, transaction) =>
    void bob.ua.incomingSubscription(request, transaction)?.accept({ state: () => ({}) });
  const subscribe = async (callId: string, expires = 3600) => {
    const headers = {
      Event: "presence",
      Expires: expires,
      "Record-Route": `<sip:10.0.0.9;lr;x=${"x".repeat(9000)}>`,
    };
    const request = alice.phone.request("SUBSCRIBE", bob.uri, {
      headers,
      callId,
      contact: "<sip:alice@10.0.0.1>",
    });
    const { final } = alice.phone.send(request);
    await world.pass();
    return (await final).status;
  };
  expect([await subscribe("1"), await subscribe("2"), await subscribe("3")]).toEqual([200, 200, 503]);
  bob.ua.close();
  expect(await subscribe("4")).toBe(200);
});

it("closes what has no dialog yet, and what has, without a word", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  world.network.set({ drop: () => true });
  const ends: string[] = [];
  const onEnd = ({ reason }: { reason: string }) => void ends.push(reason);
  alice.ua.subscribe(bob.uri, "presence", alice.init(), { onEnd });
  const invite = alice.invite(bob);
  alice.ua.close();
  await expect(invite.session).rejects.toMatchObject({ code: "closed" });
  const nothing = { dialogs: 0, usages: 0, pending: 0, strays: 0, unreadable: 0 };
  expect([ends, alice.ua.stats]).toEqual([["closed"], nothing]);
});

it("opens no connection but the one to the target that it is given", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice", "TCP"), await agent(world, "bob", "TCP")];
  const { transport } = alice.phone;
  const asked = vi.spyOn(transport, "flow");
  const target = { protocol: "TCP", ...bob.phone.transport.local };
  const invite = alice.invite("sip:bob@far.example.com;transport=tcp", { body: "offer" }, {}, { target });
  await world.pass();
  const session = await invite.session;
  expect(asked.mock.calls.map(([{ host }]) => host)).not.toContain("far.example.com");
  void session.bye();
  await world.pass();
  expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
});

it("opens no connection to a host whose servers are elsewhere", async () => {
  const world = new SipWorld();
  const bob = await agent(world, "bob", "TCP");
  const { host, port } = bob.phone.transport.local;
  const none = { records: [], ttl: undefined };
  const dns = {
    naptr: async () => none,
    srv: async () => ({ records: [{ priority: 1, weight: 1, port, target: "one.example.com" }], ttl: 1e9 }),
    address: async (name: string) => (name === "one.example.com" ? { records: [host], ttl: 1e9 } : none),
  };
  const alice = await world.phone("alice", "TCP", { resolver: resolver({ dns, clock: world.clock }) });
  const asked = vi.spyOn(alice.transport, "flow");
  const ua = new UserAgent({ stack: alice.stack, clock: world.clock, user: "alice" });
  const call = ua.invite("sip:bob@example.com;transport=tcp", {
    from: "<sip:alice@example.com>",
    body: "offer",
  });
  const registered = vi.fn();
  const registration = new Registration({
    ...{ stack: alice.stack, registrar: "sip:example.com;transport=tcp", aor: "<sip:alice@example.com>" },
    onFailed: registered,
  });
  // Names are looked up in turns of their own.
  for (let turn = 0; turn < 5; turn++) await world.pass(10);
  const session = await call.session;
  expect(`${session.dialog.contact.uri}`).toBe(alice.uri);
  expect(new Set(asked.mock.calls.map(([to]) => to.host))).toEqual(new Set([host]));
  registration.close();
  void session.bye();
  await world.pass();
});

it.each(["target", "flow"] as const)(
  "sends ACKs as it sends all else, by the %s of its sendOptions",
  async (way) => {
    const world = new SipWorld();
    const bob = await agent(world, "bob", "TCP", { contact: "<sip:bob@nowhere.example.com>" });
    const to = { protocol: "TCP", ...bob.phone.transport.local };
    const sendOptions: SendOptions = {};
    const alice = await agent(world, "alice", "TCP", { sendOptions });
    if (way === "target") sendOptions.target = to;
    else sendOptions.flow = alice.phone.transport.flow(to)!;
    const route = "<sip:10.0.0.99;transport=tcp;lr>";
    bob.guard = ({ method, headers }) => {
      if (method === "INVITE") headers.set("Record-Route", route);
      return false;
    };
    const call = alice.invite("sip:bob@example.com", { body: "offer" });
    await world.pass(100);
    const session = await call.session;
    expect([session.dialog.routes.map(String), bob.phone.methods]).toEqual([[route], ["INVITE", "ACK"]]);
    void session.bye();
    await world.pass(100);
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "BYE"]);
  },
);

describe("the Contact of a call", () => {
  it.each(["*", "<tel:+123>", "<mailto:alice@example.com>"])(
    "that is %s leads nowhere: the call is refused 400 (§8.1.1.8)",
    async (contact) => {
      const world = new SipWorld();
      const [alice, bob] = [await world.phone("alice"), await agent(world, "bob")];
      const request = alice.request("INVITE", bob.uri);
      request.headers.set("Contact", contact);
      const sent = alice.send(request);
      await world.pass(100);
      expect([(await sent.final).status, bob.calls, bob.ua.stats.dialogs]).toEqual([400, [], 0]);
    },
  );

  it("is a SIPS URI where the Record-Route is one, whatever Route the last hop has left (§12.1.1)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice", "TLS"), await agent(world, "bob", "TLS")];
    bob.guard = ({ method, headers }) => {
      if (method === "INVITE")
        headers.set("Route", `<${bob.uri};lr>`).set("Record-Route", "<sips:10.0.0.9;lr>");
      return false;
    };
    bob.onInvite = (call) => call.reject(486, { headers: { Subject: `${call.ring().dialog.contact}` } });
    const call = alice.invite(bob, { body: "offer" });
    await world.pass(100);
    const { cause } = await call.session.catch((error) => error);
    expect((cause as Response).headers.get("Subject")).toMatch(/^<sips:bob@/);
  });

  it.each([
    ["UDP", "sip", "sip:", "udp"],
    ["TLS", "sip", "sip:", "tls"],
    ["TLS", "sips", "sips:", "tcp"],
  ])(
    "over %s to a %s URI is a %s URI of both sides (RFC 3261 §8.1.1.8, §12.1.1)",
    async (protocol, to, scheme, transport) => {
      const world = new SipWorld();
      const agents = [await agent(world, "alice", protocol), await agent(world, "bob", protocol)] as const;
      const [alice, bob] = agents;
      const target = { protocol, ...bob.phone.transport.local };
      const invite = alice.invite(
        `${to}:bob@${bob.phone.transport.sentBy}`,
        { body: "offer" },
        {},
        { target },
      );
      await world.pass();
      const session = await invite.session;
      const uris = [session.dialog.contact, bob.sessions[0]!.dialog.contact].map(({ uri }) => `${uri}`);
      const own = ({ phone }: (typeof agents)[number]) =>
        `${scheme}${phone.name}@${phone.transport.sentBy};transport=${transport}`;
      expect(uris).toEqual(agents.map(own));
      void bob.sessions[0]!.bye();
      await world.pass();
      expect([alice.log, bob.log]).toEqual([["peer"], ["bye"]]);
    },
  );
});
