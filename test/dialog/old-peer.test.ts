// A peer of RFC 2543, who gives From no tag and Via no cookie, behind a proxy of today (RFC 3261 §12.1.1).

import { expect, it } from "vitest";
import { proxied } from "../proxy/support.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent } from "./support.ts";

it("calls, and is called back within the call, by requests whose To has no tag", async () => {
  const world = new SipWorld();
  const proxy = await proxied(world);
  const [alice, bob] = [await world.phone("alice"), await agent(world, "bob")];
  const { transport } = alice;
  const hop = transport.flow(proxy.phone.transport.local)!;
  const say = (method: string, uri: string, ...lines: string[]) => {
    const text = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${transport.sentBy}`,
      ...lines,
      "From: <sip:alice@example.com>",
      "Call-ID: old@example.com",
      `CSeq: 1 ${method}`,
      `Contact: <${alice.uri}>`,
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n");
    transport.send(new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>, hop, () => {});
  };
  say("INVITE", bob.uri, `To: <${bob.uri}>`);
  await world.pass(100);
  const [session] = bob.sessions;
  const { local, routes } = session!.dialog;
  say("ACK", `${session!.dialog.contact.uri}`, `To: ${local}`, `Route: ${routes.join()}`);
  await world.pass(100);
  const bye = session!.bye();
  await world.pass(100);
  expect((await bye)?.status).toBe(200);
  expect(alice.requests.map(({ method, headers }) => [method, headers.raw("To")[0]])).toEqual([
    ["BYE", "<sip:alice@example.com>"],
  ]);
  expect([bob.log, world.wire("SIP/2.0 200")]).toEqual([["bye"], 4]);
});
