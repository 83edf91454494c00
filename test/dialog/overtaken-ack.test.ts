// A re-INVITE that comes before the ACK to our 2xx, which was lost or overtaken (RFC 3261 §14.2, RFC 5407 §3.1.4, §3.1.5).

import { expect, it } from "vitest";
import type { Session } from "../../src/dialog/session.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent } from "./support.ts";

/** A call of Alice's whose first ACKs are lost, and her re-INVITE at once. */
async function overtaken(body: string | undefined) {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  const acks: string[] = [];
  bob.handlers = {
    onOffer: (offer) => offer.accept({ body: `answer to ${offer.request.bodyText}` }),
    onAck: (ack) => void acks.push(`${ack.headers.get("CSeq")?.number} ${ack.bodyText}`.trim()),
  };
  world.network.set({ drop: ({ text }) => text.startsWith("ACK") });
  const invite = alice.invite(bob, body === undefined ? {} : { body }, { answer: () => ({ body: "late" }) });
  await world.pass(100);
  const session: Session = await invite.session;
  const response = session.reinvite({ body: "hold" });
  await world.pass(100);
  return { world, alice, bob, session, response, acks };
}

it("is taken where offer and answer of the first were through: who sends it has got our 2xx", async () => {
  const { world, alice, bob, session, response, acks } = await overtaken("offer");
  expect((await response).bodyText).toBe("answer to hold");
  expect(acks).toEqual([]);
  world.network.set({ drop: () => false });
  await world.pass(40_000);
  expect(acks).toEqual(["2"]);
  expect([session.state, bob.sessions[0]!.state, alice.log, bob.log]).toEqual([
    "confirmed",
    "confirmed",
    [],
    [],
  ]);
  const bye = bob.sessions[0]!.bye();
  await world.pass(100);
  expect((await bye)?.status).toBe(200);
});

it("is refused 491 where our 2xx made an offer that has no answer yet, and comes again", async () => {
  const { world, session, response, acks } = await overtaken(undefined);
  expect(world.wire("SIP/2.0 491")).toBe(1);
  world.network.set({ drop: () => false });
  await world.pass(10_000);
  expect([(await response).bodyText, acks]).toEqual(["answer to hold", ["1 late", "3"]]);
  void session.bye();
});

it("neither of the two acknowledged: the call ends once, 64 × T1 after the second", async () => {
  const { world, alice, bob } = await overtaken("offer");
  await world.pass(31_000);
  expect(bob.log).toEqual([]);
  await world.pass(2_000);
  expect([alice.log, bob.log]).toEqual([["peer"], ["unacknowledged"]]);
});
