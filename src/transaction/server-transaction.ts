// ServerTransaction: brings one request to the core and its responses back (RFC 3261 §17.2). The machines
// decide; this carries their effects out, and answers for a core that throws.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import { checkStatus, type Response } from "../message/response.ts";
import type { Answer } from "../transport/answers.ts";
import type { Flow } from "../transport/transport.ts";
import { guard } from "../watch.ts";
import { type InviteServerState, inviteServer } from "./invite-server.ts";
import { inOnePiece, methodOf, oldRequestKey } from "./key.ts";
import type { OtherEffect, TimerName } from "./machine.ts";
import { type NonInviteServerState, nonInviteServer } from "./non-invite-server.ts";
import { checkMatch } from "./response-match.ts";
import { type Host, type Subject, statusOf, Transaction } from "./transaction.ts";
import { asSipError, coreFailed, type Returned } from "./user.ts";

/** Any server transaction's state. */
export type ServerState = InviteServerState | NonInviteServerState;

/** One request of a peer's, and our responses to it. Made by the layer; the core answers with respond. */
export class ServerTransaction extends Transaction {
  /** Tells it from a ClientTransaction. */
  readonly kind = "server" as const;
  /**
   * Called when a CANCEL comes for this INVITE before its final response (RFC 3261 §9.2), instead of the
   * core's `onCancel`. The CANCEL is answered already; answer the INVITE 487.
   */
  onCancel: ((cancel: Request) => Returned) | undefined = undefined;
  /** Called when a final response was sent, whoever has sent it, or there will be none: it was dropped. @internal */
  onFinal: (() => void) | undefined = undefined;
  /** How long its request is, as it came in. @internal */
  readonly size: number;
  #request: Request | undefined;
  /** The number of its CSeq, which every response has too. */
  readonly #cseq: number | undefined;
  /** Behind a semicolon, in one piece with that: a tag that is cut out of a response holds on to all of its text. */
  #toTag: string | undefined;
  /** What `send` is to send. */
  #outgoing: string | undefined;

  /** For a request, or for what is left of a transaction when its request comes again. @internal */
  constructor(host: Host, key: string, flow: Flow, request: Request | undefined, left?: Answer) {
    const method = request?.method ?? methodOf(key);
    super(host, method === "INVITE" ? inviteServer : nonInviteServer, key, method, flow);
    this.size = request?.came?.text.length ?? 0;
    this.#request = request;
    this.#cseq = request?.headers.get("CSeq")?.number;
    this.octets = left;
  }

  override get state(): ServerState {
    const left = this.#left;
    return left === undefined ? (super.state as ServerState) : left.over ? "terminated" : "completed";
  }

  override get flow(): Flow {
    return super.flow as Flow;
  }

  /**
   * The request; undefined once a final response was sent. From then on the transaction only absorbs
   * retransmissions, some of them for 32 s, and holds nothing but the response's octets.
   */
  get request(): Request | undefined {
    return this.#request;
  }

  /** Whether the request still waits for its final response. */
  get waiting(): boolean {
    return this.state === "trying" || this.state === "proceeding";
  }

  /**
   * Sends a response on the request's flow. It is kept as bytes, and sent again by the rules: change the
   * message afterwards as you like.
   *
   * A provisional response other than 100 to a non-INVITE is refused (RFC 4320 §4.1); a 100 to one waits,
   * on unreliable transports, until the RFC allows it; a 408 to one ends it with nothing sent (RFC 4320
   * §4.2). After a 2xx to an INVITE further 2xx are sent as they are given: retransmitting it until the ACK
   * comes is the core's work (RFC 3261 §13.3.1.4, RFC 6026 §8.7).
   *
   * @param response a response, or a status code from 100 to 699 to answer the request with
   * @param reason the reason phrase that goes with a status code
   * @throws SipError `transaction_state` after the final response or the end of the transaction, and for
   *   what RFC 4320 refuses. `response_mismatch` for a response to another request: its topmost Via has
   *   another branch, or its CSeq is another (RFC 3261 §8.2.6.2); a proxy may have left its own Via on it.
   *   `value_invalid` for a status that is none; `value_unsafe` for a response that must not go on the wire.
   *   Nothing has changed then.
   */
  respond(response: Response | number, reason?: string): void {
    const byStatus = typeof response === "number";
    if (!byStatus) checkMatch(response, this.key, this.#cseq, this.method);
    const status = byStatus ? response : response.status;
    const octets = byStatus ? this.#answer(status, reason) : response.octets;
    const event = this.#event(status);
    // A 408 is not sent (RFC 4320 §4.2).
    this.#outgoing = event === "408" ? undefined : octets;
    try {
      this.dispatch(event, response);
    } finally {
      this.#outgoing = undefined;
    }
    if (status > 199) this.#letGo();
  }

  /**
   * Sends the 2xx to an INVITE once more, as it was sent last (RFC 3261 §13.3.1.4, RFC 6026 §8.7).
   *
   * @returns false where there is none to send: before it, when it is over, or where a SipProxy forwarded another's
   */
  repeat(): boolean {
    if (this.state !== "accepted" || !this.octets) return false;
    this.#outgoing = this.octets as string;
    this.host.tallies.resent++;
    this.dispatch("2xx", undefined);
    this.#outgoing = undefined;
    return true;
  }

  /** Drops the transaction: nothing is sent, nobody called. A retransmitted request makes a new one. */
  override terminate(): void {
    super.terminate();
    this.#letGo();
  }

  /** Lets go of a 2xx to an INVITE, which somebody else repeats. @internal */
  forget(): void {
    if (this.state === "accepted") this.octets = undefined;
  }

  /** Counts it as one that came by another way too. @internal */
  noteMerged(): void {
    this.host.tallies.merged++;
  }

  /** Begins: tells the core of the request. @internal */
  deliver(): void {
    this.enter(this.#request);
  }

  /** The To tag of this transaction's responses, which is that of its CANCEL's too (RFC 3261 §9.2). @internal */
  get toTag(): string | undefined {
    return this.#toTag?.slice(1) ?? this.#ownTag;
  }

  /** Its answer, once that is all that is left of it: nobody but its user knows the transaction then. */
  get #left(): Answer | undefined {
    return typeof this.octets === "object" ? this.octets : undefined;
  }

  /** What it has, or gets, where nobody gives a response another. */
  get #ownTag(): string | undefined {
    return this.#request?.headers.get("To")?.tag ?? this.#request?.toTag(this.#makeTag);
  }

  /** Timer J runs where the answer is left, with no more of the transaction, if it can be left anywhere. */
  protected override begin(timer: TimerName): void {
    // RFC 3261 §26.3.2.4: it may go to whom the sender has named, and is not multiplied; who has heard nothing asks again.
    if (timer === "G" && this.octets === undefined && /^.{8}40[17]/.test(this.#outgoing ?? "")) return;
    const { host, flow } = this;
    const left = timer === "J" && host.answers(flow)?.add(this.key, this.#outgoing ?? "", flow);
    if (left) {
      host.remove(this);
      this.octets = left;
    } else super.begin(timer);
  }

  protected perform(effect: OtherEffect, subject: Subject): void {
    switch (effect) {
      case "send":
        this.#send(subject as Response | number | undefined);
        return;
      case "resend":
        this.transmit(1);
        return;
      case "forget":
        if (!this.#left) this.octets = undefined;
        return;
      case "send 100":
        this.#sendTrying();
        return;
      case "destroy":
        if (this.#left) this.#left.remove();
        else this.host.remove(this);
        this.octets = undefined;
        this.host.queue.clearAll(this);
        return;
      case "deliver":
        this.#deliver(subject as Request);
        return;
      case "timeout": {
        this.host.tallies.timeouts++;
        this.#letGo();
        const missing = this.method === "INVITE" ? "no ACK came in time" : "no final response was sent";
        this.host.report(new SipError("timeout", missing), this);
        return;
      }
      case "transport":
        this.host.report(subject as SipError, this);
        return;
      case "canceled":
        this.#canceled(subject as Request);
        return;
      case "refuse":
        throw new SipError("transaction_state", `no ${statusOf(subject)} response when ${this.state}`);
    }
  }

  /** Lets go of what only a request that waits needs: its user may have bound much to it. */
  #letGo(): void {
    const { onFinal } = this;
    this.#request = undefined;
    this.onCancel = undefined;
    this.onFinal = undefined;
    onFinal?.();
  }

  #answer(status: number, reason: string | undefined): string {
    const request = this.#request;
    if (!request) throw new SipError("transaction_state", `no further response when ${this.state}`);
    if (status > 100) request.toTag(this.#makeTag);
    return request.answer(status, reason);
  }

  get #makeTag(): () => string {
    return () => this.host.random.tag();
  }

  #event(status: number): string {
    checkStatus(status);
    if (this.method === "INVITE") return status < 200 ? "1xx" : status < 300 ? "2xx" : "300-699";
    return status === 100 || status === 408 ? `${status}` : status < 200 ? "101-199" : "200-699";
  }

  #send(response: Response | number | undefined): void {
    if (!this.#left) this.octets = this.#outgoing;
    if (this.method === "INVITE" && response !== undefined && statusOf(response) > 100)
      this.#noteTag(response);
    this.transmit();
  }

  /** What the CANCEL's answer and an RFC 2543 peer's ACK will need: noted before the response is sent. */
  #noteTag(response: Response | number): void {
    try {
      const tag = typeof response === "number" ? this.#ownTag : response.headers.get("To")?.tag;
      this.#toTag = tag && inOnePiece(`;${tag}`);
      if (this.key.startsWith("|") && statusOf(response) >= 300 && this.#request) {
        this.host.alias(oldRequestKey(this.#request, "INVITE", tag ?? ""), this);
      }
    } catch (cause) {
      // A forwarded response whose To cannot be read is forwarded all the same.
      this.host.report(asSipError(cause), this);
    }
  }

  #sendTrying(): void {
    const late = this.host.timers.first("trying", this.method === "INVITE") / 1000;
    try {
      this.octets = this.#request?.answer(100, undefined, late);
    } catch (cause) {
      this.host.report(asSipError(cause), this);
    }
    this.transmit();
  }

  #deliver(request: Request): void {
    if (request.method === "ACK") return void this.host.pass(request);
    guard(
      () => this.host.user.onRequest(request, this),
      (cause) => this.#thrown(cause, 500),
    );
  }

  #canceled(cancel: Request): void {
    const { user } = this.host;
    guard(
      () => {
        if (this.onCancel) return this.onCancel(cancel);
        return user.onCancel ? user.onCancel(cancel, this) : this.respond(487);
      },
      (cause) => this.#thrown(cause, 487),
    );
  }

  /** The core threw: the request is answered all the same, if it still waits. */
  #thrown(cause: unknown, fallback: number): void {
    if (this.waiting) {
      const status = cause instanceof SipError ? (cause.status ?? 0) : 0;
      try {
        this.respond(status >= 300 && status <= 699 ? status : fallback);
      } catch (error) {
        // A request that cannot even be answered (no From, say) must not wait for ever.
        this.terminate();
        this.host.report(coreFailed(error), this);
      }
    }
    this.host.report(coreFailed(cause), this);
  }
}
