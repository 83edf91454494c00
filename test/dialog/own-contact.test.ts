// Our Contact within a dialog: a new one, for a phone whose address has changed, stays (RFC 3261 §12.2.1.1).

import { expect, it } from "vitest";
import type { Session } from "../../src/dialog/session.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, connect } from "./support.ts";

const own = (session: Session) => String(session.dialog.contact.uri);
const target = (session: Session) => String(session.dialog.target);
/** Where an agent is now: it is the same place, by another name. */
const moved = ({ uri }: Agent) => uri.replace("sip:", "sip:new-");

it.each(["reinvite", "update"] as const)("is the one that a %s of ours has brought", async (how) => {
  const world = new SipWorld();
  const { alice, bob, a, b } = await connect(world, {
    bob: { onOffer: (offer) => offer.accept({ body: "x" }) },
  });
  const there = moved(alice);
  const first = a[how]({ body: "moved", headers: { Contact: `<${there}>` } });
  await world.pass(100);
  expect([(await first).status, own(a), target(b)]).toEqual([200, there, there]);
  const later = a.update();
  await world.pass(100);
  expect([(await later).status, target(b)]).toEqual([200, there]);
  expect(bob.phone.requests.at(-1)!.headers.raw("Contact")).toEqual([`<${there}>`]);
  expect(a.toJSON().dialog.contact).toBe(`<${there}>`);
  void b.bye();
});

it("is the one before where that was refused, or cannot be read", async () => {
  const world = new SipWorld();
  const { alice, a, b } = await connect(world);
  const before = own(a);
  const refused = a.reinvite({ body: "moved", headers: { Contact: `<${moved(alice)}>` } });
  await world.pass(100);
  expect([(await refused).status, own(a), target(b)]).toEqual([488, before, before]);
  const strange = a.update({ headers: { Contact: "*" } });
  await world.pass(100);
  expect([(await strange).status, own(a), target(b)]).toEqual([200, before, before]);
  void a.bye();
});

it("is the one of our 2xx to the peer's", async () => {
  const world = new SipWorld();
  const made: { there?: string } = {};
  const { alice, bob, a, b } = await connect(world, {
    bob: { onOffer: (offer) => offer.accept({ body: "x", headers: { Contact: `<${made.there}>` } }) },
  });
  const there = moved(bob);
  made.there = there;
  const offer = a.reinvite({ body: "hold" });
  await world.pass(100);
  expect([(await offer).status, own(b), target(a)]).toEqual([200, there, there]);
  const later = b.update();
  await world.pass(100);
  expect([(await later).status, target(a)]).toEqual([200, there]);
  expect(alice.phone.requests.at(-1)!.headers.raw("Contact")).toEqual([`<${there}>`]);
  void a.bye();
});
