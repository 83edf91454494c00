// What keeps one registration's flow, alone: an answer that comes when another flow is kept already.

import { expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { FlowKeeper } from "../../src/registration/flow-keeper.ts";
import type { Stack } from "../../src/stack/stack.ts";
import type { Address, Flow } from "../../src/transport/transport.ts";

it("an answer about a flow that is kept no more says nothing about the one that is", async () => {
  const clock = new VirtualClock();
  const asked: ((address: Address) => void)[] = [];
  const probe = () => new Promise<Address>((resolve) => void asked.push(resolve));
  const flows = [1, 2].map(() => ({ open: true, transport: { probe } }) as unknown as Flow);
  let lost = 0;
  const keeper = new FlowKeeper({ clock, random: { fraction: () => 1 } } as unknown as Stack, () => lost++);
  keeper.keep(flows[0], 29, true);
  clock.advance(29_000);
  keeper.keep(flows[1], 29, true);
  asked[0]!({ host: "203.0.113.1", port: 1 });
  await clock.advanceAsync(28_999);
  expect(asked).toHaveLength(1);
  await clock.advanceAsync(1);
  asked[1]!({ host: "203.0.113.1", port: 2 });
  await clock.advanceAsync(0);
  expect([lost, keeper.flow]).toEqual([0, flows[1]]);
  await clock.advanceAsync(29_000);
  asked[2]!({ host: "203.0.113.1", port: 3 });
  await clock.advanceAsync(0);
  expect([lost, keeper.flow, clock.size]).toEqual([1, undefined, 0]);
});

it("asks the peer of an outbound connection for a pong, and sends any other a ping (RFC 5626 §4.4.1)", async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const transport = { reliable: true, ping: () => log.push("pong?"), send: () => log.push("ping") };
  const flow = { open: true, transport } as unknown as Flow;
  const keeper = new FlowKeeper({ clock, random: { fraction: () => 1 } } as unknown as Stack, () => {});
  keeper.keep(flow, 100, true);
  await clock.advanceAsync(200_000);
  keeper.keep(flow, 100, false);
  await clock.advanceAsync(100_000);
  expect(log).toEqual(["pong?", "pong?", "ping"]);
  keeper.stop();
});
