// What happens within a session: re-INVITE, UPDATE and glare (RFC 3261 §14, RFC 3311), reliable provisional
// responses (RFC 3262), session timers (RFC 4028), Replaces and Join, and saving it all.

import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { Dialog } from "../../src/dialog/dialog.ts";
import type { IncomingOffer } from "../../src/dialog/incoming-offer.ts";
import type { InviteHandlers } from "../../src/dialog/invite-options.ts";
import type { SessionJson } from "../../src/dialog/session.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import { Random } from "../../src/random.ts";
import type { SentRequest } from "../../src/stack/options.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent, connect } from "./support.ts";

const answering = {
  onOffer: (offer: IncomingOffer) => offer.accept({ body: `answer to ${offer.request.bodyText}` }),
};

describe("re-INVITE and UPDATE", () => {
  it("are answered and acknowledged, from both sides", async () => {
    const world = new SipWorld();
    const { alice, bob, a, b } = await connect(world, { alice: answering, bob: answering });
    const first = a.reinvite({ body: "hold" });
    await world.pass();
    expect((await first).bodyText).toBe("answer to hold");
    const second = b.reinvite({ body: "resume" });
    await world.pass();
    expect((await second).bodyText).toBe("answer to resume");
    const third = b.update({ body: "codec" });
    await world.pass();
    expect((await third).bodyText).toBe("answer to codec");
    const fourth = a.update();
    await world.pass();
    expect((await fourth).status).toBe(200);
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "INVITE", "ACK", "UPDATE"]);
    expect(alice.phone.methods).toEqual(["INVITE", "ACK", "UPDATE"]);
    void a.bye();
  });

  it("are refused without a handler, and the session goes on", async () => {
    const world = new SipWorld();
    const { bob, a } = await connect(world);
    const sent = a.reinvite({ body: "hold" });
    await world.pass();
    expect((await sent).status).toBe(488);
    expect(a.state).toBe("confirmed");
    void a.bye();
    await world.pass();
    expect(bob.log).toEqual(["peer"]);
  });

  it("that meet are refused 491 on both sides, and sent again one after the other (§14.1)", async () => {
    const world = new SipWorld({ delay: 10 });
    const { a, b } = await connect(world, { alice: answering, bob: answering });
    await world.pass(100);
    const [one, two] = [a.reinvite({ body: "a" }), b.reinvite({ body: "b" })];
    await world.pass(50);
    expect(world.wire("SIP/2.0 491")).toBe(2);
    await expect(a.reinvite({ body: "again" })).rejects.toMatchObject({ code: "transaction_state" });
    await world.pass(5_000);
    expect([(await one).bodyText, (await two).bodyText]).toEqual(["answer to a", "answer to b"]);
    void a.bye();
  });

  it("one that is still unanswered keeps the next waiting: 500 with Retry-After", async () => {
    const world = new SipWorld();
    const offers: IncomingOffer[] = [];
    const { alice, a } = await connect(world, { bob: { onOffer: (offer) => void offers.push(offer) } });
    const first = a.reinvite({ body: "one" });
    await world.pass();
    const second = alice.phone.stack.send(a.dialog.createRequest("UPDATE", { body: "two" }));
    await world.pass();
    expect(await second.final).toMatchObject({ status: 500 });
    expect((await second.final).headers.has("Retry-After")).toBe(true);
    offers[0]!.accept({ body: "late" });
    offers[0]!.reject();
    await world.pass();
    expect((await first).status).toBe(200);
    void a.bye();
  });

  it("a BYE that crosses a re-INVITE ends it", async () => {
    const world = new SipWorld();
    const { bob, a } = await connect(world, { bob: { onOffer: () => {} } });
    const sent = a.reinvite({ body: "hold" });
    await world.pass();
    void a.bye();
    await world.pass(1_000);
    expect((await sent).status).toBe(487);
    expect(bob.log).toEqual(["peer"]);
  });

  it("the callee's own BYE ends it, too, and what he answers after that is for nobody", async () => {
    const world = new SipWorld();
    const offers: IncomingOffer[] = [];
    const { alice, bob, a, b } = await connect(world, {
      bob: { onOffer: (offer) => void offers.push(offer) },
    });
    const sent = a.reinvite({ body: "hold" });
    await world.pass();
    void b.bye();
    await world.pass(1_000);
    expect((await sent).status).toBe(487);
    offers[0]!.accept({ body: "late" });
    await world.pass(1_000);
    expect([alice.log, bob.log, world.wire("SIP/2.0 200 OK")]).toEqual([["peer"], ["bye"], 2]);
  });

  it("is cancelled where the session ends before it is answered, and its 2xx starts no timer", async () => {
    const world = new SipWorld();
    const { bob, a } = await connect(world);
    bob.guard = (request, transaction) => {
      if (request.method !== "INVITE" || !transaction) return false;
      transaction.respond(180);
      transaction.onCancel = () => {
        const response = request.createResponse(200);
        response.headers.set("Session-Expires", "7200;refresher=uac").set("Contact", `<${bob.uri}>`);
        transaction.respond(response);
      };
      return true;
    };
    const sent = a.reinvite({ body: "hold" });
    await world.pass();
    void a.bye();
    await world.pass(1_000);
    expect([(await sent).status, a.timer, world.wire("CANCEL")]).toEqual([200, undefined, 1]);
    // That nothing is left after a while, no timer either, is looked at for every test.
  });

  it("by loss, too", async () => {
    const world = new SipWorld();
    const { a, b } = await connect(world, { alice: answering, bob: answering });
    world.network.set({ loss: 0.3, delay: [1, 30] });
    for (const [n, session] of [a, b, a, b].entries()) {
      const sent = session.reinvite({ body: `${n}` });
      await world.pass(40_000);
      expect((await sent).bodyText).toBe(`answer to ${n}`);
    }
    world.network.set({ loss: 0 });
    void a.bye();
  });
});

describe("reliable provisional responses", () => {
  it("are repeated until their PRACK comes, in order, and each is told once", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    const pracks: string[] = [];
    const told: number[] = [];
    bob.onInvite = async (call) => {
      const first = call.ringReliably(183, { body: "early answer" });
      const second = call.ringReliably(180);
      pracks.push((await first).headers.raw("RAck")[0]!, (await second).headers.raw("RAck")[0]!);
      bob.sessions.push(call.accept());
    };
    let lost = 2;
    world.network.set({ drop: ({ text }) => text.startsWith("SIP/2.0 183") && lost-- > 0, duplicate: 0.5 });
    const invite = alice.invite(
      bob,
      { body: "offer" },
      { onProvisional: ({ status }) => void told.push(status) },
    );
    await world.pass(10_000);
    const session = await invite.session;
    const rseqs = pracks.map((rack) => rack.split(" "));
    expect(rseqs.map(([, ...rest]) => rest.join(" "))).toEqual(["1 INVITE", "1 INVITE"]);
    expect(Number(rseqs[1]![0])).toBe(Number(rseqs[0]![0]) + 1);
    expect(told).toEqual([183, 180]);
    void session.bye();
  });

  it("hold the 2xx back until they are acknowledged (§3)", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    bob.onInvite = (call) => {
      void call.ringReliably(183, { body: "early answer" });
      bob.sessions.push(call.accept());
    };
    world.network.set({ drop: ({ text }) => text.startsWith("PRACK") });
    const invite = alice.invite(bob);
    await world.pass(400);
    expect(world.wire("SIP/2.0 200")).toBe(0);
    world.network.set({ drop: () => false });
    await world.pass(2_000);
    void (await invite.session).bye();
  });

  it("that nobody acknowledges end the call with 504", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    const failed: unknown[] = [];
    bob.onInvite = (call) => void call.ringReliably().catch(({ code }) => failed.push(code));
    world.network.set({ drop: ({ text }) => text.startsWith("PRACK") });
    const invite = alice.invite(bob);
    await world.pass(40_000);
    await expect(invite.session).rejects.toMatchObject({ code: "refused", status: 504 });
    expect(failed).toEqual(["timeout"]);
    expect(bob.log).toEqual(["unacknowledged"]);
  });

  it("are acknowledged after that 504, too (§3)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await world.phone("alice"), await agent(world, "bob")];
    bob.onInvite = (call) => void call.ringReliably();
    const headers = { Supported: "100rel" };
    const invite = alice.send(alice.request("INVITE", bob.uri, { callId: "late", headers }));
    await world.pass(33_000);
    expect((await invite.final).status).toBe(504);
    const { headers: rung } = alice.responses[0]!;
    const prack = alice.request("PRACK", bob.uri, {
      callId: "late",
      cseq: 2,
      to: rung.get("To")!,
      headers: { RAck: `${rung.get("RSeq")} 1 INVITE` },
    });
    const sent = alice.send(prack);
    await world.pass(100);
    expect([(await sent.final).status, bob.ua.stats.dialogs]).toEqual([200, 0]);
  });

  it.each([
    [0, 1],
    [0.5, 1_073_741_824],
    [1 - 64 ** -4, 2_147_483_520],
  ])("begin at a number from 1 to 2^31 - 1, drawn at random: %d gives %i (§3)", async (fraction, rseq) => {
    const world = new SipWorld();
    const random = Object.assign(new Random(), { fraction: () => fraction });
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob", "UDP", { random })];
    bob.onInvite = (call) => void call.ringReliably().then(() => call.reject());
    alice.invite(bob);
    await world.pass();
    const prack = bob.phone.requests.find(({ method }) => method === "PRACK")!;
    expect(prack.headers.raw("RAck")).toEqual([`${rseq} 1 INVITE`]);
  });

  it("is what ring sends, too, where the caller requires it (RFC 3262 §3)", async () => {
    const world = new SipWorld({ drop: ({ text }) => text.startsWith("PRACK") });
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    bob.onInvite = (call) => {
      call.ring();
      expect(() => call.ring(183, { headers: { "X-Bad": "a\r\nb" } })).toThrowError(
        expect.objectContaining({ code: "value_unsafe" }),
      );
      call.ring(183, { body: "answer" });
    };
    const seen: unknown[] = [];
    const onProvisional: InviteHandlers["onProvisional"] = ({ status, headers }) =>
      void seen.push(status, headers.get("RSeq") !== undefined);
    const invite = alice.invite(bob, { body: "offer" }, { onProvisional }, { reliable: "required" });
    await world.pass(1_000);
    expect(seen).toEqual([180, true]);
    world.network.set({ drop: () => false });
    await world.pass(10_000);
    expect(seen).toEqual([180, true, 183, true]);
    bob.sessions.push(bob.calls[0]!.accept());
    await world.pass();
    void (await invite.session).bye();
  });

  it("are not sent to one who lacks them; a PRACK of nothing is 481; a cancelled call ends the wait", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    const failed: string[] = [];
    const fail = ({ code }: { code: string }) => void failed.push(code);
    bob.onInvite = (call) => {
      call.ring();
      void call.ringReliably().catch(fail);
    };
    const plain = alice.invite(bob, { body: "offer" }, {}, { reliable: "none" });
    await world.pass();
    const prack = plain.dialogs[0]!.request("PRACK", { headers: { RAck: "7 1 INVITE" } });
    await world.pass();
    expect((await prack).status).toBe(481);
    plain.cancel();
    await world.pass();
    expect(failed).toEqual(["unsupported"]);
    world.network.set({ drop: ({ text }) => text.startsWith("PRACK") });
    const required = alice.invite(bob, { body: "offer" }, {}, { reliable: "required" });
    await world.pass(200);
    expect(bob.calls.map(({ reliable }) => reliable)).toEqual(["none", "required"]);
    required.cancel();
    await world.pass(1_000);
    expect(failed).toEqual(["unsupported", "terminated"]);
  });

  it.each(["refused", "cancelled"])(
    "whose PRACK comes when the call is %s already: it gets its 2xx (§3)",
    async (how) => {
      const world = new SipWorld();
      const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
      world.network.set({ drop: ({ text }) => text.startsWith("PRACK") });
      bob.onInvite = (call) => void call.ringReliably(183, { body: "answer" });
      const invite = alice.invite(bob);
      await world.pass(10);
      if (how === "refused") bob.calls[0]!.reject();
      else invite.cancel();
      world.network.set({ drop: () => false });
      await world.pass(1_000);
      const prack = world.network.trace.filter(({ text }) => /^SIP.*CSeq: \d+ PRACK/s.test(text)).at(-1)!;
      expect(prack.text).toMatch(/^SIP\/2.0 200 /);
      expect([bob.ua.stats.dialogs, world.wire("SIP/2.0 183")]).toEqual([0, 1]);
      await expect(invite.session).rejects.toMatchObject({ status: how === "refused" ? 486 : 487 });
    },
  );

  it("whose PRACK is waited for still, leaves no timer when that has come, or the user agent is closed", async () => {
    for (const comes of [true, false]) {
      const world = new SipWorld();
      const clock = new VirtualClock();
      const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob", "UDP", { clock })];
      world.network.set({ drop: ({ text }) => text.startsWith("PRACK") });
      bob.onInvite = (call) => {
        void call.ringReliably();
        call.reject();
      };
      alice.invite(bob);
      await world.pass(10);
      expect([bob.ua.stats.usages, clock.size]).toEqual([1, 1]);
      world.network.set({ drop: () => false });
      if (comes) await world.pass(1_000);
      else bob.ua.close();
      expect([bob.ua.stats.usages, clock.size]).toEqual([0, 0]);
      await world.pass(1_000);
    }
  });

  it("whose PRACK never comes is waited for 64 × T1 after the call was refused, and no other is taken for it", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    world.network.set({ drop: ({ text }) => text.startsWith("PRACK") });
    bob.onInvite = (call) => {
      void call.ringReliably();
      call.reject();
    };
    const invite = alice.invite(bob);
    await world.pass(100);
    expect([bob.ua.stats.dialogs, bob.ua.stats.usages]).toEqual([1, 1]);
    world.network.set({ drop: () => false });
    const request = world.network.trace.find(({ text }) => text.startsWith("PRACK"))!.text;
    const statuses: number[] = [];
    for (const [method, rack] of [
      ["PRACK", "7 1 INVITE"],
      ["BYE", ""],
    ] as const) {
      const other = parseMessage(request.replace(/^PRACK/, method)) as Request;
      other.headers
        .set("CSeq", `${9 + statuses.length} ${method}`)
        .set("RAck", rack)
        .delete("Via");
      const { final } = alice.phone.stack.send(other);
      await world.pass(100);
      statuses.push((await final).status);
    }
    expect(statuses).toEqual([481, 481]);
    await world.pass(32_000);
    expect(bob.ua.stats.dialogs).toBe(0);
    await expect(invite.session).rejects.toMatchObject({ status: 486 });
  });

  it("one that must not go on the wire is told, and keeps none behind it waiting", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const unfit = { headers: { "X-Room": "1\r\nX-Secret: 2" } };
    const told: string[] = [];
    bob.onInvite = (call) => {
      for (const content of [{}, unfit, {}]) {
        call.ringReliably(183, content).then(
          () => told.push("PRACK"),
          ({ code }) => told.push(code),
        );
      }
    };
    const invite = alice.invite(bob);
    await world.pass(1_000);
    expect(told).toEqual(["PRACK", "value_unsafe", "PRACK"]);
    invite.cancel();
  });

  /** Alice has called without a user agent, and has Bob's reliable answer: a PRACK of hers with an offer. */
  async function prackWithOffer(bob: Agent, world: SipWorld): Promise<SentRequest> {
    const { phone } = await agent(world, "alice");
    const headers = { "Content-Type": "application/sdp", Supported: "100rel" };
    const invite = phone.request("INVITE", bob.uri, { body: "offer", headers });
    const responses: Response[] = [];
    const sent = phone.stack.send(invite, { onResponse: (response) => void responses.push(response) });
    await world.pass();
    const early = responses.at(-1)!;
    const dialog = Dialog.ofCaller(sent.request, early, invite.headers.first("Contact")!);
    const rack = `${early.headers.raw("RSeq")[0]} 1 INVITE`;
    world.clock.set(() => sent.cancel(), 1_000);
    return phone.stack.send(dialog.createRequest("PRACK", { body: "codec", headers: { RAck: rack } }), {});
  }

  it("whose PRACK makes an offer: its 2xx has the answer, and what waits for it goes then (RFC 3262 §5)", async () => {
    const world = new SipWorld();
    const bob = await agent(world, "bob");
    const log: string[] = [];
    bob.handlers = {
      onOffer: (offer) =>
        void world.clock.set(() => {
          log.push(offer.request.bodyText);
          offer.accept({ body: "answer to it" });
        }, 100),
    };
    bob.onInvite = (call) => {
      void call.ringReliably(183, { body: "answer" }).then(({ method }) => log.push(method));
      void call.ringReliably(180).catch(() => {});
    };
    const prack = await prackWithOffer(bob, world);
    await world.pass(90);
    expect([log, world.wire("SIP/2.0 180")]).toEqual([[], 0]);
    await world.pass(10);
    const response = await prack.final;
    expect([response.status, response.bodyText]).toEqual([200, "answer to it"]);
    expect(response.headers.raw("Session-Expires")).toEqual([]);
    expect([log, world.wire("SIP/2.0 180")]).toEqual([["codec", "PRACK"], 1]);
  });

  it("whose PRACK makes an offer that nobody answers get their 2xx all the same (RFC 3262 §3)", async () => {
    const world = new SipWorld();
    const bob = await agent(world, "bob");
    bob.onInvite = (call) => void call.ringReliably(183, { body: "answer" });
    const prack = await prackWithOffer(bob, world);
    await world.pass();
    expect([(await prack.final).status, (await prack.final).bodyText]).toEqual([200, ""]);
  });

  it("an UPDATE with an offer before the answer to the INVITE's is refused 500 (RFC 3311 §5.2)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.handlers = answering;
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob);
    await world.pass();
    const early = invite.dialogs[0]!.request("UPDATE", { body: "early" });
    const refresh = invite.dialogs[0]!.update();
    await world.pass();
    expect([(await early).status, (await refresh).status]).toEqual([500, 200]);
    expect((await early).headers.has("Retry-After")).toBe(true);
    invite.cancel();
  });

  it("an UPDATE changes the early session (RFC 3311)", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    bob.handlers = answering;
    bob.onInvite = (call) => void call.ringReliably(183, { body: "early answer" });
    const invite = alice.invite(bob, { body: "offer" }, answering);
    await world.pass();
    const there = invite.dialogs[0]!.update({ body: "early" });
    await world.pass();
    expect((await there).bodyText).toBe("answer to early");
    const session = bob.calls[0]!.accept();
    await world.pass();
    void (await invite.session).bye();
    await world.pass();
    expect(session.state).toBe("ended");
  });
});

describe("session timers", () => {
  it("are agreed on; the caller refreshes by UPDATE, and the session lives", async () => {
    const world = new SipWorld();
    const { bob, a, b } = await connect(world, {}, { alice: { timer: { expires: 120, refresher: "us" } } });
    expect([a.timer, b.timer]).toEqual([
      { expires: 120, refresher: "us" },
      { expires: 120, refresher: "peer" },
    ]);
    await world.pass(300_000);
    expect(bob.phone.methods.filter((method) => method === "UPDATE")).toHaveLength(5);
    expect(bob.log).toEqual([]);
    void a.bye();
  });

  it("are kept by the callee where it is its turn; by re-INVITE where the caller knows no UPDATE", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice", "UDP", { allow: "INVITE, ACK, BYE, CANCEL" });
    const bob = await agent(world, "bob");
    const { b } = await connect(
      world,
      { alice: answering },
      { alice: { timer: { expires: 90, refresher: "peer" } } },
      [alice, bob],
    );
    expect(b.timer).toEqual({ expires: 90, refresher: "us" });
    await world.pass(100_000);
    expect(alice.phone.methods).toEqual(["INVITE", "ACK", "INVITE", "ACK"]);
    expect(alice.phone.requests[0]!.bodyText).toBe("answer");
    void b.bye();
  });

  it("end a session whose peer is gone, on both sides (§10)", async () => {
    const world = new SipWorld();
    const { alice, bob } = await connect(world, {}, { alice: { timer: { expires: 90, refresher: "us" } } });
    world.network.set({ drop: () => true });
    await world.pass(200_000);
    expect(bob.log).toEqual(["expired"]);
    expect(["expired", "gone"]).toContain(alice.log[0]);
    world.network.set({ drop: () => false });
  });

  it("try again where a refresh is refused, or falls into an offer (§10)", async () => {
    const world = new SipWorld();
    const { bob, a, b } = await connect(world, {}, { alice: { timer: { expires: 120, refresher: "us" } } });
    let refused = 0;
    bob.guard = (request, transaction) => {
      if (request.method !== "UPDATE" || refused > 0) return false;
      refused++;
      transaction?.respond(500);
      return true;
    };
    await world.pass(115_000);
    expect([a.state, b.state, refused]).toEqual(["confirmed", "confirmed", 1]);
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "UPDATE", "UPDATE"]);
    void a.bye();
  });

  it.each([405, 501])(
    "go on by re-INVITE where an UPDATE is answered %d, whatever Allow has said",
    async (status) => {
      const world = new SipWorld();
      const { bob, a, b } = await connect(
        world,
        { bob: answering },
        { alice: { timer: { expires: 90, refresher: "us" } } },
      );
      bob.guard = (request, transaction) => {
        if (request.method === "UPDATE") transaction?.respond(status);
        return request.method === "UPDATE";
      };
      await world.pass(200_000);
      expect([a.state, b.state]).toEqual(["confirmed", "confirmed"]);
      const methods = bob.phone.methods.filter((method) => method !== "ACK");
      // Its 2xx says again that there is UPDATE.
      expect(methods.slice(0, 5)).toEqual(["INVITE", "UPDATE", "INVITE", "UPDATE", "INVITE"]);
      void a.bye();
    },
  );

  it("a peer that wants a longer interval each time is not asked without end", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await world.phone("bob")];
    bob.answer = (request, transaction) => {
      const response = request.createResponse(422);
      response.headers.set("Min-SE", `${100 + bob.requests.length}`);
      transaction?.respond(response);
    };
    const invite = alice.invite(bob.uri);
    await world.pass(1_000);
    await expect(invite.session).rejects.toMatchObject({ code: "refused", status: 422 });
    expect(bob.requests.filter(({ method }) => method === "INVITE")).toHaveLength(9);
  });

  it("are not over at once where an interval is longer than a timer can run", async () => {
    const world = new SipWorld();
    const set = world.clock.set.bind(world.clock);
    let longest = 0;
    world.clock.set = (callback, delay) => {
      longest = Math.max(longest, delay);
      return set(callback, delay);
    };
    const { a } = await connect(world, {}, { alice: { timer: { expires: 4_000_000_000 } } });
    expect(a.timer!.expires).toBe(4_000_000_000);
    expect(longest).toBeLessThan(2 ** 31);
    void a.bye();
  });

  it("too short an interval is refused 422, and asked for again with the callee's Min-SE", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    bob.options = { timer: { min: 300 } };
    bob.onInvite = (call) => {
      if (call.state === "ringing") bob.sessions.push(call.accept({ body: "answer" }));
    };
    const invite = alice.invite(bob, { body: "offer" }, {}, { timer: { expires: 100 } });
    await world.pass();
    const session = await invite.session;
    expect(session.timer).toMatchObject({ expires: 300 });
    expect(bob.phone.methods).toEqual(["INVITE", "INVITE", "ACK"]);
    void session.bye();
  });
});

describe("Replaces and Join", () => {
  it("name the session, to the one that is asked", async () => {
    const world = new SipWorld();
    const { bob, a, b } = await connect(world);
    const carol = await world.phone("carol");
    const ask = (headers: Record<string, string>) =>
      bob.ua.find(carol.request("INVITE", bob.uri, { headers }));
    expect(ask({ Replaces: a.replaces })).toMatchObject({ name: "Replaces", session: b });
    expect(ask({ Join: a.replaces })).toMatchObject({ name: "Join", session: b });
    expect(ask({})).toBeUndefined();
    expect(ask({ Replaces: `${a.replaces};early-only` })).toBe(486);
    expect(ask({ Replaces: "other;to-tag=1;from-tag=2" })).toBe(481);
    expect(ask({ Replaces: "other;to-tag=1" })).toBe(400);
    expect(ask({ Replaces: a.replaces, Join: a.replaces })).toBe(400);
    void a.bye();
  });

  it("an early dialog can be replaced where it was we who called (RFC 3891 §3)", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob);
    await world.pass();
    const { callId, local, remote } = invite.dialogs[0]!.dialog;
    const carol = await world.phone("carol");
    const name = (to: string, from: string) =>
      carol.request("INVITE", "sip:x@y", {
        headers: { Replaces: `${callId};to-tag=${to};from-tag=${from};early-only` },
      });
    expect(alice.ua.find(name(local.tag!, remote.tag!))).toMatchObject({
      early: invite.dialogs[0],
      call: invite,
    });
    expect(bob.ua.find(name(remote.tag!, local.tag!))).toBe(481);
    invite.cancel();
    await world.pass();
    expect(alice.ua.find(name(local.tag!, remote.tag!))).toBe(603);
  });

  it("what is over is declined, lest the phone rings for what nobody wants any more (RFC 3891 §3)", async () => {
    const world = new SipWorld();
    const { alice, bob, a, b } = await connect(world, { bob: { onRefer: (refer) => void refer.accept() } });
    const carol = await world.phone("carol");
    const ask = (agent: Agent, named: string) =>
      agent.ua.find(carol.request("INVITE", agent.uri, { headers: { Replaces: named } }));
    // The dialog goes on, for the subscription's sake.
    a.refer("sip:carol@example.com");
    await world.pass();
    expect(bob.ua.stats).toMatchObject({ dialogs: 1, usages: 2 });
    const named = [a.replaces, b.replaces] as const;
    void a.bye();
    await world.pass(100);
    expect(bob.ua.stats).toMatchObject({ dialogs: 1, usages: 1 });
    expect([ask(bob, named[0]), ask(alice, named[1])]).toEqual([603, 603]);
    expect(ask(bob, `${named[0]};early-only`)).toBe(603);
    expect(ask(bob, named[0].replace("to-tag=", "to-tag=x"))).toBe(481);
    await world.pass(320_000);
  });

  it("a tag of zero may be one of 0 (RFC 3891 §6.1)", async () => {
    const world = new SipWorld();
    const [bob, alice] = [await agent(world, "bob"), await world.phone("alice")];
    const invite = alice.request("INVITE", bob.uri, {
      from: "<sip:a@a>;tag=0",
      callId: "zero",
      body: "offer",
    });
    const answered = alice.stack.send(invite);
    await world.pass(100);
    expect((await answered.final).status).toBe(200);
    const [b] = bob.sessions;
    const headers = { Replaces: `zero;to-tag=${b!.dialog.local.tag};from-tag=0` };
    expect(bob.ua.find(alice.request("INVITE", bob.uri, { headers }))).toMatchObject({ session: b });
    bob.ua.close();
  });
});

describe("a session saved as JSON", () => {
  it("goes on in another process: its numbers, its way, its timer", async () => {
    const world = new SipWorld();
    const { alice, bob, a } = await connect(
      world,
      {},
      { alice: { timer: { expires: 120, refresher: "us" } } },
    );
    const info = a.request("INFO");
    await world.pass();
    expect((await info).status).toBe(405);
    const json = JSON.parse(JSON.stringify(a)) as SessionJson;
    // The other process has another address of its own, but the dialog's Contact; here, the same phone.
    alice.ua.close();
    const restored = alice.ua.restore(json, alice.logged({}));
    expect(restored.state).toBe("confirmed");
    expect(JSON.parse(JSON.stringify(restored))).toEqual(json);
    await world.pass(61_000);
    expect(bob.phone.methods.at(-1)).toBe("UPDATE");
    const bye = restored.bye();
    await world.pass();
    expect((await bye)!.status).toBe(200);
    expect(alice.log).toEqual(["closed", "bye"]);
    expect(bob.phone.requests.map(({ headers }) => headers.get("CSeq")!.number)).toEqual([1, 1, 2, 3, 4]);
  });

  it("is one of who was called as well, and of a store that writes null for what is not there", async () => {
    const world = new SipWorld();
    const { alice, bob, a, b } = await connect(world);
    const json = JSON.parse(JSON.stringify(b)) as SessionJson;
    expect(json.dialog.localCSeq).toBe(0);
    bob.ua.close();
    expect(bob.ua.restore(json).toJSON().dialog).toEqual(json.dialog);
    bob.ua.close();
    alice.ua.close();
    const sparse = { ...JSON.parse(JSON.stringify(a)), timer: null, body: null };
    const restored = alice.ua.restore({ ...sparse, dialog: { ...sparse.dialog, remoteCSeq: null } });
    expect([restored.toJSON().body, restored.toJSON().dialog.remoteCSeq]).toEqual([undefined, undefined]);
    alice.ua.close();
  });

  it("and nothing else is taken for one", async () => {
    const world = new SipWorld();
    const { alice, a } = await connect(world);
    const json = a.toJSON();
    expect(() => alice.ua.restore({} as SessionJson)).toThrow("not a dialog");
    const early = { ...json, dialog: { ...json.dialog, state: "early" as const } };
    expect(() => alice.ua.restore(early)).toThrow("early");
    const { dialog } = json;
    for (const other of [
      null,
      ...["callId", "local", "remote", "target", "routes", "contact", "localCSeq", "role", "state"].map(
        (name) => ({
          ...json,
          dialog: { ...dialog, [name]: undefined },
        }),
      ),
      ...[{ routes: [1] }, { localCSeq: "5" }, { remoteCSeq: -1 }, { role: "both" }].map((wrong) => ({
        ...json,
        dialog: { ...dialog, ...wrong },
      })),
      ...["soon", { expires: "1" }, { expires: 90, refresher: "both" }, { expires: 0, refresher: "us" }].map(
        (timer) => ({ ...json, timer }),
      ),
      ...[5, { text: 5 }, { text: "offer" }].map((body) => ({ ...json, body })),
    ]) {
      expect(() => alice.ua.restore(other as SessionJson)).toThrow(
        expect.objectContaining({ code: "value_invalid" }),
      );
    }
    expect(alice.ua.stats.usages).toBe(1);
    void a.bye();
  });
});

describe("reliable provisional responses (RFC 3262 §3, §4)", () => {
  it("come again at intervals that double without end, and the INVITE is answered 504 in the end", async () => {
    const world = new SipWorld();
    world.network.set({ drop: ({ text }) => text.startsWith("PRACK") });
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    let told: Promise<unknown> | undefined;
    bob.onInvite = (call) => {
      told = call.ringReliably(183);
    };
    const invite = alice.invite(bob);
    await world.pass(33_000);
    expect(world.wire("SIP/2.0 183")).toBe(7);
    await expect(told).rejects.toMatchObject({ code: "timeout" });
    await expect(invite.session).rejects.toMatchObject({ code: "refused", status: 504 });
  });

  it("are taken in their order alone", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => void call.ringReliably(183).catch(() => {});
    const seen: number[] = [];
    const invite = alice.invite(
      bob,
      { body: "offer" },
      { onProvisional: ({ status }) => void seen.push(status) },
    );
    await world.pass(100);
    const [{ request }] = bob.calls as [(typeof bob.calls)[0]];
    const rseq = Number(
      /RSeq: (\d+)/.exec(world.network.trace.find(({ text }) => text.includes("RSeq"))!.text)![1],
    );
    for (const next of [rseq + 2, rseq, rseq - 1]) {
      const response = request.createResponse(180);
      response.headers.set("Require", "100rel").set("RSeq", String(next));
      response.headers.set("Contact", `<${bob.uri}>`);
      bob.phone.stack.sendStateless(response);
      await world.pass(100);
    }
    expect([seen, world.wire("PRACK")]).toEqual([[183], 1]);
    invite.cancel();
    await world.pass(1_000);
    await expect(invite.session).rejects.toMatchObject({ code: "aborted" });
  });

  it("are the only ones that a caller gets who insists on them, and ring asks for no PRACK of any other", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const unfit = { headers: { "X-Room": "1\r\nX-Secret: 2" } };
    bob.onInvite = (call) => {
      expect(() => call.ring(180, unfit)).toThrow("X-Room");
      call.ring(100);
      call.ring(182);
      expect(call.ring(183, { body: "early answer" }).state).toBe("early");
    };
    const required = alice.invite(bob, { body: "offer" }, {}, { reliable: "required" });
    await world.pass(1_000);
    const rings = world.network.trace.filter(({ text }) => /^SIP\/2.0 18/.test(text));
    expect(rings.map(({ text }) => /Require: 100rel\r\n/.test(text) && /RSeq: /.test(text))).toEqual([
      true,
      true,
    ]);
    expect(bob.phone.methods).toEqual(["INVITE", "PRACK", "PRACK"]);
    bob.sessions.push(bob.calls[0]!.accept());
    await world.pass(100);
    void (await required.session).bye();
    await world.pass(100);
    // Nothing happens where the call is over.
    expect(bob.calls[0]!.ring(180, unfit).state).toBe("ended");
    alice.invite(bob).cancel();
    await world.pass(100);
    expect(world.wire("PRACK")).toBe(2);
  });

  it("that wait for their turn are not sent once the call is accepted", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    let told: Promise<unknown>[] = [];
    bob.onInvite = (call) => {
      told = [call.ringReliably(183), call.ringReliably(180)];
      bob.sessions.push(call.accept({ body: "answer" }));
    };
    const invite = alice.invite(bob);
    await world.pass(1_000);
    expect(await told[0]).toMatchObject({ method: "PRACK" });
    await expect(told[1]).rejects.toMatchObject({ code: "terminated" });
    expect([world.wire("SIP/2.0 180"), world.wire("SIP/2.0 200")]).toEqual([0, 2]);
    void (await invite.session).bye();
  });
});

it("a call that was cancelled is not made again for a 422", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.guard = (request, transaction) => {
    if (request.method === "INVITE") transaction?.respond(180);
    return true;
  };
  world.network.set({ drop: ({ text }) => text.startsWith("CANCEL") });
  const invite = alice.invite(bob, { body: "offer" }, {}, { timer: { expires: 90 } });
  await world.pass(100);
  invite.cancel();
  const refusal = bob.phone.requests[0]!.createResponse(422);
  refusal.headers.set("Min-SE", "1800");
  bob.phone.transactions[0]!.respond(refusal);
  await world.pass(1_000);
  await expect(invite.session).rejects.toMatchObject({ code: "aborted" });
  expect(bob.phone.methods).toEqual(["INVITE"]);
});
