// Where the peer of a subscription is: told by the Contact of a 2xx to a SUBSCRIBE or NOTIFY, too, which are target refresh
// requests (RFC 3261 §12.2.1.2, RFC 6665 §4.4.1).

import { expect, it } from "vitest";
import type { Notifier } from "../../src/dialog/notifier.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent } from "./support.ts";

it("follows the 200 to a SUBSCRIBE, and the 200 to a NOTIFY", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  const notifiers: Notifier[] = [];
  bob.onOther = (request, transaction) => {
    const subscription = bob.ua.incomingSubscription(request, transaction);
    if (subscription) notifiers.push(subscription.accept({ state: () => ({}) }));
  };
  const subscription = alice.ua.subscribe(bob.uri, "presence", alice.init());
  await world.pass(100);
  const there = { alice: alice.uri.replace("alice", "moved"), bob: bob.uri.replace("bob", "moved") };
  bob.guard = (request, transaction) => {
    if (request.method !== "SUBSCRIBE" || !transaction) return false;
    const response = request.createResponse(200);
    response.headers.set("Contact", `<${there.bob}>`).set("Expires", 3600);
    transaction.respond(response);
    return true;
  };
  subscription.refresh();
  await world.pass(100);
  expect(`${subscription.dialog!.target}`).toBe(there.bob);
  alice.guard = (request, transaction) => {
    if (request.method !== "NOTIFY" || !transaction) return false;
    const response = request.createResponse(200);
    response.headers.set("Contact", `<${there.alice}>`);
    transaction.respond(response);
    return true;
  };
  notifiers[0]!.notify();
  await world.pass(100);
  expect(`${notifiers[0]!.dialog.target}`).toBe(there.alice);
  bob.guard = alice.guard = () => false;
  subscription.unsubscribe();
});
