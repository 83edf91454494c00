// A proxy that does not record-route: what follows the INVITE goes past it, over connections, too (RFC 3261 §8.1.2).

import { expect, it } from "vitest";
import { proxied } from "../proxy/support.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent } from "./support.ts";

it.each(["UDP", "TCP"])("over %s neither side goes on along the flow to the proxy", async (protocol) => {
  const world = new SipWorld();
  const proxy = await proxied(world, { recordRoute: false }, [protocol]);
  const [alice, bob] = [await agent(world, "alice", protocol), await agent(world, "bob", protocol)];
  bob.handlers = { onOffer: (offer) => offer.accept({ body: "held" }) };
  const route = `<sip:${proxy.phone.transport.sentBy};transport=${protocol.toLowerCase()};lr>`;
  const call = alice.invite(bob, { body: "offer", headers: { Route: route } });
  await world.pass(100);
  const session = await call.session;
  const again = session.reinvite({ body: "hold" });
  await world.pass(100);
  expect((await again).status).toBe(200);
  void bob.sessions[0]!.bye();
  await world.pass(100);
  expect([alice.log, bob.log]).toEqual([["peer"], ["bye"]]);
  expect(bob.phone.methods).toEqual(["INVITE", "ACK", "INVITE", "ACK"]);
  expect(proxy.phone.methods).toEqual(["INVITE"]);
});
