// Why a call is cancelled (RFC 3326): whom it rang can tell one that was answered elsewhere from one that was missed.

import { expect, it } from "vitest";
import type { Request } from "../../src/message/request.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent } from "./support.ts";

const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

async function ringing(headers: Record<string, string> = {}) {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  const told: (Request | undefined)[] = [];
  bob.onInvite = (call) => void call.ring();
  bob.handlers = { onCancel: (request) => void told.push(request) };
  const invite = alice.invite(bob, { body: "offer", headers });
  await world.pass(100);
  return { world, invite, told };
}

it("is told with the CANCEL", async () => {
  const { world, invite, told } = await ringing();
  invite.cancel(ELSEWHERE);
  await world.pass(100);
  await expect(invite.session).rejects.toMatchObject({ code: "aborted" });
  expect(told.map((request) => [request?.method, request?.headers.raw("Reason")])).toEqual([
    ["CANCEL", [ELSEWHERE]],
  ]);
});

it("is told with a BYE to a call that rings", async () => {
  const { world, invite, told } = await ringing();
  void invite.dialogs[0]?.request("BYE", { headers: { Reason: ELSEWHERE } });
  await world.pass(100);
  await expect(invite.session).rejects.toMatchObject({ status: 487 });
  expect(told.map((request) => [request?.method, request?.headers.raw("Reason")])).toEqual([
    ["BYE", [ELSEWHERE]],
  ]);
});

it("is nothing where its time was over", async () => {
  const { world, invite, told } = await ringing({ Expires: "10" });
  await world.pass(10_000);
  await expect(invite.session).rejects.toMatchObject({ status: 487 });
  expect(told).toEqual([undefined]);
});
