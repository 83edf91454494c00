// Node: a stack on the simulated network, whose every transaction and message is watched. It finds what must
// never be, whatever the network does; what the cores above make of it is theirs.

import type { VirtualClock } from "../../src/clock.ts";
import { SipError } from "../../src/errors.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import type { Core } from "../../src/stack/core.ts";
import type { SendOptions, SentRequest } from "../../src/stack/options.ts";
import { Stack } from "../../src/stack/stack.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import type { MemoryNetwork } from "../../src/transport/memory.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { ClientWatch } from "./client-watch.ts";
import { type Packet, readPacket } from "./packet.ts";
import type { Protocol, Scenario } from "./scenario.ts";
import { ServerWatch } from "./server-watch.ts";

/** What all nodes of one run share. */
export interface Surroundings {
  readonly scenario: Scenario;
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  /** Reports what must not be. */
  violation(what: string): void;
}

/** What the simulated cores throw on purpose. */
export class Thrown extends SipError {
  constructor(status: number) {
    super("value_invalid", "thrown on purpose", { status });
  }
}

export abstract class Node implements Core {
  readonly around: Surroundings;
  readonly name: string;
  readonly host: string;
  readonly stack: Stack;
  readonly clients: Map<string, ClientWatch> = new Map();
  readonly servers: Map<string, ServerWatch> = new Map();
  /** Those that are not over yet. */
  #live: (ClientWatch | ServerWatch)[] = [];

  constructor(
    around: Surroundings,
    name: string,
    host: string,
    protocols: readonly Protocol[],
    seed: number,
  ) {
    this.around = around;
    this.name = name;
    this.host = host;
    const transports = protocols.map((protocol) => around.network.transport({ protocol, host }));
    for (const transport of transports) this.#watch(transport);
    this.stack = new Stack({ transports, core: this, clock: around.clock, random: seededRandom(seed) });
  }

  get clock(): VirtualClock {
    return this.around.clock;
  }

  violation(what: string): void {
    this.around.violation(`${this.name}: ${what}`);
  }

  /** A SIP URI of this node over one of its transports. */
  uri(user: string, protocol: Protocol): string {
    return `sip:${user}@${this.host}${protocol === "UDP" ? "" : ";transport=tcp"}`;
  }

  /** Sends a request; its outcome is watched. Answers as Stack.send. */
  send(request: Request, options: SendOptions): SentRequest {
    let watch: ClientWatch | undefined;
    const early: (() => void)[] = [];
    const told = (tell: (watch: ClientWatch) => void): void => {
      if (watch) tell(watch);
      else early.push(() => tell(watch as ClientWatch));
    };
    const transaction = this.stack.send(request, {
      ...options,
      onResponse: (response, self) => {
        told((it) => it.response(response));
        return options.onResponse?.(response, self);
      },
      onError: (error, self) => {
        told((it) => it.error(error));
        return options.onError?.(error, self);
      },
    });
    watch = new ClientWatch(this, transaction, options.timerC === true);
    for (const tell of early) tell();
    this.clients.set(transaction.key, watch);
    this.#live.push(watch);
    return transaction;
  }

  onRequest(request: Request, transaction: ServerTransaction | undefined): void {
    if (transaction === undefined) {
      if (request.method !== "ACK") this.violation(`${request.method} without a transaction`);
      this.acknowledged(request);
      return;
    }
    const before = this.servers.get(transaction.key);
    if (before) before.again();
    const watch = new ServerWatch(this, transaction);
    this.servers.set(transaction.key, watch);
    this.#live.push(watch);
    this.request(request, transaction);
  }

  onResponse(response: Response, transaction: SentRequest | undefined): void {
    // Everything is sent with handlers: only strays come here.
    if (transaction !== undefined)
      this.violation(`the core got the response ${response.status} of a handler`);
    else this.stray(response);
  }

  onError(error: SipError, transaction: SentRequest | ServerTransaction | undefined): void {
    if (error.code === "core_failed" && !(error.cause instanceof Thrown))
      this.violation(`core failed: ${String(error.cause)}`);
    if (transaction?.kind === "server") this.servers.get(transaction.key)?.error(error);
  }

  /** After each event of the clock: which transactions have ended with it. */
  sweep(): void {
    this.#live = this.#live.filter((watch) => !watch.sweep());
  }

  /** When the clock has run empty. */
  finish(): void {
    const { client, server, waiting, timers } = this.stack.stats.transactions;
    if (client + server + waiting + timers > 0) {
      this.violation(`left: ${client} client, ${server} server, ${waiting} waiting, ${timers} timers`);
    }
    for (const watch of this.clients.values()) watch.finish();
    for (const watch of this.servers.values()) watch.finish();
  }

  protected abstract request(request: Request, transaction: ServerTransaction): void;
  protected abstract acknowledged(ack: Request): void;
  protected stray(_response: Response): void {}

  #watch(transport: Transport): void {
    const { send, start } = transport;
    transport.start = (receiver) =>
      start.call(transport, {
        onMessage: (data, flow) => {
          const text = typeof data === "string" ? data : new TextDecoder().decode(data);
          const check = this.#arrives(readPacket(text));
          receiver.onMessage(data, flow);
          check?.();
        },
        onFault: (error, head, flow) => receiver.onFault?.(error, head, flow),
        onFlowClosed: (flow, error) => receiver.onFlowClosed(flow, error),
        onError: (error) => receiver.onError(error),
      });
    transport.send = (data, flow, failed) => {
      this.#leaves(readPacket(new TextDecoder().decode(data)), flow.transport.reliable);
      send.call(transport, data, flow, failed);
    };
  }

  /** What must have happened when the stack has taken a message, if anything. */
  #arrives(packet: Packet): (() => void) | undefined {
    if (packet.status !== undefined)
      return this.clients.get(`${packet.branch}|${packet.method}`)?.arrives(packet.status);
    if (packet.start === "ACK" || packet.start === "CANCEL") return undefined;
    return this.servers.get(packet.serverKey)?.arrives();
  }

  #leaves(packet: Packet, reliable: boolean): void {
    if (packet.status !== undefined) {
      // The layer answers CANCEL by itself, and nobody sees that transaction.
      if (packet.method !== "CANCEL") this.servers.get(packet.serverKey)?.leaves(packet, reliable);
      return;
    }
    const method = packet.start === "ACK" || packet.start === "CANCEL" ? "INVITE" : packet.method;
    this.clients.get(`${packet.branch}|${method}`)?.leaves(packet);
  }
}
