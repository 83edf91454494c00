// A server and raw sockets that mean no good: each runtime has to hold them to the same limits, in time, and to have nothing
// left of them.

import { connect } from "node:net";
import { connect as connectSecure } from "node:tls";

const own = { host: "127.0.0.1", port: 0 };
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for a condition, at most three seconds; whether it came. */
export async function until(condition) {
  for (let i = 0; i < 300 && !condition(); i++) await sleep(10);
  return condition();
}

/** The runtime's timers, counted. */
export class CountingClock {
  pending = new Set();
  now = () => performance.now();
  set(callback, delay) {
    const timer = setTimeout(() => {
      this.pending.delete(timer);
      callback();
    }, delay);
    this.pending.add(timer);
    return timer;
  }
  clear(timer) {
    clearTimeout(timer);
    this.pending.delete(timer);
  }
}

/** Notes what a transport tells; answers what came, so often, and faults. */
export class Ear {
  constructor(answer, times) {
    this.answer = answer;
    this.times = times;
  }
  heard = 0;
  faults = [];
  closed = [];
  errors = [];
  reply(text, flow) {
    flow.transport.send(new TextEncoder().encode(text), flow, () => {});
  }
  onMessage(_data, flow) {
    this.heard++;
    for (let i = 0; i < this.times; i++) this.reply(this.answer, flow);
  }
  onFault({ code, status }, _head, flow) {
    this.faults.push(code);
    if (status) this.reply(`SIP/2.0 ${status} No\r\nContent-Length: 0\r\n\r\n`, flow);
  }
  onFlowClosed(_flow, error) {
    this.closed.push(error?.code);
  }
  onError(error) {
    this.errors.push(error.code);
  }
}

/** A raw socket: what it has read, and whether it is closed. */
function call(port, ca) {
  const socket = ca
    ? connectSecure({ port, host: own.host, ca, checkServerIdentity: () => undefined })
    : connect(port, own.host);
  const peer = { socket, text: "", closed: false };
  socket.on("error", () => {});
  socket.on("close", () => (peer.closed = true));
  socket.on("data", (data) => (peer.text += data.toString("latin1")));
  return peer;
}

/** One server, what is done to it, and what became of it; that nothing is left is part of it. */
export async function against(make, options, act) {
  const { answer, times = 0, ...rest } = options;
  const clock = new CountingClock();
  const ear = new Ear(answer, times);
  const server = make({ ...own, clock, closeTimeout: 200, ...rest });
  await server.start(ear);
  const peers = [];
  const outcome = await act({
    server,
    ear,
    call: (ca) => {
      const peer = call(server.local.port, ca);
      peers.push(peer);
      return peer;
    },
  });
  await server.close();
  for (const { socket } of peers) socket.destroy();
  const left = clock.pending.size + server.counts.connections;
  return left === 0 ? outcome : [outcome, `${left} left`];
}

export const REQUEST = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";
export const head = (size) => `MESSAGE sip:a SIP/2.0\r\nContent-Length: ${size}\r\n\r\n`;
export const BIG = head(100_000) + "x".repeat(100_000);
export const NARROW = { pauseLimit: 1000, sendLimit: 1_000_000 };
