// Option tags: all of a message in one header field. SIP.js reads the first and no other: it did not send PRACKs, or did not
// know that it may ask for them.

import { expect, it } from "vitest";
import type { Message } from "../../src/message/parse.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent } from "./support.ts";

it("stand in one Supported, and in one Require", async () => {
  const world = new SipWorld();
  const gruu = "<sip:alice@example.com;gr=urn:uuid:1>";
  const alice = await agent(world, "alice", undefined, { contact: gruu, extensions: ["eventlist"] });
  const bob = await agent(world, "bob");
  const seen: Message[] = [];
  bob.onInvite = async (call) => {
    seen.push(call.request);
    await call.ringReliably(180);
    call.accept({ body: "answer", headers: { Require: "eventlist" } });
  };
  const invite = alice.invite(
    bob,
    { body: "offer", headers: { Supported: ["", "path"] } },
    { onProvisional: (response) => void seen.push(response) },
    { timer: { expires: 1800, refresher: "us" } },
  );
  await world.pass(200);
  const session = await invite.session;
  if (invite.response) seen.push(invite.response);
  const fields = (name: "Supported" | "Require") => seen.map(({ headers }) => headers.raw(name));
  expect(fields("Supported")).toEqual([
    ["path, gruu, eventlist, 100rel, replaces, timer"],
    [],
    ["replaces, timer"],
  ]);
  expect(fields("Require")).toEqual([[], ["100rel"], ["eventlist, timer"]]);
  void session.bye();
});
