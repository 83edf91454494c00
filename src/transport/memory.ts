// MemoryNetwork: a network without sockets, for tests: of Sippet itself and of what is built on it.

import { type Clock, systemClock } from "../clock.ts";
import type { Random } from "../random.ts";
import type { MemoryConnection } from "./memory-connection.ts";
import { checkFaults, Medium, type MemoryFaults } from "./memory-medium.ts";
import { Trace, type TraceEntry, traceLine } from "./memory-trace.ts";
import { MemoryTransport, type MemoryTransportOptions } from "./memory-transport.ts";
import { seededRandom } from "./seeded.ts";
import type { Transport } from "./transport.ts";

export type { MemoryFaults } from "./memory-medium.ts";
export type { TraceEntry } from "./memory-trace.ts";
export type { MemoryTransportOptions } from "./memory-transport.ts";

/** Options of MemoryNetwork; all of them have defaults. */
export interface MemoryNetworkOptions extends MemoryFaults {
  /** Delivers the messages: a VirtualClock makes a test instant and repeatable. Default: the runtime's. */
  clock?: Clock | undefined;
  /** Two networks with the same seed treat the same traffic alike. Default 1. */
  seed?: number | undefined;
  /** The dice, in place of a seed. */
  random?: Random | undefined;
  /** How many messages the trace keeps. Default 1,000. */
  traceLimit?: number | undefined;
  /** Is given a line for every message. */
  log?: ((line: string) => void) | undefined;
}

/**
 * A network in memory, whose transports carry messages to each other through its clock: also with
 * no delay, a message arrives from a timer and never within the send. Datagrams are lost, doubled,
 * delayed and reordered as told, the same way for the same seed; reliable transports lose nothing and
 * keep the order, but can be cut.
 *
 * ```ts
 * const clock = new VirtualClock();
 * const network = new MemoryNetwork({ clock, loss: 0.2, delay: [5, 50], seed: 7 });
 * const alice = network.transport({ host: "10.0.0.1" });
 * const proxy = network.transport({ host: "10.0.0.2" });
 * ```
 */
export class MemoryNetwork {
  readonly #medium: Medium<MemoryTransport>;
  readonly #trace: Trace;
  readonly #transports = new Set<MemoryTransport>();

  /** A network without faults, unless told. @throws SipError `value_invalid` for a probability that is none */
  constructor(options: MemoryNetworkOptions = {}) {
    const {
      clock = systemClock,
      seed = 1,
      random = seededRandom(seed),
      traceLimit = 1000,
      log,
      ...faults
    } = options;
    checkFaults(faults);
    this.#trace = new Trace(traceLimit, log);
    this.#medium = new Medium(clock, random, faults, this.#trace);
  }

  /** A transport on this network; starting it can fail with `address_in_use`. */
  transport(options: MemoryTransportOptions = {}): Transport {
    const transport = new MemoryTransport(this.#medium, options);
    this.#transports.add(transport);
    return transport;
  }

  /**
   * Changes what happens to messages that are sent from now on; what is not named stays as it is.
   * @throws SipError `value_invalid` for a probability that is none
   */
  set(faults: MemoryFaults): void {
    checkFaults(faults);
    this.#medium.faults = { ...this.#medium.faults, ...faults };
  }

  /**
   * Cuts the connections between two transports, or two hosts: what is on the way is lost, and both
   * ends hear `connection_closed` on the clock's next tick. They may connect anew.
   *
   * @returns how many connections were cut
   */
  cut(a: Transport | string, b: Transport | string): number {
    // A connection is met from either end, so that a set counts it once.
    const found = new Set<MemoryConnection>();
    for (const transport of this.#transports) {
      for (const connection of transport.connections) {
        const { peer } = connection;
        if (!peer || found.has(peer) || !isOf(a, transport) || !isOf(b, peer.transport)) continue;
        found.add(connection);
      }
    }
    for (const connection of found) connection.cut();
    return found.size;
  }

  /** Blocks the way between two hosts, both ways: datagrams are lost, connections refused; those that stand go on. */
  block(a: string, b: string): void {
    this.#medium.block(a, b);
  }

  /** Takes a block away. */
  unblock(a: string, b: string): void {
    this.#medium.unblock(a, b);
  }

  /** The last messages that were sent, oldest first, with what became of them. */
  get trace(): readonly TraceEntry[] {
    return this.#trace.entries;
  }

  /** Forgets the trace. */
  clearTrace(): void {
    this.#trace.clear();
  }

  /** The trace as text, a line for each message: for the printout of a failed test. */
  ladder(): string {
    return this.#trace.entries.map(traceLine).join("\n");
  }
}

function isOf(which: Transport | string, transport: MemoryTransport): boolean {
  return typeof which === "string" ? which === transport.local.host : which === transport;
}
