// The balancer of examples/balancer, which takes the built package, in front of two gateways.

import { expect, it } from "vitest";
import type { Session } from "../../src/dialog/session.ts";
import type { SipError } from "../../src/errors.ts";
import type { Stack } from "../../src/stack/stack.ts";
import type { Target } from "../../src/transport/transport.ts";
import { type Agent, agent } from "../dialog/support.ts";
import { SipWorld } from "../support/sip-world.ts";

interface Balancer {
  readonly stack: Stack;
  start(): Promise<void>;
  close(): Promise<void>;
}

const HOST = "10.9.0.2";
const DOOR = { protocol: "UDP", host: HOST, port: 5060 };

async function world(options: object = {}) {
  const file = new URL("../../examples/balancer/balancer.mjs", import.meta.url).href;
  const { createBalancer } = (await import(/* @vite-ignore */ file)) as {
    createBalancer: (options: object) => Balancer;
  };
  const world = new SipWorld();
  const alice = await agent(world, "alice");
  const phones = [await agent(world, "one"), await agent(world, "two")];
  for (const each of phones) {
    each.onOther = (request, transaction) => transaction.respond(request.method === "OPTIONS" ? 200 : 405);
  }
  const targets: Target[] = phones.map(({ phone }) => ({ protocol: "UDP", ...phone.transport.local }));
  const changes: string[] = [];
  const balancer = createBalancer({
    ...options,
    clock: world.clock,
    transports: [world.network.transport(DOOR)],
    gateways: {
      targets,
      onChange: ({ host }: Target, alive: boolean) => {
        changes.push(`${phones[targets.findIndex((each) => each.host === host)]!.phone.name} ${alive}`);
      },
    },
    onError: (error: SipError) => changes.push(error.code),
  });
  await balancer.start();
  await world.pass();
  /** Hangs up, and ends the balancer, which would ask its gateways for ever. */
  const end = async (sessions: readonly Session[]) => {
    for (const session of sessions) void session.bye();
    await world.pass();
    await balancer.close();
  };
  const call = async (rings = 100) => {
    const invite = alice.invite(`sip:bob@${HOST}`, { body: "offer" }, {}, { target: DOOR });
    await world.pass(rings);
    return invite.session;
  };
  const taken = () => phones.map(({ calls }) => calls.length);
  const gone = ({ phone }: Agent) => world.network.block(HOST, phone.transport.local.host);
  const back = ({ phone }: Agent) => world.network.unblock(HOST, phone.transport.local.host);
  const phone = alice.phone;
  const ping = async () => {
    const { final } = phone.stack.send(phone.request("OPTIONS", `sip:${HOST}`), { target: DOOR });
    await world.pass();
    return (await final).status;
  };
  return { world, phones, changes, call, taken, gone, back, ping, end };
}

it("calls go to the gateways in turns, and their BYEs to whoever took them", async () => {
  const { phones, call, taken, ping, end } = await world();
  const sessions = [await call(), await call(), await call(), await call()];
  expect(taken()).toEqual([2, 2]);
  expect(await ping()).toBe(200);
  await end(sessions);
  expect(phones.map(({ log }) => log)).toEqual([
    ["peer", "peer"],
    ["peer", "peer"],
  ]);
});

it("a call goes on to the next gateway where the first is silent or answers 503", async () => {
  const { phones, call, taken, gone, back, end } = await world();
  gone(phones[0]!);
  const sessions = [await call(1_500), await call(1_500)];
  expect(taken()).toEqual([0, 2]);
  back(phones[0]!);
  phones[0]!.onInvite = (incoming) => incoming.reject(503);
  sessions.push(await call(), await call());
  expect(phones[1]!.sessions).toHaveLength(4);
  await end(sessions);
});

it("one that answers no OPTIONS gets no calls until it does; none lives: 503", async () => {
  const { world: w, phones, changes, call, taken, gone, back, ping, end } = await world();
  gone(phones[0]!);
  await w.pass(25_000);
  expect(changes).toEqual(["one false"]);
  const sessions = [await call(), await call()];
  expect(taken()).toEqual([0, 2]);
  gone(phones[1]!);
  await w.pass(25_000);
  expect([await ping(), changes]).toEqual([503, ["one false", "two false"]]);
  await expect(call()).rejects.toMatchObject({ status: 503 });
  for (const phone of phones) back(phone);
  await w.pass(10_000);
  expect(changes.slice(2)).toEqual(["one true", "two true"]);
  await end(sessions);
});

it("one that has no room to ask its gateways says nothing of them, and goes on", async () => {
  const { world: w, changes, call, ping, end } = await world({ limits: { transactions: 1 } });
  await w.pass(107_000);
  expect([changes, await ping()]).toEqual([[], 200]);
  await expect(call()).rejects.toMatchObject({ status: 503 });
  await end([]);
});
