// Whom a response calls whose connection is gone (RFC 3261 §18.2.2): him whom it is for, and nobody that he names.

import { expect, it } from "vitest";
import { SipWorld } from "../support/sip-world.ts";

/** A client asks by that protocol, with a Via of its own, and is gone; what then came to a bystander's TCP port. */
async function gone(protocol: string, via: (client: string, bystander: string) => string) {
  const world = new SipWorld();
  const transports = ["TCP", "WS"].map((each) =>
    world.network.transport({ protocol: each, host: "10.9.0.1", port: each === "WS" ? 80 : 5060 }),
  );
  const server = await world.phone("server", "TCP", { transports });
  const client = await world.phone("client", protocol);
  const bystander = await world.phone("bystander", "TCP");
  const ears = await world.phone("ears", "TCP", {
    transports: [world.network.transport({ protocol: "TCP", host: client.transport.local.host, port: 5070 })],
  });
  server.answer = () => {};
  const request = client.request("OPTIONS", "sip:server@10.9.0.1");
  const own = transports.find((each) => each.protocol === protocol)!;
  const flow = client.transport.flow(own.local)!;
  request.headers.set("Via", via(client.transport.local.host, bystander.transport.sentBy));
  client.transport.send(request.toBytes(), flow, () => {});
  await world.pass();
  world.network.cut(client.transport, own);
  await world.pass();
  server.transactions[0]!.respond(200);
  await world.pass();
  return [ears, bystander].map(({ stack }) => stack.stats.received);
}

it.each([
  [
    "the client, where its Via says",
    "TCP",
    (client: string) => `SIP/2.0/TCP ${client}:5070;branch=z9hG4bK1`,
    [1, 0],
  ],
  [
    "the client, whomever its Via says",
    "TCP",
    (_: string, other: string) =>
      `SIP/2.0/TCP ${other.replace("5060", "5070")};received=${other};branch=z9hG4bK1`,
    [1, 0],
  ],
  [
    "nobody, for a client by WebSocket (RFC 7118 §5)",
    "WS",
    (_: string, other: string) => `SIP/2.0/TCP ${other};branch=z9hG4bK1`,
    [0, 0],
  ],
  [
    "nobody, whatever such a client writes",
    "WS",
    (client: string, other: string) =>
      `SIP/2.0/TCP ${client}:5060;received=${other.split(":")[0]};branch=z9hG4bK1`,
    [0, 0],
  ],
])("it calls %s", async (_what, protocol, via, expected) => {
  expect(await gone(protocol, via)).toEqual(expected);
});
