// Transaction: what client and server transactions share: the state, the flow, the kept octets, the
// timers, and the loop that carries a step's effects out. What is not shared is left to the two runners.

import { bytesFrom } from "../core/text.ts";
import { METHODS } from "../core/words.ts";
import type { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Random } from "../random.ts";
import type { Answer, Answers } from "../transport/answers.ts";
import type { Flow, SendFailed } from "../transport/transport.ts";
import type { ClientTransaction } from "./client-transaction.ts";
import {
  type OtherEffect,
  type Step,
  step,
  type Table,
  TIMER_EVENTS,
  type TimerName,
  type TimerStep,
} from "./machine.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import type { Tallies } from "./tallies.ts";
import type { Timer, TimerOwner, TimerQueue } from "./timer-queue.ts";
import type { Timers } from "./timers.ts";
import type { TransactionUser } from "./user.ts";

/** What a transaction needs of its layer. @internal */
export interface Host {
  readonly random: Random;
  readonly timers: Timers;
  readonly queue: TimerQueue;
  readonly user: TransactionUser;
  /** What is counted. */
  readonly tallies: Tallies;
  /** Hands bytes to the transport. */
  transmit(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void;
  /** Ties a transaction to its flow, so that it hears of the flow's end. */
  bind(transaction: ClientTransaction | ServerTransaction, flow: Flow): void;
  /** Makes an RFC 2543 peer's ACK find its transaction. */
  alias(key: string, transaction: ServerTransaction): void;
  /** Where that flow's answers can be left, if anywhere. */
  answers(flow: Flow): Answers | undefined;
  /** Called once for each transaction, when it waits for nothing any more (see Table.settled). */
  settled(): void;
  /** Takes a transaction out of every map. */
  remove(transaction: ClientTransaction | ServerTransaction): void;
  /** Tells the user of an error; never throws. */
  report(error: SipError, transaction: ClientTransaction | ServerTransaction | undefined): void;
  /** Passes an ACK to the core, without a transaction; never throws. */
  pass(ack: Request): void;
  /** Starts the CANCEL of an INVITE on the same branch and flow. */
  cancel(request: Request, branch: string, flow: Flow, reason: string | undefined): void;
}

/** What an event is about: the message that came or goes, or the status of one, or the error that happened. */
export type Subject = Request | Response | number | SipError | undefined;

/** The status of a response that comes or goes. */
export function statusOf(response: Subject): number {
  return typeof response === "number" ? response : (response as Response).status;
}

type AnyTable = Table<string, string>;

/** The usual methods as constants: a transaction need not hold its own copy of one. */
const KNOWN: ReadonlyMap<string, string> = new Map(METHODS.map((name) => [name, name]));

/** The part of ClientTransaction and ServerTransaction that is the same. */
export abstract class Transaction implements TimerOwner {
  /** The transaction's name (see key.ts), the same in logs, maps and other processes. */
  readonly key: string;
  /** The method of the request: an INVITE's machine differs from all others'. */
  readonly method: string;
  /** Kept by the TimerQueue. @internal */
  pending: Timer | undefined = undefined;
  /** The ring of the transactions on the same flow, kept by LiveTransactions. @internal */
  flowBefore: Transaction | undefined = undefined;
  /** @internal */
  flowAfter: Transaction | undefined = undefined;
  protected readonly host: Host;
  /**
   * What `resend` sends: octets, never a message that someone may edit. As a binary string: bytes would hold on to
   * the 8 kB that Node cuts them from, and few are ever sent again. To send it makes one piece of it. Or where they
   * were left.
   */
  protected octets: string | Answer | undefined = undefined;
  readonly #table: AnyTable;
  #state: string;
  #flow: Flow | undefined;
  /** How long Timer A, E or G last ran. */
  #length = 0;

  protected constructor(host: Host, table: AnyTable, key: string, method: string, flow: Flow | undefined) {
    this.host = host;
    this.#table = table;
    this.#state = table.initial;
    this.key = key;
    this.method = KNOWN.get(method) ?? method;
    this.#flow = flow;
  }

  /** The machine's state. */
  get state(): string {
    return this.#state;
  }

  /** The name of its machine. @internal */
  get machine(): string {
    return this.#table.name;
  }

  /** The flow that it sends on; undefined for a client transaction that was not started. */
  get flow(): Flow | undefined {
    return this.#flow;
  }

  protected set flow(flow: Flow) {
    this.#flow = flow;
  }

  /** Drops the transaction without a word on the wire or to the user. */
  terminate(): void {
    this.dispatch("terminate", undefined);
  }

  /** The effects of the transaction's birth. */
  protected enter(subject: Subject): void {
    this.#carryOut(this.#table.entry.steps, subject);
  }

  /** One step of the machine: the new state first, then the effects in their order. @internal */
  dispatch(event: string, subject: Subject): void {
    const before = this.state;
    const row = step(this.#table, before, event, this.#flow?.transport.reliable ?? false);
    this.#state = row.next;
    if (row.next !== before) {
      const { settled } = this.#table;
      if (settled.includes(row.next) && !settled.includes(before)) this.host.settled();
    }
    this.#carryOut(row.steps, subject);
  }

  /** A timer of this transaction's fired. @internal */
  fired(name: TimerName, length: number): void {
    this.#length = length;
    this.dispatch(TIMER_EVENTS[name], undefined);
  }

  /** Carries out an effect that is no timer's. */
  protected abstract perform(effect: OtherEffect, subject: Subject): void;

  /** Starts a timer at its first value. */
  protected begin(timer: TimerName): void {
    const { queue, timers } = this.host;
    queue.set(this, timer, timers.first(timer, this.method === "INVITE"));
  }

  /** Sends the kept octets, if any; `again` counts. */
  protected transmit(again = 0): void {
    const { octets } = this;
    const flow = this.#flow;
    const data = typeof octets === "string" ? bytesFrom(octets) : octets?.bytes;
    if (data === undefined || flow === undefined) return;
    this.host.tallies.resent += again;
    this.host.transmit(data, flow, (error) => this.dispatch("transport error", error));
  }

  #carryOut(steps: readonly Step[], subject: Subject): void {
    for (const step of steps) {
      if (typeof step === "string") this.perform(step, subject);
      else this.#timer(step);
    }
  }

  #timer({ verb, timer }: TimerStep): void {
    const { queue, timers } = this.host;
    if (verb === "clear") queue.clear(this, timer);
    else if (verb === "slow") queue.set(this, timer, timers.options.t2);
    else if (verb === "double")
      queue.set(this, timer, timers.backoff(timer as "A" | "E" | "G", this.#length));
    else this.begin(timer);
  }
}
