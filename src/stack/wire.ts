// Wire: what a stack hands to its transports, and who looks on at that and at what they bring.

import type { Clock } from "../clock.ts";
import type { Message } from "../message/parse.ts";
import type { Tap } from "../transport/tap.ts";
import type { Flow, SendFailed, Transport } from "../transport/transport.ts";
import { guard } from "../watch.ts";
import type { Counters } from "./counters.ts";
import { type Traffic, TrafficCounter } from "./traffic.ts";
import { substituteFlow } from "./way.ts";

export class Wire {
  readonly #transports: readonly Transport[];
  readonly #counters: Counters;
  readonly #clock: Clock;
  readonly #tap: Tap | undefined;
  readonly #traffic: TrafficCounter = new TrafficCounter();

  constructor(transports: readonly Transport[], counters: Counters, clock: Clock, tap: Tap | undefined) {
    this.#transports = transports;
    this.#counters = counters;
    this.#clock = clock;
    this.#tap = tap;
  }

  /** Messages by protocol and kind. A copy. */
  get traffic(): Traffic {
    return this.#traffic.counts;
  }

  /** Octets came in, whatever they are. */
  came(data: Uint8Array | string, flow: Flow): void {
    if (this.#tap) this.#show(this.#tap, data, "in", flow);
  }

  /** They were a message. */
  parsed(message: Message, flow: Flow): void {
    this.#counters.received++;
    this.#traffic.received(message, flow.transport.protocol);
  }

  transmit(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void {
    // A response whose connection is gone opens one (RFC 3261 §18.2.2); not to a WebSocket client, who cannot be called, and
    // whose Via says what he likes.
    const { open, transport } = flow;
    const way = open || transport.framed ? flow : (substituteFlow(this.#transports, data) ?? flow);
    this.#counters.sent++;
    this.#traffic.sent(data, way.transport.protocol);
    if (this.#tap) this.#show(this.#tap, data, "out", way);
    way.transport.send(data, way, (error) => {
      this.#counters.failed++;
      failed(error);
    });
  }

  #show(tap: Tap, data: Uint8Array | string, direction: "in" | "out", flow: Flow): void {
    // Who only watches must not change what happens.
    guard(
      () => tap(data, direction, flow, this.#clock.now()),
      () => {},
    );
  }
}
