// ClientWatch: holds one client transaction to its promises: one outcome, in time, nothing sent after it.

import type { SipError } from "../../src/errors.ts";
import type { Response } from "../../src/message/response.ts";
import type { SentRequest } from "../../src/stack/options.ts";
import type { Node } from "./node.ts";
import type { Packet } from "./packet.ts";

/** Where nobody listens. */
export const DEAD = "10.9.9.9";

/** Codes that end a transaction before its timers would. */
const BROKEN = new Set(["transport_failed", "connection_closed", "no_target", "no_transport", "aborted"]);

export class ClientWatch {
  readonly #node: Node;
  readonly #transaction: SentRequest;
  readonly #timerC: boolean;
  readonly #born: number;
  #firstProvisional: number | undefined;
  #lastRinging: number | undefined;
  #canceled: number | undefined;
  #outcome: string | undefined;
  #outcomeAt = 0;
  #successes = 0;
  #copies = 0;
  #cancels = 0;
  #acks = 0;
  #provisionals = 0;
  #over = false;
  #hasty = false;
  /** Its flow failed: it may end at any time. */
  #broken = false;

  constructor(node: Node, transaction: SentRequest, timerC: boolean) {
    this.#node = node;
    this.#transaction = transaction;
    this.#timerC = timerC;
    this.#born = node.clock.now();
    // What was sent within `send` was not seen: it was the first copy.
    this.#copies = transaction.state === "resolving" ? 0 : 1;
  }

  /** The user has called cancel. */
  canceled(): void {
    this.#canceled ??= this.#now;
  }

  response(response: Response): void {
    const { status } = response;
    const invite = this.#method === "INVITE";
    if (status < 200) {
      if (this.#outcome) this.#fault(`${status} after ${this.#outcome}`);
      this.#provisionals++;
      this.#firstProvisional ??= this.#now;
      if (status > 100) this.#lastRinging = this.#now;
      return;
    }
    if (invite && status < 300) {
      this.#successes++;
      if (this.#outcome !== undefined && this.#outcome !== "2xx") this.#fault(`2xx after ${this.#outcome}`);
      if (this.#successes === 1) this.#ended("2xx");
      return;
    }
    this.#ended(`${status}`);
  }

  error(error: SipError): void {
    if (BROKEN.has(error.code)) this.#broken = true;
    this.#ended(error.code);
    if (error.code !== "timeout") return;
    // RFC 3261 §17.1.1.2, §17.1.2.2: seven copies of an INVITE, eleven of another, if nobody has answered.
    const { flow } = this.#transaction;
    const expected = flow?.transport.reliable ? 1 : this.#method === "INVITE" ? 7 : 11;
    if (this.#firstProvisional === undefined && this.#copies !== expected) {
      this.#fault(`timed out after ${this.#copies} copies, not ${expected}`);
    }
    if (this.#node.around.scenario.calm && this.#answerable) this.#fault("timed out on a calm network");
  }

  /** Where nobody listens a timeout is right, and OPTIONS the agents may leave without an answer. */
  get #answerable(): boolean {
    return this.#method !== "OPTIONS" && this.#transaction.flow?.remote.host !== DEAD;
  }

  /** A request with this branch leaves: the request itself, its ACK or its CANCEL. */
  leaves(packet: Packet): void {
    const { start } = packet;
    if (this.#over && start !== "CANCEL") this.#fault(`${start} left after the transaction was over`);
    if (start === "ACK") {
      this.#acks++;
      if (this.#outcome === "2xx") this.#fault("the machine has acknowledged a 2xx");
      if (packet.vias !== 1) this.#fault(`an ACK with ${packet.vias} Vias`);
      return;
    }
    if (start === "CANCEL") {
      this.#cancels++;
      // The one that waited leaves on the provisional response, just before the user hears of that.
      this.#hasty = this.#firstProvisional === undefined;
      // Of eleven copies the later ones may cross the final response.
      if (this.#cancels === 1) {
        if (this.#outcome) this.#fault("CANCEL after a final response");
        this.canceled();
      }
      return;
    }
    this.#copies++;
    if (this.#outcome) this.#fault(`${start} again after ${this.#outcome}`);
    if (this.#copies > 11) this.#fault(`${this.#copies} copies of ${start}`);
  }

  /** A response arrives: what must have happened when the stack has taken it. */
  arrives(status: number): (() => void) | undefined {
    const { state } = this.#transaction;
    const [acks, provisionals, successes] = [this.#acks, this.#provisionals, this.#successes];
    // Each 1xx before the outcome is passed up (RFC 3261 §17.1.1.2, §17.1.2.2), and each 2xx of a forked INVITE (RFC
    // 6026 §8.4); each copy of a refusal is acknowledged (RFC 3261 §17.1.1.2).
    if (status < 200 && ["calling", "trying", "proceeding"].includes(state))
      return () => this.#provisionals === provisionals && this.#fault(`a ${status} was not passed up`);
    if (status >= 200 && status < 300 && state === "accepted")
      return () => this.#successes === successes && this.#fault(`another ${status} was not passed up`);
    if (status >= 300 && state === "completed" && this.#method === "INVITE")
      return () => this.#acks === acks && this.#fault(`a copy of the ${status} was not acknowledged`);
    return undefined;
  }

  /** Whether it is over. */
  sweep(): boolean {
    if (this.#hasty && this.#firstProvisional === undefined)
      this.#fault("CANCEL before a provisional response");
    this.#hasty = false;
    if (this.#transaction.state !== "terminated") return false;
    this.#over = true;
    if (this.#outcome === undefined) this.#fault("terminated without an outcome");
    const { t4 } = this.#node.stack.timers;
    const reliable = this.#transaction.flow?.transport.reliable ?? true;
    const linger = this.#now - this.#outcomeAt;
    const failed = Number.isNaN(Number(this.#outcome)) && this.#outcome !== "2xx";
    const invite = this.#method === "INVITE";
    // D, K and M, to the millisecond (RFC 3261 Table 4, RFC 6026 §8.4).
    const expected = failed
      ? 0
      : this.#outcome === "2xx" && invite
        ? this.#patience
        : reliable
          ? 0
          : invite
            ? Math.max(32_000, this.#patience)
            : t4;
    if (Math.abs(linger - expected) > 1 && !(linger < expected && this.#mayBreak)) {
      this.#fault(`lived ${linger} ms after ${this.#outcome}, not ${expected}`);
    }
    return true;
  }

  finish(): void {
    if (this.#outcome === undefined) this.#fault("no outcome at all");
  }

  get #mayBreak(): boolean {
    const { faults, cuts } = this.#node.around.scenario;
    return this.#broken || faults.unreachable === true || cuts.length > 0;
  }

  get #patience(): number {
    return 64 * this.#node.stack.timers.t1;
  }

  get #method(): string {
    return this.#transaction.method;
  }

  get #now(): number {
    return this.#node.clock.now();
  }

  #ended(outcome: string): void {
    if (this.#outcome !== undefined) {
      this.#fault(`a second outcome: ${outcome} after ${this.#outcome}`);
      return;
    }
    this.#outcome = outcome;
    this.#outcomeAt = this.#now;
    const latest = this.#deadline();
    if (this.#now > latest + 1) this.#fault(`${outcome} at ${this.#now}, ${this.#now - latest} ms late`);
  }

  /** When the timers must have ended it. */
  #deadline(): number {
    const { c } = this.#node.stack.timers;
    if (this.#method !== "INVITE" || this.#firstProvisional === undefined) return this.#born + this.#patience;
    const bounds: number[] = [];
    if (this.#canceled !== undefined) {
      bounds.push(Math.max(this.#canceled, this.#firstProvisional) + this.#patience);
    }
    if (this.#timerC) bounds.push((this.#lastRinging ?? this.#born) + c + this.#patience);
    return bounds.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...bounds);
  }

  #fault(what: string): void {
    this.#node.violation(`client ${this.#method} ${this.#transaction.branch}: ${what}`);
  }
}
