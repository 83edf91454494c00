// What hostile clients send to a WebSocket server, by hand, and what becomes of them.

import { randomBytes } from "node:crypto";
import { against, BIG, NARROW, sleep, until } from "./hostile.mjs";

/** A frame of a client (RFC 6455 §5.2). */
function frame(opcode, payload, { final = true, masked = true, reserved = 0 } = {}) {
  const data = Buffer.from(payload);
  const mask = randomBytes(4);
  const size =
    data.length < 126
      ? Buffer.from([data.length])
      : data.length < 65_536
        ? Buffer.from([126, data.length >> 8, data.length & 255])
        : Buffer.from([127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (data.length >> shift) & 255)]);
  if (masked) size[0] |= 0x80;
  const head = Buffer.from([(final ? 0x80 : 0) | reserved | opcode]);
  const body = masked ? data.map((octet, i) => octet ^ mask[i & 3]) : data;
  return Buffer.concat([head, size, masked ? mask : Buffer.alloc(0), body]);
}

/** A handshake, with a header field more if one is given. */
const upgrade = (field = "X: y") =>
  [
    "GET / HTTP/1.1",
    "Host: a",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Protocol: sip",
    `${field}\r\n\r\n`,
  ].join("\r\n");

/** All that hostile clients do, in the clear and over TLS. */
export async function hostileWebSockets({ webSocketServer }, { key, cert, ca }) {
  const secure = (options) => webSocketServer({ ...options, tls: { key, cert } });
  return { ws: await clientsOf(webSocketServer), wss: await clientsOf(secure, ca) };
}

async function clientsOf(make, ca) {
  const opened = async ({ call }) => {
    const peer = call(ca);
    peer.socket.write(upgrade());
    await until(() => peer.text.includes("\r\n\r\n"));
    peer.text = peer.text.slice(peer.text.indexOf("\r\n\r\n") + 4);
    return peer;
  };
  /** The code with which the server closes, and whether the socket is gone. */
  const ended = async (peer) => {
    await until(() => peer.closed);
    const at = peer.text.lastIndexOf("\x88");
    const code = at < 0 ? "none" : peer.text.charCodeAt(at + 2) * 256 + peer.text.charCodeAt(at + 3);
    return [peer.closed, code];
  };
  const sent = (...frames) =>
    against(make, { messageSize: 1000 }, async (world) => {
      const peer = await opened(world);
      peer.socket.write(Buffer.concat(frames));
      return [...(await ended(peer)), world.ear.heard];
    });
  const asked = (text, options = {}) =>
    against(make, { handshakeTimeout: 300, ...options }, async ({ call }) => {
      const peer = call(ca);
      peer.socket.write(text);
      await until(() => peer.closed);
      return [peer.closed, peer.text.split("\r\n")[0]];
    });
  return {
    large: await sent(frame(1, "x".repeat(1001))),
    announced: await sent(Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0])),
    largeInPieces: await sent(frame(1, "x".repeat(600), { final: false }), frame(0, "x".repeat(600))),
    pieces: await sent(
      frame(1, "x", { final: false }),
      ...Array.from({ length: 1100 }, () => frame(0, "", { final: false })),
    ),
    unmasked: await sent(frame(1, "x", { masked: false })),
    reserved: await sent(frame(1, "x", { reserved: 0x40 })),
    opcode: await sent(frame(3, "x")),
    control: await sent(frame(9, "x".repeat(126))),
    text: await sent(frame(1, Buffer.from([0xc3, 0x28]))),
    stray: await sent(frame(0, "x")),
    badClose: await sent(frame(8, Buffer.from([0x03, 0xed]))),
    head: (await asked(upgrade(`X: ${"x".repeat(100_000)}`)))[0],
    slow: (await asked("GET / HTTP/1.1\r\nHost: a\r\n"))[0],
    noSip: await asked(upgrade().replace("sip", "chat")),
    version: await asked(upgrade().replace(": 13", ": 12")),
    key: await asked(upgrade().replace(/Key: .*/, "Key: no")),
    plain: await asked("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    crowd: await against(make, { maxConnections: 2 }, async (world) => {
      await opened(world);
      await opened(world);
      const third = world.call(ca);
      third.socket.write(upgrade());
      await until(() => third.closed);
      return [third.text.split("\r\n")[0], world.server.connections];
    }),
    mute: await against(make, { pingInterval: 150 }, async (world) => {
      const peer = await opened(world);
      peer.socket.write(frame(1, "half", {}).subarray(0, 4));
      await until(() => peer.closed);
      return [peer.closed, world.ear.closed.join()];
    }),
    deaf: await against(make, { answer: BIG, times: 1, ...NARROW }, async (world) => {
      const peer = await opened(world);
      peer.socket.pause();
      const one = frame(1, "OPTIONS");
      peer.socket.write(Buffer.concat(Array.from({ length: 1000 }, () => one)));
      await until(() => world.ear.heard > 0);
      await sleep(300);
      return [world.ear.heard < 1000, world.ear.closed.length];
    }),
    full: await against(make, { answer: BIG, times: 200, ...NARROW }, async (world) => {
      const peer = await opened(world);
      peer.socket.pause();
      peer.socket.write(frame(1, "OPTIONS"));
      await until(() => world.ear.closed.length > 0);
      return [world.ear.heard, world.ear.closed.join()];
    }),
    pings: await against(make, {}, async (world) => {
      const peer = await opened(world);
      const one = frame(1, "\r\n\r\n");
      peer.socket.pause();
      peer.socket.write(Buffer.concat(Array.from({ length: 5000 }, () => one)));
      await until(() => world.server.counts.pings === 5000);
      peer.socket.resume();
      await until(() => peer.text.length >= 512);
      return [world.server.counts.pings, peer.text.length <= 2048];
    }),
  };
}

/** How every runtime answers, to either. */
export const HOSTILE_CLIENTS = {
  large: [true, 1009, 0],
  announced: [true, 1009, 0],
  largeInPieces: [true, 1009, 0],
  pieces: [true, 1008, 0],
  unmasked: [true, 1002, 0],
  reserved: [true, 1002, 0],
  opcode: [true, 1002, 0],
  control: [true, 1002, 0],
  text: [true, 1007, 0],
  stray: [true, 1002, 0],
  badClose: [true, 1002, 0],
  head: true,
  slow: true,
  noSip: [true, "HTTP/1.1 400 Bad Request"],
  version: [true, "HTTP/1.1 400 Bad Request"],
  key: [true, "HTTP/1.1 400 Bad Request"],
  plain: [true, "HTTP/1.1 426 Upgrade Required"],
  crowd: ["HTTP/1.1 503 Service Unavailable", 2],
  mute: [true, "connection_closed"],
  deaf: [true, 0],
  full: [1, "transport_failed"],
  pings: [5000, true],
};
