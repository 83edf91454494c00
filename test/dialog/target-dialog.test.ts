// Target-Dialog: which call a request from outside of it names (RFC 4538), as a REFER does whose sender knows a GRUU (RFC 7647 §4).

import { expect, it } from "vitest";
import type { EarlyDialog } from "../../src/dialog/session.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent, connect } from "./support.ts";

it("is found as its receiver knows it, as long as it lives", async () => {
  const world = new SipWorld();
  const { alice, bob, a, b } = await connect(world);
  const found: (EarlyDialog | undefined)[] = [];
  bob.onOther = (request, transaction) => {
    found.push(bob.ua.findTarget(request));
    transaction.respond(403);
  };
  const { callId, local, remote } = b.dialog;
  const ask = async (...targets: string[]) => {
    const headers = { "Refer-To": "<sip:carol@example.com>", "Target-Dialog": targets };
    void alice.phone.send(alice.phone.request("REFER", bob.uri, { headers }));
    await world.pass();
    return found.pop();
  };
  const named = `${callId};local-tag=${local.tag};remote-tag=${remote.tag}`;
  expect(await ask(named)).toBe(b);
  for (const other of [
    [`${callId};local-tag=${remote.tag};remote-tag=${local.tag}`],
    [`x${callId};local-tag=${local.tag};remote-tag=${remote.tag}`],
    [`${callId};local-tag=${local.tag}`],
    [named, named],
    [],
  ]) {
    expect(await ask(...other)).toBeUndefined();
  }
  void a.bye();
  await world.pass();
  expect(await ask(named)).toBeUndefined();
});

it("may ring still; a dialog of no call is none", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  const named: (EarlyDialog | undefined)[] = [];
  let dialog = "";
  bob.onInvite = (call) => {
    const { callId, local, remote } = call.ring().dialog;
    dialog = `${callId};local-tag=${local.tag};remote-tag=${remote.tag}`;
  };
  bob.onOther = (request, transaction) => {
    named.push(bob.ua.findTarget(request));
    if (request.method !== "SUBSCRIBE") return transaction.respond(200);
    const notifier = bob.ua.incomingSubscription(request, transaction)?.accept({ state: () => ({}) });
    const { callId, local, remote } = notifier!.dialog;
    dialog = `${callId};local-tag=${local.tag};remote-tag=${remote.tag}`;
  };
  const ask = () => {
    void alice.phone.send(alice.phone.request("MESSAGE", bob.uri, { headers: { "Target-Dialog": dialog } }));
    return world.pass();
  };
  const invite = alice.invite(bob);
  await world.pass();
  await ask();
  const subscription = alice.ua.subscribe(bob.uri, "presence", alice.init());
  await world.pass();
  await ask();
  expect(named.map((each) => each?.state)).toEqual(["early", undefined, undefined]);
  subscription.unsubscribe();
  invite.cancel();
});
