// Kamailio: as the library's registrar and proxy; as a dispatcher in front of a server of the library's; and as that
// server's client, which registers with it and calls through it.

import { udp } from "sippet/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Bed } from "./bed.mjs";
import { callBothWays } from "./both-ways.mjs";
import { Kamailio } from "./kamailio.mjs";
import { Line } from "./line.mjs";
import { openSockets } from "./node.mjs";
import { DOMAIN, Server } from "./server.mjs";
import { until } from "./wait.mjs";

const THEIRS = "kamailio.test";

let server;
let kamailio;

beforeAll(async () => {
  server = await new Server().start();
  kamailio = await Kamailio.start({ UDP: server.ports.UDP, account: "branch", password: "pw-branch" });
});

afterAll(async () => {
  await kamailio?.stop();
  expect(await server.drain()).toEqual({});
  expect(server.faults).toEqual([]);
  expect(await openSockets()).toEqual([]);
});

const portOf = { UDP: () => kamailio.port, TCP: () => kamailio.port, WS: () => kamailio.wsPort };

/** Names that no phone had before, not even in a test that is repeated. */
let number = 0;
const names = (...users) => {
  number++;
  return users.map((user) => `${user}-${number}`);
};

/** A registered phone that goes by Kamailio. */
async function phone(bed, user, domain, protocol) {
  const line = await bed.node(new Line({ user, domain, server: { protocol, port: portOf[protocol]() } }));
  expect(await line.register()).toMatchObject({ status: 200 });
  return line;
}

describe.concurrent("Kamailio as registrar and proxy", () => {
  test.concurrent("tells by STUN where it sees us, on its SIP port (RFC 5626 §4.4.2)", async () => {
    const transport = udp({ host: "127.0.0.1", port: 0 });
    await transport.start({ onMessage() {}, onFlowClosed() {}, onError() {} });
    const flow = transport.flow({ host: "127.0.0.1", port: kamailio.port });
    expect(await transport.probe(flow)).toEqual(transport.local);
    await transport.close();
  });

  test.concurrent.for(["UDP", "TCP", "WS"])("digest registration and calls over %s", (protocol) =>
    Bed.with(0, async (bed) => {
      const [a, b] = names("alice", "bob");
      const alice = await phone(bed, a, THEIRS, protocol);
      const bob = await phone(bed, b, THEIRS, protocol);
      await callBothWays(alice, bob, { alice: [a], bob: [b] });
      await bob.unregister();
      await expect(alice.call(b).session).rejects.toMatchObject({ code: "refused", status: 404 });
      await alice.unregister();
      await bed.finish();
    }),
  );
});

test.concurrent.for(["UDP", "TCP", "WS"])(
  "Kamailio as a dispatcher in front of a server, over %s",
  (protocol) =>
    Bed.with(0, async (bed) => {
      const [a, b] = names("carol", "dave");
      const carol = await phone(bed, a, DOMAIN, protocol);
      const dave = await phone(bed, b, DOMAIN, protocol);
      await callBothWays(carol, dave, { alice: [a], bob: [b] });
      await dave.unregister();
      await expect(carol.call(b).session).rejects.toMatchObject({ code: "refused", status: 480 });
      await carol.unregister();
      await bed.finish();
    }),
);

test.concurrent("Kamailio as a client, which registers at a server and calls through it", () =>
  Bed.with(0, async (bed) => {
    await until(async () => (await server.contacts("branch")).length > 0, "the account is registered");
    const desk = await phone(bed, "desk", THEIRS, "UDP");
    const erin = await bed.node(
      new Line({ user: "erin", domain: DOMAIN, server: { protocol: "TCP", port: server.ports.TCP } }),
    );
    expect(await erin.register()).toMatchObject({ status: 200 });
    await callBothWays(erin, desk, { alice: ["erin", DOMAIN], bob: ["branch"] });
    await Promise.all([desk.unregister(), erin.unregister()]);
    await bed.finish();
  }));

test.concurrent("a wrong password gets 401, and is not tried again", () =>
  Bed.with(0, async (bed) => {
    const server = { protocol: "UDP", port: kamailio.port };
    const mallory = await bed.node(new Line({ user: "mallory", domain: THEIRS, server, password: "guess" }));
    const response = await mallory.register();
    expect(response.status).toBe(401);
    expect(response.headers.get("CSeq").number).toBe(2);
    await bed.finish();
  }));
