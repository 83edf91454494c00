// Peers behind a NAT, over UDP, without a proxy between: what follows within a dialog goes where they were seen (RFC 3581 §3).

import { expect, it } from "vitest";
import { NameAddr } from "../../src/message/name-addr.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent, flowOf } from "./support.ts";

/** Bob's phone calls itself by an address that leads nowhere from Alice's. */
async function pair() {
  const world = new SipWorld();
  return { world, alice: await agent(world, "alice"), bob: await agent(world, "bob", "UDP behind NAT") };
}

it("he calls, and hears of the other's hanging up", async () => {
  const { world, alice, bob } = await pair();
  bob.invite(alice);
  await world.pass(100);
  const info = alice.sessions[0]!.request("INFO");
  await world.pass(100);
  expect((await info).status).toBe(405);
  void alice.sessions[0]!.bye();
  await world.pass(100);
  expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
});

it("he is called by the flow that he keeps: the ACK goes there, too", async () => {
  const { world, alice, bob } = await pair();
  const { final } = bob.phone.send(bob.phone.request("OPTIONS", alice.uri), alice.phone);
  await world.pass(100);
  await final;
  const flow = flowOf(alice.phone);
  const call = alice.invite("sip:bob@192.168.1.7:5060", { body: "offer" }, {}, { flow });
  await world.pass(100);
  const session = await call.session;
  await world.pass(40_000);
  expect([bob.sessions[0]?.state, world.wire("SIP/2.0 200")]).toEqual(["confirmed", 1]);
  void session.bye();
  await world.pass(100);
  expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
});

it("he subscribes, and is told the state", async () => {
  const { world, alice, bob } = await pair();
  alice.onOther = (request, transaction) =>
    void alice.ua.incomingSubscription(request, transaction)?.accept({ state: () => ({ body: "open" }) });
  const heard: string[] = [];
  const subscription = bob.ua.subscribe(alice.uri, "presence", bob.init(), {
    onNotify: ({ bodyText }) => void heard.push(bodyText),
  });
  await world.pass(100);
  expect(heard).toEqual(["open"]);
  subscription.unsubscribe();
  await world.pass(100);
});

it("but who gives another Contact than where his Via says he is is believed", async () => {
  const world = new SipWorld();
  const [alice, desk] = [await agent(world, "alice"), await agent(world, "desk")];
  const contact = NameAddr.parse(`<${desk.uri}>`);
  const bob = await agent(world, "bob", "UDP behind NAT", { contact });
  desk.guard = (request, transaction) => {
    if (request.method === "BYE") transaction?.respond(200);
    return request.method === "BYE";
  };
  bob.invite(alice);
  await world.pass(100);
  void alice.sessions[0]!.bye();
  await world.pass(100);
  expect(desk.phone.requests.map(({ method }) => method)).toEqual(["BYE"]);
  bob.ua.close();
});
