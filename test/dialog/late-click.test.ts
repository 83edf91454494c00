// Who clicks too late: the call, or the session, has ended a moment before, which nobody could know. Nothing is thrown.

import { describe, expect, it } from "vitest";
import type { SessionEnd } from "../../src/dialog/session.ts";
import type { SubscriptionEnd } from "../../src/dialog/subscription-options.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent, connect } from "./support.ts";

describe("a call that is accepted", () => {
  it("after it was cancelled is a session that has ended, and nothing is sent", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob);
    await world.pass(100);
    invite.cancel();
    await world.pass(100);
    const words = world.network.trace.length;
    const session = bob.calls[0]!.accept({ body: "answer", headers: { "X-Bad": "a\r\nb" } });
    expect([session.state, bob.calls[0]!.state, bob.log]).toEqual(["ended", "over", ["cancel", "peer"]]);
    expect(session.toJSON().dialog.role).toBe("callee");
    for (const asked of [session.reinvite(), session.update(), session.request("INFO")])
      await expect(asked).rejects.toMatchObject({ code: "terminated" });
    expect(await session.bye()).toBeUndefined();
    await world.pass(1000);
    expect([world.network.trace.length, bob.log]).toEqual([words, ["cancel", "peer"]]);
  });

  it("after it was refused by itself, by the user, or by nobody in time", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const states: string[] = [];
    bob.onInvite = (call) => void states.push(call.accept({ body: "answer" }).state);
    alice.invite(bob, { body: "offer", headers: { Require: "teleport" } });
    await world.pass(100);
    bob.onInvite = (call) => {
      call.reject(486);
      states.push(call.accept({ body: "answer" }).state);
    };
    alice.invite(bob);
    await world.pass(100);
    bob.onInvite = () => {};
    alice.invite(bob, { body: "offer", headers: { Expires: 1 } });
    await world.pass(2000);
    states.push(bob.calls[2]!.accept().state);
    expect(states).toEqual(["ended", "ended", "ended"]);
    // The 200 is that to the CANCEL of the caller, who heeds his Expires, too.
    expect([world.wire("SIP/2.0 200"), world.wire("CANCEL"), world.wire("ACK")]).toEqual([1, 1, 3]);
  });

  it("after it was refused by itself: its handlers hear of the end when their user holds the call", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const ends: string[] = [];
    bob.options = { timer: { expires: 90, min: 90 } };
    bob.guard = (request, transaction) => {
      if (request.method !== "INVITE" || !transaction) return false;
      const onEnd = ({ reason }: SessionEnd) => void ends.push(`${call.state} ${reason}`);
      const call = bob.ua.incoming(request, transaction, { onEnd }, bob.options);
      ends.push(call.state);
      return true;
    };
    alice.invite(bob, { body: "offer", headers: { Require: "teleport" } });
    await world.pass(100);
    const timer = { "Session-Expires": 60, Supported: "timer" };
    alice.phone.stack.send(
      createRequest("INVITE", bob.uri, {
        from: "<sip:alice@example.com>",
        contact: `<${alice.uri}>`,
        headers: timer,
      }),
    );
    await world.pass(100);
    expect(ends).toEqual(["over", "over refused", "over", "over refused"]);
    expect([world.wire("SIP/2.0 420"), world.wire("SIP/2.0 422")]).toEqual([1, 1]);
  });

  it("twice is the same session, and sends nothing more", async () => {
    const world = new SipWorld();
    const { alice, bob, a } = await connect(world);
    const words = world.network.trace.length;
    expect(bob.calls[0]!.accept({ body: "other" })).toBe(bob.sessions[0]);
    await world.pass(1000);
    expect([world.network.trace.length, bob.sessions[0]!.state]).toEqual([words, "confirmed"]);
    void a.bye();
    await world.pass(100);
    expect(bob.calls[0]!.accept().state).toBe("ended");
    expect(alice.log).toEqual(["bye"]);
  });
});

it("a session that is referred after its end: the subscription fails, and nothing is sent", async () => {
  const world = new SipWorld();
  const { a, b } = await connect(world);
  void b.bye();
  await world.pass(100);
  const words = world.network.trace.length;
  const ends: SubscriptionEnd[] = [];
  const subscription = a.refer("sip:carol@example.com", { onEnd: (end) => void ends.push(end) });
  expect(ends).toEqual([]);
  await world.pass(100);
  expect(ends).toMatchObject([{ reason: "failed", error: { code: "terminated" } }]);
  expect([subscription.state, world.network.trace.length]).toEqual(["terminated", words]);
});

it("a status of another kind is refused, and the call rings on: a 200 so sent begins what nobody keeps", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  const wrong = expect.objectContaining({ code: "value_invalid" });
  const seen: string[] = [];
  let rung: Promise<void> | undefined;
  const refuses = (act: () => unknown) => {
    expect(act).toThrowError(wrong);
    seen.push("refused");
  };
  bob.handlers = {
    onOffer(offer) {
      refuses(() => offer.reject(200));
      offer.reject();
    },
    onRefer(refer) {
      refuses(() => refer.reject(202));
      refer.reject();
    },
  };
  bob.onInvite = (call) => {
    for (const status of [200, 300, 99, Number.NaN]) refuses(() => call.ring(status));
    for (const status of [200, 183, 700]) refuses(() => call.reject(status));
    rung = expect(call.ringReliably(200)).rejects.toEqual(wrong);
    bob.sessions.push(call.accept({ body: "answer" }));
  };
  bob.onOther = (request, transaction) => {
    const subscription = bob.ua.incomingSubscription(request, transaction)!;
    refuses(() => subscription.reject(200));
    subscription.reject();
  };
  const invite = alice.invite(bob);
  alice.ua.subscribe(bob.uri, "presence", alice.init());
  await world.pass(100);
  await rung;
  const session = await invite.session;
  const offered = session.reinvite({ body: "offer" });
  session.refer("sip:carol@example.com");
  await world.pass(100);
  expect([(await offered).status, seen.length]).toEqual([488, 10]);
  expect([world.wire("SIP/2.0 202"), world.wire("SIP/2.0 489"), world.wire("SIP/2.0 603")]).toEqual([
    0, 1, 1,
  ]);
  void session.bye();
});
