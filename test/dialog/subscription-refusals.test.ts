// What ends a subscription, and what leaves it: refusals of a refresh and of a NOTIFY (RFC 6665 §4.1.2.2, §4.2.2).

import { describe, expect, it } from "vitest";
import type { Notifier } from "../../src/dialog/notifier.ts";
import type { SubscriptionEnd } from "../../src/dialog/subscription-options.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent } from "./support.ts";

/** A subscription of Alice's to Bob that stands. */
async function standing(world: SipWorld, protocol = "UDP") {
  const [alice, bob] = [await agent(world, "alice", protocol), await agent(world, "bob", protocol)];
  const notifiers: Notifier[] = [];
  const left: string[] = [];
  bob.onOther = (request, transaction) => {
    const onEnd = (reason: string) => void left.push(reason);
    const notifier = bob.ua.incomingSubscription(request, transaction)?.accept({
      state: () => ({ body: "state" }),
      onEnd,
    });
    if (notifier) notifiers.push(notifier);
  };
  const states: string[] = [];
  const ends: SubscriptionEnd[] = [];
  const subscription = alice.ua.subscribe(bob.uri, "presence", alice.init(), {
    onNotify: (notify) => void states.push(notify.bodyText),
    onEnd: (end) => void ends.push(end),
  });
  await world.pass();
  return { alice, bob, subscription, notifier: notifiers[0] as Notifier, states, ends, left };
}

describe("a refresh", () => {
  it.each([
    [404, "refused"],
    [405, "refused"],
    [410, "refused"],
    [416, "refused"],
    [480, "refused"],
    [481, "gone"],
    [482, "refused"],
    [485, "refused"],
    [489, "refused"],
    [501, "refused"],
    [604, "refused"],
  ])("that is answered %i ends the subscription", async (status, reason) => {
    const world = new SipWorld();
    const { alice, bob, subscription, notifier, ends } = await standing(world);
    bob.guard = (request, transaction) => {
      if (request.method === "SUBSCRIBE") transaction?.respond(status);
      return request.method === "SUBSCRIBE";
    };
    subscription.refresh();
    await world.pass(1_000);
    expect(ends).toMatchObject([{ reason, response: { status } }]);
    expect([subscription.state, alice.ua.stats.dialogs]).toEqual(["terminated", 0]);
    notifier.terminate();
  });

  it.each([400, 403, 500, 503])("that is answered %i leaves it until its time is over", async (status) => {
    const world = new SipWorld();
    const { bob, subscription, ends } = await standing(world);
    bob.guard = (request, transaction) => {
      if (request.method === "SUBSCRIBE") transaction?.respond(status);
      return request.method === "SUBSCRIBE";
    };
    subscription.refresh();
    await world.pass(1_000);
    expect([subscription.state, ends]).toEqual(["active", []]);
    bob.guard = () => false;
    subscription.unsubscribe();
  });
});

describe("a refresh in time that may be taken later", () => {
  it.each([
    [503, undefined, 16],
    [500, undefined, 16],
    [480, 20, undefined],
    [403, 20, 20],
    [503, 5, 16],
    [403, undefined, undefined],
    [503, 31, 31],
    [503, 40, undefined],
  ])("is made again after a %i with Retry-After %s: %s s later", async (status, after, seconds) => {
    const world = new SipWorld();
    const { bob, subscription, notifier, ends } = await standing(world);
    const times: number[] = [];
    bob.guard = (request, transaction) => {
      if (request.method !== "SUBSCRIBE" || !transaction) return false;
      times.push(world.clock.now());
      if (times.length > 1) return false;
      const response = request.createResponse(status);
      if (after !== undefined) response.headers.set("Retry-After", `${after}`);
      transaction.respond(response);
      return true;
    };
    // 32 s before its end (RFC 6665 §4.1.2.2).
    await world.pass(3_600_000);
    expect(times.slice(1).map((time) => Math.round((time - times[0]!) / 1000))).toEqual(
      seconds === undefined ? [] : [seconds],
    );
    expect([subscription.state, ends.length]).toEqual(seconds ? ["active", 0] : ["terminated", 1]);
    subscription.unsubscribe();
    notifier.terminate();
  });

  it("is made again where the way to the notifier was blocked (RFC 3261 §8.1.3.1)", async () => {
    const world = new SipWorld();
    const { alice, bob, subscription, ends } = await standing(world, "TCP");
    const hosts = [alice, bob].map(({ phone }) => phone.transport.local.host) as [string, string];
    world.network.cut(...hosts);
    world.network.block(...hosts);
    const asked = () => bob.phone.requests.filter(({ method }) => method === "SUBSCRIBE").length;
    await world.pass((3600 - 32) * 1000 + 1_000);
    expect([asked(), ends]).toEqual([1, []]);
    world.network.unblock(...hosts);
    await world.pass(20_000);
    expect([asked(), subscription.state]).toEqual([2, "active"]);
    await world.pass(60_000);
    expect(ends).toEqual([]);
    subscription.unsubscribe();
    await world.pass(1_000);
  });
});

describe("one that was taken back", () => {
  it("is not asked for again, by its user or by a 423 to the refresh before (RFC 6665 §4.1.2.3)", async () => {
    const world = new SipWorld({ delay: 20 });
    const { bob, subscription, ends } = await standing(world);
    await world.pass(100);
    const asked: string[] = [];
    bob.guard = (request, transaction) => {
      if (request.method !== "SUBSCRIBE") return false;
      asked.push(request.headers.raw("Expires")[0]!);
      if (asked.at(-1) === "0") return false;
      const response = request.createResponse(423);
      response.headers.set("Min-Expires", "600");
      transaction?.respond(response);
      return true;
    };
    subscription.refresh(60);
    subscription.unsubscribe();
    subscription.refresh();
    subscription.unsubscribe();
    await world.pass(1000);
    expect([asked, ends]).toEqual([["60", "0"], [{ reason: "timeout" }]]);
  });
});

describe("a NOTIFY", () => {
  it.each([400, 404, 405, 481, 489, 500, 603])("that is answered %i ends it", async (status) => {
    const world = new SipWorld();
    const { alice, bob, subscription, notifier, left } = await standing(world);
    alice.guard = (request, transaction) => {
      if (request.method === "NOTIFY") transaction?.respond(status);
      return request.method === "NOTIFY";
    };
    notifier.notify({ body: "new" });
    await world.pass(1_000);
    expect([notifier.terminated, left, bob.ua.stats.dialogs]).toEqual([true, ["gone"], 0]);
    subscription.unsubscribe();
  });

  it.each([404, 480, 481, 489])("that is answered %i ends it, Retry-After or not", async (status) => {
    const world = new SipWorld();
    const { alice, subscription, notifier, left } = await standing(world);
    alice.guard = (request, transaction) => {
      if (request.method !== "NOTIFY") return false;
      const response = request.createResponse(status);
      response.headers.set("Retry-After", "10");
      transaction?.respond(response);
      return true;
    };
    notifier.notify({ body: "one" });
    await world.pass(1_000);
    expect([notifier.terminated, left]).toEqual([true, ["gone"]]);
    subscription.unsubscribe();
  });

  it.each(["10", "10 (they are busy)"])(
    "that is to be sent later leaves it, and goes again, with what is new by then: %s",
    async (after) => {
      const world = new SipWorld();
      const { alice, subscription, notifier, states, left } = await standing(world);
      let refusals = 1;
      alice.guard = (request, transaction) => {
        if (request.method !== "NOTIFY" || refusals-- <= 0) return false;
        const response = request.createResponse(503);
        response.headers.set("Retry-After", after);
        transaction?.respond(response);
        return true;
      };
      notifier.notify({ body: "one" });
      await world.pass(9_000);
      expect([notifier.terminated, left, states]).toEqual([false, [], ["state"]]);
      await world.pass(2_000);
      expect(states).toEqual(["state", "one"]);
      refusals = 1;
      notifier.notify({ body: "two" });
      await world.pass(1_000);
      notifier.notify({ body: "three" });
      await world.pass(20_000);
      expect(states).toEqual(["state", "one", "three"]);
      subscription.unsubscribe();
    },
  );
});
