// What hostile peers send to TCP and TLS, and what becomes of them.

import { against, BIG, head, NARROW, REQUEST, sleep, until } from "./hostile.mjs";

/** What becomes of those who speak to a stream transport. */
async function connectionsOf(make, ca) {
  const fault = (options, text) =>
    against(make, options, async ({ ear, call }) => {
      const peer = call(ca);
      peer.socket.write(text);
      await until(() => peer.closed);
      return [peer.closed, ear.faults.join(), peer.text.split("\r\n")[0]];
    });
  return {
    head: await fault({ headSize: 1000 }, `OPTIONS sip:a SIP/2.0\r\nX: ${"x".repeat(5000)}`),
    message: await fault({ messageSize: 1000 }, head(1001)),
    length: await fault({}, head("1x")),
    garbage: await fault({}, "GET / HTTP/1.1\r\n\r\n"),
    late: await against(make, { partialTimeout: 200 }, async ({ ear, call }) => {
      const peer = call(ca);
      peer.socket.write(`${REQUEST}OPTIONS sip:`);
      const drip = setInterval(() => peer.socket.write("x"), 50);
      await until(() => peer.closed);
      clearInterval(drip);
      return [peer.closed, ear.heard, ear.faults.join()];
    }),
    idle: await against(make, { idleTimeout: 200 }, async ({ ear, call }) => {
      const peer = call(ca);
      peer.socket.write(REQUEST);
      await until(() => peer.closed);
      return [peer.closed, ear.closed.join()];
    }),
    crowd: await against(make, { maxConnections: 2 }, async ({ server, call }) => {
      const peers = Array.from({ length: 6 }, () => call(ca));
      await until(() => peers.filter(({ closed }) => closed).length === 4);
      await sleep(50);
      return [peers.filter(({ closed }) => !closed).length, server.counts.refused];
    }),
    source: await against(make, { maxPerSource: 1 }, async ({ server, call }) => {
      const peers = Array.from({ length: 3 }, () => call(ca));
      await until(() => peers.filter(({ closed }) => closed).length === 2);
      return [peers.filter(({ closed }) => !closed).length, server.counts.refused];
    }),
    reset: await against(make, {}, async ({ ear, call }) => {
      const peer = call(ca);
      peer.socket.write(`${REQUEST}OPTIONS sip:`);
      await until(() => ear.heard === 1);
      peer.socket.destroy();
      await until(() => ear.closed.length === 1);
      return [ear.heard, ear.closed.join()];
    }),
    // Who asks and does not read: nothing more is read of it, and it is dropped where too much waits all the same.
    deaf: await against(make, { answer: BIG, times: 1, ...NARROW }, async ({ ear, call }) => {
      const peer = call(ca);
      peer.socket.pause();
      peer.socket.write(REQUEST.repeat(1000));
      await until(() => ear.heard > 0);
      await sleep(300);
      return [ear.heard < 1000, ear.closed.length];
    }),
    full: await against(make, { answer: BIG, times: 200, ...NARROW }, async ({ ear, call }) => {
      const peer = call(ca);
      peer.socket.pause();
      peer.socket.write(REQUEST);
      await until(() => ear.closed.length > 0);
      return [ear.heard, ear.closed.join()];
    }),
    pings: await against(make, {}, async ({ server, call }) => {
      const peer = call(ca);
      peer.socket.pause();
      peer.socket.write("\r\n\r\n".repeat(20_000));
      await until(() => server.counts.pings === 20_000);
      peer.socket.resume();
      await until(() => peer.text.length >= 512);
      await sleep(50);
      return [server.counts.pings, peer.text.length <= 1024];
    }),
  };
}

/** What becomes of those who begin no TLS. */
async function handshakes(make) {
  return {
    garbage: await against(make, {}, async ({ server, call }) => {
      const peer = call();
      peer.socket.write("OPTIONS sip:a SIP/2.0\r\n\r\n");
      await until(() => peer.closed);
      return [peer.closed, server.counts.handshakes];
    }),
    silent: await against(make, { connectTimeout: 200 }, async ({ server, call }) => {
      const peer = call();
      await until(() => peer.closed);
      return [peer.closed, server.counts.handshakes];
    }),
    endless: await against(make, { connectTimeout: Infinity }, async ({ call }) => {
      const peer = call();
      await sleep(100);
      return peer.closed;
    }),
  };
}

/** All that hostile peers do to streams. */
export async function hostileStreams({ tcp, tls }, identity) {
  const secure = (options) => tls({ ...options, tls: { key: identity.key, cert: identity.cert } });
  return {
    tcp: await connectionsOf(tcp),
    tls: await connectionsOf(secure, identity.ca),
    handshakes: await handshakes(secure),
  };
}

const CONNECTIONS = {
  head: [true, "head_too_large", "SIP/2.0 513 No"],
  message: [true, "message_too_large", "SIP/2.0 413 No"],
  length: [true, "value_invalid", "SIP/2.0 400 No"],
  garbage: [true, "start_line_invalid", ""],
  late: [true, 1, "timeout"],
  idle: [true, "connection_closed"],
  crowd: [2, 4],
  source: [1, 2],
  reset: [1, "connection_closed"],
  deaf: [true, 0],
  full: [1, "transport_failed"],
  pings: [20_000, true],
};

/** How every runtime answers. */
export const HOSTILE_STREAMS = {
  tcp: CONNECTIONS,
  tls: CONNECTIONS,
  handshakes: { garbage: [true, 1], silent: [true, 1], endless: false },
};
