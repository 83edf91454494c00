// A REFER within a session whose peer does not know the dialog any more, or is not there: the session is over, as with any
// other request (RFC 3261 §12.2.1.2). One whose REFER was refused goes on.

import { expect, it } from "vitest";
import { SipWorld } from "../support/sip-world.ts";
import { connect } from "./support.ts";

// A 408 is not sent (RFC 4320 §4.2): there is no answer.
it.each([
  [481, "refused", "ended"],
  [408, "silent", "ended"],
  [603, "refused", "confirmed"],
])("answered %i it ends as %s, and its session has %s", async (status, reason, state) => {
  const world = new SipWorld();
  const { alice, bob, a } = await connect(world);
  bob.guard = ({ method }, transaction) => {
    if (method === "REFER") transaction?.respond(status);
    return method === "REFER";
  };
  const ends: string[] = [];
  a.refer("sip:carol@example.com", { onEnd: (end) => void ends.push(end.reason) });
  await world.pass(33_000);
  expect([ends, a.state]).toEqual([[reason], state]);
  if (state === "ended") expect([alice.log, bob.log]).toEqual([["gone"], ["peer"]]);
  void a.bye();
});

it("follows the Contact of the 202, as REFER may move the peer", async () => {
  const world = new SipWorld();
  const { bob, a } = await connect(world);
  const there = bob.uri.replace("sip:", "sip:new-");
  bob.guard = (request, transaction) => {
    if (request.method !== "REFER" || !transaction) return false;
    const response = request.createResponse(202);
    response.headers.set("Contact", `<${there}>`).set("Refer-Sub", "false");
    transaction.respond(response);
    return true;
  };
  a.refer("sip:carol@example.com");
  await world.pass(100);
  expect(`${a.dialog.target}`).toBe(there);
  void a.bye();
});
