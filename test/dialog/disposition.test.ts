// Bodies that say of themselves that they describe no session: the rules of offers and answers are not for them (RFC 3261
// §13.2.1).

import { expect, it } from "vitest";
import { SipWorld } from "../support/sip-world.ts";
import { agent, connect } from "./support.ts";

const other = (disposition: string) => ({
  body: "a picture",
  contentType: "text/plain",
  headers: { "Content-Disposition": disposition },
});

it("an UPDATE with one is no offer, and one that describes the session is", async () => {
  const world = new SipWorld();
  const offered: string[] = [];
  const { a } = await connect(world, {
    bob: {
      onOffer: (offer) => {
        offered.push(offer.request.bodyText);
        offer.accept({ body: "answer" });
      },
    },
  });
  const statuses: number[] = [];
  for (const disposition of ["render", "icon;handling=optional", "Session;handling=required"]) {
    const update = a.update({ ...other(disposition), body: disposition });
    await world.pass(10);
    statuses.push((await update).status);
  }
  expect([statuses, offered]).toEqual([[200, 200, 200], ["Session;handling=required"]]);
  void a.bye();
});

it("a reliable response with one is neither the answer to an offer nor an offer", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.onInvite = (call) => void call.ringReliably(180, other("alert"));
  const call = alice.invite(bob, { body: "offer" });
  await world.pass(100);
  const early = call.dialogs[0]!.update({ body: "another" });
  await expect(early).rejects.toMatchObject({ code: "transaction_state", status: 491 });
  bob.sessions.push(bob.calls[0]!.accept({ body: "answer" }));
  await world.pass(100);
  // A refresh repeats what was said of the session, and no ring tone.
  expect((await call.session).toJSON().body?.text).toBe("offer");
  expect(bob.sessions[0]!.toJSON().body?.text).toBe("answer");
  void (await call.session).bye();
  await world.pass(100);

  const asked: string[] = [];
  const answer = ({ status, bodyText }: { status: number; bodyText: string }) => {
    asked.push(`${status} ${bodyText}`);
    return { body: "answer" };
  };
  const without = alice.invite(bob, {}, { answer });
  await world.pass(100);
  bob.calls[1]!.accept({ body: "offer" });
  await world.pass(100);
  expect(asked).toEqual(["200 offer"]);
  expect((await without.session).toJSON().body?.text).toBe("answer");
  void (await without.session).bye();
});

it("an INVITE with one leaves the offer to the callee", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  const asked: string[] = [];
  const acks: string[] = [];
  bob.handlers = { onAck: ({ bodyText }) => void acks.push(bodyText) };
  bob.onInvite = (call) => {
    void call.ringReliably(183, { body: "offer" });
  };
  const answer = ({ status }: { status: number }) => {
    asked.push(`${status}`);
    return { body: "answer" };
  };
  const call = alice.invite(bob, other("render"), { answer });
  await world.pass(100);
  // Our offer is answered: another can be made.
  const early = bob.calls[0]!.ring().update({ body: "held" });
  await world.pass(100);
  bob.calls[0]!.accept();
  await world.pass(100);
  expect([asked, acks, (await early).status]).toEqual([["183"], [""], 488]);
  const session = await call.session;
  expect(session.toJSON().body?.text).toBe("answer");
  void session.bye();
});
