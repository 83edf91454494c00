// A REFER whose every NOTIFY says `terminated`, as SIP.js sends them: what a provisional response tells is not the end.

import { expect, it } from "vitest";
import type { IncomingRefer } from "../../src/dialog/refer.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, connect } from "./support.ts";

/** Has all NOTIFYs that come say this. */
function telling(agent: Agent, state: string): void {
  agent.guard = ({ method, headers }) => {
    if (method === "NOTIFY") headers.set("Subscription-State", state);
    return false;
  };
}

async function referred(state: string) {
  const world = new SipWorld();
  const taken: IncomingRefer[] = [];
  const made = await connect(world, { bob: { onRefer: (refer) => void taken.push(refer) } });
  telling(made.alice, state);
  const told: string[] = [];
  const subscription = made.a.refer("sip:carol@example.com", {
    onNotify: ({ bodyText }) => void told.push(bodyText.trim()),
    onEnd: ({ reason }) => void told.push(`over: ${reason}`),
  });
  await world.pass(100);
  const progress = taken[0]?.accept();
  await world.pass(100);
  return { world, ...made, told, subscription, progress };
}

it("goes on until a final response is told of", async () => {
  const { world, a, alice, told, subscription, progress } = await referred("terminated");
  progress?.notify(180);
  await world.pass(60_000);
  expect(subscription.state).toBe("active");
  progress?.notify(200);
  await world.pass(100);
  expect(told).toEqual(["SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 200 OK", "over: "]);
  expect(alice.ua.stats.usages).toBe(1);
  void a.bye();
});

it("does not go on for ever", async () => {
  const { world, a, alice, told } = await referred("terminated");
  alice.guard = (request) => request.method === "NOTIFY";
  await world.pass(301_000);
  expect(told).toEqual(["SIP/2.0 100 Trying", "over: timeout"]);
  expect(alice.ua.stats.usages).toBe(1);
  void a.bye();
});

it("is over where the notifier says why", async () => {
  const { a, told } = await referred("terminated;reason=noresource");
  expect(told).toEqual(["SIP/2.0 100 Trying", "over: noresource"]);
  void a.bye();
});
