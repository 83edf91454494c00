// Which events there are to subscribe to: Allow-Events (RFC 6665 §8.2.2) in what begins a dialog, in what answers that, and in a
// 489 (RFC 3265 §7.2).

import { expect, it } from "vitest";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent } from "./support.ts";

const events = ["presence", "dialog"];
const said = "presence, dialog";

async function ask(world: SipWorld, alice: Agent, bob: Agent, method: string, event?: string) {
  const headers = event === undefined ? {} : { Event: event };
  const sent = alice.phone.send(alice.phone.request(method, bob.uri, { headers }));
  await world.pass();
  const { status, headers: answered } = await sent.final;
  return [status, ...answered.raw("Allow-Events")];
}

it("says so in calls and subscriptions, and to whoever asks", async () => {
  const world = new SipWorld();
  const [alice, bob] = [
    await agent(world, "alice", "UDP", { events }),
    await agent(world, "bob", "UDP", { events: ["presence"] }),
  ];
  bob.onInvite = (call) => {
    call.ring();
    bob.sessions.push(call.accept());
  };
  bob.onOther = (request, transaction) => {
    if (request.method !== "SUBSCRIBE") return bob.ua.answerOther(request, transaction);
    const subscription = bob.ua.incomingSubscription(request, transaction);
    if (subscription?.event === "presence") subscription.accept({ state: () => ({}) });
    else subscription?.reject();
  };
  const invite = alice.invite(bob);
  const subscription = alice.ua.subscribe(bob.uri, "presence", alice.init());
  await world.pass(100);
  const session = await invite.session;
  expect(bob.phone.requests.map(({ method, headers }) => [method, ...headers.raw("Allow-Events")])).toEqual([
    ["INVITE", said],
    ["SUBSCRIBE", said],
    ["ACK"],
  ]);
  expect(
    world.network.trace.filter(({ text }) => /^SIP\/2\.0 [12].*^Allow-Events: presence\r/ms.test(text)),
  ).toHaveLength(3);
  expect(await ask(world, alice, bob, "OPTIONS")).toEqual([200, "presence"]);
  subscription.unsubscribe();
  void session.bye();
});

it("and to whom it refuses another, 489, but not with other refusals", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob", "UDP", { events })];
  bob.onOther = (request, transaction) => bob.ua.answerOther(request, transaction);
  expect(await ask(world, alice, bob, "SUBSCRIBE", "winfo")).toEqual([489, said]);
  expect(await ask(world, alice, bob, "SUBSCRIBE", "refer")).toEqual([403]);
  bob.onOther = (request, transaction) => bob.ua.incomingSubscription(request, transaction)?.reject();
  expect(await ask(world, alice, bob, "SUBSCRIBE", "winfo")).toEqual([489, said]);
  bob.onOther = (request, transaction) => {
    const headers = { "Allow-Events": "winfo" };
    bob.ua.incomingSubscription(request, transaction)?.reject(489, { headers });
  };
  expect(await ask(world, alice, bob, "SUBSCRIBE", "winfo")).toEqual([489, "winfo"]);
  bob.onOther = (request, transaction) => bob.ua.incomingSubscription(request, transaction)?.reject(603);
  expect(await ask(world, alice, bob, "SUBSCRIBE", "winfo")).toEqual([603]);
});

it("and nothing where it was told of none", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.onOther = (request, transaction) => bob.ua.answerOther(request, transaction);
  expect(await ask(world, alice, bob, "OPTIONS")).toEqual([200]);
  expect(await ask(world, alice, bob, "SUBSCRIBE", "winfo")).toEqual([489]);
  await expect(agent(world, "carol", "UDP", { events: ["a..b"] })).rejects.toMatchObject({
    code: "value_invalid",
  });
});
