// Calls between two user agents: how they begin and end, and what gets lost on the way (RFC 3261 §12 to §15).

import { describe, expect, it } from "vitest";
import type { Session } from "../../src/dialog/session.ts";
import { UserAgent } from "../../src/dialog/user-agent.ts";
import { SipError } from "../../src/errors.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import type { Response } from "../../src/message/response.ts";
import { proxied } from "../proxy/support.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent, connect } from "./support.ts";

const TEXT = { body: "hello", contentType: "text/plain" };

describe("a call", () => {
  it("is answered, acknowledged, talked within, and hung up by the caller", async () => {
    const world = new SipWorld();
    const { alice, bob, a, b } = await connect(world, {
      bob: { onRequest: (_request, tx) => tx.respond(202) },
    });
    expect([a.state, b.state]).toEqual(["confirmed", "confirmed"]);
    expect([alice.ua.stats.dialogs, bob.ua.stats.dialogs]).toEqual([1, 1]);
    expect(a.dialog.remote.tag).toBe(b.dialog.local.tag);
    expect(b.dialog.target.toString()).toBe(alice.phone.uri);
    const info = a.request("INFO", TEXT);
    await world.pass();
    expect((await info).status).toBe(202);
    expect(bob.phone.requests.at(-1)!.bodyText).toBe("hello");
    const bye = a.bye();
    expect(a.state).toBe("ended");
    await world.pass();
    expect((await bye)!.status).toBe(200);
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "INFO", "BYE"]);
    expect(bob.phone.requests.map(({ headers }) => headers.get("CSeq")!.number)).toEqual([1, 1, 2, 3]);
    expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
    await expect(a.request("INFO")).rejects.toMatchObject({ code: "terminated" });
    expect(await a.bye()).toBeUndefined();
  });

  it.each([
    ["answers 481", 481, "gone"],
    ["is answered 408 for", 408, "gone"],
    ["answers 500", 500, undefined],
    ["is silent", undefined, "gone"],
  ])("is over where the peer %s (RFC 3261 §12.2.1.2)", async (_what, status, reason) => {
    const world = new SipWorld();
    const { alice, bob, a } = await connect(world);
    world.network.set({ drop: ({ text }) => status === undefined && text.startsWith("INFO") });
    bob.guard = (request, transaction) => {
      if (request.method !== "INFO" || status === undefined) return false;
      // As a proxy would: no transaction of ours sends a 408.
      bob.phone.stack.sendStateless(request.createResponse(status));
      transaction?.terminate();
      return true;
    };
    const info = a.request("INFO");
    await world.pass(33_000);
    if (status === undefined) await expect(info).rejects.toMatchObject({ code: "timeout" });
    else expect((await info).status).toBe(status);
    expect([alice.log, bob.phone.methods.includes("BYE")]).toEqual(reason ? [[reason], true] : [[], false]);
    if (!reason) void a.bye();
  });

  it("goes on to the Contact of the 2xx, whatever the one that rang had (RFC 3261 §13.2.2.4)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.guard = (request, transaction) => {
      if (request.method !== "INVITE") transaction?.respond(200);
      else
        for (const [status, user] of [
          [180, "early"],
          [200, "late"],
        ] as const) {
          const response = request.createResponse(status);
          response.headers.set("Contact", `<${bob.uri.replace("bob@", `${user}@`)}>`);
          transaction?.respond(response);
        }
      return true;
    };
    const invite = alice.invite(bob);
    await world.pass(100);
    const session = await invite.session;
    expect(session.dialog.target.user).toBe("late");
    void session.bye();
    await world.pass(100);
    expect(bob.phone.requests.slice(1).map(({ uri }) => uri.user)).toEqual(["late", "late"]);
  });

  it.each([
    ["has none", false],
    ["has another", true],
  ])(
    "goes on to the Contact of a reliable response, where that of the one before %s (RFC 6141 §4.6)",
    async (_what, early) => {
      const world = new SipWorld();
      const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
      bob.guard = (request, transaction) => {
        if (request.method !== "INVITE" || !transaction) {
          transaction?.respond(200);
          return true;
        }
        const said = (status: number, user: string, headers: Record<string, string> = {}) => {
          const response = request.createResponse(status);
          if (user) response.headers.set("Contact", `<${bob.uri.replace("bob@", `${user}@`)}>`);
          for (const [name, value] of Object.entries(headers)) response.headers.set(name as "Require", value);
          transaction.respond(response);
        };
        said(180, early ? "early" : "");
        said(183, "there", { Require: "100rel", RSeq: "1" });
        transaction.onCancel = () => transaction.respond(487);
        return true;
      };
      const invite = alice.invite(bob);
      await world.pass(100);
      void invite.dialogs[0]!.request("INFO");
      await world.pass(100);
      expect(bob.phone.requests.map(({ method, uri }) => [method, uri.user])).toEqual([
        ["INVITE", "bob"],
        ["PRACK", "there"],
        ["INFO", "there"],
      ]);
      invite.cancel();
    },
  );

  it("is hung up by the callee, in its own numbers", async () => {
    const world = new SipWorld();
    const { alice, bob, b } = await connect(world);
    const bye = b.bye();
    await world.pass();
    expect((await bye)!.status).toBe(200);
    expect([alice.log, bob.log]).toEqual([["peer"], ["bye"]]);
  });

  it("is hung up whatever control characters the peer has in its quoted strings (RFC 3261 §25.1, quoted-pair)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const from = NameAddr.parse('"a\\\0" <sip:alice@example.com>;x="\\\0"');
    const invite = alice.invite(bob, { from, to: NameAddr.parse(`"b\\\0" <${bob.uri}>`), body: "offer" });
    await world.pass(100);
    await invite.session;
    const bye = bob.sessions[0]!.bye();
    await world.pass();
    expect((await bye)!.status).toBe(200);
    expect(alice.phone.requests.at(-1)!.headers.get("To")?.displayName).toBe("a\0");
  });

  it("over WebSocket: a client that cannot be called is reached by its connection, and hangs up by it", async () => {
    const world = new SipWorld();
    const server = await agent(world, "server", "WS server");
    const page = await agent(world, "page", "WS");
    page.phone.stack.send(page.phone.request("OPTIONS", "sip:s@s"), {
      target: { protocol: "WS", ...server.phone.transport.local },
    });
    await world.pass();
    const { flow } = server.phone.requests[0]!;
    const invite = server.invite(page, { body: "offer" }, {}, { flow: flow! });
    await world.pass();
    const info = (await invite.session).request("INFO");
    await world.pass();
    expect((await info).status).toBe(405);
    void page.sessions[0]!.bye();
    await world.pass();
    expect([server.log, page.log]).toEqual([["peer"], ["bye"]]);
  });

  it("gets through a network that loses a quarter, doubles and reorders", async () => {
    for (const seed of [1, 2, 3]) {
      const world = new SipWorld({ loss: 0.25, duplicate: 0.1, reorder: 0.1, delay: [5, 60], seed });
      const alice = await agent(world, "alice");
      const bob = await agent(world, "bob");
      bob.onInvite = (call) => {
        call.ring();
        void call.ringReliably(183).then(
          () => bob.sessions.push(call.accept({ body: "answer" })),
          () => {},
        );
      };
      const calls = Array.from({ length: 5 }, () => alice.invite(bob));
      await world.pass(64_000);
      const sessions = await Promise.all(calls.map(({ session }) => session));
      expect(alice.ua.stats.dialogs).toBe(5);
      for (const session of sessions) void session.bye();
      await world.pass(40_000);
      expect(alice.log).toEqual(Array(5).fill("bye"));
      expect(bob.log).toEqual(Array(5).fill("peer"));
    }
  }, 30_000);

  it("without an offer: the callee makes it, the ACK answers it", async () => {
    const world = new SipWorld();
    const acks: string[] = [];
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    bob.handlers = { onAck: (ack) => void acks.push(ack.bodyText) };
    bob.onInvite = (call) => void bob.sessions.push(call.accept({ body: "their offer" }));
    const invite = alice.invite(
      bob,
      {},
      { answer: async (offer) => ({ body: `answer to ${offer.bodyText}` }) },
    );
    await world.pass();
    const session = await invite.session;
    expect(acks).toEqual(["answer to their offer"]);
    void session.bye();
  });

  it("without an offer, and an answer that takes its time: the 2xx that come meanwhile ask for no other", async () => {
    const world = new SipWorld();
    const asked: string[] = [];
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const answer = async (offer: Response) => {
      asked.push(offer.bodyText);
      await new Promise<void>((resolve) => void world.clock.set(resolve, 2_000));
      return { body: "answer" };
    };
    bob.handlers = { onOffer: (offer) => offer.accept({ body: "another offer" }) };
    bob.onInvite = (call) => void bob.sessions.push(call.accept({ body: "their offer" }));
    const invite = alice.invite(bob, {}, { answer });
    await world.pass(10_000);
    const session = await invite.session;
    const again = session.reinvite();
    await world.pass(10_000);
    expect((await again).status).toBe(200);
    expect([session.state, asked]).toEqual(["confirmed", ["their offer", "another offer"]]);
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "INVITE", "ACK"]);
    void session.bye();
  });
});

describe("2xx and ACK", () => {
  it("a 2xx is repeated until the ACK comes, and each gets the same ACK", async () => {
    const world = new SipWorld();
    let lost = 3;
    world.network.set({ drop: ({ text }) => text.startsWith("ACK") && lost-- > 0 });
    const { alice, bob, a } = await connect(world);
    await world.pass(10_000);
    const oks = world.network.trace.filter(
      ({ text }) => text.startsWith("SIP/2.0 200") && text.includes("1 INVITE"),
    );
    // T1, then 2 T1, 4 T1: the fourth ACK is the first to arrive.
    expect(oks.map(({ at }) => at)).toEqual([0, 500, 1_500, 3_500]);
    const acks = world.network.trace.filter(({ text }) => text.startsWith("ACK"));
    expect(acks).toHaveLength(4);
    expect(bob.phone.methods).toEqual(["INVITE", "ACK"]);
    void a.bye();
    await world.pass();
    expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
  });

  it("without an ACK for 64 × T1 the callee hangs up (§13.3.1.4)", async () => {
    const world = new SipWorld();
    world.network.set({ drop: ({ text }) => text.startsWith("ACK") });
    const { alice, bob } = await connect(world);
    await world.pass(31_000);
    expect(bob.log).toEqual([]);
    await world.pass(2_000);
    expect([alice.log, bob.log]).toEqual([["peer"], ["unacknowledged"]]);
  });

  it("goes by the clock and the timers of the stack, without being told", async () => {
    const world = new SipWorld();
    const alice = await world.phone("alice");
    const bob = await world.phone("bob", "UDP", { timers: { t1: 100 } });
    const ua = new UserAgent({ stack: bob.stack });
    const ends: [string, number][] = [];
    bob.answer = (request, transaction) => {
      if (ua.receive(request, transaction) || !transaction) return;
      const onEnd = ({ reason }: { reason: string }) => void ends.push([reason, world.clock.now()]);
      ua.incoming(request, transaction, { onEnd }).accept({ body: "answer" });
    };
    alice.stack.send(alice.request("INVITE", bob.uri), { onResponse() {} });
    await world.pass(40_000);
    expect(ends).toEqual([["unacknowledged", 6_400]]);
  });

  it("the callee's BYE waits for the ACK (§15.1.1)", async () => {
    const world = new SipWorld();
    world.network.set({ drop: ({ text }) => text.startsWith("ACK") });
    const { bob, b } = await connect(world);
    const bye = b.bye();
    await world.pass(400);
    expect(world.wire("BYE")).toBe(0);
    world.network.set({ drop: () => false });
    await world.pass(1_000);
    expect((await bye)!.status).toBe(200);
    expect(bob.log).toEqual(["bye"]);
  });

  it("a 2xx that comes after its transaction is acknowledged again", async () => {
    const world = new SipWorld();
    const { alice, a, bob } = await connect(world);
    await world.pass(40_000);
    const ok = world.network.trace.find(({ text }) => text.startsWith("SIP/2.0 200"))!;
    const flow = bob.phone.transport.flow(alice.phone.transport.local)!;
    const before = world.wire("ACK");
    bob.phone.transport.send(new TextEncoder().encode(ok.text), flow, () => {});
    await world.pass();
    expect(world.wire("ACK")).toBe(before + 1);
    void a.bye();
  });
});

describe("a call that does not come about", () => {
  it("is refused: the status tells", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    const rings: (string | undefined)[] = [];
    bob.onInvite = (call) => {
      call.ring();
      call.reject(486, { headers: { "Retry-After": 60 } });
      call.reject(480);
      expect(call.accept().state).toBe("ended");
    };
    const invite = alice.invite(
      bob,
      { body: "offer" },
      {
        onProvisional: (_response, dialog) => void rings.push(dialog?.state),
      },
    );
    await world.pass();
    const error = (await invite.session.catch((cause) => cause)) as SipError;
    expect(error).toMatchObject({ code: "refused", status: 486 });
    expect((error.cause as { headers: Headers }).headers.get("Retry-After")).toBeDefined();
    expect(rings).toEqual(["early"]);
    expect([alice.log, bob.log]).toEqual([["refused"], ["refused"]]);
  });

  it("is answered by nobody", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const invite = alice.invite("sip:nobody@10.7.7.7");
    await world.pass(33_000);
    await expect(invite.session).rejects.toMatchObject({ code: "timeout" });
  });

  it("cannot be sent, at first or again: it leaves nothing behind, and its session is over", async () => {
    const world = new SipWorld();
    const phone = await world.phone("alice", "UDP", { limits: { transactions: 1 } });
    const ua = new UserAgent({ stack: phone.stack });
    const bob = await agent(world, "bob");
    bob.options = { timer: { min: 200 } };
    const init = { from: "<sip:alice@example.com>" };
    // The first one's transaction still waits when it is to be sent again with a longer session interval (422).
    const first = ua.invite(bob.uri, init, {}, { timer: { expires: 100 } });
    expect(() => ua.invite(bob.uri, init)).toThrow("1 transactions live already");
    await world.pass();
    await expect(first.session).rejects.toMatchObject({ code: "overloaded" });
    expect([ua.stats.pending, phone.errors]).toEqual([0, []]);
  });

  it("is answered after the user agent was closed: no dialog comes of it", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await world.phone("bob")];
    bob.answer = (_request, transaction) => void world.clock.set(() => transaction?.respond(200), 1_000);
    const invite = alice.invite(bob.uri);
    await world.pass(500);
    alice.ua.close();
    await expect(invite.session).rejects.toMatchObject({ code: "closed" });
    await world.pass(1_000);
    expect([alice.ua.stats.dialogs, bob.methods]).toEqual([0, ["INVITE"]]);
  });

  it("is cancelled: both sides hear of it", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob);
    await world.pass();
    expect([invite.dialogs.length, bob.calls[0]!.state]).toEqual([1, "ringing"]);
    invite.cancel();
    await world.pass();
    await expect(invite.session).rejects.toMatchObject({ code: "aborted", status: 487 });
    expect(bob.log).toEqual(["cancel", "peer"]);
    expect(bob.calls[0]!.state).toBe("over");
  });

  it("is cancelled before the callee's core takes it: it does not ring for ever", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.guard = () => new Promise((resolve) => void world.clock.set(() => resolve(false), 1_000));
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob);
    await world.pass(300);
    invite.cancel();
    await world.pass(1_000);
    await expect(invite.session).rejects.toMatchObject({ code: "aborted" });
    expect([bob.calls[0]!.state, bob.log]).toEqual(["over", ["cancel", "peer"]]);
    expect(bob.ua.stats).toMatchObject({ dialogs: 0, pending: 0 });
  });

  it("rings no longer than the Expires of its INVITE (§13.3.1)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob, { body: "offer", headers: { Expires: 30 } });
    await world.pass(29_000);
    expect(bob.calls[0]!.state).toBe("ringing");
    await world.pass(1_000);
    await expect(invite.session).rejects.toMatchObject({ status: 487 });
    expect(bob.log).toEqual(["cancel", "peer"]);
    bob.onInvite = (call) => void bob.sessions.push(call.accept({ body: "answer" }));
    const taken = alice.invite(bob, { body: "offer", headers: { Expires: 30 } });
    await world.pass(60_000);
    expect((await taken.session).state).toBe("confirmed");
    void (await taken.session).bye();
  });

  it("is refused with what must not go on the wire: that throws, and the call rings on", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => {
      const unfit = { headers: { "X-Room": "1\r\nX-Secret: 2" } };
      expect(() => call.reject(486, unfit)).toThrow("X-Room");
      expect(call.state).toBe("ringing");
      call.reject(486);
    };
    const invite = alice.invite(bob);
    await world.pass();
    await expect(invite.session).rejects.toMatchObject({ status: 486 });
  });

  it("is answered by another hand, such as the stack's for a core that throws: the callee holds nothing", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const told: string[] = [];
    bob.onInvite = (call) => {
      call.ringReliably().catch(({ code }) => told.push(code));
      throw new Error("a core's own");
    };
    const invite = alice.invite(bob);
    await world.pass();
    await expect(invite.session).rejects.toMatchObject({ status: 500 });
    expect([bob.calls[0]?.state, bob.log, told]).toEqual(["over", ["refused"], ["terminated"]]);
    expect(bob.ua.stats).toMatchObject({ dialogs: 0, pending: 0 });
  });

  it("is hung up by the callee before its 2xx could go: the caller did not give up", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => {
      void call.ringReliably();
      void call.accept().bye();
    };
    const invite = alice.invite(bob);
    await world.pass();
    await expect(invite.session).rejects.toMatchObject({ status: 487 });
    expect(bob.log).toEqual(["bye"]);
  });

  it("a caller who does not know the early dialog is refused, and gets no BYE (§15)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    alice.guard = (request, transaction) => {
      if (request.method !== "UPDATE") return false;
      transaction?.respond(481);
      return true;
    };
    bob.onInvite = (call) => void call.ring().update();
    const invite = alice.invite(bob);
    await world.pass();
    await expect(invite.session).rejects.toMatchObject({ code: "refused", status: 487 });
    expect(alice.phone.methods).toEqual(["UPDATE"]);
    expect([bob.calls[0]!.state, bob.log]).toEqual(["over", ["cancel", "gone"]]);
    expect(bob.calls[0]!.accept().state).toBe("ended");
  });

  it("is accepted as it is cancelled: it gets its ACK, and a BYE", async () => {
    const world = new SipWorld({ delay: 20 });
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob);
    await world.pass(50);
    invite.cancel();
    bob.calls[0]!.accept({ body: "answer" });
    await world.pass(1_000);
    await expect(invite.session).rejects.toMatchObject({ code: "aborted" });
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "BYE"]);
    expect(bob.log).toEqual(["peer"]);
  });

  it("is ended by a BYE while it rings (§15)", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob);
    await world.pass();
    const dialog = invite.dialogs[0]!.dialog;
    alice.phone.stack.send(dialog.createRequest("BYE"));
    await world.pass();
    await expect(invite.session).rejects.toMatchObject({ code: "refused", status: 487 });
    expect(bob.log).toEqual(["cancel", "peer"]);
  });
});

describe("forks", () => {
  it("past 100 make no dialogs, whatever tags a peer makes up", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await world.phone("bob");
    bob.answer = (request, transaction) => {
      for (let n = 0; request.method === "INVITE" && n < 200; n++) {
        const response = request.createResponse(n < 150 ? 180 : 200);
        response.headers.set("To", request.headers.get("To")!.with({ tag: `t${n}` }));
        transaction?.respond(response);
      }
    };
    const seen: boolean[] = [];
    const onProvisional = (_response: Response, dialog: object | undefined) =>
      void seen.push(dialog !== undefined);
    const invite = alice.invite(bob.uri, {}, { onProvisional });
    await world.pass(100);
    expect((await invite.session).dialog.remote.tag).toBe("t150");
    // With it, which is on top of the hundred.
    expect([invite.dialogs.length, alice.ua.stats.dialogs]).toEqual([100, 101]);
    expect([seen.length, seen.filter(Boolean).length]).toEqual([150, 100]);
    alice.ua.close();
  });

  async function forked(world: SipWorld) {
    const alice = await agent(world, "alice");
    const [one, two] = [await agent(world, "one"), await agent(world, "two")];
    const proxy = await proxied(world);
    proxy.targets = ({ request, inDialog }) =>
      inDialog ? [{ uri: request.uri }] : [{ uri: one.uri }, { uri: two.uri }];
    const target = { protocol: "UDP", ...proxy.phone.transport.local };
    return { alice, one, two, proxy, target };
  }

  it("each has an early dialog; the one that accepts is the session, the other ends", async () => {
    const world = new SipWorld();
    const { alice, one, two, target } = await forked(world);
    one.onInvite = (call) => void call.ring();
    two.onInvite = (call) => void call.ring();
    const invite = alice.invite("sip:both@example.com", { body: "offer" }, {}, { target });
    await world.pass();
    expect(invite.dialogs).toHaveLength(2);
    two.calls[0]!.accept({ body: "answer" });
    await world.pass();
    const session = await invite.session;
    expect(session.dialog.target.toString()).toBe(two.uri);
    expect(one.log).toEqual(["cancel", "peer"]);
    void session.bye();
    await world.pass(33_000);
    expect(two.log).toEqual(["peer"]);
    expect(alice.log.sort()).toEqual(["bye", "refused"]);
  });

  it("both accept: the second gets a BYE, unless it is wanted", async () => {
    for (const wanted of [false, true]) {
      const world = new SipWorld();
      const { alice, one, two, target } = await forked(world);
      const others: Session[] = [];
      const onFork = (session: Session) => void others.push(session);
      const invite = alice.invite("sip:both@example.com", { body: "offer" }, wanted ? { onFork } : {}, {
        target,
      });
      await world.pass(1_000);
      const session = await invite.session;
      expect(one.phone.methods.slice(0, 2)).toEqual(["INVITE", "ACK"]);
      expect(two.phone.methods).toEqual(wanted ? ["INVITE", "ACK"] : ["INVITE", "ACK", "BYE"]);
      expect(others).toHaveLength(wanted ? 1 : 0);
      for (const each of [session, ...others]) void each.bye();
    }
  });
});

describe("what is not in order", () => {
  it.each(["INVITE", "ACK", "CANCEL"])(
    "%s is sent by a method of its own, and not by request",
    async (method) => {
      const world = new SipWorld();
      const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
      bob.onInvite = (call) => {
        call.ring();
        bob.sessions.push(call.accept({ body: "answer" }));
      };
      const invite = alice.invite(bob, { body: "offer" });
      await world.pass();
      const session = await invite.session;
      await expect(session.request(method, { body: "again" })).rejects.toMatchObject({ code: "unsupported" });
      await expect(bob.sessions[0]!.request(method)).rejects.toThrow(/request takes no/);
      await world.pass();
      expect(bob.phone.methods).toEqual(["INVITE", "ACK"]);
      expect(session.dialog.toJSON().localCSeq).toBe(bob.phone.requests[0]?.headers.get("CSeq")?.number);
      void session.bye();
    },
  );

  it("what nobody waits for, and the peer ends, is no unhandled rejection", async () => {
    const unhandled: unknown[] = [];
    const hear = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", hear);
    try {
      const world = new SipWorld();
      const { alice, bob, a, b } = await connect(world);
      world.network.set({ drop: ({ text }) => /^(UPDATE|INFO|INVITE)/.test(text) });
      void [a.update(), a.reinvite({ body: "hold" }), a.request("INFO")];
      await world.pass(40_000);
      void [b.update(), b.reinvite(), b.request("INFO")];
      world.network.set({ drop: () => false });
      bob.onInvite = (call) => void call.ringReliably();
      const invite = alice.invite(bob);
      await world.pass(100);
      invite.cancel();
      await world.pass(100);
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
      bob.ua.close();
    } finally {
      process.off("unhandledRejection", hear);
    }
  });

  it("lists that cannot be read: an INVITE leaves no dialog behind, a 2xx is acknowledged", async () => {
    const world = new SipWorld();
    const mallory = await world.phone("mallory");
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => call.reject();
    for (const name of ["Allow", "Supported", "Require"]) {
      const headers = { "Session-Expires": 10, [name]: "((@" };
      const sent = mallory.stack.send(mallory.request("INVITE", bob.uri, { headers }));
      await world.pass();
      expect([name, (await sent.final).status]).toEqual([name, 486]);
    }
    expect(bob.ua.stats.dialogs).toBe(0);
    mallory.answer = (request, transaction) => {
      const response = request.createResponse(200);
      response.headers.set("Contact", `<${mallory.uri}>`).append("Allow", "((@");
      transaction?.respond(response);
    };
    const invite = alice.invite(mallory.uri);
    await world.pass();
    void (await invite.session).bye();
    await world.pass();
    expect(mallory.methods).toEqual(["INVITE", "ACK", "BYE"]);
  });

  it("a request that a later one has overtaken, one of no dialog, a method that nobody takes", async () => {
    const world = new SipWorld();
    const { alice, bob, a } = await connect(world);
    const { phone } = alice;
    const late = a.dialog.createRequest("INFO");
    const info = a.dialog.createRequest("INFO");
    const stranger = phone.request("BYE", bob.uri, { to: "<sip:bob@example.com>;tag=no" });
    const sent = [phone.send(info), phone.send(late), phone.send(stranger)];
    await world.pass();
    const finals = await Promise.all(sent.map(({ final }) => final));
    expect(finals.map(({ status }) => status)).toEqual([405, 500, 481]);
    expect(finals[0]!.headers.get("Allow")).toContain("UPDATE");
    expect(bob.ua.stats.strays).toBe(1);
    void a.bye();
  });

  it("a peer that forgot the dialog ends it", async () => {
    const world = new SipWorld();
    const { alice, bob, a } = await connect(world);
    bob.ua.close();
    const info = a.request("INFO");
    await world.pass();
    expect((await info).status).toBe(481);
    expect(alice.log).toEqual(["gone"]);
    expect(bob.log).toEqual(["closed"]);
  });

  it("handlers that throw are reported, and nothing else", async () => {
    const world = new SipWorld();
    const thrown: unknown[] = [];
    const alice = await agent(world, "alice", "UDP", { onError: (error) => void thrown.push(error) });
    const bob = await agent(world, "bob");
    const oops = () => {
      throw new Error("oops");
    };
    bob.onInvite = (call) => {
      call.ring();
      bob.sessions.push(call.accept({ body: "answer" }));
    };
    const invite = alice.invite(bob, { body: "offer" }, { onProvisional: oops });
    await world.pass();
    void (await invite.session).bye();
    await world.pass();
    expect(thrown).toHaveLength(1);
    expect(bob.log).toEqual(["peer"]);
  });

  it("handlers that throw before they answer: the peer gets a 500, and the next offer its turn", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const thrown: unknown[] = [];
    const bob = await agent(world, "bob", "UDP", { onError: (error) => void thrown.push(error) });
    const oops = () => {
      throw new Error("oops");
    };
    const late = async () => oops();
    const handlers = { onOffer: late, onRequest: late, onRefer: oops };
    const { a } = await connect(world, { bob: handlers }, {}, [alice, bob]);
    const ended: string[] = [];
    for (const ask of [
      () => a.reinvite({ body: "hold" }),
      () => a.update({ body: "hold" }),
      () => a.request("INFO"),
    ]) {
      const sent = ask();
      await world.pass();
      expect((await sent).status).toBe(500);
    }
    a.refer("sip:carol@example.com", { onEnd: ({ response }) => void ended.push(`${response?.status}`) });
    await world.pass();
    expect([ended, thrown.length]).toEqual([["500"], 4]);
    expect(bob.ua.stats.usages).toBe(1);
    void a.bye();
  });

  it("a SipError that a handler throws names the status, as one that a core throws does", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob", "UDP", { onError() {} });
    const unfit = async () => {
      throw new SipError("unsupported", "no video here", { status: 488 });
    };
    const odd = () => {
      throw new SipError("value_invalid", "no refusal", { status: 200 });
    };
    const handlers = { onOffer: unfit, onRequest: unfit, onRefer: odd };
    const { a } = await connect(world, { bob: handlers }, {}, [alice, bob]);
    const ended: string[] = [];
    for (const ask of [() => a.update({ body: "hold" }), () => a.request("INFO")]) {
      const sent = ask();
      await world.pass();
      ended.push(`${(await sent).status}`);
    }
    a.refer("sip:carol@example.com", { onEnd: ({ response }) => void ended.push(`${response?.status}`) });
    await world.pass();
    expect(ended).toEqual(["488", "488", "500"]);
    void a.bye();
  });

  it("an answer to the peer's offer that is unfit for the wire: the ACK goes without it", async () => {
    const world = new SipWorld();
    const thrown: unknown[] = [];
    const alice = await agent(world, "alice", "UDP", { onError: (error) => void thrown.push(error) });
    const bob = await agent(world, "bob");
    bob.onInvite = (call) => void bob.sessions.push(call.accept({ body: "offer" }));
    const invite = alice.invite(bob, {}, { answer: () => ({ headers: { "X-Bad": "a\r\nb" } }) });
    await world.pass();
    expect(await invite.session).toMatchObject({ state: "confirmed" });
    expect([bob.phone.methods, thrown.length]).toEqual([["INVITE", "ACK"], 1]);
    void (await invite.session).bye();
  });

  it("an answer that is unfit for the wire is a 500 to the peer", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const thrown: unknown[] = [];
    const bob = await agent(world, "bob", "UDP", { onError: (error) => void thrown.push(error) });
    const onOffer = (offer: { accept(content: object): void }) =>
      offer.accept({ headers: { "X-Bad": "a\r\nb" } });
    const { a } = await connect(world, { bob: { onOffer } }, {}, [alice, bob]);
    const sent = a.reinvite({ body: "hold" });
    await world.pass();
    expect((await sent).status).toBe(500);
    expect(thrown).toMatchObject([{ code: "value_unsafe" }]);
    void a.bye();
  });

  it("past the limit a call is refused 503", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob", "UDP", { limit: 1 });
    const { a } = await connect(world, {}, {}, [alice, bob]);
    const second = alice.invite(bob);
    await world.pass();
    await expect(second.session).rejects.toMatchObject({ code: "refused", status: 503 });
    void a.bye();
  });
});

describe("ways", () => {
  it("go by the Record-Route of a proxy, both ways; a moved peer is followed", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    const proxy = await proxied(world);
    proxy.targets = ({ request, inDialog }) => [{ uri: inDialog ? request.uri : bob.uri }];
    const target = { protocol: "UDP", ...proxy.phone.transport.local };
    const invite = alice.invite("sip:bob@example.com", { body: "offer" }, {}, { target });
    await world.pass();
    const a = await invite.session;
    const [b] = bob.sessions;
    expect(a.dialog.routes).toHaveLength(1);
    const other = await world.phone("moved");
    bob.handlers.onOffer = (offer) => offer.accept({ body: "still here" });
    const moved = a.dialog.createRequest("UPDATE");
    moved.headers.set("Contact", `<${other.uri}>`);
    alice.phone.stack.send(moved);
    await world.pass();
    expect(b!.dialog.target.toString()).toBe(other.uri);
    void b!.request("INFO").catch(() => {});
    await world.pass();
    expect(other.methods).toEqual(["INFO"]);
    expect(proxy.phone.methods).toEqual(["INVITE", "ACK", "UPDATE", "INFO"]);
    void a.bye();
  });

  it("a strict router gets its own address as Request-URI (§12.2.1.1)", async () => {
    const world = new SipWorld();
    const { alice, bob, a } = await connect(world);
    const old = await world.phone("old");
    const strict = `sip:${old.transport.sentBy}`;
    const json = a.toJSON();
    alice.ua.close();
    for (const others of [[], ["<sip:new.example.com;lr>"]]) {
      const dialog = { ...json.dialog, routes: [`<${strict}>`, ...others] };
      const sent = alice.ua.restore({ ...json, dialog }).request("INFO");
      await world.pass();
      expect((await sent).status).toBe(200);
      const { uri, headers } = old.requests.at(-1)!;
      expect(uri.toString()).toBe(strict);
      expect(headers.get("Route").map(String)).toEqual([...others, `<${json.dialog.target}>`]);
      alice.ua.close();
    }
    expect(bob.phone.methods).toEqual(["INVITE", "ACK"]);
    void bob.sessions[0]!.bye();
    await world.pass();
  });
});
