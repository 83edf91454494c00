// Inbound: what becomes of what the transports bring. It is read, counted, checked, and its source noted; then it is
// refused, or goes on to the gate and the transactions.

import type { Clock } from "../clock.ts";
import type { ParseLimits } from "../core/parse.ts";
import { SipError } from "../errors.ts";
import type { Finding } from "../message/finding.ts";
import { type Message, tryParseMessage } from "../message/parse.ts";
import type { Request } from "../message/request.ts";
import type { Random } from "../random.ts";
import { requestKey } from "../transaction/key.ts";
import type { TransactionLayer } from "../transaction/layer.ts";
import { coreFailed } from "../transaction/user.ts";
import type { Flow, TransportReceiver } from "../transport/transport.ts";
import type { Core } from "./core.ts";
import type { Gate } from "./gate.ts";
import type { Life } from "./life.ts";
import { noteAlias, noteSource } from "./received.ts";
import type { Refusals } from "./refusals.ts";
import type { Wire } from "./wire.ts";

const congested: Finding = { code: "overloaded", status: 503, reason: "Service Unavailable" };
const draining: Finding = { code: "closed", status: 503, reason: "Shutting Down" };
const unjudged: Finding = { code: "core_failed", status: 500, reason: "Server Internal Error" };

/** What one stack's inbound side works with. */
export interface InboundOptions {
  readonly life: Life;
  readonly limits: ParseLimits;
  readonly validate: (message: Message) => readonly Finding[];
  readonly wire: Wire;
  readonly refusals: Refusals;
  readonly layer: TransactionLayer;
  readonly core: Core;
  readonly report: (error: SipError) => void;
}

export class Inbound implements TransportReceiver {
  readonly #life: Life;
  readonly #limits: ParseLimits | undefined;
  readonly #validate: (message: Message) => readonly Finding[];
  readonly #wire: Wire;
  readonly #refusals: Refusals;
  readonly #layer: TransactionLayer;
  /** Once it is open for this stack: another's is not to be closed. */
  #gate: Gate | undefined;
  readonly #core: Core;
  readonly #report: (error: SipError) => void;

  constructor(options: InboundOptions) {
    this.#life = options.life;
    const { messageSize, headSize, headers } = options.limits;
    // The usual ones need not be put together for each message.
    const usual = messageSize === undefined && headSize === undefined && headers === undefined;
    this.#limits = usual ? undefined : options.limits;
    this.#validate = options.validate;
    this.#wire = options.wire;
    this.#refusals = options.refusals;
    this.#layer = options.layer;
    this.#core = options.core;
    this.#report = options.report;
  }

  onMessage(data: Uint8Array | string, flow: Flow): void {
    if (this.#life.phase === "closed") return;
    this.#wire.came(data, flow);
    const message = tryParseMessage(data, this.#limits);
    if (message.kind !== "failure") this.receive(message, flow);
    else this.#refusals.drop(message.code, undefined, flow);
  }

  onFault(error: SipError, head: Uint8Array | undefined, flow: Flow): void {
    if (this.#life.phase === "closed") return;
    const { code, status = "drop", message: reason } = error;
    if (head) this.#wire.came(head, flow);
    const message = head && tryParseMessage(head, this.#limits);
    if (message === undefined || message.kind === "failure") {
      this.#refusals.drop(code, reason, flow);
      return;
    }
    this.#wire.parsed(message, flow);
    message.flow = flow;
    // Without a Via, say, there is no way to answer, whatever else is wrong.
    const dropped = this.#judge(message)?.status === "drop";
    this.#refusals.refuse(message, flow, { code, status: dropped ? "drop" : status, reason }, false);
  }

  onFlowClosed(flow: Flow, error: SipError | undefined): void {
    this.#layer.flowClosed(flow, error);
    // It may be async, as all of a core's callbacks may: neither a throw nor a rejection goes past here.
    (async () => this.#core.onFlowClosed?.(flow, error))().catch((cause) => this.#report(coreFailed(cause)));
  }

  onError(error: SipError): void {
    this.#report(error);
  }

  /** Takes in a message that is parsed, as if it had come on `flow`. */
  receive(message: Message, flow: Flow): void {
    if (this.#life.phase === "closed") return;
    this.#wire.parsed(message, flow);
    message.flow = flow;
    const finding = this.#judge(message);
    if (finding) {
      this.#refusals.refuse(message, flow, finding, false);
      return;
    }
    if (message.kind === "request") {
      noteSource(message, flow);
      if (this.#life.phase === "draining" && this.#isNew(message)) {
        this.#refusals.refuse(message, flow, draining, true);
        return;
      }
      if (flow.transport.alias) noteAlias(message, flow);
    }
    if (this.#gate) this.#gate.receive(message, flow);
    else this.#layer.receive(message, flow);
  }

  /** Opens a gate. Throws `value_invalid` where that is another stack's, and what it throws. */
  open(gate: Gate, clock: Clock, random: Random): void {
    const layer = this.#layer;
    if (gate.taken) throw new SipError("value_invalid", "the gate is another stack's");
    gate.open({
      clock,
      random,
      get transactions() {
        const { client, server } = layer.counts;
        return client + server;
      },
      isNew: (request) => this.#isNew(request),
      pass: (message, flow) => layer.receive(message, flow),
      refuse: (request, flow, retryAfter) =>
        this.#refusals.refuse(request, flow, congested, true, retryAfter),
    });
    this.#gate = gate;
  }

  /** Closes the gate that it has opened, if any. */
  close(): void {
    this.#gate?.close();
  }

  /** What speaks against a message, the worst of it: where the user's rules throw, that they did. */
  #judge(message: Message): Finding | undefined {
    try {
      const [finding] = this.#validate(message);
      return finding;
    } catch (cause) {
      this.#report(coreFailed(cause));
      return unjudged;
    }
  }

  /** Whether a request begins something: it belongs to no dialog and to no transaction. */
  #isNew(request: Request): boolean {
    const { method, headers } = request;
    if (method === "ACK" || method === "CANCEL") return false;
    try {
      return headers.get("To")?.tag === undefined && this.#layer.server(requestKey(request)) === undefined;
    } catch {
      // The user's rules let it pass, though it lacks what a transaction is known by: the layer will drop it.
      return false;
    }
  }
}
