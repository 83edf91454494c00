// Stack: one core, any number of transports, one transaction layer between them. It carries messages from
// floor to floor, and holds no SIP rules of its own beyond where a message goes.

import { type Clock, systemClock } from "../clock.ts";
import type { ParseLimits } from "../core/parse.ts";
import { SipError } from "../errors.ts";
import { type Message, tryParseMessage } from "../message/parse.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Uri } from "../message/uri.ts";
import { type Finding, validate } from "../message/validate.ts";
import { defaultRandom, type Random } from "../random.ts";
import type { ClientTransaction } from "../transaction/client-transaction.ts";
import { requestKey } from "../transaction/key.ts";
import { type TransactionCounts, TransactionLayer } from "../transaction/layer.ts";
import type { TimerOptions } from "../transaction/timers.ts";
import type { Flow, SendFailed, Target, Transport, TransportReceiver } from "../transport/transport.ts";
import type { Core, ResponseHandlers } from "./core.ts";
import { type Counters, countBad, newCounters } from "./counters.ts";
import { noteSource } from "./received.ts";
import { requestTarget, responseTarget } from "./target.ts";

/** What a stack is made of. */
export interface StackOptions {
  /** At least one; where several carry the same protocol, the first is sent by. */
  transports: readonly Transport[];
  core: Core;
  /** The runtime's timers unless told otherwise. */
  clock?: Clock;
  /** `crypto.getRandomValues` unless told otherwise. */
  random?: Random;
  /** T1, T2, T4 and the others, in milliseconds (RFC 3261 §17.1.1.1). */
  timers?: Partial<TimerOptions>;
  /** What is taken for a message, and how many transactions may live at once. */
  limits?: ParseLimits & { transactions?: number };
  /** Checks what came in before the core sees it; `validate` unless told otherwise. */
  validate?: (message: Message) => readonly Finding[];
}

/** How a request is sent. */
export interface SendOptions extends ResponseHandlers {
  /** The flow to send on, whatever the request's own target is. */
  flow?: Flow;
  /** The next hop, whatever Route and Request-URI say. */
  target?: Target;
  /** The Via branch; a random one unless told. */
  branch?: string;
  /** Runs Timer C, as a proxy must (RFC 3261 §16.6). */
  timerC?: boolean;
}

/** What a stack has seen and done, and what lives in it now. */
export interface StackStats extends Counters {
  readonly transactions: TransactionCounts;
}

/** A SIP stack. Any number of them live side by side in one process. */
export class Stack {
  readonly transports: readonly Transport[];
  readonly #core: Core;
  readonly #layer: TransactionLayer;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #limits: ParseLimits;
  readonly #validate: (message: Message) => readonly Finding[];
  readonly #counters: Counters = newCounters();
  #state: "new" | "running" | "draining" | "closed" = "new";
  #drained: (() => void) | undefined;

  constructor(options: StackOptions) {
    this.transports = options.transports;
    this.#core = options.core;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? defaultRandom;
    this.#limits = options.limits ?? {};
    this.#validate = options.validate ?? validate;
    this.#layer = new TransactionLayer({
      clock: this.#clock,
      random: this.#random,
      user: options.core,
      ...(options.timers ? { timers: options.timers } : {}),
      ...(options.limits?.transactions === undefined ? {} : { limit: options.limits.transactions }),
      transmit: (data, flow, failed) => this.#transmit(data, flow, failed),
      onEmpty: () => this.#drained?.(),
    });
  }

  /**
   * Starts all transports. Where one of them fails, those that had started are closed again.
   * @throws SipError of the transport: `address_in_use`, `transport_failed`
   */
  async start(): Promise<void> {
    if (this.#state !== "new") throw new SipError("closed", `the stack is ${this.#state}`);
    this.#state = "running";
    const started = await Promise.allSettled(this.transports.map((each) => each.start(this.#receiver)));
    const failed = started.find((each) => each.status === "rejected");
    if (!failed) return;
    await this.close();
    throw failed.reason;
  }

  /**
   * Stops taking new requests (they are answered 503), waits for the transactions that live, then closes
   * the transports. Afterwards there are no transactions, no timers, no sockets.
   *
   * @param options.drain how long to wait for the transactions, in milliseconds; 0 unless told
   */
  async close(options: { drain?: number } = {}): Promise<void> {
    if (this.#state === "closed") return;
    const { client, server } = this.#layer.counts;
    if (this.#state === "running" && options.drain && client + server > 0) {
      this.#state = "draining";
      await new Promise<void>((resolve) => {
        const timer = this.#clock.set(resolve, options.drain as number);
        this.#drained = () => {
          this.#clock.clear(timer);
          resolve();
        };
      });
    }
    this.#state = "closed";
    this.#layer.close();
    await Promise.allSettled(this.transports.map((each) => each.close()));
  }

  /**
   * Sends a request through a client transaction, which adds the topmost Via. The request is copied: what
   * happens to it later does not touch what is sent.
   *
   * @throws SipError `unsupported` for an ACK (see sendStateless), `transaction_exists` for a branch in use,
   *   `closed`. What happens later goes to the handlers, or the core.
   */
  send(request: Request, options: SendOptions = {}): ClientTransaction {
    const { branch, timerC } = options;
    const transaction = this.#layer.createClient(request, options, {
      ...(branch === undefined ? {} : { branch }),
      ...(timerC === undefined ? {} : { timerC }),
    });
    try {
      transaction.start(this.#requestFlow(request, options));
    } catch (error) {
      // Told later, never within the call: the caller has no transaction to compare with yet.
      void Promise.resolve().then(() => transaction.fail(asSipError(error)));
    }
    return transaction;
  }

  /**
   * Sends a message without a transaction: an ACK to a 2xx, or whatever a stateless proxy forwards. A request
   * gets a Via on top (RFC 3261 §16.11 asks stateless proxies to give the branch); a response is sent as it
   * is, on its flow if it has one, else by its topmost Via.
   *
   * @throws SipError `no_target`, `no_transport`, `closed`. A failure of the transport goes to onError.
   */
  sendStateless(message: Message, options: { flow?: Flow; target?: Target; branch?: string } = {}): void {
    if (message.kind === "response") {
      const flow = options.flow ?? message.flow ?? this.#flowTo(options.target ?? responseTarget(message));
      this.#transmit(message.toBytes(), flow, (error) => this.#report(error));
      return;
    }
    const flow = this.#requestFlow(message, options);
    const { protocol, sentBy, reliable } = flow.transport;
    const branch = options.branch ?? this.#random.branch();
    const copy = message.clone();
    copy.headers.prepend("Via", `SIP/2.0/${protocol} ${sentBy};branch=${branch}${reliable ? "" : ";rport"}`);
    this.#transmit(copy.toBytes(), flow, (error) => this.#report(error));
  }

  /**
   * Takes in a message that is parsed already, as if it had come on `flow`: for transports and frameworks
   * that parse themselves, and for tests.
   */
  receive(message: Message, flow: Flow): void {
    message.flow = flow;
    const [finding] = this.#validate(message);
    if (finding) {
      this.#refuse(message, flow, finding);
      return;
    }
    if (message.kind === "request") {
      noteSource(message, flow);
      if (this.#state === "draining" && message.method !== "ACK" && message.method !== "CANCEL") {
        const known = this.#layer.server(requestKey(message)) !== undefined;
        if (!known) {
          this.#answer(message, flow, 503, "Shutting Down");
          return;
        }
      }
    }
    this.#layer.receive(message, flow);
  }

  /** The open flow of that id, among all transports: for a token that came back in a Route. */
  flow(id: string): Flow | undefined {
    for (const transport of this.transports) {
      const flow = transport.flowById(id);
      if (flow) return flow;
    }
    return undefined;
  }

  /** True where the URI names one of this stack's own transports, as a Route does that this stack wrote. */
  isLocal(uri: Uri): boolean {
    const asked = uri.params.get("transport")?.toUpperCase();
    return this.transports.some((each) => {
      if (asked !== undefined && asked !== each.protocol) return false;
      const ours = each.sentBy.toLowerCase();
      const theirs = uri.hostPort.toLowerCase();
      return theirs === ours || theirs === `${ours}:${each.local.port}` || `${theirs}:5060` === ours;
    });
  }

  /** Totals since the start, and what lives now. A copy. */
  get stats(): StackStats {
    return { ...this.#counters, bad: { ...this.#counters.bad }, transactions: this.#layer.counts };
  }

  readonly #receiver: TransportReceiver = {
    onMessage: (data, flow) => {
      if (this.#state === "closed") return;
      this.#counters.received++;
      const message = tryParseMessage(data, this.#limits);
      if (message.kind === "failure") countBad(this.#counters, message.code);
      else this.receive(message, flow);
    },
    onFlowClosed: (flow, error) => this.#layer.flowClosed(flow, error),
    onError: (error) => this.#report(error),
  };

  /** A request that cannot be worked with is answered, if it can be; all else is dropped. Both are counted. */
  #refuse(message: Message, flow: Flow, finding: Finding): void {
    countBad(this.#counters, finding.code);
    if (message.kind !== "request" || finding.status === "drop" || message.method === "ACK") return;
    this.#answer(message, flow, finding.status, finding.reason);
  }

  #answer(request: Request, flow: Flow, status: number, reason: string): void {
    try {
      noteSource(request, flow);
      const response: Response = request.createResponse(status, reason);
      if (status === 503) response.headers.set("Retry-After", "5");
      this.#transmit(response.toBytes(), flow, () => {});
      this.#counters.answered++;
    } catch (error) {
      this.#report(asSipError(error));
    }
  }

  #requestFlow(request: Request, options: { flow?: Flow; target?: Target }): Flow {
    if (options.flow) return options.flow;
    const fallback = this.transports.find((each) => each.protocol === "UDP") ?? this.transports[0];
    if (!fallback) throw new SipError("no_transport", "the stack has no transport");
    return this.#flowTo(options.target ?? requestTarget(request, fallback.protocol), fallback);
  }

  #flowTo(target: Target, fallback?: Transport): Flow {
    const able = this.transports.filter((each) => each.protocol === target.protocol);
    // A WebSocket client has one way out, and everything takes it (RFC 7118 §5.3).
    const only = this.transports.length === 1 && fallback?.framed && fallback.reliable ? [fallback] : [];
    for (const transport of able.length > 0 ? able : only) {
      const flow = transport.flow(target);
      if (flow) return flow;
    }
    if (able.length + only.length > 0) {
      throw new SipError("no_target", `no flow to ${target.host}:${target.port} over ${target.protocol}`);
    }
    throw new SipError("no_transport", `the stack has no transport for ${target.protocol}`);
  }

  #transmit(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void {
    if (this.#state === "closed") return;
    this.#counters.sent++;
    flow.transport.send(data, flow, (error) => {
      this.#counters.failed++;
      failed(error);
    });
  }

  #report(error: SipError): void {
    try {
      void Promise.resolve(this.#core.onError(error, undefined)).catch(() => {});
    } catch {
      // An error handler that throws has nobody left to be reported to.
    }
  }
}

function asSipError(error: unknown): SipError {
  return error instanceof SipError ? error : new SipError("core_failed", String(error), { cause: error });
}
