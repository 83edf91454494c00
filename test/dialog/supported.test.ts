// What is said of extensions within a dialog is what was said when it began (RFC 3261 §13.2.1, §13.3.1.4), but for reliable
// responses, which a re-INVITE does not want.

import { expect, it } from "vitest";
import { SipWorld } from "../support/sip-world.ts";
import { agent, connect } from "./support.ts";

it.each(["reinvite", "update"] as const)("a %s and the 2xx to it name all that is known", async (how) => {
  const world = new SipWorld();
  const agents = [
    await agent(world, "alice", "UDP", { extensions: ["Levitate"] }),
    await agent(world, "bob", "UDP", { extensions: ["teleport"] }),
  ] as const;
  const onOffer = { onOffer: (offer: { accept(content: object): void }) => offer.accept({ body: "x" }) };
  const { bob, a } = await connect(world, { bob: onOffer }, {}, agents);
  const offer = a[how]({ body: "hold" });
  await world.pass(100);
  const asked = bob.phone.requests.filter(({ bodyLength }) => bodyLength > 0).at(-1)!;
  expect(asked.headers.get("Supported")).toEqual(["replaces", "levitate", "timer"]);
  expect((await offer).headers.get("Supported")).toEqual(["replaces", "teleport", "timer"]);
  expect(asked.headers.get("Allow")).toContain("UPDATE");
  void a.bye();
});

it("and GRUUs, where the Contact is one (RFC 5627 §4.3)", async () => {
  const world = new SipWorld();
  const bob = await agent(world, "bob");
  const alice = await agent(world, "alice", "UDP", {
    contact: (flow) => `<sip:alice@${flow?.local.host}:${flow?.local.port};transport=udp;gr=urn:uuid:1>`,
  });
  const { a } = await connect(world, {}, {}, [alice, bob]);
  const offer = a.reinvite({ body: "hold" });
  await world.pass(100);
  expect((await offer).status).toBe(488);
  const asked = bob.phone.requests.filter(({ bodyLength }) => bodyLength > 0).at(-1)!;
  expect(asked.headers.get("Supported")).toContain("gruu");
  void a.bye();
});
