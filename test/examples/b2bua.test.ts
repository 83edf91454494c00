// The B2BUA of examples/b2bua, which takes the built package, between phones on UDP and on WebSocket.

import { expect, it } from "vitest";
import { addContent } from "../../src/dialog/content.ts";
import type { IncomingOffer } from "../../src/dialog/incoming-offer.ts";
import type { SessionHandlers } from "../../src/dialog/session.ts";
import type { UserAgent } from "../../src/dialog/user-agent.ts";
import type { SipError } from "../../src/errors.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import type { Stack } from "../../src/stack/stack.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import type { MemoryFaults } from "../../src/transport/memory.ts";
import type { Flow } from "../../src/transport/transport.ts";
import { type Agent, agent } from "../dialog/support.ts";
import { proxied } from "../proxy/support.ts";
import { SipWorld } from "../support/sip-world.ts";

interface Border {
  readonly stack: Stack;
  readonly ua: UserAgent;
}

const UDP = { protocol: "UDP", host: "10.9.0.2", port: 5060 };
const WS = { protocol: "WS", host: "10.9.0.2", port: 80 };

/** A border, Alice on UDP and Bob on WebSocket, both known to it. */
async function world(faults: MemoryFaults & { seed?: number } = {}) {
  const file = new URL("../../examples/b2bua/border.mjs", import.meta.url).href;
  const { createBorder } = (await import(/* @vite-ignore */ file)) as {
    createBorder: (options: object) => Border;
  };
  const world = new SipWorld(faults);
  const users = new Map<string, { uri: string; flow?: Flow }>();
  const errors: unknown[] = [];
  const border = createBorder({
    clock: world.clock,
    transports: [world.network.transport(UDP), world.network.transport(WS)],
    passed: ["Subject"],
    route: ({ uri }: Request) => users.get(uri.user ?? ""),
    onOther: (request: Request, transaction: ServerTransaction) => {
      const [contact] = request.headers.get("Contact");
      users.set(request.headers.get("To")!.uri.user!, { uri: `${contact!.uri}`, flow: request.flow! });
      transaction.respond(200);
    },
    onError: (error: unknown) => void errors.push(error),
  });
  await border.stack.start();
  const alice = await agent(world, "alice");
  const bob = await agent(world, "bob", "WS");
  const door = (who: Agent) => ({ target: who === bob ? WS : UDP });
  for (const who of [alice, bob]) {
    const to = `<sip:${who.phone.name}@border>`;
    who.phone.stack.send(who.phone.request("REGISTER", "sip:border", { to }), door(who));
  }
  await world.pass(40_000);
  world.afterwards(() => {
    expect(border.ua.stats).toMatchObject({ dialogs: 0, usages: 0, pending: 0 });
    expect(errors).toEqual([]);
    void border.stack.close();
  });
  const call = (
    from: Agent,
    to: string,
    init: object = { body: "offer" },
    handlers: object = {},
    uri = `sip:${to}@border`,
  ) => from.invite(uri, init, handlers, door(from));
  return { world, border: Object.assign(border, { users, errors }), alice, bob, call };
}

const ways = ["alice", "bob"].flatMap((caller) =>
  ["caller", "callee"].map((ends) => [caller, ends] as const),
);

it.each(ways)("a call of %s's goes through, and the %s's BYE ends both sides", async (caller, ends) => {
  const { world: w, border, alice, bob, call } = await world();
  const [from, to] = caller === "alice" ? [alice, bob] : [bob, alice];
  const invite = call(from, to.phone.name, {
    body: "offer",
    headers: { Subject: "lunch", "X-Secret": "no" },
  });
  await w.pass();
  const session = await invite.session;
  const [got] = to.phone.requests;
  expect(got!.bodyText).toBe("offer");
  expect([got!.headers.get("Subject"), got!.headers.raw("X-Secret")]).toEqual(["lunch", []]);
  expect(got!.headers.get("Call-ID")).not.toBe(session.dialog.callId);
  expect(got!.headers.get("Via")).toHaveLength(1);
  expect(invite.response!.bodyText).toBe("answer");
  expect(border.ua.stats.dialogs).toBe(2);

  const info = session.request("INFO", { body: "1", contentType: "application/dtmf" });
  await w.pass();
  expect((await info).status).toBe(405);
  void (ends === "caller" ? session : to.sessions[0]!).bye();
  await w.pass();
  expect([from.log, to.log]).toEqual(ends === "caller" ? [["bye"], ["peer"]] : [["peer"], ["bye"]]);
});

it("what is answered within the call comes back with all that it says", async () => {
  const { world: w, bob, alice, call } = await world();
  bob.handlers = {
    onRequest(request, transaction) {
      const content = {
        body: "1",
        contentType: "text/plain",
        headers: { Subject: "digits", "X-Secret": "no" },
      };
      transaction.respond(addContent(request.createResponse(200, "Heard"), content));
    },
  };
  const invite = call(alice, "bob");
  await w.pass();
  const session = await invite.session;
  const info = session.request("INFO", { body: "1", contentType: "application/dtmf" });
  await w.pass();
  const { reason, bodyText, headers } = await info;
  expect([reason, bodyText, String(headers.get("Content-Type"))]).toEqual(["Heard", "1", "text/plain"]);
  expect([headers.get("Subject"), headers.raw("X-Secret")]).toEqual(["digits", []]);
  void session.bye();
  await w.pass();
});

/** A call of Alice's with Bob, and Carol, a third; Bob follows REFERs. */
async function transferring(faults: Parameters<typeof world>[0] = {}) {
  const made = await world(faults);
  const { world: w, bob, alice, call, border } = made;
  const carol = await agent(w, "carol");
  border.users.set("carol", { uri: carol.uri });
  const refusing = { now: false };
  bob.handlers = {
    onRefer(refer) {
      if (refusing.now) return refer.reject(603);
      const progress = refer.accept();
      const headers = { "Referred-By": refer.request.headers.raw("Referred-By") };
      const { uri } = refer.target;
      const { session } = call(bob, "carol", { body: "Bob's offer", headers }, {}, `${uri}`);
      session.then(
        (each) => {
          bob.sessions.push(each);
          progress.notify(200, "Very Well");
        },
        ({ status }) => progress.notify(status),
      );
    },
  };
  const invite = call(alice, "bob");
  await w.pass(faults.loss ? 64_000 : 0);
  const told: string[] = [];
  const onNotify = ({ bodyText }: Request) => void told.push(bodyText.trim());
  return { ...made, carol, refusing, session: await invite.session, told, onNotify };
}

it("a REFER is passed on, and so is what comes of it", async () => {
  const { world: w, alice, bob, carol, session, told, onNotify } = await transferring();
  session.refer("<sip:carol@border>", { onNotify }, { headers: { "Referred-By": "<sip:alice@border>" } });
  await w.pass(1_000);
  const [got] = carol.phone.requests;
  expect([got!.bodyText, told.at(0), told.at(-1)]).toEqual([
    "Bob's offer",
    "SIP/2.0 100 Trying",
    "SIP/2.0 200 Very Well",
  ]);
  const refer = bob.phone.requests.find(({ method }) => method === "REFER")!;
  expect(refer.headers.raw("Referred-By")).toEqual(["<sip:alice@border>"]);
  void session.bye();
  await w.pass(100);
  expect([alice.log, bob.log, carol.log]).toEqual([["bye"], ["peer"], []]);
  void bob.sessions.at(-1)!.bye();
  await w.pass(100);
  expect(carol.log).toEqual(["peer"]);
});

it("a REFER that is refused on the other side is told to have failed, and the call goes on", async () => {
  const { world: w, refusing, session, told, onNotify, border } = await transferring();
  border.users.delete("carol");
  session.refer("<sip:carol@border>", { onNotify });
  await w.pass(1_000);
  expect(told.at(-1)).toMatch(/^SIP.2.0 404 /);
  refusing.now = true;
  session.refer("<sip:carol@border>", { onNotify });
  await w.pass(1_000);
  expect(told.at(-1)).toMatch(/^SIP.2.0 603 /);
  expect(session.state).toBe("confirmed");
  void session.bye();
  await w.pass(100);
});

it("an attended transfer: who is referred takes the place of who did that, on his leg", async () => {
  const { world: w, border, alice, bob, carol, call, session, told, onNotify } = await transferring();
  const offers: string[] = [];
  carol.handlers = {
    onOffer(offer) {
      offers.push(offer.request.bodyText);
      offer.accept({ body: "Carol's answer" });
    },
  };
  const consult = call(alice, "carol");
  await w.pass();
  const other = await consult.session;
  const target = other.dialog.target.with({ headers: { Replaces: other.replaces } });
  session.refer(`<${target}>`, { onNotify });
  await w.pass(1_000);
  expect([told.at(-1), offers, alice.log]).toEqual(["SIP/2.0 200 Very Well", ["Bob's offer"], ["peer"]]);
  void session.bye();
  await w.pass(100);
  expect([alice.log, bob.log, carol.log, border.ua.stats.dialogs]).toEqual([
    ["peer", "bye"],
    ["peer"],
    [],
    2,
  ]);
  // Each goes on hearing the other.
  const asked = carol.sessions[0]!.request("INFO");
  await w.pass(100);
  expect([(await asked).status, bob.phone.methods.at(-1)]).toEqual([405, "INFO"]);
  void carol.sessions[0]!.bye();
  await w.pass(100);
  expect([bob.log, carol.log]).toEqual([["peer", "peer"], ["bye"]]);
});

it.each([1, 2, 3, 4])("is transferred where UDP loses, doubles and reorders, too (seed %i)", async (seed) => {
  const faults = { loss: 0.2, duplicate: 0.1, reorder: 0.1, delay: [5, 60] as [number, number], seed };
  const { world: w, border, alice, bob, carol, call, session, told, onNotify } = await transferring(faults);
  carol.handlers = { onOffer: (offer) => offer.accept({ body: "Carol's answer" }) };
  const consult = call(alice, "carol");
  await w.pass(64_000);
  const other = await consult.session;
  const target = other.dialog.target.with({ headers: { Replaces: other.replaces } });
  session.refer(`<${target}>`, { onNotify });
  await w.pass(64_000);
  expect([told.at(-1), alice.log]).toEqual(["SIP/2.0 200 Very Well", ["peer"]]);
  void session.bye();
  await w.pass(64_000);
  expect([alice.log, bob.log, carol.log, border.ua.stats.dialogs]).toEqual([
    ["peer", "bye"],
    ["peer"],
    [],
    2,
  ]);
  void carol.sessions[0]!.bye();
  await w.pass(64_000);
  expect([bob.log, carol.log]).toEqual([["peer", "peer"], ["bye"]]);
});

it("who takes another's place may leave the offer to the one who stays, or give it up", async () => {
  const { world: w, border, alice, bob, carol, call, session } = await transferring();
  const offers: IncomingOffer[] = [];
  carol.handlers = { onOffer: (offer) => void offers.push(offer) };
  const consult = call(alice, "carol");
  await w.pass();
  const { replaces } = await consult.session;
  const headers = { Replaces: replaces };
  const given = call(bob, "carol", { body: "offer", headers });
  await w.pass(1_000);
  given.cancel();
  await w.pass(100);
  await expect(given.session).rejects.toMatchObject({ code: "aborted" });
  expect([offers[0]!.signal.aborted, alice.log]).toEqual([true, []]);

  const left = call(bob, "carol", { headers }, { answer: () => ({ body: "Bob's answer" }) });
  await w.pass(1_000);
  offers[1]!.accept({ body: "Carol's offer" });
  await w.pass(1_000);
  const acks = carol.phone.requests.filter(({ method }) => method === "ACK").map(({ bodyText }) => bodyText);
  expect([left.response!.bodyText, acks.at(-1), alice.log]).toEqual([
    "Carol's offer",
    "Bob's answer",
    ["peer"],
  ]);
  void (await left.session).bye();
  void session.bye();
  await w.pass(100);
  expect(border.ua.stats.dialogs).toBe(0);
});

it("an INVITE that would replace what is not there, or join, is refused", async () => {
  const { world: w, bob, session, call } = await transferring();
  const { replaces } = bob.sessions[0]!;
  for (const [name, value, status] of [
    ["Replaces", replaces.replace(/^[^;]*/, "no-such-call"), 481],
    ["Join", replaces, 488],
  ] as const) {
    const invite = call(bob, "carol", { body: "offer", headers: { [name]: value } });
    await w.pass(100);
    await expect(invite.session).rejects.toMatchObject({ status });
  }
  void session.bye();
  await w.pass(100);
});

it("offers within the call are passed on, and so are their answers", async () => {
  const { world: w, bob, alice, call } = await world();
  bob.handlers = { onOffer: (offer) => offer.accept({ body: `answer to ${offer.request.bodyText}` }) };
  const invite = call(alice, "bob");
  await w.pass();
  const session = await invite.session;
  const held = session.reinvite({ body: "hold" });
  await w.pass();
  expect((await held).bodyText).toBe("answer to hold");
  const back = bob.sessions[0]!.update({ body: "codec" });
  await w.pass();
  expect((await back).status).toBe(488);
  void session.bye();
});

it("offers of both sides at once: one goes through, and the other does, too, or is told that it met one", async () => {
  const { world: w, bob, alice, call } = await world({ delay: 5 });
  const onOffer: SessionHandlers["onOffer"] = (offer) => offer.accept({ body: "answer" });
  bob.handlers = { onOffer };
  const invite = call(alice, "bob", { body: "offer" }, { onOffer });
  await w.pass(100);
  const session = await invite.session;
  const made = [session, bob.sessions[0]!].map((each) => each.reinvite({ body: "hold" }));
  await w.pass(60_000);
  const statuses = (await Promise.all(made)).map(({ status }) => status);
  expect([200, 491]).toEqual(expect.arrayContaining(statuses));
  expect(statuses).toContain(200);
  void session.bye();
  await w.pass(100);
});

it("the callee makes the offer where the caller made none", async () => {
  const { world: w, bob, alice, call } = await world();
  const acks: string[] = [];
  bob.handlers = { onAck: (ack) => void acks.push(ack.bodyText) };
  bob.onInvite = (incoming) => void bob.sessions.push(incoming.accept({ body: "their offer" }));
  const invite = call(alice, "bob", {}, { answer: () => ({ body: "my answer" }) });
  await w.pass();
  expect(invite.response!.bodyText).toBe("their offer");
  expect(acks).toEqual(["my answer"]);
  void (await invite.session).bye();
});

it.each(["alice", "bob"])("refusals and CANCELs of %s's are passed on; nobody is 404", async (caller) => {
  const { world: w, call, ...who } = await world();
  const [alice, bob] = caller === "alice" ? [who.alice, who.bob] : [who.bob, who.alice];
  const name = bob.phone.name;
  bob.onInvite = (incoming) => incoming.reject(486, { reason: "At Lunch", headers: { Subject: "later" } });
  const busy = call(alice, name);
  const none = call(alice, "nobody");
  await w.pass();
  const { cause } = (await busy.session.catch((error: unknown) => error)) as { cause: Response };
  expect([cause.status, cause.reason, cause.headers.get("Subject")]).toEqual([486, "At Lunch", "later"]);
  await expect(none.session).rejects.toMatchObject({ status: 404 });
  const rings: number[] = [];
  const why: (string | undefined)[] = [];
  bob.onInvite = (incoming) => void incoming.ring(183, { body: "early" });
  bob.handlers = { onCancel: (request) => void why.push(request?.headers.raw("Reason")[0]) };
  const ringing = call(
    alice,
    name,
    { body: "offer" },
    {
      onProvisional: ({ status }: { status: number }) => void rings.push(status),
    },
  );
  await w.pass();
  const elsewhere = 'SIP;cause=200;text="Call completed elsewhere"';
  ringing.cancel(elsewhere);
  await w.pass();
  await expect(ringing.session).rejects.toMatchObject({ code: "aborted" });
  expect([rings, why]).toEqual([[183], [elsewhere]]);
});

it("a re-INVITE that is given up is given up on the other side, too", async () => {
  const { world: w, bob, call, alice } = await world();
  const offers: IncomingOffer[] = [];
  bob.handlers = { onOffer: (offer) => void offers.push(offer) };
  const invite = call(alice, "bob");
  await w.pass();
  const session = await invite.session;
  const gone = new AbortController();
  const asked = session.reinvite({ body: "offer" }, { signal: gone.signal });
  await w.pass(1_000);
  expect(offers.map(({ signal }) => signal.aborted)).toEqual([false]);
  gone.abort();
  await w.pass(100);
  expect([(await asked).status, offers[0]?.signal.aborted, session.state]).toEqual([487, true, "confirmed"]);
  void session.bye();
});

it("an offer left to the peer of a re-INVITE is made there, and answered by the ACK", async () => {
  const { world: w, bob, alice, call } = await world();
  const acks: string[] = [];
  bob.handlers = {
    onOffer: (offer) => offer.accept({ body: "their offer" }),
    onAck: (ack) => void acks.push(ack.bodyText),
  };
  const offers: string[] = [];
  const answer = (offer: Response) => {
    offers.push(offer.bodyText);
    return { body: "my answer" };
  };
  const invite = call(alice, "bob", { body: "offer" }, { answer });
  await w.pass();
  const session = await invite.session;
  const resumed = session.reinvite();
  await w.pass();
  expect((await resumed).status).toBe(200);
  expect([offers, acks]).toEqual([["their offer"], ["", "my answer"]]);
  void session.bye();
});

it("an offer while the callee still rings is refused, and the call goes on", async () => {
  const { world: w, alice, bob } = await world();
  bob.onInvite = (incoming) => void incoming.ring(183, { body: "early media" });
  const invite = alice.invite("sip:bob@border", { body: "offer" }, {}, { target: UDP, reliable: "required" });
  await w.pass(100);
  const early = invite.dialogs[0]!.update({ body: "another offer" });
  await w.pass(100);
  expect((await early).status).toBe(500);
  bob.sessions.push(bob.calls[0]!.accept({ body: "answer" }));
  await w.pass(100);
  const session = await invite.session;
  expect([session.state, invite.response!.bodyText]).toEqual(["confirmed", "answer"]);
  void session.bye();
});

it("who makes no offer and never acknowledges leaves no call at the other side", async () => {
  const { world: w, border, bob, alice, call } = await world();
  bob.onInvite = (incoming) => void bob.sessions.push(incoming.accept({ body: "their offer" }));
  w.network.set({ drop: ({ text }) => text.startsWith("ACK") });
  const invite = call(alice, "bob", {}, { answer: () => ({ body: "my answer" }) });
  await w.pass(33_000);
  expect(border.ua.stats.dialogs).toBe(0);
  await expect(invite.session).resolves.toMatchObject({ state: "ended" });
});

it("a call whose phones are both gone ends with its session timer", async () => {
  const { world: w, border, bob, alice, call } = await world();
  await w.pass();
  const invite = call(alice, "bob");
  await w.pass();
  await invite.session;
  alice.ua.close();
  bob.ua.close();
  w.network.block(alice.phone.transport.local.host, UDP.host);
  w.network.cut(bob.phone.transport, WS.host);
  expect(border.ua.stats.dialogs).toBe(2);
  await w.pass(1_800_000);
  expect(border.ua.stats.dialogs).toBe(0);
  border.errors.length = 0;
});

it("a call that rings for ever, its phones both gone, ends with Timer C", async () => {
  const { world: w, border, bob, alice, call } = await world();
  alice.onInvite = (incoming) => void incoming.ring();
  call(bob, "alice");
  await w.pass();
  w.network.block(alice.phone.transport.local.host, UDP.host);
  alice.ua.close();
  bob.ua.close();
  expect(border.ua.stats.dialogs).toBe(2);
  await w.pass(250_000);
  expect(border.ua.stats.dialogs).toBe(0);
  alice.phone.transactions.at(-1)?.terminate();
  border.errors.length = 0;
});

it("too short a session interval is refused, and nobody is called for it", async () => {
  const { world: w, bob, alice, call } = await world();
  const headers = { "Session-Expires": 10, Supported: "timer" };
  const request = alice.phone.request("INVITE", "sip:bob@border", { headers, body: "offer" });
  const sent = alice.phone.stack.send(request, { target: UDP });
  await w.pass();
  expect((await sent.final).status).toBe(422);
  expect(bob.phone.requests).toEqual([]);
  void call;
});

it("a fork that rings, or accepts second, ends without the call", async () => {
  const { world: w, border, alice, call } = await world();
  const proxy = await proxied(w);
  const [carol, dave] = [await agent(w, "carol"), await agent(w, "dave")];
  const erin = await agent(w, "erin");
  proxy.targets = [carol, dave, erin].map(({ uri }) => ({ uri }));
  const uri = `sip:fork@${proxy.phone.transport.sentBy}`;
  border.users.set("fork", { uri });
  for (const who of [carol, dave]) {
    who.onInvite = (incoming) =>
      void w.clock.set(() => who.sessions.push(incoming.accept({ body: "answer" })), 50);
  }
  erin.onInvite = (incoming) => void incoming.ring();
  // Both answers are on their way when the first one is forwarded.
  w.network.set({ delay: 10 });
  const invite = call(alice, "fork");
  await w.pass(60_000);
  const session = await invite.session;
  expect([session.state, alice.log]).toEqual(["confirmed", []]);
  expect([...carol.log, ...dave.log].filter((end) => end === "peer")).toHaveLength(1);
  void session.bye();
  await w.pass(100);
  w.network.set({ delay: 0 });
});

it("a redirection, or a challenge, of the callee's is not the caller's to answer", async () => {
  const { world: w, bob, alice, call } = await world();
  for (const status of [302, 401, 407]) {
    bob.onInvite = (incoming) => incoming.reject(status);
    const invite = call(alice, "bob");
    await w.pass();
    await expect(invite.session).rejects.toMatchObject({ status: 480 });
  }
});

it("a Content-Type that cannot be read is passed on as it is", async () => {
  const { world: w, bob, alice, call } = await world();
  bob.onInvite = (incoming) => {
    const headers = { "Content-Type": "no type" };
    bob.sessions.push(incoming.accept({ body: "answer", contentType: "no type", headers }));
  };
  const invite = call(alice, "bob");
  await w.pass();
  const session = await invite.session;
  expect(invite.response!.bodyText).toBe("answer");
  void session.bye();
});

it("a caller whose connection is gone while it rings is no caller any more", async () => {
  const { world: w, border, alice, bob, call } = await world();
  alice.onInvite = (incoming) => void incoming.ring();
  const invite = call(bob, "alice");
  await w.pass(10);
  expect(alice.calls[0]!.state).toBe("ringing");
  w.network.cut(bob.phone.transport, WS.host);
  await w.pass(100);
  expect([alice.calls[0]!.state, alice.log]).toEqual(["over", ["cancel", "peer"]]);
  await expect(invite.session).rejects.toThrow();
  await w.pass(40_000);
  const codes = border.errors.splice(0).map((error) => (error as SipError).code);
  expect(codes).toEqual(["connection_closed", "connection_closed", "timeout"]);
});

it.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "calls, with what is asked in them, get through where UDP loses, doubles and reorders (seed %i)",
  async (seed) => {
    const faults = { loss: 0.2, duplicate: 0.1, reorder: 0.1, delay: [5, 60] as [number, number], seed };
    const { world: w, border, alice, bob, call } = await world(faults);
    for (const from of [alice, bob]) {
      const to = from === alice ? bob : alice;
      to.handlers = {
        onOffer: (offer) => offer.accept({ body: "answer" }),
        onRequest: (_request, transaction) => transaction.respond(200),
      };
      const invite = call(from, to.phone.name);
      await w.pass(64_000);
      const session = await invite.session;
      for (const ask of [
        () => session.reinvite({ body: "offer" }),
        () => session.request("INFO"),
        () => session.update({ body: "offer" }),
      ]) {
        const asked = ask();
        await w.pass(64_000);
        expect((await asked).status).toBe(200);
      }
      void session.bye();
      await w.pass(64_000);
      expect([from.log.splice(0), to.log.splice(0)]).toEqual([["bye"], ["peer"]]);
    }
    expect(border.ua.stats.dialogs).toBe(0);
  },
);
