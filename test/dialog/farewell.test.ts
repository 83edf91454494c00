// A user agent that ends everything, and has everybody told (RFC 3261 §15, RFC 6665 §4.1.2.3, RFC 3903 §4.5).

import { expect, it } from "vitest";
import { SipWorld } from "../support/sip-world.ts";
import { agent } from "./support.ts";

it("a session gets a BYE, a call that rings a CANCEL or a 480, and a state is taken back", async () => {
  const world = new SipWorld({ delay: 5 });
  const [alice, bob, carol] = [
    await agent(world, "alice"),
    await agent(world, "bob"),
    await agent(world, "carol"),
  ];
  const talking = alice.invite(bob);
  await world.pass(100);
  bob.onInvite = (call) => void call.ring();
  const ringing = alice.invite(bob);
  alice.onInvite = (call) => void call.ring();
  const asking = carol.invite(alice);
  bob.onOther = (request, transaction) => {
    if (request.method === "SUBSCRIBE")
      return void bob.ua.incomingSubscription(request, transaction)?.accept({ state: () => ({}) });
    const response = request.createResponse(200);
    response.headers.set("SIP-ETag", "e1").set("Expires", 3600);
    transaction.respond(response);
  };
  alice.onOther = (request, transaction) =>
    void alice.ua.incomingSubscription(request, transaction)?.accept({ state: () => ({ body: "last" }) });
  const ends: string[] = [];
  const onEnd = ({ reason }: { reason: string }) => void ends.push(reason);
  alice.ua.subscribe(bob.uri, "presence", alice.init(), { onEnd });
  bob.ua.subscribe(alice.uri, "dialog", bob.init(), { onEnd });
  alice.ua.publish(bob.uri, "presence", alice.init({ body: "open" }));
  await world.pass(100);
  expect(alice.ua.stats).toMatchObject({ dialogs: 5 });

  alice.ua.hangUp();
  await world.pass(1_000);
  expect(alice.ua.stats).toMatchObject({ dialogs: 0, usages: 0, pending: 0 });
  expect((await talking.session).state).toBe("ended");
  await expect(ringing.session).rejects.toMatchObject({ code: "aborted" });
  await expect(asking.session).rejects.toMatchObject({ code: "refused", status: 480 });
  expect(bob.log).toEqual(expect.arrayContaining(["cancel", "peer"]));
  expect(ends.sort()).toEqual(["deactivated", "timeout"]);
  const removed = bob.phone.requests.filter(({ method }) => method === "PUBLISH").at(-1)!.headers;
  expect(removed.get("Expires")).toBe(0);
});

it("who accepts while he is cancelled gets his BYE, and the stack's drain waits for all of that", async () => {
  const world = new SipWorld({ delay: 50 });
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.onInvite = (call) => {
    call.ring();
    world.clock.set(() => void bob.sessions.push(call.accept({ body: "answer" })), 60);
  };
  const { session } = alice.invite(bob);
  await world.pass(100);
  alice.ua.hangUp();
  const closed = alice.phone.stack.close({ drain: 5_000 });
  await world.pass(2_000);
  await closed;
  await expect(session).rejects.toMatchObject({ code: "aborted" });
  expect(bob.phone.methods).toEqual(["INVITE", "ACK", "BYE"]);
});

it("a call that was accepted, and waits for its PRACK, is refused", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.onInvite = (call) => {
    void call.ringReliably(180);
    bob.sessions.push(call.accept({ body: "answer" }));
  };
  world.network.set({ drop: ({ text }) => text.startsWith("PRACK") });
  const { session } = alice.invite(bob);
  await world.pass();
  bob.ua.hangUp();
  world.network.set({ drop: () => false });
  await world.pass(1_000);
  await expect(session).rejects.toMatchObject({ code: "refused", status: 487 });
  expect(bob.sessions[0]!.state).toBe("ended");
});
