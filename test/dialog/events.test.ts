// Subscriptions, REFER and PUBLISH (RFC 6665, RFC 3515, RFC 3903).

import { describe, expect, it } from "vitest";
import type { IncomingSubscription, Notifier } from "../../src/dialog/notifier.ts";
import type { ReferProgress } from "../../src/dialog/refer.ts";
import type { SubscriptionEnd } from "../../src/dialog/subscription-options.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent, connect } from "./support.ts";

/** A subscriber and a notifier of presence, and what each heard. */
async function presence(
  world: SipWorld,
  take: (incoming: IncomingSubscription) => Notifier | undefined = (incoming) =>
    incoming.accept({ state: () => ({ body: "<open/>", contentType: "application/pidf+xml" }) }),
) {
  const alice = await agent(world, "alice");
  const bob = await agent(world, "bob");
  const notifiers: Notifier[] = [];
  bob.onOther = (request, transaction) => {
    if (request.method !== "SUBSCRIBE") return transaction.respond(405);
    const notifier = take(bob.ua.incomingSubscription(request, transaction)!);
    if (notifier) notifiers.push(notifier);
  };
  const states: string[] = [];
  const ends: SubscriptionEnd[] = [];
  const subscribe = (expires = 3600) =>
    alice.ua.subscribe(bob.uri, "presence", alice.init({ headers: { Expires: expires } }), {
      onNotify: (notify) =>
        void states.push(`${notify.headers.get("Subscription-State")!.token} ${notify.bodyText}`),
      onEnd: (end) => void ends.push(end),
    });
  return { alice, bob, notifiers, states, ends, subscribe };
}

/** What a promise gives when the world has gone on. */
async function settled<T>(world: SipWorld, promise: Promise<T>): Promise<T> {
  await world.pass();
  return promise;
}

describe("a subscription", () => {
  it("begins with the state, hears of changes, is refreshed in time, and is taken back", async () => {
    const world = new SipWorld();
    const { bob, notifiers, states, ends, subscribe } = await presence(world);
    const subscription = subscribe(300);
    await world.pass();
    expect(subscription.state).toBe("active");
    notifiers[0]!.notify({ body: "<closed/>" });
    await world.pass();
    expect(states).toEqual(["active <open/>", "active <closed/>"]);
    await world.pass(280_000);
    expect(bob.phone.methods).toEqual(["SUBSCRIBE", "SUBSCRIBE"]);
    expect(states).toHaveLength(3);
    subscription.unsubscribe();
    await world.pass();
    expect(states.at(-1)).toBe("terminated <open/>");
    expect(ends).toEqual([{ reason: "timeout" }]);
    expect(notifiers[0]!.terminated).toBe(true);
  });

  it("is told by its Event as it came, an escaped NUL in it and all (RFC 3261 §25.1, quoted-pair)", async () => {
    const world = new SipWorld();
    const { alice, bob, notifiers } = await presence(world);
    const notified: (string | undefined)[] = [];
    alice.guard = (request, transaction) => {
      notified.push(request.headers.raw("Event")[0]);
      transaction?.respond(200);
      return true;
    };
    const text = 'presence;x=";id=1\\\0"';
    const { headers } = parseMessage(`OPTIONS sip:a SIP/2.0\r\nEvent: ${text}\r\n\r\n`);
    const init = { from: "<sip:alice@example.com>", contact: `<${alice.uri}>` };
    const ask = (more: object) => {
      const event = { Event: headers.get("Event"), Expires: 300 };
      alice.phone.stack.send(createRequest("SUBSCRIBE", bob.uri, { ...init, headers: event, ...more }));
      return world.pass();
    };
    await ask({ callId: "c" });
    const { local, remote } = notifiers[0]!.dialog;
    await ask({ callId: "c", from: remote, to: local, cseq: 2 });
    notifiers[0]!.terminate();
    await world.pass();
    expect(notified).toEqual([text, text, text]);
    expect(notifiers).toHaveLength(1);
  });

  it("that asks for too short a time is refreshed for as long as the notifier wants (423)", async () => {
    const world = new SipWorld();
    const asked: number[] = [];
    const { bob, notifiers, ends, subscribe } = await presence(world, (incoming) => {
      asked.push(incoming.expires);
      return incoming.accept({ state: () => ({ body: "<open/>" }) }, { minExpires: 200 });
    });
    const subscription = subscribe(60);
    await world.pass(100_000);
    expect(asked).toEqual([60]);
    expect(bob.phone.requests.map(({ headers }) => headers.get("Expires"))).toEqual([60, 60, 200]);
    expect([subscription.state, ends, notifiers.length]).toEqual(["active", [], 1]);
    const refused = world.network.trace.filter(({ text }) => text.startsWith("SIP/2.0 423"));
    expect(refused.map(({ text }) => /Min-Expires: (\d+)/.exec(text)?.[1])).toEqual(["200"]);
    // To leave is never too brief.
    subscription.unsubscribe();
    await world.pass(100);
    expect([ends[0]?.reason, notifiers[0]!.terminated]).toEqual(["timeout", true]);
  });

  it("that is refreshed for too short a time has not moved (RFC 3261 §12.2.2)", async () => {
    const world = new SipWorld();
    const { alice, notifiers, subscribe } = await presence(world, (incoming) =>
      incoming.accept({ state: () => ({}) }, { minExpires: 200 }),
    );
    const subscription = subscribe(300);
    await world.pass();
    const { target } = notifiers[0]!.dialog;
    const { local, remote, callId } = subscription.dialog!;
    for (const [cseq, Expires] of [50, 300].entries()) {
      const init = { from: local, to: remote, callId, cseq: 90 + cseq, contact: "<sip:moved@10.1.1.1>" };
      const headers = { Event: "presence", Expires };
      const refresh = createRequest("SUBSCRIBE", subscription.dialog!.target, { ...init, headers });
      const { status } = await settled(world, alice.phone.stack.send(refresh).final);
      const moved = Expires === 300;
      expect([status, String(notifiers[0]!.dialog.target)]).toEqual(
        moved ? [200, "sip:moved@10.1.1.1"] : [423, String(target)],
      );
    }
    notifiers[0]!.terminate();
    await world.pass(100_000);
  });

  it("that was taken back is not refreshed for a NOTIFY that was on its way", async () => {
    const world = new SipWorld();
    const { bob, notifiers, ends, subscribe } = await presence(world);
    const subscription = subscribe(100);
    await world.pass();
    // Its notifier takes the SUBSCRIBE, and sends no last NOTIFY.
    bob.guard = (request, transaction) => {
      if (request.method !== "SUBSCRIBE") return false;
      transaction?.respond(200);
      return true;
    };
    subscription.unsubscribe();
    notifiers[0]!.notify();
    await world.pass(40_000);
    expect([bob.phone.methods, ends]).toEqual([["SUBSCRIBE", "SUBSCRIBE"], [{ reason: "silent" }]]);
  });

  it("by loss, duplicates and reordering, ends up with the last state", async () => {
    const world = new SipWorld({ loss: 0.25, duplicate: 0.2, reorder: 0.2, delay: [5, 50], seed: 11 });
    const { notifiers, states, ends, subscribe } = await presence(world);
    const subscription = subscribe();
    await world.pass(30_000);
    for (let n = 1; n <= 5; n++) notifiers[0]!.notify({ body: `${n}` });
    await world.pass(60_000);
    expect(states.at(-1)).toBe("active 5");
    subscription.unsubscribe();
    await world.pass(60_000);
    expect(ends).toHaveLength(1);
  });

  it("whose NOTIFY comes before the 200 (RFC 6665 §4.4.1)", async () => {
    const world = new SipWorld();
    world.network.set({
      drop: ({ text, at }) => at < 400 && text.startsWith("SIP/2.0 200") && text.includes("SUBSCRIBE"),
    });
    const { states, subscribe } = await presence(world);
    const subscription = subscribe();
    await world.pass(100);
    expect([subscription.state, states.length]).toEqual(["active", 1]);
    await world.pass(5_000);
    subscription.unsubscribe();
  });

  it("that only fetches the state ends before it is there, and says which it was (RFC 6665 §4.4.3)", async () => {
    const world = new SipWorld();
    const ended: unknown[] = [];
    const { notifiers, states, subscribe } = await presence(world, (incoming) =>
      incoming.accept({
        state: () => ({ body: "<open/>" }),
        onEnd: (reason, notifier) => void ended.push(reason, notifier),
      }),
    );
    subscribe(0);
    await world.pass();
    expect(states).toEqual(["terminated <open/>"]);
    expect(ended).toEqual(["unsubscribed", notifiers[0]]);
  });

  it("that waits for consent is pending, then active", async () => {
    const world = new SipWorld();
    const { notifiers, states, subscribe } = await presence(world, (incoming) =>
      incoming.accept({ state: () => ({}) }, { pending: true, maxExpires: 60 }),
    );
    const subscription = subscribe();
    await world.pass();
    expect(subscription.state).toBe("pending");
    notifiers[0]!.notify();
    await world.pass();
    expect(states).toEqual(["pending ", "active "]);
    notifiers[0]!.terminate("rejected");
    await world.pass();
    expect(subscription.state).toBe("terminated");
  });

  it.each([
    ["is refused", (incoming: IncomingSubscription) => void incoming.reject(403), "refused", 1],
    ["hears nothing", undefined, "silent", 40_000],
  ])("%s", async (_name, take, reason, time) => {
    const world = new SipWorld();
    const { alice, bob, ends, subscribe } = await presence(world, take as () => undefined);
    if (!take) bob.onOther = (_request, transaction) => transaction.respond(200);
    subscribe();
    await world.pass(time);
    expect(ends.map((end) => end.reason)).toEqual([reason]);
    expect(alice.ua.stats.pending).toBe(0);
  });

  it("asks for longer where it is told to (423)", async () => {
    const world = new SipWorld();
    let first = true;
    const { bob, states, subscribe } = await presence(world, (incoming) => {
      if (!first) return incoming.accept({ state: () => ({ body: "yes" }) });
      first = false;
      incoming.reject(423, { headers: { "Min-Expires": 600 } });
      return undefined;
    });
    const subscription = subscribe(60);
    await world.pass();
    expect(states).toEqual(["active yes"]);
    expect(bob.phone.requests.map(({ headers }) => headers.get("Expires"))).toEqual([60, 600]);
    subscription.unsubscribe();
  });

  it("ends at both sides where the other is gone", async () => {
    const world = new SipWorld();
    const { alice, notifiers, ends, subscribe } = await presence(world);
    subscribe(200);
    await world.pass();
    world.network.set({ drop: () => true });
    await world.pass(300_000);
    expect(ends.map((end) => end.reason)).toEqual(["timeout"]);
    expect(notifiers[0]!.terminated).toBe(true);
    world.network.set({ drop: () => false });
    expect(alice.ua.stats.dialogs).toBe(0);
  });

  it.each([
    ["a line end", { "X-Bad": "a\r\nb" }],
    ["no value", { Expires: Number.NaN }],
  ])(
    "whose notifier's state throws, or is unfit for the wire (%s), is reported, and goes on or ends",
    async (_, headers) => {
      const world = new SipWorld();
      const thrown: unknown[] = [];
      const alice = await agent(world, "alice");
      const bob = await agent(world, "bob", "UDP", { onError: (error) => void thrown.push(error) });
      const notifiers: Notifier[] = [];
      const state = () => {
        throw new Error("oops");
      };
      bob.onOther = (request, transaction) =>
        void notifiers.push(bob.ua.incomingSubscription(request, transaction)!.accept({ state }));
      const subscription = alice.ua.subscribe(bob.uri, "presence", alice.init(), {});
      await world.pass();
      expect([subscription.state, thrown.length]).toEqual(["active", 1]);
      notifiers[0]!.notify({ headers });
      await world.pass();
      expect([notifiers[0]!.terminated, thrown.length]).toEqual([true, 2]);
      subscription.unsubscribe();
    },
  );

  it("whose subscriber does not know it gets no more, not even what waits for its turn", async () => {
    const world = new SipWorld({ delay: 20 });
    const { alice, bob, notifiers, subscribe } = await presence(world);
    subscribe();
    await world.pass(200);
    alice.ua.close();
    for (const body of ["1", "2", "3"]) notifiers[0]!.notify({ body });
    await world.pass(1_000);
    expect(alice.phone.requests.map(({ bodyText }) => bodyText)).toEqual(["<open/>", "1"]);
    expect([notifiers[0]!.terminated, bob.ua.stats.dialogs]).toEqual([true, 0]);
  });

  it("is granted no longer than a timer can run, whatever its notifier would", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const handlers = { state: () => ({}) };
    bob.onOther = (request, transaction) =>
      void bob.ua.incomingSubscription(request, transaction)!.accept(handlers, { maxExpires: 1e12 });
    const init = alice.init({ headers: { Expires: 4_000_000_000 } });
    const subscription = alice.ua.subscribe(bob.uri, "presence", init, {});
    await world.pass();
    expect(alice.phone.requests[0]!.headers.raw("Subscription-State")).toEqual(["active;expires=2000000"]);
    subscription.unsubscribe();
    await world.pass();
  });

  it("with an Expires that cannot be read is refused, and leaves nothing behind", async () => {
    const world = new SipWorld();
    const { alice, bob } = await presence(world);
    const headers = { Event: "presence", Expires: "soon" };
    const sent = alice.phone.stack.send(alice.phone.request("SUBSCRIBE", bob.uri, { headers }));
    await world.pass();
    expect([(await sent.final).status, bob.ua.stats.dialogs]).toEqual([400, 0]);
  });

  it("is told by NOTIFYs of its own id, and by no other's (RFC 6665 §8.2.1)", async () => {
    const world = new SipWorld();
    const { alice, bob, notifiers } = await presence(world);
    const told: string[] = [];
    const subscription = alice.ua.subscribe(bob.uri, "presence;id=5", alice.init(), {
      onNotify: ({ headers }) => void told.push(`${headers.get("Event")}`),
    });
    await world.pass();
    const notify = async (event: string) => {
      const headers = { Event: event, "Subscription-State": "active;expires=100" };
      const { final } = bob.phone.stack.send(notifiers[0]!.dialog.createRequest("NOTIFY", { headers }));
      await world.pass();
      return (await final).status;
    };
    expect([await notify("presence;id=6"), await notify("presence;id=5;x")]).toEqual([481, 200]);
    expect(told).toEqual(["presence;id=5", "presence;id=5;x"]);
    subscription.unsubscribe();
  });

  it("is not asked for again where its notifier leaves it no time", async () => {
    const world = new SipWorld();
    const { bob, ends, notifiers, subscribe } = await presence(world);
    subscribe();
    await world.pass();
    const headers = { Event: "presence", "Subscription-State": "active;expires=0" };
    void bob.phone.stack.send(notifiers[0]!.dialog.createRequest("NOTIFY", { headers }));
    await world.pass(100);
    expect([ends.map(({ reason }) => reason), bob.phone.methods]).toEqual([["timeout"], ["SUBSCRIBE"]]);
    notifiers[0]!.terminate();
  });

  it("without an Event is refused 489 (RFC 6665 §4.2.3), and one to a REFER's that is not there 403", async () => {
    const world = new SipWorld();
    const { alice, bob } = await presence(world);
    const ask = async (headers: Record<string, string>) => {
      const sent = alice.phone.stack.send(alice.phone.request("SUBSCRIBE", bob.uri, { headers }));
      await world.pass();
      return [(await sent.final).status, bob.ua.stats.dialogs];
    };
    expect(await ask({})).toEqual([489, 0]);
    bob.onOther = (request, transaction) => bob.ua.incomingSubscription(request, transaction)!.reject();
    expect(await ask({ Event: "dialog" })).toEqual([489, 0]);
    expect(await ask({ Event: "refer" })).toEqual([403, 0]);
    expect(await ask({ Event: "refer;id=7" })).toEqual([403, 0]);
    expect(await ask({ Event: "refer.winfo" })).toEqual([489, 0]);
  });

  it("a dialog of nothing else knows no session: 481 (RFC 5057)", async () => {
    const world = new SipWorld();
    const { alice, subscribe } = await presence(world);
    const subscription = subscribe();
    await world.pass();
    for (const [method, status] of [
      ["BYE", 481],
      ["INVITE", 481],
      ["UPDATE", 481],
      ["INFO", 405],
    ] as const) {
      const sent = alice.phone.stack.send(subscription.dialog!.createRequest(method));
      await world.pass();
      expect([method, (await sent.final).status]).toEqual([method, status]);
    }
    expect(subscription.state).toBe("active");
    subscription.unsubscribe();
  });

  it("a NOTIFY of nothing is 481, one without a state 400", async () => {
    const world = new SipWorld();
    const { alice, bob, notifiers, subscribe } = await presence(world);
    const subscription = subscribe();
    await world.pass();
    const stray = bob.phone.request("NOTIFY", alice.uri, {
      to: "<sip:alice@example.com>;tag=x",
      headers: { Event: "presence", "Subscription-State": "active" },
    });
    const bare = notifiers[0]!.dialog.createRequest("NOTIFY", { headers: { Event: "presence" } });
    const sent = [stray, bare].map((request) => bob.phone.stack.send(request));
    await world.pass();
    expect((await Promise.all(sent.map(({ final }) => final))).map(({ status }) => status)).toEqual([
      481, 400,
    ]);
    subscription.unsubscribe();
  });
});

describe("REFER", () => {
  it("within an early dialog leaves it early: a BYE still ends the call that rings", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.handlers = { onRefer: (refer) => refer.accept().notify(200) };
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob);
    await world.pass();
    const early = invite.dialogs[0]!;
    const refer = early.request("REFER", { headers: { "Refer-To": "<sip:carol@example.com>" } });
    await world.pass();
    expect((await refer).status).toBe(200);
    void early.request("BYE");
    await world.pass();
    await expect(invite.session).rejects.toMatchObject({ code: "refused", status: 487 });
    expect([bob.calls[0]!.state, bob.log]).toEqual(["over", ["cancel", "peer"]]);
  });

  const says = (notify: Request) => notify.bodyText.split("\r\n")[0];

  it("within a session: the outcome is told, the session goes on", async () => {
    const world = new SipWorld();
    const progress: ReferProgress[] = [];
    const targets: string[] = [];
    const { a, b, bob } = await connect(world, {
      bob: {
        onRefer: (refer) => {
          targets.push(refer.target.uri.toString());
          progress.push(refer.accept());
        },
      },
    });
    const told: (string | undefined)[] = [];
    const ends: string[] = [];
    const subscription = a.refer("sip:carol@example.com", {
      onNotify: (notify) => void told.push(says(notify)),
      onEnd: ({ reason }) => void ends.push(reason),
    });
    await world.pass();
    // What no peer could read is its user's mistake, and told at once.
    for (const status of [99, 700, Number.NaN]) expect(() => progress[0]!.notify(status)).toThrow(/status/);
    progress[0]!.notify(180);
    await world.pass();
    progress[0]!.notify(200);
    await world.pass();
    expect(targets).toEqual(["sip:carol@example.com"]);
    expect(told).toEqual(["SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 200 OK"]);
    expect([ends, subscription.state]).toEqual([["noresource"], "terminated"]);
    expect([a.state, b.state, bob.ua.stats.usages]).toEqual(["confirmed", "confirmed", 1]);
    void a.bye();
  });

  it("has time for a call that rings as long as proxies let it, and some more (§3.4)", async () => {
    const world = new SipWorld();
    const progress: ReferProgress[] = [];
    const { a } = await connect(world, { bob: { onRefer: (refer) => void progress.push(refer.accept()) } });
    const ends: string[] = [];
    a.refer("sip:carol@example.com", { onEnd: ({ reason }) => void ends.push(reason) });
    await world.pass();
    progress[0]!.notify(180);
    // Timer C is longer than three minutes (RFC 3261 §16.6 step 11).
    await world.pass(240_000);
    expect(ends).toEqual([]);
    progress[0]!.notify(408);
    await world.pass();
    expect(ends).toEqual(["noresource"]);
    void a.bye();
  });

  it("may be asked again for its state, without its id, too (§2.4.6); what else Event says is no matter", async () => {
    const world = new SipWorld();
    const { alice, a } = await connect(world, { bob: { onRefer: (refer) => void refer.accept() } });
    a.refer("sip:carol@example.com", {});
    await world.pass();
    const ask = async (event: string): Promise<number> => {
      const subscribe = a.dialog.createRequest("SUBSCRIBE", { headers: { Event: event, Expires: 60 } });
      const sent = alice.phone.stack.send(subscribe, {});
      await world.pass();
      return (await sent.final).status;
    };
    expect(await ask("refer")).toBe(200);
    expect(await ask("refer;x=y;id=2")).toBe(200);
    expect(await ask("refer;id=3")).toBe(403);
    expect(await ask("presence")).toBe(489);
    void a.bye();
  });

  it("that is told of without an id is the first of its dialog (§2.4.6), as a SUBSCRIBE without one is", async () => {
    const world = new SipWorld();
    const { alice, bob, a, b } = await connect(world);
    bob.guard = (request, transaction) => {
      if (request.method === "REFER") transaction?.respond(202);
      return request.method === "REFER";
    };
    const told: string[] = [];
    for (const name of ["one", "two"])
      a.refer("sip:carol@example.com", {
        onNotify: ({ bodyText }) => void told.push(`${name}: ${bodyText}`),
      });
    await world.pass();
    const second = bob.phone.requests.filter(({ method }) => method === "REFER")[1]!;
    const notify = async (event: string, body: string) => {
      const headers = { Event: event, "Subscription-State": "active;expires=60" };
      const sent = b.request("NOTIFY", { body, contentType: "message/sipfrag", headers });
      await world.pass();
      return (await sent).status;
    };
    expect(await notify("refer", "100")).toBe(200);
    expect(await notify(`refer;id=${second.headers.get("CSeq")!.number}`, "180")).toBe(200);
    expect(await notify("refer", "200")).toBe(200);
    expect(told).toEqual(["one: 100", "two: 180", "one: 200"]);
    alice.ua.close();
    bob.ua.close();
  });

  it("outlives the session that it came in, and its dialog with it (RFC 5057)", async () => {
    const world = new SipWorld();
    const progress: ReferProgress[] = [];
    const { alice, a } = await connect(world, {
      bob: { onRefer: (refer) => void progress.push(refer.accept()) },
    });
    const told: (string | undefined)[] = [];
    a.refer("sip:carol@example.com", { onNotify: (notify) => void told.push(says(notify)) });
    await world.pass();
    void a.bye();
    await world.pass();
    expect(alice.ua.stats).toMatchObject({ dialogs: 1, usages: 1 });
    progress[0]!.notify(486);
    await world.pass();
    expect(told.at(-1)).toBe("SIP/2.0 486 Busy Here");
  });

  it("outside of one makes a dialog, whose NOTIFYs have the tag of its 200, and can be asked again", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    alice.guard = (_request, transaction) => {
      transaction?.respond(200);
      return true;
    };
    const progress: ReferProgress[] = [];
    bob.onOther = (request, transaction) => {
      const refer = bob.ua.incomingRefer(request, transaction);
      if (refer) progress.push(refer.accept());
    };
    const init = { from: "<sip:alice@example.com>;tag=a", contact: `<${alice.uri}>`, callId: "c" };
    const refer = createRequest("REFER", bob.uri, { ...init, headers: { "Refer-To": "<sip:c@d>" } });
    const taken = await settled(world, alice.phone.stack.send(refer).final);
    const to = taken.headers.get("To")!;
    const tags = () => alice.phone.requests.map(({ headers }) => headers.get("From")?.tag);
    expect([taken.status, to.tag, tags()]).toEqual([200, expect.stringMatching(/./), [to.tag]]);
    const headers = { Event: "refer", Expires: 60 };
    const again = createRequest("SUBSCRIBE", bob.uri, { ...init, to, cseq: 9, headers });
    expect((await settled(world, alice.phone.stack.send(again).final)).status).toBe(200);
    progress[0]!.notify(200);
    await world.pass();
    expect(new Set(tags())).toEqual(new Set([to.tag]));
  });

  it("outside of one; refused; without Refer-To", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    let accepts = true;
    bob.onOther = (request, transaction) => {
      const refer = bob.ua.incomingRefer(request, transaction);
      if (accepts) refer?.accept().notify(200);
      else refer?.reject(603);
    };
    const [told, ends]: [(string | undefined)[], (number | string)[]] = [[], []];
    const handlers = {
      onNotify: (notify: Request) => void told.push(says(notify)),
      onEnd: ({ reason, response }: SubscriptionEnd) => void ends.push(response?.status ?? reason),
    };
    alice.ua.refer(bob.uri, "sip:carol@example.com", alice.init(), handlers);
    await world.pass();
    expect([told.at(-1), ends]).toEqual(["SIP/2.0 200 OK", ["noresource"]]);
    accepts = false;
    alice.ua.refer(bob.uri, "<sip:carol@example.com?Replaces=x>", alice.init(), handlers);
    const bare = alice.phone.send(alice.phone.request("REFER", bob.uri));
    await world.pass();
    expect(ends).toEqual(["noresource", 603]);
    expect((await bare.final).status).toBe(400);
  });

  it.each(["<sip:carol@example.com>, <sip:dave@example.com>", "<>"])(
    "to %s is answered 400, and no fault of its core's (§2.4.2)",
    async (target) => {
      const world = new SipWorld();
      const { alice, bob, a } = await connect(world, { bob: { onRefer: (refer) => void refer.accept() } });
      bob.onOther = (request, transaction) => void bob.ua.incomingRefer(request, transaction)?.accept();
      const headers = { "Refer-To": target };
      const alone = alice.phone.send(alice.phone.request("REFER", bob.uri, { headers })).final;
      const within = alice.phone.stack.send(a.dialog.createRequest("REFER", { headers })).final;
      await world.pass();
      expect([(await alone).status, (await within).status]).toEqual([400, 400]);
      expect([bob.phone.errors, bob.ua.stats.usages]).toEqual([[], 1]);
      void a.bye();
    },
  );
});

describe("PUBLISH", () => {
  it("a state that came while the one before failed is published all the same", async () => {
    const world = new SipWorld({ delay: 50 });
    const [alice, bob] = [await agent(world, "alice"), await world.phone("bob")];
    bob.answer = (request, transaction) => {
      const response = request.createResponse(bob.requests.length === 1 ? 500 : 200);
      response.headers.set("SIP-ETag", "e1").set("Expires", 200);
      transaction?.respond(response);
    };
    let failed = 0;
    const publication = publish(alice, bob, 200, () => void failed++);
    await world.pass(10);
    publication.update({ body: "busy" });
    await world.pass(1_000);
    expect([failed, bob.requests.map(({ bodyText }) => bodyText)]).toEqual([1, ["open", "busy"]]);
    publication.remove();
    await world.pass(1_000);
  });

  it("does not ask without end who wants a longer time each time", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await world.phone("bob")];
    bob.answer = (request, transaction) => {
      const response = request.createResponse(423);
      response.headers.set("Min-Expires", 1000 + bob.requests.length);
      transaction?.respond(response);
    };
    let failed = 0;
    publish(alice, bob, 60, () => void failed++);
    await world.pass(1_000);
    expect([failed, bob.requests.length]).toEqual([1, 4]);
  });

  it("does not ask without end who grants no time", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await world.phone("bob");
    bob.answer = (request, transaction) => {
      const response = request.createResponse(200);
      response.headers.set("Expires", 0);
      response.headers.set("SIP-ETag", `e${bob.requests.length}`);
      transaction?.respond(response);
    };
    const publication = publish(alice, bob, 60);
    await world.pass(60_000);
    expect(bob.requests.length).toBeLessThan(8);
    publication.remove();
    await world.pass();
  });

  it("is published anew where the compositor names it by what is no entity-tag (RFC 3903 §11.3.1)", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await world.phone("bob");
    bob.answer = (request, transaction) => {
      const text = request.createResponse(200).toString();
      const lines = "SIP-ETag: a\0b\r\nExpires: 100\r\nTo:";
      transaction?.respond(parseMessage(text.replace(/^To:/m, lines)) as Response);
    };
    publish(alice, bob, 100);
    await world.pass(95_000);
    alice.ua.close();
    const seen = bob.requests.map(({ headers, bodyText }) => [headers.has("SIP-If-Match"), bodyText]);
    expect(seen).toEqual([
      [false, "open"],
      [false, "open"],
    ]);
  });

  it("is not refreshed by a user agent that was closed while it was under way", async () => {
    const world = new SipWorld({ delay: 50 });
    const { alice, bob, seen } = await compositor(world);
    publish(alice, bob, 200);
    await world.pass(60);
    alice.ua.close();
    await world.pass(300_000);
    expect(seen).toEqual(["- 200 open"]);
  });

  /** A compositor that keeps one state. */
  async function compositor(world: SipWorld) {
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    const seen: string[] = [];
    const kept: { etag?: string } = {};
    let count = 0;
    bob.onOther = (request, transaction) => {
      const { headers } = request;
      const match = headers.raw("SIP-If-Match")[0];
      const expires = headers.get("Expires") ?? 0;
      seen.push(`${match ?? "-"} ${expires} ${request.bodyText}`.trim());
      if (match !== undefined && match !== kept.etag) return transaction.respond(412);
      const response = request.createResponse(expires > 0 && expires < 100 ? 423 : 200);
      if (response.status === 423) response.headers.set("Min-Expires", "100");
      else {
        kept.etag = `e${++count}`;
        response.headers.set("SIP-ETag", kept.etag).set("Expires", String(expires));
      }
      transaction.respond(response);
    };
    return { alice, bob, seen, kept };
  }

  const publish = (alice: Agent, bob: { readonly uri: string }, expires: number, onFailed = () => {}) =>
    alice.ua.publish(
      bob.uri,
      "presence",
      alice.init({ body: "open", contentType: "application/pidf+xml", headers: { Expires: expires } }),
      { onFailed },
    );

  it("is kept alive, changed and taken back", async () => {
    const world = new SipWorld();
    const { alice, bob, seen } = await compositor(world);
    const publication = publish(alice, bob, 60);
    await world.pass();
    expect([publication.etag, seen]).toEqual(["e1", ["- 60 open", "- 100 open"]]);
    await world.pass(91_000);
    publication.update({ body: "busy" });
    publication.update({ body: "closed" });
    await world.pass();
    publication.remove();
    await world.pass();
    expect(seen.slice(2)).toEqual(["e1 100", "e2 100 busy", "e3 100 closed", "e4 0"]);
    expect(alice.ua.stats.pending).toBe(0);
  });

  it("begins anew where the compositor has forgotten it (412), and tells where it fails", async () => {
    const world = new SipWorld();
    const { alice, bob, seen, kept } = await compositor(world);
    let failed = 0;
    const publication = publish(alice, bob, 200, () => void failed++);
    await world.pass();
    kept.etag = "another";
    publication.update({ body: "busy" });
    await world.pass();
    expect(seen).toEqual(["- 200 open", "e1 200 busy", "- 200 busy"]);
    bob.onOther = (_request, transaction) => transaction.respond(489);
    publication.update({ body: "gone" });
    await world.pass();
    expect([failed, publication.etag]).toEqual([1, "e2"]);
  });
});

describe("a subscription's SUBSCRIBE", () => {
  it("goes out again 64 × T1 before a long time ends, and one refused 481 is the last", async () => {
    const world = new SipWorld();
    const { bob, notifiers, ends, subscribe } = await presence(world);
    subscribe(3600);
    await world.pass(3_567_000);
    expect(bob.phone.methods).toEqual(["SUBSCRIBE"]);
    bob.guard = (request, transaction) => {
      if (request.method === "SUBSCRIBE") transaction?.respond(481);
      return request.method === "SUBSCRIBE";
    };
    await world.pass(2_000);
    expect(bob.phone.methods).toEqual(["SUBSCRIBE", "SUBSCRIBE"]);
    expect(ends).toMatchObject([{ reason: "gone", response: { status: 481 } }]);
    notifiers[0]!.terminate();
  });

  it.each([
    ["7200", 2],
    ["86401", 1],
  ])("asks for a longer time once, up to a day: Min-Expires %s, %i times", async (least, count) => {
    const world = new SipWorld();
    const { bob, ends, subscribe } = await presence(world);
    bob.guard = (request, transaction) => {
      const response = request.createResponse(423);
      response.headers.set("Min-Expires", least);
      transaction?.respond(response);
      return true;
    };
    subscribe(60);
    await world.pass(1_000);
    expect(bob.phone.requests).toHaveLength(count);
    expect(ends).toMatchObject([{ reason: "refused", response: { status: 423 } }]);
  });
});

it("a NOTIFY of another REFER within the call is none of this one's", async () => {
  const world = new SipWorld();
  const taken: ReferProgress[] = [];
  const { a, b, bob } = await connect(world, {
    bob: { onRefer: (refer) => void taken.push(refer.accept()) },
  });
  const seen: string[] = [];
  a.refer("sip:carol@example.com", { onNotify: (notify) => void seen.push(notify.bodyText) });
  await world.pass(100);
  const told = (id: string) =>
    b.request("NOTIFY", {
      body: "SIP/2.0 180 Ringing\r\n",
      contentType: "message/sipfrag",
      headers: { Event: `refer;id=${id}`, "Subscription-State": "active" },
    });
  const own = String(
    bob.phone.requests.find(({ method }) => method === "REFER")!.headers.get("CSeq")!.number,
  );
  const [other, mine] = [told("999"), told(own)];
  await world.pass(100);
  expect([(await other).status, (await mine).status]).toEqual([481, 200]);
  expect(seen).toEqual(["SIP/2.0 100 Trying\r\n", "SIP/2.0 180 Ringing\r\n"]);
  taken[0]!.notify(200);
  await world.pass(100);
  void a.bye();
});

it("a notifier grants no more than it wants to, and lives as long as it is refreshed", async () => {
  const world = new SipWorld();
  const { alice, bob, notifiers, ends, subscribe } = await presence(world, (incoming) =>
    incoming.accept({ state: () => ({}) }, { maxExpires: 100 }),
  );
  const subscription = subscribe(3600);
  await world.pass(100);
  const [notify] = alice.phone.requests;
  expect(notify!.headers.raw("Subscription-State")).toEqual(["active;expires=100"]);
  await world.pass(1_000_000);
  expect([ends, notifiers[0]!.terminated, subscription.state]).toEqual([[], false, "active"]);
  expect(bob.phone.methods.length).toBeGreaterThan(15);
  // Another event is another subscription, which this dialog has not.
  const other = subscription.dialog!.createRequest("SUBSCRIBE");
  other.headers.set("Event", "dialog");
  const { final } = alice.phone.send(other, bob.phone);
  await world.pass(100);
  expect((await final).status).toBe(489);
  subscription.unsubscribe();
  await world.pass(100);
  expect(ends).toHaveLength(1);
});

describe("what its user gives", () => {
  it("is refused here, and not by who gets it: an event, a target, a time", async () => {
    const world = new SipWorld();
    const { alice, bob, subscribe } = await presence(world);
    for (const event of ["", "a b", "presence\r\nX: y"]) {
      expect(() => alice.ua.subscribe(bob.uri, event, alice.init())).toThrow(/Event/);
      expect(() => alice.ua.publish(bob.uri, event, alice.init({ body: "x" }))).toThrow(/Event/);
    }
    expect(() => alice.ua.refer(bob.uri, "carol", alice.init())).toThrow(/Refer-To: not a URI, scheme first/);
    const subscription = subscribe();
    await world.pass();
    for (const expires of [Number.NaN, -1, "60"]) {
      expect(() => subscription.refresh(expires as never)).toThrow(/expires: a number from 0 is wanted/);
    }
    expect(alice.ua.stats.pending).toBe(0);
    subscription.unsubscribe();
    await world.pass(40_000);
  });
});
