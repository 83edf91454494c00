// Keep-alives without end: a peer that pings and reads nothing is given no more than it takes. Each pong that waits in a
// socket takes a hundred times its own octets.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import type { StreamConnection } from "../../src/transport/node/stream-connection.ts";
import { message } from "./contract.ts";
import { connected, deafClient, endAll as endListeners, started } from "./listener-world.ts";
import { cleanups, endAll, rawClient, startTcp, until } from "./stream-world.ts";

afterEach(async () => {
  await endAll();
  await endListeners();
});

const PINGS = 300_000;
const text = new TextDecoder().decode(message("one"));

it("over TCP a pong waits for the one before, and comes all the same", async () => {
  const { transport, recorder } = await startTcp();
  const { socket, read } = await rawClient(transport.local.port);
  socket.write(text);
  await until(() => recorder.messages.length === 1);
  const { socket: ours } = recorder.messages[0]!.flow as StreamConnection;
  socket.pause();
  socket.write("\r\n\r\n".repeat(PINGS));
  await until(() => transport.counts?.pings === PINGS);
  expect(ours.writableLength).toBeLessThan(1000);
  socket.resume();
  await until(() => read().length > 0 && ours.writableLength === 0);
  const before = read().length;
  socket.write(`${"\r\n\r\n".repeat(20)}${text}`);
  await until(() => recorder.messages.length === 2 && read().length === before + 40);
});

it("over WebSocket, too", async () => {
  const sockets: Socket[] = [];
  const server = createServer().on("connection", (socket) => sockets.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { transport } = await started({ server });
  cleanups.push(() => void server.close());
  const deaf = await deafClient({ port: (server.address() as AddressInfo).port });
  // Masked with zeros: FIN, text; four octets.
  const ping = Buffer.from([0x81, 0x84, 0, 0, 0, 0, 13, 10, 13, 10]);
  deaf.write(Buffer.concat(new Array<Buffer>(PINGS).fill(ping)));
  await until(() => transport.counts?.pings === PINGS);
  expect(sockets[0]!.writableLength).toBeLessThan(1000);
  deaf.destroy();

  const { socket, heard } = await connected(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  for (let i = 0; i < 20; i++) socket.send("\r\n\r\n");
  await until(() => heard.length === 20);
  expect(new Set(heard)).toEqual(new Set(["text \r\n"]));
  socket.terminate();
});
