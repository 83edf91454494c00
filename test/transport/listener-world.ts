// WebSocket servers on real sockets and their clients, for the tests of the server.

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import {
  type WebSocketServerOptions,
  type WebSocketServerTransport,
  webSocketServer,
} from "../../src/transport/node/websocket-server.ts";
import { Recorder } from "./contract.ts";

export const cleanups: (() => unknown)[] = [];
/** Closes whatever a test left open. */
export async function endAll(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

export interface Started {
  readonly transport: WebSocketServerTransport;
  readonly recorder: Recorder;
  readonly url: string;
}

export async function started(options: WebSocketServerOptions = {}): Promise<Started> {
  const transport = webSocketServer({ host: "127.0.0.1", port: 0, ...options });
  const recorder = new Recorder();
  await transport.start(recorder);
  cleanups.push(() => transport.close());
  return { transport, recorder, url: `ws://127.0.0.1:${transport.local.port}/` };
}

export async function connected(
  url: string,
  protocols: string[] = ["sip"],
): Promise<{ socket: WebSocket; heard: string[] }> {
  const socket = new WebSocket(url, protocols);
  const heard: string[] = [];
  socket.on("message", (data, isBinary) => heard.push(`${isBinary ? "binary" : "text"} ${data}`));
  cleanups.push(() => socket.terminate());
  await once(socket, "open");
  return { socket, heard };
}

/** The HTTP status of a refused handshake. */
export async function refusal(
  url: string,
  protocols: string[] = ["sip"],
  headers = {},
): Promise<IncomingMessage> {
  const socket = new WebSocket(url, protocols, { headers });
  socket.on("error", () => {});
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  socket.terminate();
  return response;
}

/** A client that speaks just enough to be connected, then reads nothing and answers nothing. */
export async function deafClient({ port }: { port: number }): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  cleanups.push(() => socket.destroy());
  socket.on("error", () => {});
  socket.write(
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
  );
  await once(socket, "data");
  socket.pause();
  return socket;
}
