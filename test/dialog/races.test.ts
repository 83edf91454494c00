// The race conditions of RFC 5407, one by one:
//
//   §3.1.1 the INVITE comes again after the 2xx      here
//   §3.1.2 a CANCEL meets the 2xx                    here; call.test.ts, close.test.ts
//   §3.1.3 a BYE of the early dialog meets the 2xx   here
//   §3.1.4, §3.1.5 a re-INVITE overtakes the ACK     overtaken-ack.test.ts
//   §3.1.6 a BYE overtakes the ACK                   here
//   §3.2.1 a BYE meets a BYE                         usages.test.ts
//   §3.2.2 a re-INVITE meets a BYE                   here
//   §3.2.3 the 2xx to a re-INVITE meets a BYE        here
//   §3.2.4 the ACK comes behind the BYE              here
//   §3.3.1 a re-INVITE meets a re-INVITE             offers.test.ts, own-offers.test.ts
//   §3.3.2 an UPDATE meets a re-INVITE               here
//   §3.3.3 a REFER meets a BYE                       here

import { expect, it } from "vitest";
import { SipWorld } from "../support/sip-world.ts";
import { agent, connect } from "./support.ts";

const status = ({ status }: { status: number }) => status;

it("§3.1.1: an INVITE that comes again after its 2xx makes no other call, and the 2xx comes again", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  let lost = 0;
  world.network.set({ drop: ({ text }) => text.startsWith("SIP/2.0 200") && lost++ === 0 });
  const invite = alice.invite(bob);
  await world.pass(2000);
  expect([world.wire("INVITE"), bob.calls.length, alice.log, bob.log]).toEqual([2, 1, [], []]);
  void (await invite.session).bye();
  await world.pass(100);
  expect(bob.log).toEqual(["peer"]);
});

it("§3.1.2: a CANCEL that comes behind the 2xx is answered, and changes nothing: a BYE ends the call", async () => {
  const world = new SipWorld({ delay: 20 });
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.onInvite = (call) => {
    call.ring();
    world.clock.set(() => void bob.sessions.push(call.accept({ body: "answer" })), 50);
  };
  const invite = alice.invite(bob);
  await world.pass(80);
  invite.cancel();
  await world.pass(1000);
  await expect(invite.session).rejects.toMatchObject({ code: "aborted" });
  expect([world.wire("CANCEL"), world.wire("SIP/2.0 487"), bob.log]).toEqual([1, 0, ["peer"]]);
  expect(bob.phone.methods).toEqual(["INVITE", "ACK", "BYE"]);
});

it("§3.1.3: a BYE of the early dialog that meets the 2xx ends the call, and the 2xx gets its ACK", async () => {
  const world = new SipWorld({ delay: 20 });
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.onInvite = (call) => void call.ring();
  const invite = alice.invite(bob);
  await world.pass(50);
  const bye = invite.dialogs[0]!.request("BYE");
  bob.sessions.push(bob.calls[0]!.accept({ body: "answer" }));
  await world.pass(1000);
  expect(status(await bye)).toBe(200);
  expect([bob.phone.methods, bob.log]).toEqual([["INVITE", "BYE", "ACK"], ["peer"]]);
  await expect(invite.session).rejects.toMatchObject({ code: "terminated" });
  expect(alice.log).toEqual(["bye"]);
});

it("§3.1.6, §3.2.4: a BYE that overtakes the ACK ends the 2xx, too, and the ACK behind it is a stray", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  const acks: string[] = [];
  world.network.set({
    drop: ({ text }) => {
      if (text.startsWith("ACK")) acks.push(text);
      return text.startsWith("ACK");
    },
  });
  const invite = alice.invite(bob);
  await world.pass(100);
  const bye = (await invite.session).bye();
  await world.pass(100);
  expect(status((await bye)!)).toBe(200);
  const sent = world.wire("SIP/2.0 200");
  world.network.set({ drop: () => false });
  const flow = alice.phone.transport.flow(bob.phone.transport.local)!;
  alice.phone.transport.send(new TextEncoder().encode(acks[0]) as Uint8Array<ArrayBuffer>, flow, () => {});
  await world.pass(40_000);
  expect([world.wire("SIP/2.0 200"), bob.log, bob.ua.stats.strays]).toEqual([sent, ["peer"], 1]);
});

it("§3.2.2: a re-INVITE that meets our BYE is answered 481, and ends there as here", async () => {
  const world = new SipWorld({ delay: 20 });
  const { alice, bob, a, b } = await connect(world);
  await world.pass(100);
  const again = a.reinvite({ body: "hold" }).then(status, ({ code }) => code);
  const bye = b.bye();
  await world.pass(1000);
  expect([await again, status((await bye)!)]).toEqual([481, 200]);
  expect([alice.log, bob.log, world.wire("ACK")]).toEqual([["peer"], ["bye"], 2]);
});

it("§3.2.3: the 2xx to a re-INVITE that meets a BYE gets its ACK", async () => {
  const world = new SipWorld({ delay: 20 });
  const { alice, bob, a, b } = await connect(world, {
    bob: { onOffer: (offer) => offer.accept({ body: "x" }) },
  });
  await world.pass(100);
  const again = a.reinvite({ body: "hold" }).then(status, ({ code }) => code);
  await world.pass(15);
  const bye = a.bye();
  await world.pass(5000);
  expect([await again, status((await bye)!)]).toEqual([200, 200]);
  expect([world.wire("ACK"), alice.log, bob.log, b.state]).toEqual([2, ["bye"], ["peer"], "ended"]);
});

it("§3.3.2: an UPDATE and a re-INVITE that meet are refused 491, and go again one after the other", async () => {
  const world = new SipWorld({ delay: 20 });
  const onOffer = (offer: { accept(content: { body: string }): void }) => offer.accept({ body: "answer" });
  const { alice, bob, a, b } = await connect(world, { alice: { onOffer }, bob: { onOffer } });
  await world.pass(100);
  const both = [a.update({ body: "one" }), b.reinvite({ body: "two" })];
  await world.pass(10_000);
  expect((await Promise.all(both)).map(status)).toEqual([200, 200]);
  expect([world.wire("SIP/2.0 491"), alice.log, bob.log]).toEqual([2, [], []]);
  void a.bye();
});

it("§3.3.3: a REFER that meets our BYE is answered 481, and nobody is called", async () => {
  const world = new SipWorld({ delay: 20 });
  let referred = 0;
  const { a, b } = await connect(world, { bob: { onRefer: () => void referred++ } });
  await world.pass(100);
  const ends: string[] = [];
  a.refer("sip:carol@example.com", { onEnd: ({ reason }) => void ends.push(reason) });
  void b.bye();
  await world.pass(1000);
  expect([referred, ends.length, world.wire("SIP/2.0 481")]).toEqual([0, 1, 1]);
});

it("a callee's request that overtakes the 2xx is answered 481: his BYE waits for the ACK all the same (RFC 3261 §15)", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  let lost = 0;
  world.network.set({ drop: ({ text }) => text.startsWith("ACK") && lost++ === 0 });
  alice.guard = ({ method }, transaction) => {
    if (method === "INFO") transaction?.respond(481);
    return method === "INFO";
  };
  bob.onInvite = (call) => {
    const session = call.accept({ body: "answer" });
    bob.sessions.push(session);
    void session.request("INFO");
  };
  alice.invite(bob);
  await world.pass(100);
  expect([bob.sessions[0]!.state, bob.log, world.wire("BYE")]).toEqual(["confirmed", [], 0]);
  await world.pass(1000);
  expect([alice.log, bob.log]).toEqual([["peer"], ["gone"]]);
  expect(alice.phone.methods).toEqual(["INFO", "BYE"]);
});
