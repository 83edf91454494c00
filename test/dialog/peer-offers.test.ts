// Offers of the peer's within a session: one at a time, none that crosses ours (RFC 3261 §14.2, RFC 3311 §5.2), each
// answered once.

import { describe, expect, it } from "vitest";
import { Dialog } from "../../src/dialog/dialog.ts";
import type { IncomingOffer } from "../../src/dialog/incoming-offer.ts";
import type { Response } from "../../src/message/response.ts";
import { Random } from "../../src/random.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent, connect } from "./support.ts";

const retryAfter = (response: Response) => response.headers.raw("Retry-After")[0];

/** A call whose callee draws this number, and keeps offers waiting. */
async function kept(fraction = 0) {
  const world = new SipWorld();
  const offers: IncomingOffer[] = [];
  const random = Object.assign(new Random(), { fraction: () => fraction });
  const agents = [await agent(world, "alice"), await agent(world, "bob", "UDP", { random })] as const;
  const call = await connect(world, { bob: { onOffer: (offer) => void offers.push(offer) } }, {}, agents);
  return { world, offers, ...call };
}

describe("an offer while another waits (RFC 3261 §14.2, RFC 3311 §5.2)", () => {
  it.each([
    [0, "1"],
    [0.9999, "10"],
  ])("is refused 500, with a time drawn at random: %d gives %s s", async (fraction, seconds) => {
    const { world, alice, a } = await kept(fraction);
    void a.reinvite({ body: "one" });
    await world.pass();
    const second = alice.phone.stack.send(a.dialog.createRequest("UPDATE", { body: "two" }));
    await world.pass();
    expect([(await second.final).status, retryAfter(await second.final)]).toEqual([500, seconds]);
    void a.bye();
  });

  it.each([
    [0, "1"],
    [0.9999, "10"],
  ])("so is a re-INVITE while the call rings: %d gives %s s", async (fraction, seconds) => {
    const world = new SipWorld();
    const random = Object.assign(new Random(), { fraction: () => fraction });
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob", "UDP", { random })];
    bob.onInvite = (call) => void call.ring();
    // It is under way whether it offers or not.
    const invite = alice.invite(bob, fraction === 0 ? {} : { body: "offer" });
    await world.pass();
    const again = invite.dialogs[0]!.dialog.createRequest("INVITE", { body: "two" });
    const second = alice.phone.stack.send(again).final;
    await world.pass();
    expect([(await second).status, retryAfter(await second)]).toEqual([500, seconds]);
    invite.cancel();
  });

  it("so is an UPDATE without one, while another UPDATE waits, and not while a re-INVITE does", async () => {
    const { world, alice, offers, a } = await kept();
    const send = (method: string, content = {}) =>
      alice.phone.stack.send(a.dialog.createRequest(method, content)).final;
    void send("UPDATE", { body: "one" });
    const second = send("UPDATE");
    await world.pass();
    expect([(await second).status, retryAfter(await second)]).toEqual([500, "1"]);
    offers[0]!.accept({ body: "answer" });
    void a.reinvite({ body: "two" });
    const third = send("UPDATE");
    await world.pass();
    expect((await third).status).toBe(200);
    void a.bye();
  });

  it.each([{}, { body: "offer" }])(
    "a re-INVITE of the callee's while it rings crosses the INVITE: 491; %j",
    async (init) => {
      const world = new SipWorld();
      const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
      let second: Promise<Response> | undefined;
      bob.onInvite = (call) => {
        const again = call.ring().dialog.createRequest("INVITE", { body: "two" });
        second = bob.phone.stack.send(again).final;
      };
      const invite = alice.invite(bob, init);
      await world.pass();
      expect((await second)!.status).toBe(491);
      invite.cancel();
    },
  );
});

it("an UPDATE's, before the INVITE's own offer has its answer, crosses that: 491 (RFC 3311 §5.2)", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.onInvite = (call) => void call.ring();
  const handlers = { onOffer: (offer: IncomingOffer) => offer.accept({ body: "answer to it" }) };
  const invite = alice.invite(bob, { body: "offer" }, handlers);
  await world.pass();
  const [call] = bob.calls as [(typeof bob.calls)[0]];
  const statuses: number[] = [];
  const update = async (body: string) => {
    const sent = call.ring().request("UPDATE", { body });
    await world.pass();
    statuses.push((await sent).status);
  };
  await update("early");
  await update("");
  void call.ringReliably(183);
  await world.pass();
  await update("early");
  void call.ringReliably(183, { body: "answer" });
  await world.pass();
  await update("later");
  expect(statuses).toEqual([491, 200, 491, 200]);
  const asking = alice.invite(bob, {}, handlers);
  await world.pass();
  const offer = bob.calls[1]!.ring().request("UPDATE", { body: "early" });
  await world.pass();
  expect((await offer).status).toBe(200);
  invite.cancel();
  asking.cancel();
});

it("an UPDATE without an offer crosses nothing", async () => {
  const { world, a, b } = await kept();
  void a.reinvite({ body: "hold" });
  await world.pass();
  const refresh = b.update();
  await world.pass();
  expect((await refresh).status).toBe(200);
  void a.bye();
});

it.each([undefined, "more"])(
  "an UPDATE while another waits is refused 500, whatever it offers: %s (RFC 3311 §5.2)",
  async (body) => {
    const { world, offers, a, b } = await kept();
    const first = a.update({ body: "hold" });
    await world.pass();
    const second = a.request("UPDATE", body === undefined ? {} : { body });
    await world.pass();
    expect([(await second).status, Number(retryAfter(await second))]).toEqual([500, expect.any(Number)]);
    offers[0]!.accept({ body: "held" });
    await world.pass();
    expect([(await first).status, offers.length, b.state]).toEqual([200, 1, "confirmed"]);
    void a.bye();
  },
);

it("what asks for too short an interval is refused 422, with the least that is taken", async () => {
  const { world, a } = await kept();
  const sent = a.request("UPDATE", { headers: { "Session-Expires": "60", Supported: "timer" } });
  await world.pass();
  expect([(await sent).status, (await sent).headers.raw("Min-SE")]).toEqual([422, ["90"]]);
  void a.bye();
});

it("a re-INVITE says what its sender takes now", async () => {
  const { world, offers, a, b } = await kept();
  expect(b.toJSON().update).toBe(true);
  const sent = a.request("UPDATE", { headers: { Allow: "INVITE, ACK, BYE" } });
  await world.pass();
  expect([(await sent).status, b.toJSON().update, offers]).toEqual([200, false, []]);
  void a.bye();
});

it("is answered once, whatever is said after that", async () => {
  const { world, offers, a } = await kept();
  const sent = a.reinvite({ body: "hold" });
  await world.pass();
  offers[0]!.accept({ body: "one" });
  offers[0]!.accept({ body: "two" });
  await world.pass();
  expect((await sent).bodyText).toBe("one");
  expect(world.network.trace.filter(({ text }) => text.endsWith("\r\n\r\ntwo"))).toEqual([]);
  void a.bye();
});

it.each(["reinvite", "update"] as const)(
  "a 2xx to the %s says who we are, and what we said is kept",
  async (method) => {
    const { world, offers, bob, a, b } = await kept();
    const sent = a[method]({ body: "hold" });
    await world.pass();
    offers[0]!.accept({ body: "held" });
    await world.pass();
    const { headers } = await sent;
    expect([String(headers.first("Contact")?.uri), headers.get("Allow").includes("UPDATE")]).toEqual([
      bob.uri.toLowerCase(),
      true,
    ]);
    expect(b.toJSON().body?.text).toBe("held");
    void a.bye();
  },
);

it("is refused with any status from 300 on: the session goes on as it was", async () => {
  const { world, offers, bob, a, b } = await kept();
  const sent = a.reinvite({ body: "hold" });
  await world.pass();
  offers[0]!.reject(302, { body: "elsewhere" });
  await world.pass(40_000);
  expect([(await sent).status, b.toJSON().body?.text, bob.log]).toEqual([302, "answer", []]);
  void a.bye();
});

it("in a PRACK is answered, and no more: its 2xx refreshes nothing (RFC 3262 §3)", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.handlers = { onOffer: (offer) => offer.accept({ body: "answer" }) };
  bob.onInvite = (call) => {
    void call.ringReliably(183, { body: "early answer" }).then(() => bob.sessions.push(call.accept()));
  };
  // Alice leaves the PRACK to the test.
  const invite = alice.phone.request("INVITE", bob.uri, {
    body: "offer",
    headers: { "Content-Type": "application/sdp", Supported: "100rel" },
  });
  const responses: Response[] = [];
  const sent = alice.phone.stack.send(invite, { onResponse: (response) => void responses.push(response) });
  await world.pass();
  const early = Dialog.ofCaller(sent.request, responses.at(-1)!, invite.headers.first("Contact")!);
  const headers = { RAck: `${responses.at(-1)!.headers.raw("RSeq")[0]} 1 INVITE` };
  const prack = alice.phone.stack.send(early.createRequest("PRACK", { body: "codec", headers }), {});
  await world.pass();
  const answer = await prack.final;
  expect([answer.bodyText, answer.headers.has("Contact"), answer.headers.has("Supported")]).toEqual([
    "answer",
    false,
    false,
  ]);
  await world.pass();
  bob.ua.close();
});

it("in a PRACK is not answered while an UPDATE's waits: the PRACK is acknowledged, the UPDATE answered", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  const offers: IncomingOffer[] = [];
  bob.handlers = { onOffer: (offer) => void offers.push(offer) };
  bob.onInvite = (call) => void call.ringReliably(183, { body: "answer" });
  const call = alice.invite(bob);
  await world.pass(100);
  const early = call.dialogs[0]!;
  const update = early.update({ body: "one" });
  await world.pass(100);
  world.network.set({ drop: ({ text }) => text.startsWith("PRACK") });
  const rings = bob.calls[0]!.ringReliably(180);
  await world.pass(100);
  world.network.set({ drop: () => false });
  const ringing = world.network.trace.find(({ text }) => text.startsWith("SIP/2.0 180"))!.text;
  const rseq = /RSeq: (\d+)/.exec(ringing)![1];
  const prack = alice.phone.stack.send(
    early.dialog.createRequest("PRACK", { body: "two", headers: { RAck: `${rseq} 1 INVITE` } }),
  );
  await world.pass(100);
  expect([(await prack.final).status, (await rings).bodyText]).toEqual([200, "two"]);
  for (const offer of offers) offer.accept({ body: `answer to ${offer.request.bodyText}` });
  await world.pass(100);
  expect([offers.length, (await update).bodyText]).toEqual([1, "answer to one"]);
  call.cancel();
});

it("an UPDATE's is taken before the ACK of a 2xx that says again what a reliable response has offered", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.handlers = { onOffer: (offer) => offer.accept({ body: "answer" }) };
  bob.onInvite = async (call) => {
    await call.ringReliably(183, { body: "their offer" });
    bob.sessions.push(call.accept({ body: "their offer" }));
  };
  world.network.set({ drop: ({ text }) => text.startsWith("ACK") });
  const call = alice.invite(bob, {}, { answer: () => ({ body: "answer" }) });
  await world.pass(100);
  const update = (await call.session).update({ body: "hold" });
  await world.pass(100);
  expect([(await update).status, world.wire("SIP/2.0 491")]).toEqual([200, 0]);
  world.network.set({ drop: () => false });
  await world.pass(1000);
  void bob.sessions[0]!.bye();
});

it("is over where its sender cancels it: the next has its turn", async () => {
  const { world, offers, alice, a } = await kept();
  const first = alice.phone.stack.send(a.dialog.createRequest("INVITE", { body: "one" }));
  await world.pass();
  // A CANCEL waits for the first provisional response.
  first.cancel();
  await world.pass(300);
  expect((await first.final).status).toBe(487);
  const second = a.reinvite({ body: "two" });
  await world.pass();
  offers[1]!.accept({ body: "answer" });
  await world.pass();
  expect((await second).bodyText).toBe("answer");
  void a.bye();
});

it("is over when the Expires of a re-INVITE is (RFC 3261 §13.3.1), and leaves no timer when it is answered, or the call has ended", async () => {
  const { world, offers, a } = await kept();
  const aborted: number[] = [];
  const asked = async (seconds: number) => {
    const offer = a.reinvite({ body: "hold", headers: { Expires: seconds } });
    await world.pass();
    const { signal } = offers.at(-1)!;
    signal.addEventListener("abort", () => void aborted.push(seconds));
    return { offer };
  };
  const first = await asked(2);
  await world.pass(2_100);
  expect([(await first.offer).status, aborted]).toEqual([487, [2]]);
  const second = await asked(60);
  offers.at(-1)!.accept({ body: "answer" });
  await world.pass(61_000);
  expect([(await second.offer).status, aborted]).toEqual([200, [2]]);
  const third = await asked(100_000);
  void a.bye();
  await world.pass(100);
  expect((await third.offer).status).toBe(487);
});

it("is given up when the session ends, as its signal tells before onEnd does; a user agent that is closed says nothing", async () => {
  for (const closes of [false, true]) {
    const { world, offers, bob, a, b } = await kept();
    void a.reinvite({ body: "hold" }).catch(() => {});
    await world.pass();
    offers[0]!.signal.addEventListener("abort", () => void bob.log.push("aborted"));
    if (closes) bob.ua.close();
    else void b.bye();
    expect(bob.log).toEqual(closes ? ["closed"] : ["aborted", "bye"]);
    bob.phone.transactions.at(-1)!.terminate();
    void a.bye();
    await world.pass();
  }
});

it("whose transaction is gone leaves the session's end alone", async () => {
  const { world, bob, a, b } = await kept();
  void a.reinvite({ body: "hold" }).catch(() => {});
  await world.pass();
  bob.phone.transactions.at(-1)!.terminate();
  void b.bye();
  await world.pass();
  expect([b.state, bob.log, bob.phone.errors]).toEqual(["ended", ["bye"], []]);
});

it("is answered by nobody once the user agent is closed: nothing is sent, and no timer runs", async () => {
  const { world, offers, bob, a } = await kept();
  void a.reinvite({ body: "hold" }).catch(() => {});
  await world.pass();
  bob.ua.close();
  const [timers, sent] = [world.clock.size, world.network.trace.length];
  offers[0]!.accept({ body: "late" });
  await world.pass();
  expect([world.clock.size, world.network.trace.length]).toEqual([timers, sent]);
  bob.phone.transactions.at(-1)!.respond(488);
  void a.bye();
});

it("an offer moves its sender where it is accepted, and not where it is refused (RFC 3261 §12.2.2)", async () => {
  const world = new SipWorld();
  let status = 488;
  const { alice, a, b } = await connect(world, {
    bob: { onOffer: (offer) => (status === 200 ? offer.accept({ body: "answer" }) : offer.reject(status)) },
  });
  const targets: string[] = [];
  for (const [method, body] of [
    ["INVITE", "offer"],
    ["UPDATE", "offer"],
    ["UPDATE", undefined],
  ] as const) {
    for (status of [488, 200]) {
      // Without an offer there is nothing to be refused.
      if (status === 488 && body === undefined) continue;
      const content = { ...(body && { body }), headers: { Contact: `<sip:${method}.${status}@10.1.1.1>` } };
      const asked = method === "INVITE" ? a.reinvite(content) : a.update(content);
      await world.pass(100);
      expect((await asked).status).toBe(status);
      targets.push(`${b.dialog.target}`);
    }
  }
  expect(targets).toEqual([
    alice.uri,
    "sip:INVITE.200@10.1.1.1",
    "sip:INVITE.200@10.1.1.1",
    "sip:UPDATE.200@10.1.1.1",
    "sip:UPDATE.200@10.1.1.1",
  ]);
  void a.bye();
});
