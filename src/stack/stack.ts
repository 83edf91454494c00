// Stack: one core, any number of transports, one transaction layer between them. It carries messages from
// floor to floor, and holds no SIP rules of its own beyond where a message goes.

import { type Clock, systemClock } from "../clock.ts";
import { SipError } from "../errors.ts";
import type { Message } from "../message/parse.ts";
import type { Request } from "../message/request.ts";
import { validateBasics } from "../message/rules/basics.ts";
import type { Uri } from "../message/uri.ts";
import { defaultRandom, type Random } from "../random.ts";
import { TransactionLayer } from "../transaction/layer.ts";
import type { TimerOptions } from "../transaction/timers.ts";
import { asSipError } from "../transaction/user.ts";
import type { Flow, SendFailed, Target, Transport } from "../transport/transport.ts";
import { abortBy } from "./abort.ts";
import { checkStack, demand } from "./check.ts";
import type { Core } from "./core.ts";
import { type Counters, newCounters } from "./counters.ts";
import type { Gate } from "./gate.ts";
import { Inbound } from "./inbound.ts";
import { Life } from "./life.ts";
import { Names } from "./names.ts";
import type { SendOptions, SentRequest, StackOptions, StackStats, StatelessOptions } from "./options.ts";
import { Refusals } from "./refusals.ts";
import type { Resolver, Sender } from "./resolver.ts";
import { strictRouted } from "./route-set.ts";
import { StatelessSender } from "./stateless-sender.ts";
import { requestTarget } from "./target.ts";
import { flowTo, mainTransport, requestFlow } from "./way.ts";
import { Wire } from "./wire.ts";

/** A SIP stack. Any number of them live side by side in one process. */
export class Stack {
  /** Its transports, in the order of the option. */
  readonly transports: readonly Transport[];
  /** The resolver that it was given. */
  readonly resolver: Resolver | undefined;
  /** @internal */
  readonly life: Life = new Life();
  readonly #core: Core;
  readonly #layer: TransactionLayer;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #names: Names;
  readonly #gate: Gate | undefined;
  readonly #wire: Wire;
  readonly #inbound: Inbound;
  readonly #stateless: StatelessSender;
  readonly #sender: Sender;
  readonly #counters: Counters = newCounters();
  #closing: Promise<void> | undefined;

  /**
   * Opens nothing: `start` does.
   * @throws SipError `value_invalid` for timers, limits or aliases that are none, a core that lacks a callback, no
   *   `transports`, and a gate, resolver or tap that is something else
   */
  constructor(options: StackOptions) {
    checkStack(options);
    const { core, transports, limits = {} } = options;
    this.transports = transports;
    this.#core = core;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? defaultRandom;
    this.#names = new Names(transports, options.aliases);
    this.#wire = new Wire(transports, this.#counters, this.#clock, options.tap);
    const report = (error: SipError): void => this.#layer.report(error, undefined);
    const transmit = (data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void =>
      this.#transmit(data, flow, failed);
    const refusals = new Refusals({
      counters: this.#counters,
      layer: () => this.#layer,
      onRefused: options.onRefused,
      report,
    });
    this.#layer = new TransactionLayer({
      clock: this.#clock,
      random: this.#random,
      user: core,
      timers: options.timers,
      limit: limits.transactions,
      stateless: options.stateless === true,
      transmit,
      owns: (via) => this.#names.owns(via),
      onRefused: (finding, flow, message) => refusals.tell(finding, flow, message),
    });
    this.resolver = options.resolver;
    this.#gate = options.gate;
    this.#sender = {
      core,
      protocols: [...new Set(transports.map(({ protocol }) => protocol))],
      sentBy: (protocol) => transports.find((each) => each.protocol === protocol)?.sentBy ?? "",
      create: (request, handlers, how) => this.#layer.createClient(strictRouted(request), handlers, how),
      start: (transaction, target) => transaction.start(flowTo(transports, target, undefined)),
    };
    this.#inbound = new Inbound({
      life: this.life,
      limits,
      validate: options.validate ?? validateBasics,
      wire: this.#wire,
      refusals,
      layer: this.#layer,
      core,
      report,
    });
    this.#stateless = new StatelessSender({
      life: this.life,
      transports,
      protocols: this.#sender.protocols,
      resolver: options.resolver,
      random: this.#random,
      transmit,
      report,
    });
  }

  /**
   * Starts all transports. Where one of them fails, those that had started are closed again.
   * @throws SipError of the transport: `address_in_use`, `transport_failed`; `closed` where the stack was
   *   started before, or closed meanwhile; `value_invalid` where another stack has its gate
   */
  async start(): Promise<void> {
    const { phase } = this.life;
    if (phase !== "new") throw new SipError("closed", `a stack starts once; this one is ${phase}`);
    if (this.#gate) this.#inbound.open(this.#gate, this.#clock, this.#random);
    this.life.phase = "running";
    const started = await Promise.allSettled(this.transports.map(async (each) => each.start(this.#inbound)));
    const failed = started.find((each) => each.status === "rejected");
    if (failed) {
      await this.close();
      throw failed.reason;
    }
    if (this.#closing) throw new SipError("closed", "the stack was closed while it started");
  }

  /**
   * Ends the stack: no transactions, no timers, no sockets afterwards. With `drain` it first waits for the
   * transactions that wait themselves: ours for a final response, a peer's for the core's, a refused INVITE
   * for its ACK. Those that only absorb retransmissions are not waited for.
   *
   * While it drains, what belongs to a transaction or to a dialog (To has a tag) goes on as usual, ACK and
   * CANCEL too, so that calls can be ended; any other request is answered 503 with Retry-After. A second
   * call without `drain` ends the wait. May be called at any time; every call resolves when all is closed.
   *
   * @param options.drain how long to wait at most, in milliseconds; 0 unless told
   */
  close(options: { drain?: number } = {}): Promise<void> {
    const { drain = 0 } = options;
    if (!(drain > 0)) this.life.drained();
    this.#closing ??= this.#close(drain);
    return this.#closing;
  }

  async #close(drain: number): Promise<void> {
    const life = this.life;
    if (life.phase === "running" && drain > 0 && this.#layer.counts.waiting > 0) {
      this.#layer.onIdle(() => life.drained());
      await life.drain(this.#clock, drain);
    }
    life.phase = "closed";
    // First, so that a gate that hands on what waited lets nothing in.
    this.#layer.close();
    this.#inbound.close();
    await Promise.allSettled(this.transports.map(async (each) => each.close()));
  }

  /**
   * Sends a request through a client transaction, which adds the topmost Via. The request is copied: what happens to it
   * later does not touch what is sent (but see `uncopied`). Where it goes: `flow`, else `target`, else its first Route,
   * else its Request-URI. A first Route without `lr` is a strict router's: the copy is as that wants it (§16.6 step 6).
   *
   * With a resolver names are looked up (RFC 3263), and a target that fails or answers 503 is followed by the
   * next one; what is returned stands for all of these attempts, and the callbacks are called for the last. With
   * `credentials` challenges are answered, likewise.
   *
   * @throws SipError `unsupported` for an ACK (see sendStateless), `transaction_exists` for a branch in use,
   *   `overloaded` past the limit of live transactions, `closed`; `value_invalid` for what is no Request, and for a
   *   `signal` or `credentials` that is none. What happens later goes to the handlers, or the core.
   */
  send(request: Request, options: SendOptions = {}): SentRequest {
    const { signal, credentials } = options;
    // Before anything is made that nobody would end.
    demand("signal", signal, "addEventListener");
    demand("credentials", credentials, "send");
    if (credentials) {
      const { onResponse = (...told) => this.#core.onResponse(...told) } = options;
      return credentials.send(this, request, { ...options, onResponse });
    }
    const formed = strictRouted(request);
    if (this.resolver && !options.flow && !options.target) {
      // As it came: its first Route is the next hop, a strict router's too (§16.6 step 7).
      const sent = this.resolver.send(request, options, this.#sender);
      if (signal) abortBy(signal, sent);
      return sent;
    }
    const transaction = this.#layer.createClient(formed, options, options);
    if (signal && !abortBy(signal, transaction)) return transaction;
    try {
      transaction.start(requestFlow(this.transports, request, options));
    } catch (error) {
      // Told later, never within the call: the caller has no transaction to compare with yet.
      void Promise.resolve().then(() => transaction.fail(asSipError(error)));
    }
    return transaction;
  }

  /**
   * Sends a message without a transaction: an ACK to a 2xx, or whatever a stateless proxy forwards. A request
   * gets a Via on top (RFC 3261 §16.11 asks stateless proxies to give the branch); a response is sent as it
   * is, on its flow if it has one, else by its topmost Via. With a resolver names are looked up, and the first
   * target there is a way to is taken.
   *
   * @throws SipError `no_target`, `no_transport`, `closed`. What fails later, or in a search, goes to onError.
   */
  sendStateless(message: Message, options: StatelessOptions = {}): void {
    this.#stateless.send(message, options);
  }

  /**
   * Takes in a message that is parsed already, as if it had come on `flow`: for transports and frameworks
   * that parse themselves, and for tests.
   */
  receive(message: Message, flow: Flow): void {
    this.#inbound.receive(message, flow);
  }

  /**
   * The flow that a request would leave by if it were sent now: one to its first Route, else to its
   * Request-URI. A proxy asks before it writes Record-Route, which names the transport or the connection, and
   * then sends on that flow. A connection is opened where there is none.
   *
   * @param options.target the next hop, whatever the request says
   * @throws SipError `no_target` (with status 416 for a URI that is not SIP), `no_transport`
   */
  route(request: Request, options: { target?: Target } = {}): Flow {
    return requestFlow(this.transports, request, options);
  }

  /**
   * All targets that a request would be tried at, the best first: those that the resolver finds, or the one that its URI
   * names. `send` takes one as `target`. Rejects with a SipError `no_target` (with status 416 for a URI that is not SIP).
   */
  async resolve(request: Request): Promise<readonly Target[]> {
    if (this.resolver) return this.resolver.targets(request, this.#sender.protocols);
    return [requestTarget(request, mainTransport(this.transports).protocol)];
  }

  /**
   * The open connection of that id, among all transports: for a token that came back in a Route (RFC 5626
   * §5.3). A datagram flow is never found, since its id is an address that anybody can write down: who takes
   * it for a token relays for everyone. Ids of connections are random; do not show one peer another's.
   */
  flow(id: string): Flow | undefined {
    for (const transport of this.transports) {
      const flow = transport.reliable ? transport.flowById(id) : undefined;
      if (flow) return flow;
    }
    return undefined;
  }

  /**
   * True where a sip or sips URI names this stack, as a Route does that it wrote itself: by the sent-by of a
   * transport (and its protocol, where the URI has `transport`), or by an alias, whatever the transport. A
   * port that is left out is the scheme's and transport's usual one (RFC 3261 §19.1.2).
   */
  isLocal(uri: Uri): boolean {
    return this.#names.isLocal(uri);
  }

  /** The clock that it was given: for what is built on it, dialogs and the like. */
  get clock(): Clock {
    return this.#clock;
  }

  /** The source that it was given for branches and tags. */
  get random(): Random {
    return this.#random;
  }

  /** The timers that it goes by, in milliseconds, defaults filled in. */
  get timers(): TimerOptions {
    return this.#layer.timers;
  }

  /** Totals since the start, and what lives now. A copy, for which all live transactions are walked over once. */
  get stats(): StackStats {
    return {
      ...this.#counters,
      bad: { ...this.#counters.bad },
      traffic: this.#wire.traffic,
      transactions: { ...this.#layer.counts, states: this.#layer.states },
      transports: this.transports.map(({ protocol, sentBy, counts }) => ({ protocol, sentBy, ...counts })),
      ...(this.#gate && { gate: this.#gate.counts }),
    };
  }

  #transmit(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void {
    if (this.life.phase !== "closed") this.#wire.transmit(data, flow, failed);
  }
}
