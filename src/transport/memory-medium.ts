// The medium of the in-memory network: who listens where, which way is blocked, and what the dice say
// about a datagram. It knows nothing of flows; the in-memory transports do.

import type { Clock } from "../clock.ts";
import { notWanted, SipError } from "../errors.ts";
import type { Random } from "../random.ts";
import { formatAddress } from "./address.ts";
import type { Trace, TraceEntry } from "./memory-trace.ts";
import type { Address } from "./transport.ts";

/** What the network does to datagrams; all default to 0. Reliable transports are only delayed. */
export interface MemoryFaults {
  /** The probability that a datagram is lost, 0 to 1. */
  loss?: number;
  /** The probability that a datagram arrives twice, 0 to 1. */
  duplicate?: number;
  /** The time on the way in milliseconds: fixed, or drawn evenly from a range. */
  delay?: number | readonly [min: number, max: number];
  /** The probability that a datagram is held back, so that later ones overtake it, 0 to 1. */
  reorder?: number;
  /** How long such a datagram is held back, in milliseconds. Default 20. */
  reorderBy?: number;
  /** Loses every datagram for which it answers true: to lose exactly one message, or all of a kind. */
  drop?: (sent: Omit<TraceEntry, "arrives">) => boolean;
  /** True: a datagram to where nobody listens is answered by ICMP, and its flow's transactions fail at once. Default false. */
  unreachable?: boolean;
}

/** @throws SipError `value_invalid` for a probability that is none: 30 for 30 %, say */
export function checkFaults({ loss = 0, duplicate = 0, reorder = 0 }: MemoryFaults): void {
  for (const [name, chance] of Object.entries({ loss, duplicate, reorder }))
    if (!(chance >= 0 && chance <= 1)) throw notWanted(name, "a probability, 0 to 1,", chance);
}

/** What listens at an address of the medium. */
export interface Endpoint {
  readonly protocol: string;
  readonly local: Address;
}

const FIRST_EPHEMERAL = 49152;
const decoder = new TextDecoder();

export class Medium<E extends Endpoint> {
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: Trace;
  faults: MemoryFaults;
  readonly #endpoints = new Map<string, E>();
  readonly #blocked = new Set<string>();
  #nextPort = FIRST_EPHEMERAL;
  #nextHost = 1;

  constructor(clock: Clock, random: Random, faults: MemoryFaults, trace: Trace) {
    this.clock = clock;
    this.random = random;
    this.faults = faults;
    this.trace = trace;
  }

  /** A host address that no other transport was given. */
  newHost(): string {
    const n = this.#nextHost++;
    return `10.0.${n >> 8}.${n & 255}`;
  }

  /** A port for connections that go out, and for transports that asked for port 0. */
  newPort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === 65535 ? FIRST_EPHEMERAL : port + 1;
    return port;
  }

  listen(endpoint: E): void {
    const key = keyOf(endpoint.protocol, endpoint.local);
    if (this.#endpoints.has(key)) throw new SipError("address_in_use", `${key} is in use on this network`);
    this.#endpoints.set(key, endpoint);
  }

  leave(endpoint: E): void {
    const key = keyOf(endpoint.protocol, endpoint.local);
    if (this.#endpoints.get(key) === endpoint) this.#endpoints.delete(key);
  }

  /** Whether a datagram to `to` is answered by ICMP: nobody listens there, and the fault is asked for. */
  refuses(protocol: string, from: Address, to: Address): boolean {
    if (this.faults.unreachable !== true || this.#blocked.has(pairOf(from.host, to.host))) return false;
    return !this.#endpoints.has(keyOf(protocol, to));
  }

  /** Who listens at `to`, unless nobody does or the way from `from` is blocked. */
  find(protocol: string, from: Address, to: Address): E | undefined {
    if (this.#blocked.has(pairOf(from.host, to.host))) return undefined;
    return this.#endpoints.get(keyOf(protocol, to));
  }

  block(a: string, b: string): void {
    this.#blocked.add(pairOf(a, b));
  }

  unblock(a: string, b: string): void {
    this.#blocked.delete(pairOf(a, b));
  }

  /** The time on the way, in milliseconds. */
  delay(): number {
    const { delay = 0 } = this.faults;
    if (typeof delay === "number") return delay;
    return delay[0] + this.random.fraction() * (delay[1] - delay[0]);
  }

  /** Draws a datagram's fate: how long each copy is on the way. Draws equally often whatever comes of it. */
  fate(sent: Omit<TraceEntry, "arrives">): readonly number[] {
    const { loss = 0, duplicate = 0, reorder = 0, reorderBy = 20 } = this.faults;
    const { random } = this;
    const [lost, twice, held] = [
      random.fraction() < loss,
      random.fraction() < duplicate,
      random.fraction() < reorder,
    ];
    const first = this.delay() + (held ? reorderBy : 0);
    const second = this.delay();
    if (this.faults.drop?.(sent) || lost) return [];
    return twice ? [first, second] : [first];
  }

  /** What the trace keeps of a message. */
  describe(protocol: string, from: Address, to: Address, data: Uint8Array): Omit<TraceEntry, "arrives"> {
    const [sender, receiver] = [formatAddress(from.host, from.port), formatAddress(to.host, to.port)];
    return { at: this.clock.now(), from: sender, to: receiver, protocol, text: decoder.decode(data) };
  }
}

function keyOf(protocol: string, { host, port }: Address): string {
  return `${protocol} ${formatAddress(host, port)}`;
}

function pairOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
