// Peers of a TLS port that speak something else, among them curl, or never finish a handshake.

import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { webSocketServer } from "sippet/node";
import { afterAll, expect, test } from "vitest";
import { startDaemon } from "../browser/program.mjs";
import { Authority } from "../transport/certificate.ts";
import { openSockets } from "./node.mjs";
import { DOMAIN, HOST, requestOctets, SecureNode } from "./secure-node.mjs";
import { until } from "./wait.mjs";

const authority = new Authority();
const ca = authority.cert;
const own = (names = { dns: [DOMAIN] }) => ({ ...authority.issue(names), ca });

afterAll(async () => {
  expect(await openSockets()).toEqual([]);
});

const raw = async (port) => {
  const socket = connectTcp(port, HOST);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
};
/** Somebody else asks, and is answered. */
const served = async (node) => {
  const socket = connectTls({ host: HOST, port: node.port, ca, servername: DOMAIN });
  socket.write(requestOctets());
  const [answer] = await once(socket, "data");
  expect(`${answer}`).toMatch(/^SIP\/2\.0 200 OK/);
  socket.destroy();
};
const ended = (socket) => (socket.closed ? undefined : once(socket, "close"));

test.for([
  ["SIP without TLS", requestOctets()],
  [
    "a ClientHello that is cut off and goes on with garbage",
    `\x16\x03\x01\x02\x00\x01\x00${"x".repeat(600)}`,
  ],
  ["garbage", "\x00\xff".repeat(5000)],
])("%s, is closed and counted", ([, octets]) =>
  SecureNode.with({ tls: own() }, async (node) => {
    const socket = await raw(node.port);
    socket.resume().write(octets, "latin1");
    await ended(socket);
    expect(node.counts).toMatchObject({ connections: 0, accepted: 0, handshakes: 1 });
  }),
);

test("HTTP over TLS (curl) is a stream that cannot be read on", async () => {
  const node = await new SecureNode({ tls: own() }).start();
  const secure = webSocketServer({ host: HOST, port: 0, tls: own({ ip: [HOST] }) });
  await secure.start({ onMessage() {}, onFlowClosed() {}, onError() {} });
  const curl = (port) => startDaemon("curl", ["-sSik", `https://${HOST}:${port}/`]);
  await curl(node.port).prints(/curl: \(\d+\)/);
  await until(() => node.counts.connections === 0, "it is gone");
  await curl(secure.local.port).prints(/HTTP\/1\.1 426 Upgrade Required/);
  await secure.close();
  expect(await node.drain()).toEqual({});
});

test("500 handshakes that are never finished end in time, and keep nobody out", () =>
  SecureNode.with({ tls: own(), connectTimeout: 2000 }, async (node) => {
    const sockets = await Promise.all(Array.from({ length: 500 }, () => raw(node.port)));
    // Half of them have begun.
    for (const socket of sockets.slice(250)) socket.write("\x16\x03\x01\x02\x00\x01\x00", "latin1");
    for (const socket of sockets) socket.resume();
    await served(node);
    await Promise.all(sockets.map(ended));
    expect(node.counts).toMatchObject({ accepted: 1, handshakes: 500, refused: 0 });
    await until(() => node.counts.connections === 0, "they are gone");
  }));

test("more of them than may be are refused at once, from one address or from all", async () => {
  for (const limit of [{ maxConnections: 100 }, { maxPerSource: 100 }]) {
    await SecureNode.with({ tls: own(), ...limit, connectTimeout: 1000 }, async (node) => {
      const sockets = await Promise.all(Array.from({ length: 150 }, () => raw(node.port)));
      for (const socket of sockets) socket.resume();
      await until(() => node.counts.refused === 50, "fifty are refused");
      await Promise.all(sockets.map(ended));
      // There is room again.
      await served(node);
      await until(() => node.counts.connections === 0, "all are gone");
    });
  }
});
