// A refresh of a subscription that is accepted, or not answered, and not followed by a NOTIFY (RFC 6665 §4.1.2.2, Timer N).

import { expect, it } from "vitest";
import type { Subscription } from "../../src/dialog/subscription.ts";
import type { Phone } from "../support/sip-world.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent } from "./support.ts";

interface Scene {
  readonly world: SipWorld;
  readonly alice: Agent;
  readonly bob: Phone;
  readonly subscription: Subscription;
  readonly ends: string[];
  /** Has Bob send a NOTIFY within the dialog. */
  notify(): void;
}

/** Alice has subscribed at Bob, who answers further SUBSCRIBEs with that status, and says no more. */
async function scene(status: number): Promise<Scene> {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await world.phone("bob")];
  let cseq = 1;
  const notify = () => {
    const [subscribe] = bob.requests;
    const { headers } = subscribe!;
    const request = bob.request("NOTIFY", `${headers.first("Contact")!.uri}`, {
      from: `<${bob.uri}>;tag=bob`,
      to: headers.get("From")!,
      callId: headers.get("Call-ID")!,
      cseq: cseq++,
      headers: { Event: "presence", "Subscription-State": "active;expires=3600" },
    });
    void bob.stack.send(request).final.catch(() => {});
  };
  bob.answer = (request, transaction) => {
    const first = request.headers.get("To")?.tag === undefined;
    const response = request.createResponse(first ? 200 : status);
    if (first) response.headers.set("To", `<${bob.uri}>;tag=bob`);
    response.headers.set("Contact", `<${bob.uri}>`).set("Expires", 3600);
    transaction?.respond(response);
    if (first) notify();
  };
  const ends: string[] = [];
  const handlers = { onEnd: ({ reason }: { reason: string }) => void ends.push(reason) };
  const subscription = alice.ua.subscribe(bob.uri, "presence", alice.init(), handlers);
  await world.pass(100);
  expect(subscription.state).toBe("active");
  return { world, alice, bob, subscription, ends, notify };
}

it("ends the subscription 64 × T1 after it", async () => {
  const { world, subscription, ends } = await scene(200);
  subscription.refresh();
  await world.pass(31_000);
  expect(ends).toEqual([]);
  await world.pass(2_000);
  expect([ends, subscription.state]).toEqual([["silent"], "terminated"]);
});

it("ends it then where nobody answers it, too", async () => {
  const { world, bob, subscription, ends } = await scene(200);
  bob.answer = () => {};
  subscription.refresh();
  await world.pass(31_000);
  expect(ends).toEqual([]);
  await world.pass(2_000);
  expect([ends, subscription.state]).toEqual([["silent"], "terminated"]);
});

it("does not where nobody answers it, and a NOTIFY comes", async () => {
  const { world, alice, bob, subscription, ends, notify } = await scene(200);
  bob.answer = () => {};
  subscription.refresh();
  await world.pass(20_000);
  notify();
  await world.pass(40_000);
  expect([ends, subscription.state]).toEqual([[], "active"]);
  alice.ua.close();
});

it.each([0, 20_000])("does not where the NOTIFY comes %i ms later", async (delay) => {
  const { world, alice, subscription, ends, notify } = await scene(200);
  subscription.refresh();
  await world.pass(delay);
  notify();
  await world.pass(60_000);
  expect(ends).toEqual([]);
  alice.ua.close();
});

it("does not where the NOTIFY comes before the 200", async () => {
  const { world, alice, bob, subscription, ends, notify } = await scene(200);
  const { answer } = bob;
  bob.answer = (request, transaction) => {
    notify();
    world.clock.set(() => answer(request, transaction), 100);
  };
  subscription.refresh();
  await world.pass(60_000);
  expect(ends).toEqual([]);
  alice.ua.close();
});

it.each([204, 503])("does not for a %i, which no NOTIFY follows", async (status) => {
  const { world, alice, subscription, ends } = await scene(status);
  subscription.refresh();
  await world.pass(60_000);
  expect(ends).toEqual([]);
  alice.ua.close();
});
