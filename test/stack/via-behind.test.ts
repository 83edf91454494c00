// What stands behind the topmost Via in its own field is not ours to judge: a request with garbage there is delivered.

import { expect, it } from "vitest";
import { SipWorld } from "../support/sip-world.ts";

it.each([
  "rport;branch=z9hG4bK1, garbage",
  "branch=z9hG4bK1, SIP/2.0/UDP a b c",
  "received=192.0.2.66;branch=z9hG4bK1,,x",
])("takes a request whose topmost Via is followed by what cannot be read: %s", async (via) => {
  const world = new SipWorld();
  const server = await world.phone("server");
  const raw = world.network.transport({ protocol: "UDP" });
  await raw.start({ onMessage() {}, onFlowClosed() {}, onError() {} });
  const head = [
    "OPTIONS sip:server@example.com SIP/2.0",
    `Via: SIP/2.0/UDP client.example.com;${via}`,
    "From: <sip:a@example.com>;tag=1",
    "To: <sip:server@example.com>",
    "Call-ID: a",
    "CSeq: 1 OPTIONS",
    "Content-Length: 0",
  ].join("\r\n");
  raw.send(new TextEncoder().encode(`${head}\r\n\r\n`), raw.flow(server.transport.local)!, () => {});
  await world.pass(100);
  expect([server.methods, server.errors]).toEqual([["OPTIONS"], []]);
  await raw.close();
});
