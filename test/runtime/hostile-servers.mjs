// What hostile WebSocket servers answer a client, and what becomes of it: it hears why, in time, and leaves no timer.

import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { CountingClock, Ear, until } from "./hostile.mjs";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The answer to a handshake (RFC 6455 §4.2.2). */
function upgrade(request, protocol = "Sec-WebSocket-Protocol: sip\r\n") {
  const key = /Sec-WebSocket-Key: (.*)/i.exec(request)[1].trim();
  const accept = createHash("sha1").update(`${key}${GUID}`).digest("base64");
  const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${protocol}`;
  return `HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`;
}

/** What each does with the handshake that it has read. */
const SERVERS = {
  silent() {},
  garbage: (socket) => socket.write("garbage\r\n\r\n"),
  refusing: (socket) => socket.end("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"),
  hangingUp: (socket) => socket.destroy(),
  wrongAccept: (socket, request) => socket.write(upgrade(request).replace(/Accept: .*/, "Accept: no\r")),
  noProtocol: (socket, request) => socket.write(upgrade(request, "")),
  otherProtocol: (socket, request) => socket.write(upgrade(request, "Sec-WebSocket-Protocol: chat\r\n")),
  closing: (socket, request) =>
    socket.end(Buffer.concat([Buffer.from(upgrade(request)), Buffer.from([0x88, 2, 3, 0xf0])])),
  noOpcode: (socket, request) =>
    socket.write(Buffer.concat([Buffer.from(upgrade(request)), Buffer.from([0x83, 0])])),
  noText: (socket, request) =>
    socket.write(Buffer.concat([Buffer.from(upgrade(request)), Buffer.from([0x81, 2, 0xc3, 0x28])])),
  half: (socket, request) =>
    socket.write(Buffer.concat([Buffer.from(upgrade(request)), Buffer.from([0x81, 100, 65])])),
};

/** How the start ends, why the client has no connection in the end, and how many timers it leaves. */
export async function hostileServers({ webSocket }, WebSocket) {
  const outcomes = {};
  for (const [name, answer] of Object.entries(SERVERS)) {
    const sockets = [];
    const server = createServer((socket) => {
      let request = "";
      sockets.push(socket);
      socket.on("error", () => {});
      socket.on("data", (data) => {
        const before = request.includes("\r\n\r\n");
        request += data.toString("latin1");
        if (!before && request.includes("\r\n\r\n")) answer(socket, request);
      });
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    const clock = new CountingClock();
    let why;
    const client = webSocket({
      url: `ws://127.0.0.1:${server.address().port}`,
      WebSocket,
      clock,
      reconnect: false,
      connectTimeout: 400,
      closeTimeout: 200,
      keepAlive: { interval: 200, timeout: 200 },
      onState: (_state, cause) => {
        why = cause?.code;
      },
    });
    const start = await client.start(new Ear()).then(
      () => "started",
      ({ code }) => code,
    );
    await until(() => why !== undefined);
    await client.close();
    outcomes[name] = [start, why, clock.pending.size];
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  }
  return outcomes;
}

const FAILED = ["transport_failed", "transport_failed", 0];
const LOST = ["started", "connection_closed", 0];

/** How every runtime's client ends. */
export const HOSTILE_SERVERS = {
  silent: FAILED,
  garbage: FAILED,
  refusing: FAILED,
  hangingUp: FAILED,
  wrongAccept: FAILED,
  noProtocol: FAILED,
  otherProtocol: FAILED,
  closing: LOST,
  noOpcode: LOST,
  noText: LOST,
  half: LOST,
};
