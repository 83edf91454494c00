// Node: what the callee, the caller and the proxy have in common: a stack on a UDP port, what went wrong, and that
// nothing is left behind.

import { setTimeout as sleep } from "node:timers/promises";
import { Stack } from "sippet";
import { udp } from "sippet/node";
import { QuickClock } from "./quick-clock.mjs";

export class Node {
  clock = new QuickClock();
  stack;
  /** What nobody expects. */
  faults = [];

  /** @param options   of its stack; its transports are one of UDP unless told otherwise */
  constructor(options = {}) {
    this.stack = new Stack({
      transports: [udp({ host: "127.0.0.1", port: 0 })],
      ...options,
      clock: this.clock,
      core: {
        onRequest: (request, transaction) => this.request(request, transaction),
        onResponse: (response, transaction) => this.response(response, transaction),
        onError: (error, transaction) => this.error(error, transaction),
      },
    });
  }

  async start() {
    await this.stack.start();
    return this;
  }

  get port() {
    return this.stack.transports[0].local.port;
  }

  /** How many requests of a method came, copies included. */
  received(method) {
    return this.stack.stats.traffic.UDP?.received[method] ?? 0;
  }

  /** How many requests of a method it has sent, copies included. */
  sent(method) {
    return this.stack.stats.traffic.UDP?.sent[method] ?? 0;
  }

  request(request, transaction) {
    this.faults.push(`${request.method} came`);
    transaction?.respond(501);
  }

  response(response) {
    this.faults.push(`a ${response.status} came`);
  }

  error(error) {
    this.faults.push(error.message);
  }

  /** What lives in it, beside its transactions. */
  get left() {
    return {};
  }

  /** What lives in it now: all of it must be 0 in the end. */
  get rest() {
    const { client, server, waiting, timers } = this.stack.stats.transactions;
    return { client, server, waiting, timers, pending: this.clock.pending, ...this.left };
  }

  /**
   * Waits until all has ended by its own timers, and closes the stack.
   *
   * @returns what is left nevertheless
   */
  async drain() {
    // 64 × T1 for a call that just began to fail, and as long again for the transaction of its BYE.
    for (let waited = 0; waited < 20_000 && !isEmpty(this.rest); waited += 50) await sleep(50);
    const left = Object.entries(this.rest).filter(([, count]) => count > 0);
    await this.stack.close();
    return Object.fromEntries(left);
  }
}

function isEmpty(rest) {
  return Object.values(rest).every((count) => count === 0);
}

/** Session descriptions are not what is tested. */
export const SDP =
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";

/** Sockets that are open in this process, by kind; what was closed a moment ago has a second to go. */
export async function openSockets() {
  const open = () => process.getActiveResourcesInfo().filter((kind) => /^(UDP|TCP|TLS)/.test(kind));
  for (let waited = 0; waited < 1000 && open().length > 0; waited += 50) await sleep(50);
  return open();
}

/** Call-ID and the callee's tag. */
export function dialogId({ headers }, calleeTag) {
  return `${headers.get("Call-ID")} ${headers.get(calleeTag)?.tag}`;
}

/** A promise, and what settles it. */
export function withResolvers() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}
