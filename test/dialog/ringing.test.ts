// A call that rings for long says so each minute, or proxies on the way may cancel it after three (RFC 3261 §13.3.1.1); and one of
// ours rings no longer than its Expires (§13.2.1).

import { describe, expect, it } from "vitest";
import type { IncomingOffer } from "../../src/dialog/incoming-offer.ts";
import { proxied } from "../proxy/support.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent, connect, type OnInvite } from "./support.ts";

async function ringing(onInvite: OnInvite, reliable: "supported" | "required" | "none" = "none") {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.onInvite = onInvite;
  const heard: string[] = [];
  const onProvisional = ({ status, bodyText }: { status: number; bodyText: string }) =>
    void heard.push(`${status} ${bodyText}`.trim());
  const call = alice.invite(bob, { body: "offer" }, { onProvisional }, { reliable });
  await world.pass(100);
  return { world, alice, bob, call, heard };
}

const saidBy = ({ network }: SipWorld, { phone }: Agent, start: string) => {
  const { host, port } = phone.transport.local;
  return network.trace.filter(({ from, text }) => from === `${host}:${port}` && text.startsWith(start))
    .length;
};

const done = async (world: SipWorld, bob: Agent) => {
  bob.calls[0]!.reject();
  await world.pass(200_000);
};

describe("a peer's call", () => {
  it("rings once a minute, with what was said last, until it is answered", async () => {
    const { world, bob, heard } = await ringing((call) => void call.ring());
    await world.pass(90_000);
    bob.calls[0]!.ring(183, { body: "early" });
    await world.pass(59_000);
    expect(heard).toEqual(["180", "180", "183 early"]);
    await world.pass(121_000);
    expect(heard).toEqual(["180", "180", "183 early", "183 early", "183 early", "183 early"]);
    await done(world, bob);
    expect(heard).toHaveLength(6);
  });

  it.each([
    ["supported", 1],
    ["required", 4],
  ] as const)("of a caller who has reliable responses %s, without the answer", async (reliable, sent) => {
    const { world, bob, heard } = await ringing(
      (call) => void call.ringReliably(183, { body: "early" }),
      reliable,
    );
    await world.pass(180_000);
    expect(heard).toEqual(["183 early", "183", "183", "183"]);
    expect(world.wire("PRACK")).toBe(sent);
    await done(world, bob);
  });

  it("is not given up by a proxy on the way, whose Timer C waits for three minutes (§16.6 step 11)", async () => {
    const world = new SipWorld();
    const proxy = await proxied(world);
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => void call.ring();
    const headers = { Route: `<sip:${proxy.phone.transport.sentBy};lr>` };
    const call = alice.invite(bob, { body: "offer", headers });
    await world.pass(600_000);
    expect([bob.log, call.dialogs.length]).toEqual([[], 1]);
    bob.sessions.push(bob.calls[0]!.accept({ body: "answer" }));
    await world.pass(1_000);
    void (await call.session).bye();
    await world.pass(1_000);
    expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
  });

  it("says nothing more once it was accepted, nor where nobody has rung", async () => {
    const { world, alice, bob, call } = await ringing(() => {});
    await world.pass(130_000);
    expect(world.wire("SIP/2.0 18")).toBe(0);
    bob.calls[0]!.ring();
    bob.calls[0]!.accept({ body: "answer" });
    await world.pass(200_000);
    expect(world.wire("SIP/2.0 18")).toBe(1);
    void (await call.session).bye();
    await world.pass(100);
    expect(alice.log).toEqual(["bye"]);
  });

  it("says nothing to a caller whose INVITE was dropped", async () => {
    const { world, alice, bob } = await ringing((call) => void call.ring());
    bob.phone.transactions[0]!.terminate();
    await world.pass(130_000);
    expect(world.wire("SIP/2.0 18")).toBe(1);
    alice.ua.close();
    bob.ua.close();
  });
});

describe("a call of ours", () => {
  it("is cancelled when its Expires is over", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await world.phone("bob")];
    bob.answer = (_request, transaction) => transaction?.respond(180);
    const call = alice.invite(bob.uri, { body: "offer", headers: { Expires: 20 } });
    await world.pass(19_900);
    expect([bob.canceled, call.dialogs.length]).toEqual([0, 1]);
    await world.pass(200);
    expect([bob.canceled, call.dialogs.length, alice.log]).toEqual([1, 0, ["refused"]]);
    await expect(call.session).rejects.toMatchObject({ code: "aborted", status: 487 });
  });

  it("goes on where it was accepted by then, though its offer waits for our answer, and leaves no timer where it was not", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const answer = () =>
      new Promise<object>((resolve) => {
        world.clock.set(() => resolve({ body: "answer" }), 2_000);
      });
    const call = alice.invite(bob, { headers: { Expires: 1 } }, { answer });
    await world.pass(3_000);
    const session = await call.session;
    expect([session.state, world.wire("CANCEL")]).toEqual(["confirmed", 0]);
    void session.bye();
    bob.onInvite = (other) => other.reject();
    const refused = alice.invite(bob, { body: "offer", headers: { Expires: 1000 } });
    await world.pass(100);
    await expect(refused.session).rejects.toMatchObject({ status: 486 });
    alice.invite(bob, { body: "offer", headers: { Expires: 1000 } });
    alice.ua.close();
    await world.pass(40_000);
    expect(world.clock.size).toBe(0);
  });
});

it.each([
  ["", 4, 200],
  // RFC 3262 §3: such a peer gets none but reliable ones.
  ["100rel", 0, 487],
])(
  "a re-INVITE that waits for our user is not given up by a proxy on the way either, but where it requires '%s'",
  async (required, said, status) => {
    const world = new SipWorld();
    const proxy = await proxied(world, { recordRoute: true });
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const offers: IncomingOffer[] = [];
    bob.handlers = { onOffer: (offer) => void offers.push(offer) };
    const route = { Route: `<sip:${proxy.phone.transport.sentBy};lr>` };
    const call = alice.invite(bob, { body: "offer", headers: route });
    await world.pass(100);
    const a = await call.session;
    const again = a.reinvite({ body: "video", headers: required ? { Require: required } : {} });
    await world.pass(250_000);
    offers[0]!.accept({ body: "answer" });
    await world.pass(100_000);
    expect([(await again).status, saidBy(world, bob, "SIP/2.0 183")]).toEqual([status, said]);
    void a.bye();
    await world.pass(1_000);
  },
);

it("a re-INVITE of ours is cancelled when its Expires is over, too, and the session goes on", async () => {
  const world = new SipWorld();
  const { bob, a } = await connect(world);
  // He does not heed it.
  let canceled = 0;
  bob.guard = ({ method }, transaction) => {
    if (method !== "INVITE" || !transaction) return false;
    transaction.onCancel = () => {
      canceled++;
      transaction.respond(487);
    };
    transaction.respond(100);
    return true;
  };
  const offer = a.reinvite({ body: "hold", headers: { Expires: 5 } });
  await world.pass(4_900);
  expect(canceled).toBe(0);
  await world.pass(200);
  expect([canceled, (await offer).status, a.state]).toEqual([1, 487, "confirmed"]);
  bob.guard = () => false;
  const next = a.reinvite({ body: "hold", headers: { Expires: 5 } });
  await world.pass(100);
  expect((await next).status).toBe(488);
  await world.pass(6_000);
  expect(world.wire("CANCEL")).toBe(1);
  void a.bye();
});
