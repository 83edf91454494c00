// HepSender: what a stack sends and gets, to a Homer server by HEP, version 3 (https://github.com/sipcapture/hep).

import { createSocket } from "node:dgram";
import { lookup } from "node:dns";
import { addresses, ends, octets } from "./packet.mjs";

const UDP = 17;
const TCP = 6;
const SIP = 1;
/** What fits a datagram. */
const LONGEST = 65_000;
/** How many messages may wait for the server to be found; what comes then is left out, and counted. */
const WAITING = 1_000;
/** How long its address is remembered, and that it has none, in milliseconds. */
const [FOUND, UNKNOWN] = [60_000, 5_000];

export class HepSender {
  /** Messages that there was no room for. */
  lost = 0;
  #waiting = 0;
  #socket = createSocket({ type: "udp4", lookup: remembering() });
  #to;
  #agent;
  #key;
  #closed;

  /** @param to `{ host, port }` of the server; `agent` is this node's number, `key` what the server may ask for */
  constructor(to, { agent = 2001, key } = {}) {
    this.#to = to;
    this.#agent = agent;
    this.#key = key;
    this.#socket.unref();
    // A server that is away, or unknown: nobody waits for it.
    this.#socket.on("error", () => {});
  }

  /** The tap of a stack: `new Stack({ tap: sender.tap, … })`. */
  tap = (data, direction, flow) => {
    if (this.#closed) return;
    if (this.#waiting >= WAITING) {
      this.lost++;
      return;
    }
    const { host, port } = this.#to;
    const reliable = flow.transport.reliable ? TCP : UDP;
    const packet = encode(ends(direction, flow), octets(data), reliable, this.#agent, this.#key);
    this.#waiting++;
    this.#socket.send(packet, port, host, () => {
      this.#waiting--;
    });
  };

  /** Resolves when the socket is closed. */
  close() {
    this.#closed ??= new Promise((resolve) => this.#socket.close(resolve));
    return this.#closed;
  }
}

/** The system's lookup, which has few threads: asked once for all messages. The socket asks for two names, its own as well. */
function remembering() {
  const known = new Map();
  return (name, options, done) => {
    let entry = known.get(name);
    if (!entry || entry.until < performance.now()) {
      entry = { until: Number.POSITIVE_INFINITY, waiting: [] };
      known.set(name, entry);
      lookup(name, options, (...answer) => {
        entry.answer = answer;
        entry.until = performance.now() + (answer[0] ? UNKNOWN : FOUND);
        for (const each of entry.waiting) each(...answer);
      });
    }
    if (entry.answer) done(...entry.answer);
    else entry.waiting.push(done);
  };
}

/** One message. */
function encode({ from, to }, message, protocol, agent, key) {
  const [source, target] = addresses({ from, to });
  const six = source.length === 16;
  const now = Date.now();
  const chunks = [
    chunk(1, six ? 10 : 2, 1),
    chunk(2, protocol, 1),
    bytes(six ? 5 : 3, source),
    bytes(six ? 6 : 4, target),
    chunk(7, from.port, 2),
    chunk(8, to.port, 2),
    chunk(9, Math.floor(now / 1000), 4),
    chunk(10, (now % 1000) * 1000, 4),
    chunk(11, SIP, 1),
    chunk(12, agent, 4),
    ...(key === undefined ? [] : [bytes(14, new TextEncoder().encode(key))]),
    bytes(15, message.subarray(0, LONGEST)),
  ];
  const length = chunks.reduce((sum, each) => sum + each.length, 6);
  return Buffer.concat([Buffer.from("HEP3"), number(length, 2), ...chunks]);
}

function chunk(type, value, size) {
  return bytes(type, number(value, size));
}

/** Vendor 0, the type, the length of all of it, and the value. */
function bytes(type, value) {
  return Buffer.concat([number(0, 2), number(type, 2), number(6 + value.length, 2), value]);
}

function number(value, size) {
  const octets = Buffer.alloc(size);
  octets.writeUIntBE(value, 0, size);
  return octets;
}
