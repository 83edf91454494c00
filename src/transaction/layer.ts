// TransactionLayer: which transaction a message belongs to, and what becomes of one that belongs to none
// (RFC 3261 §17.1.3, §17.2.3, §9.2, RFC 6026 §8.9). No IO: messages come in with their flow, bytes go out.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Finding } from "../message/validate.ts";
import type { Answer } from "../transport/answers.ts";
import { flowBack } from "../transport/flow-back.ts";
import { KeyedHash } from "../transport/keyed-hash.ts";
import { standing } from "../transport/standing.ts";
import type { Flow, SendFailed } from "../transport/transport.ts";
import { guard } from "../watch.ts";
import { type ClientOptions, ClientTransaction } from "./client-transaction.ts";
import { cancelOf } from "./derived.ts";
import { Idle } from "./idle.ts";
import { requestKey, responseKey } from "./key.ts";
import {
  DEFAULT_TRANSACTION_LIMIT,
  type TransactionCounts,
  type TransactionLayerOptions,
} from "./layer-options.ts";
import { type AnyTransaction, LiveTransactions } from "./live-transactions.ts";
import { ServerTransaction } from "./server-transaction.ts";
import { Stateless } from "./stateless.ts";
import { newTallies, type StateCounts, type Tallies } from "./tallies.ts";
import { TimerQueue } from "./timer-queue.ts";
import { type TimerOptions, Timers } from "./timers.ts";
import type { Host } from "./transaction.ts";
import { foreign, overloaded, overlooked, stray } from "./turned-away.ts";
import { asSipError, type ClientHandlers, coreFailed, type Returned } from "./user.ts";

/** Octets that a transaction has of the limit: what lives may be larger as long as others are smaller. */
const AVERAGE = 4096;
const silent: ClientHandlers = { onResponse: () => {}, onError: () => {} };

/** All transactions of one stack. */
export class TransactionLayer {
  readonly #options: TransactionLayerOptions;
  readonly #limit: number;
  readonly #queue: TimerQueue;
  readonly #host: Host;
  readonly #stateless: Stateless;
  readonly #live: LiveTransactions;
  readonly #tallies: Tallies = newTallies();
  readonly #idle: Idle = new Idle();
  #closed = false;
  #refused = 0;
  #stray = 0;
  #dropped = 0;

  /** @throws SipError `value_invalid` for timers that are no positive numbers */
  constructor(options: TransactionLayerOptions) {
    this.#options = options;
    this.#limit = options.limit ?? DEFAULT_TRANSACTION_LIMIT;
    const { clock, random } = options;
    this.#queue = new TimerQueue(clock);
    this.#stateless = new Stateless(random);
    const timers = new Timers(options.timers);
    const hash = new KeyedHash(random.text(20));
    const revive = (of: Answer) => new ServerTransaction(this.#host, of.key, of.flow, undefined, of);
    this.#live = new LiveTransactions(hash, revive);
    const held = { clock, hash, timers: this.#queue, life: timers.patience };
    this.#host = {
      random,
      timers,
      queue: this.#queue,
      user: options.user,
      tallies: this.#tallies,
      transmit: (data, flow, failed) => this.#transmit(data, flow, failed),
      bind: (transaction, flow) => this.#live.bind(transaction, flow),
      alias: (key, transaction) => this.#live.alias(key, transaction),
      answers: ({ transport }) => (this.#live.answers ??= transport.answers?.(held)),
      settled: () => this.#idle.settled(),
      remove: (transaction) => this.#live.remove(transaction),
      report: (error, transaction) => this.report(error, transaction),
      pass: (ack) => this.#pass(ack),
      cancel: (of, branch, flow, why) => {
        const way = standing(flow);
        if (way) this.#client(cancelOf(of, why), silent, { branch }).start(way);
      },
    };
  }

  /** What the layer holds now, and what it has turned away so far. */
  get counts(): TransactionCounts {
    return {
      client: this.#live.clients.size,
      server: this.#live.serverCount,
      waiting: this.#idle.waiting,
      timers: this.#queue.size,
      refused: this.#refused,
      stray: this.#stray,
      dropped: this.#dropped,
      ...this.#tallies,
    };
  }

  /** The live transactions by machine and state. Walks over them. */
  get states(): StateCounts {
    return this.#live.states;
  }

  /** The timers that the layer goes by, defaults filled in. */
  get timers(): TimerOptions {
    return this.#host.timers.options;
  }

  /** The live client transaction of that key. */
  client(key: string): ClientTransaction | undefined {
    return this.#live.clients.get(key);
  }

  /** The live server transaction of that key. */
  server(key: string): ServerTransaction | undefined {
    return this.#live.server(key);
  }

  /**
   * Takes a message that came in on `flow`: to its transaction, to a new one, or to the core. Never throws.
   * A message without what it takes to match it (Via, CSeq …) is dropped, and reported to the user.
   */
  receive(message: Request | Response, flow: Flow): void {
    if (this.#closed) return;
    try {
      if (message.kind === "request") this.#request(message, flow);
      else this.#response(message, flow);
    } catch (cause) {
      this.#dropped++;
      this.report(asSipError(cause), undefined);
    }
  }

  /**
   * Makes a client transaction for a copy of `request`, or for itself (`uncopied`). Nothing is sent before its start.
   *
   * @param handlers called instead of the core's callbacks, each where given
   * @throws SipError `unsupported` for an ACK, which has no transaction (RFC 3261 §17.1); `transaction_exists`
   *   for a branch in use; `overloaded`, with status 503, past the limit of live transactions; `closed` after
   *   close
   */
  createClient(request: Request, handlers?: ClientHandlers, options: ClientOptions = {}): ClientTransaction {
    if (this.#closed) throw new SipError("closed", "the stack is closed");
    if (request.method === "ACK") throw new SipError("unsupported", "an ACK has no client transaction");
    if (this.#full) {
      this.#refused++;
      throw new SipError("overloaded", `${this.#limit} transactions live already`, { status: 503 });
    }
    return this.#client(request, handlers, options);
  }

  /** A CANCEL goes past the limit: it ends what fills the layer. */
  #client(request: Request, handlers: ClientHandlers | undefined, options: ClientOptions): ClientTransaction {
    const own = options.uncopied === true ? request : request.clone();
    const transaction = new ClientTransaction(this.#host, own, handlers, options);
    if (this.#live.clients.get(transaction.key)) {
      throw new SipError("transaction_exists", `transaction ${transaction.key} exists`);
    }
    this.#live.clients.add(transaction);
    this.#idle.begun();
    return transaction;
  }

  /**
   * Answers a request without a transaction (RFC 3261 §8.2.7): each retransmission alike, and the ACK to it
   * goes no further.
   *
   * @param headers header fields that the answer has besides, where given
   */
  refuse(request: Request, flow: Flow, status: number, reason?: string, headers?: Finding["headers"]): void {
    const key = request.headers.raw("Via").join();
    const way = flowBack(flow, request);
    this.#transmit(this.#stateless.answer(request, key, status, reason, headers), way, () => {});
  }

  /**
   * A connection is gone, or the peer of a datagram flow cannot be reached (ICMP, RFC 3261 §18.4): every
   * transaction on the flow hears of it, and acts by its machine's `transport error`.
   */
  flowClosed(flow: Flow, error: SipError | undefined): void {
    const reason = error ?? new SipError("connection_closed", "the connection was closed");
    for (const transaction of this.#live.on(flow)) transaction.dispatch("transport error", reason);
  }

  /**
   * From now on `tell` is called, maybe more than once, in a microtask after the last transaction that waited has
   * ended its wait, if none has come since.
   */
  onIdle(tell: () => void): void {
    this.#idle.listen(tell);
  }

  /**
   * Ends every transaction without a word on the wire or to the user's callbacks; `final` rejects with
   * `closed`. Afterwards there are no transactions and no timers, and what comes in is dropped.
   */
  close(): void {
    this.#closed = true;
    for (const transaction of this.#live.clients.values()) transaction.drop("closed");
    for (const transaction of this.#live.servers) transaction.terminate();
    this.#live.answers?.clear();
  }

  #response(response: Response, flow: Flow): void {
    const transaction = this.#live.clients.get(responseKey(response));
    if (transaction) return void transaction.receive(response);
    // RFC 6026 §8.9 drops strays, but a 2xx behind its INVITE transaction tells a user agent that its ACK was lost.
    const { status } = response;
    const answersInvite = status > 199 && status < 300 && response.headers.get("CSeq")?.method === "INVITE";
    const via = response.headers.first("Via");
    const wanted = answersInvite || this.#options.stateless === true;
    if (!wanted || !via || this.#options.owns?.(via) === false) {
      this.#stray++;
      this.#options.onRefused?.(wanted ? foreign : stray, flow, response);
      return;
    }
    this.#call(() => this.#options.user.onResponse(response, undefined));
  }

  #request(request: Request, flow: Flow): void {
    if (this.#options.stateless) return void this.#pass(this.#stateless.tagged(request));
    const key = requestKey(request);
    const transaction = this.#live.server(key);
    if (request.method === "ACK") {
      const target = transaction ?? this.#live.acknowledged(key);
      if (target) {
        if (target.state === "confirmed") this.#tallies.repeated++;
        target.dispatch("ACK", request);
      } else if (!this.#stateless.owns(request)) this.#pass(request);
    } else if (transaction) {
      this.#tallies.repeated++;
      transaction.dispatch("request", request);
    } else if (request.method === "CANCEL") this.#cancel(request, key, flow);
    else if (this.#full) {
      // RFC 3261 §21.5.4. T4 later the network has forgotten this burst.
      this.#refused++;
      this.refuse(request, flow, 503, undefined, { "Retry-After": `${Math.ceil(this.timers.t4 / 1000)}` });
      this.#options.onRefused?.(overloaded, flow, request);
    } else this.#create(request, key, flow).deliver();
  }

  /** RFC 3261 §9.2: a CANCEL is answered here; the core hears only of the INVITE that it ends. */
  #cancel(cancel: Request, key: string, flow: Flow): void {
    const invite = this.#live.server(requestKey(cancel, "INVITE"));
    // One that finds its INVITE is let in past the limit: it ends what fills the layer.
    if (invite === undefined && this.#full) {
      this.#refused++;
      this.refuse(cancel, flow, 481);
      this.#options.onRefused?.(overlooked, flow, cancel);
      return;
    }
    // RFC 3261 §9.2: the To tag is that of the INVITE's responses.
    cancel.toTag(() => invite?.toTag ?? this.#options.random.tag());
    const response = cancel.createResponse(invite ? 200 : 481);
    const transaction = this.#create(cancel, key, flow);
    try {
      transaction.respond(response);
    } catch (cause) {
      transaction.terminate();
      throw cause;
    }
    invite?.dispatch("CANCEL", cancel);
  }

  #create(request: Request, key: string, flow: Flow): ServerTransaction {
    const transaction = new ServerTransaction(this.#host, key, flowBack(flow, request), request);
    this.#live.add(transaction);
    this.#idle.begun();
    return transaction;
  }

  get #full(): boolean {
    return this.#live.size >= this.#limit || this.#live.octets >= this.#limit * AVERAGE;
  }

  #pass(ack: Request): void {
    this.#call(() => this.#options.user.onRequest(ack, undefined));
  }

  /** Calls the core about what belongs to no transaction. */
  #call(callback: () => Returned): void {
    guard(callback, (cause) => this.report(coreFailed(cause), undefined));
  }

  #transmit(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void {
    try {
      this.#options.transmit(data, flow, failed);
    } catch (cause) {
      failed(cause instanceof SipError ? cause : new SipError("transport_failed", String(cause), { cause }));
    }
  }

  /** Tells the user of an error. Never throws: one that throws itself has nobody left to be told. */
  report(error: SipError, transaction: AnyTransaction | undefined): void {
    guard(
      () => this.#options.user.onError(error, transaction),
      () => {},
    );
  }
}
