// ServerWatch: holds one server transaction to its promises: the core sees a request once, its answer is sent
// as the rules say, and nothing afterwards.

import type { SipError } from "../../src/errors.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import type { Node } from "./node.ts";
import type { Packet } from "./packet.ts";

export class ServerWatch {
  readonly #node: Node;
  readonly #transaction: ServerTransaction;
  readonly #method: string;
  readonly #born: number;
  #first: number | undefined;
  #final: number | undefined;
  #finalAt: number | undefined;
  #finals = 0;
  #sent = 0;
  #endedAt: number | undefined;
  #timedOut = false;

  constructor(node: Node, transaction: ServerTransaction) {
    this.#node = node;
    this.#transaction = transaction;
    this.#method = transaction.method;
    this.#born = node.clock.now();
  }

  /** A response of this transaction leaves. */
  leaves(packet: Packet, reliable: boolean): void {
    const status = packet.status as number;
    const invite = this.#method === "INVITE";
    if (this.#endedAt !== undefined && !(invite && status < 300)) {
      this.#fault(`${status} left after the transaction was over`);
    }
    this.#first ??= this.#now;
    this.#sent++;
    if (status < 200) {
      if (this.#final !== undefined) this.#fault(`${status} after ${this.#final}`);
      if (!invite && status > 100) this.#fault(`${status} to a non-INVITE (RFC 4320 §4.1)`);
      if (!invite && !reliable && this.#now - this.#born < this.#slow)
        this.#fault("an early 100 (RFC 4320 §4.1)");
      return;
    }
    if (!invite && status === 408) this.#fault("a 408 (RFC 4320 §4.2)");
    // A 2xx after a refusal goes past the transaction, in a proxy that has sent 6xx or timed out (RFC 3261 §16.7).
    if (this.#final !== undefined && this.#final !== status && !(invite && status < 300)) {
      this.#fault(`${status} after ${this.#final}`);
    }
    this.#final ??= status;
    this.#finalAt ??= this.#now;
    this.#finals++;
  }

  /** A copy of the request arrives: what must have happened when the stack has taken it. */
  arrives(): (() => void) | undefined {
    const { state } = this.#transaction;
    const [sent, latest] = [this.#sent, this.#final ?? (state === "proceeding" ? this.#first : undefined)];
    // It is answered as it was last (RFC 3261 §17.2.1, §17.2.2), unless with nothing (RFC 4320 §4.2).
    if (latest === undefined || (state !== "proceeding" && state !== "completed")) return undefined;
    return () => this.#sent === sent && this.#fault(`a copy of the request was not answered again`);
  }

  error(error: SipError): void {
    if (error.code !== "timeout") return;
    this.#timedOut = true;
    const { calm } = this.#node.around.scenario;
    if (this.#method !== "INVITE") return;
    // Timer H, on a network that loses next to nothing: the ACK should have come.
    if (calm) this.#fault("no ACK came on a calm network");
    if (!this.#transaction.flow.transport.reliable && this.#finals < 11) {
      this.#fault(`only ${this.#finals} copies of ${this.#final} before Timer H`);
    }
  }

  /** The core is given a request of the same key again. */
  again(): void {
    const { t4 } = this.#node.stack.timers;
    if (this.#endedAt === undefined) {
      this.#fault("the core was given the request twice");
      return;
    }
    // The network may keep a copy longer than any machine remembers; never shorter.
    const since = this.#finalAt ?? this.#born;
    const short = this.#method === "INVITE" && (this.#final ?? 0) >= 300;
    const least = this.#transaction.flow.transport.reliable ? 0 : short ? t4 : this.#patience;
    if (this.#now - since < least) this.#fault(`given again ${this.#now - since} ms after ${this.#final}`);
  }

  /** Whether it is over. */
  sweep(): boolean {
    const invite = this.#method === "INVITE";
    // RFC 3261 §17.2.1: the 100 that the layer sends for a slow core.
    const { trying, t4 } = this.#node.stack.timers;
    if (invite && this.#first === undefined && this.#now > this.#born + trying) {
      this.#fault("no 100 in time");
      this.#first = this.#now;
    }
    if (this.#transaction.state !== "terminated") return false;
    this.#endedAt = this.#now;
    const reliable = this.#transaction.flow.transport.reliable;
    const linger = this.#now - (this.#finalAt ?? this.#now);
    const success = invite && (this.#final ?? 0) < 300;
    if (success || !invite) {
      // J and L, to the millisecond (RFC 3261 Table 4, RFC 6026 §8.7).
      const expected = this.#finalAt === undefined ? 0 : reliable && !invite ? 0 : this.#patience;
      if (Math.abs(linger - expected) > 1)
        this.#fault(`lived ${linger} ms after ${this.#final}, not ${expected}`);
    } else {
      const [least, most] = reliable ? [0, this.#patience] : [t4, this.#patience + t4];
      if (linger < least || linger > most) this.#fault(`lived ${linger} ms after ${this.#final}`);
      if (this.#timedOut && Math.abs(linger - this.#patience) > 1) this.#fault(`Timer H after ${linger} ms`);
    }
    return true;
  }

  finish(): void {
    if (this.#endedAt === undefined) this.#fault(`is left in ${this.#transaction.state}`);
  }

  get #patience(): number {
    return 64 * this.#node.stack.timers.t1;
  }

  /** When Timer E of the client reaches T2 (RFC 4320 §4.1). */
  get #slow(): number {
    const { t1, t2 } = this.#node.stack.timers;
    let sum = 0;
    for (let interval = t1; interval < t2; interval *= 2) sum += interval;
    return sum;
  }

  get #now(): number {
    return this.#node.clock.now();
  }

  #fault(what: string): void {
    this.#node.violation(`server ${this.#method} ${this.#transaction.key}: ${what}`);
  }
}
