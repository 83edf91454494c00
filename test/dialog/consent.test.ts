// A watcher without his presentity's consent (RFC 3856 §6.6.2, RFC 6665 §4.1.3): he is told that he waits, and no state.

import { expect, it } from "vitest";
import type { Notifier } from "../../src/dialog/notifier.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent } from "./support.ts";

/** A subscription of Alice's that waits for consent; what she was told. */
async function waiting() {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  const notifiers: Notifier[] = [];
  bob.onOther = (request, transaction) =>
    void notifiers.push(
      bob.ua
        .incomingSubscription(request, transaction)!
        .accept({ state: () => ({ body: "at home" }) }, { pending: true, maxExpires: 200 }),
    );
  const told: string[] = [];
  const subscription = alice.ua.subscribe(bob.uri, "presence", alice.init(), {
    onNotify: (notify) =>
      void told.push(`${notify.headers.get("Subscription-State")!.token} ${notify.bodyText}`.trim()),
  });
  await world.pass();
  expect(told.splice(0)).toEqual(["pending"]);
  return { world, bob, subscription, notifier: notifiers[0] as Notifier, told };
}

it("a watcher who waits hears nothing of the state when he refreshes, and all of it when he is let in", async () => {
  const { world, subscription, notifier, told } = await waiting();
  expect(notifier.pending).toBe(true);
  subscription.refresh();
  await world.pass();
  expect(told.splice(0)).toEqual(["pending"]);
  notifier.notify();
  await world.pass();
  expect([notifier.pending, told.splice(0)]).toEqual([false, ["active at home"]]);
  subscription.unsubscribe();
  await world.pass();
  expect(told).toEqual(["terminated at home"]);
});

it.each([
  ["is rejected", (notifier: Notifier) => notifier.terminate("rejected")],
  ["leaves", (_notifier: Notifier, leave: () => void) => leave()],
  ["waits until his time is over", (_notifier: Notifier) => {}],
])("a watcher who %s hears nothing of it, either", async (_name, end) => {
  const { world, bob, subscription, notifier, told } = await waiting();
  bob.guard = (request, transaction) => {
    if (request.headers.get("Expires") === 0) return false;
    transaction?.respond(500);
    return true;
  };
  end(notifier, () => subscription.unsubscribe());
  await world.pass(300_000);
  expect(notifier.terminated).toBe(true);
  expect(world.wire("NOTIFY")).toBe(2);
  expect(world.network.trace.filter(({ text }) => text.includes("at home"))).toEqual([]);
  expect(told.every((each) => each === "terminated")).toBe(true);
});

it("what its notifier says himself to who waits is sent, and lets him in", async () => {
  const { world, subscription, notifier, told } = await waiting();
  notifier.notify({ body: "away" });
  await world.pass();
  expect(told).toEqual(["active away"]);
  subscription.unsubscribe();
});

it("who is let in no more is not told where his presentity is", async () => {
  const { world, notifier, told } = await waiting();
  notifier.notify();
  await world.pass();
  told.length = 0;
  notifier.terminate("rejected");
  await world.pass();
  expect(told).toEqual(["terminated"]);
});

it("who may come back later is told when; what is no reason is none (RFC 6665 §4.1.3)", async () => {
  const { world, bob, subscription, notifier } = await waiting();
  expect(() => notifier.terminate("a\r\nb")).toThrow(expect.objectContaining({ code: "value_invalid" }));
  expect(notifier.terminated).toBe(false);
  notifier.terminate("probation", undefined, 30);
  await world.pass();
  const last = world.network.trace.filter(({ text }) => text.startsWith("NOTIFY")).at(-1)!.text;
  expect(last).toMatch(/^Subscription-State: terminated;reason=probation;retry-after=30\r$/m);
  expect([subscription.state, bob.ua.stats.usages]).toEqual(["terminated", 0]);
});
