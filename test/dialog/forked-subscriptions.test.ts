// A SUBSCRIBE, or a REFER outside of any dialog, that a proxy has forked: each notifier that takes it makes a dialog of its own
// (RFC 6665 §4.5.2, §5.4.9).

import { describe, expect, it } from "vitest";
import type { Notifier } from "../../src/dialog/notifier.ts";
import type { ReferProgress } from "../../src/dialog/refer.ts";
import { referOutcome } from "../../src/dialog/sipfrag.ts";
import type { Subscription } from "../../src/dialog/subscription.ts";
import type { SubscriptionHandlers } from "../../src/dialog/subscription-options.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { proxied } from "../proxy/support.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent } from "./support.ts";

/** Alice, and two notifiers behind a proxy that forks to both, the second of whom tells later, or refuses. */
async function forked(delay: number | null = 100) {
  const world = new SipWorld();
  const alice = await agent(world, "alice");
  const callees = [await agent(world, "one"), await agent(world, "two")] as const;
  const proxy = await proxied(world);
  proxy.targets = ({ request, inDialog }) =>
    inDialog ? [{ uri: request.uri }] : callees.map(({ uri }) => ({ uri }));
  const notifiers: Notifier[] = [];
  const ends: string[] = [];
  const progress: ReferProgress[] = [];
  for (const [at, callee] of callees.entries()) {
    callee.onOther = (request, transaction) => {
      const take = () => {
        if (request.method === "REFER") {
          progress.push(callee.ua.incomingRefer(request, transaction)!.accept());
          return;
        }
        const handlers = {
          state: () => ({ body: callee.phone.name }),
          onEnd: (reason: string) => void ends.push(reason),
        };
        notifiers.push(callee.ua.incomingSubscription(request, transaction)!.accept(handlers));
      };
      if (at === 0) take();
      else if (delay === null) transaction.respond(404);
      else world.clock.set(take, delay);
    };
  }
  const { sentBy } = proxy.phone.transport;
  return { world, alice, callees, notifiers, ends, progress, uri: `sip:both@${sentBy}` };
}

/** Writes down what a subscription and its forks tell, by their numbers. */
function told(forks: Subscription[], wanted = true) {
  const log: string[] = [];
  const handlers = (number: number): SubscriptionHandlers => ({
    onNotify: ({ bodyText }) => void log.push(`${number} ${bodyText.trim()}`),
    onEnd: ({ reason }) => void log.push(`${number} over: ${reason}`),
  });
  const onFork = (fork: Subscription) => {
    forks.push(fork);
    return wanted ? handlers(forks.length) : undefined;
  };
  return { log, handlers: { ...handlers(0), onFork } };
}

const subscribes = ({ phone }: Agent) =>
  phone.requests
    .filter(({ method }) => method === "SUBSCRIBE")
    .map(({ headers }) => headers.raw("Expires")[0]);

describe("a SUBSCRIBE that was forked", () => {
  it("makes a subscription of each notifier that its user wants, which is refreshed and taken back by itself", async () => {
    const { world, alice, callees, notifiers, uri } = await forked();
    const forks: Subscription[] = [];
    const { log, handlers } = told(forks);
    const first = alice.ua.subscribe(uri, "dialog", alice.init({ headers: { Expires: 300 } }), handlers);
    await world.pass(1000);
    expect([log, forks.length, alice.ua.stats.dialogs]).toEqual([["0 one", "1 two"], 1, 2]);
    expect([forks[0]!.state, forks[0]!.dialog?.remote.tag !== first.dialog?.remote.tag]).toEqual([
      "active",
      true,
    ]);
    notifiers[1]!.notify({ body: "two again" });
    await world.pass(290_000);
    expect(callees.map(subscribes)).toEqual([
      ["300", "300"],
      ["300", "300"],
    ]);
    first.unsubscribe();
    await world.pass(100);
    expect(log).toEqual(["0 one", "1 two", "1 two again", "0 one", "1 two", "0 one", "0 over: timeout"]);
    expect([first.state, forks[0]!.state]).toEqual(["terminated", "active"]);
    forks[0]!.unsubscribe();
    await world.pass(100);
    expect(log.slice(-2)).toEqual(["1 two", "1 over: timeout"]);
  });

  it.each([
    ["has no onFork", undefined],
    ["wants none but the first", false],
  ] as const)("has the others refused 481 where its user %s", async (_what, wanted) => {
    const { world, alice, ends, notifiers, uri } = await forked();
    const { log, handlers } = told([], false);
    const { onFork, ...others } = handlers;
    alice.ua.subscribe(uri, "dialog", alice.init(), wanted === undefined ? others : handlers);
    await world.pass(1000);
    expect([log, ends, alice.ua.stats.dialogs]).toEqual([["0 one"], ["gone"], 1]);
    notifiers[0]!.terminate();
  });

  it.each([
    ["while it waits", 31_000, 200],
    ["once 64 × T1 are over", 33_000, 481],
  ])("%s answers another notifier", async (_when, delay, status) => {
    const { world, alice, callees, notifiers, uri } = await forked(null);
    const forks: Subscription[] = [];
    const first = alice.ua.subscribe(uri, "dialog", alice.init(), told(forks).handlers);
    await world.pass(delay);
    const { local, remote, callId, target } = first.dialog!;
    const from = remote.with({ tag: "third" });
    const headers = { Event: "dialog", "Subscription-State": "terminated" };
    const init = { from, to: local, callId, contact: `<${callees[1].uri}>`, headers };
    const notify = callees[1].phone.stack.send(createRequest("NOTIFY", alice.uri, init));
    await world.pass(100);
    expect([(await notify.final).status, forks.length, target.user]).toEqual([
      status,
      status === 200 ? 1 : 0,
      "one",
    ]);
    first.unsubscribe();
    await world.pass(10_000);
    expect(notifiers.length).toBe(1);
  });

  it("takes no other once the first was taken back, nor what its user takes back at once", async () => {
    const { world, alice, ends, notifiers, uri } = await forked();
    const forks: Subscription[] = [];
    const first = alice.ua.subscribe(uri, "dialog", alice.init(), told(forks).handlers);
    await world.pass(50);
    first.unsubscribe();
    await world.pass(1000);
    expect([forks.length, ends, alice.ua.stats.pending]).toEqual([0, ["unsubscribed", "gone"], 0]);
    const onFork = (fork: Subscription) => {
      fork.unsubscribe();
      return {};
    };
    alice.ua.subscribe(uri, "dialog", alice.init(), { onFork });
    await world.pass(1000);
    expect([ends.length, alice.ua.stats.dialogs]).toEqual([3, 1]);
    notifiers.find(({ terminated }) => !terminated)!.terminate();
  });

  it.each(["hangUp", "close"] as const)("takes no other after `%s`", async (end) => {
    const { world, alice, ends, notifiers, uri } = await forked();
    const forks: Subscription[] = [];
    alice.ua.subscribe(uri, "dialog", alice.init(), told(forks).handlers);
    await world.pass(50);
    notifiers[0]!.terminate();
    await world.pass(10);
    alice.ua[end]();
    await world.pass(1000);
    expect([forks, ends, alice.ua.stats.pending]).toEqual([[], ["terminated", "gone"], 0]);
  });
});

it("a REFER that was forked is told of by each who takes it", async () => {
  const { world, alice, progress, uri } = await forked();
  const forks: Subscription[] = [];
  const outcomes: string[] = [];
  const onNotify: SubscriptionHandlers["onNotify"] = (notify) =>
    void outcomes.push(
      `${notify.headers.get("From")?.tag === forks[0]?.dialog?.remote.tag} ${referOutcome(notify)?.status}`,
    );
  const onFork = (fork: Subscription) => {
    forks.push(fork);
    return { onNotify };
  };
  alice.ua.refer(uri, "sip:carol@example.com", alice.init(), { onNotify, onFork });
  await world.pass(1000);
  progress[0]!.notify(486);
  progress[1]!.notify(200);
  await world.pass(1000);
  expect(outcomes).toEqual(["false 100", "true 100", "false 486", "true 200"]);
});
