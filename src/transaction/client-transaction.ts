// ClientTransaction: sends one request and brings its responses (RFC 3261 §17.1). The machines decide;
// this carries their effects out, and gives the user callbacks, a promise and an iterator.

import type { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Flow } from "../transport/transport.ts";
import { guard } from "../watch.ts";
import { ackTo } from "./derived.ts";
import { type InviteClientState, inviteClient } from "./invite-client.ts";
import { keepRequest, keptRequest } from "./kept.ts";
import { clientKey } from "./key.ts";
import type { OtherEffect, TimerName } from "./machine.ts";
import { type NonInviteClientState, nonInviteClient } from "./non-invite-client.ts";
import { ended, forgotten, Outcome } from "./outcome.ts";
import { ownVia } from "./own-via.ts";
import { type Host, type Subject, Transaction } from "./transaction.ts";
import { asSipError, type ClientHandlers, coreFailed, type Returned } from "./user.ts";

/** Any client transaction's state. */
export type ClientState = InviteClientState | NonInviteClientState;

/** How a client transaction is made. */
export interface ClientOptions {
  /** The branch of its Via; a random one by default. A proxy may compute it (RFC 3261 §16.6 step 8). */
  readonly branch?: string | undefined;
  /** Runs Timer C on an INVITE, as a proxy must (RFC 3261 §16.6 step 11). Default false. */
  readonly timerC?: boolean | undefined;
  /** Takes the request itself, and adds the Via to it, in place of a copy: for who has made it for this alone. */
  readonly uncopied?: boolean | undefined;
}

/**
 * One request of ours and what comes back. Made by the layer; the stack starts it when it knows the flow.
 * Responses can be taken in three ways that do not exclude each other: callbacks (the handlers given, else
 * the core's; the only way to see every 2xx of a forked INVITE), `await transaction.final`, or `for await`.
 */
export class ClientTransaction extends Transaction implements AsyncIterable<Response> {
  /** Tells it from a ServerTransaction. */
  readonly kind = "client" as const;
  /** The branch of its Via. */
  readonly branch: string;
  #request: Request | string;
  /** What was sent of the request. */
  #sent: string | undefined;
  /** @internal */
  handlers: ClientHandlers | undefined;
  readonly #timerC: boolean;
  #cancel: "none" | "wanted" | "sent" = "none";
  #reason: string | undefined;
  #outcome: Outcome = new Outcome();
  /** What ended it where there is no outcome; an error is made of it when somebody asks. */
  #dropped: "terminated" | "closed" = "terminated";

  /** Called by the layer only. @internal */
  constructor(host: Host, request: Request, handlers: ClientHandlers | undefined, options: ClientOptions) {
    const { method } = request;
    const branch = options.branch ?? host.random.branch();
    const table = method === "INVITE" ? inviteClient : nonInviteClient;
    super(host, table, clientKey(branch, method), method, undefined);
    this.#request = request;
    this.branch = branch;
    this.handlers = handlers;
    this.#timerC = options.timerC === true;
  }

  /** The machine's state (RFC 3261 §17.1); `resolving` until it was sent. */
  override get state(): ClientState {
    return super.state as ClientState;
  }

  /**
   * The request as it is sent, the transaction's own Via included once it is started. Do not change it. From the
   * final response on the transaction holds its octets alone, and makes a request of them for each who asks.
   */
  get request(): Request {
    return keptRequest(this.#request);
  }

  /**
   * The final response: the first 2xx, for an INVITE. Rejects with the SipError that ended the transaction
   * without one: `timeout`, `transport_failed`, `connection_closed`, `no_target`, `aborted` (cancelled before
   * it was sent, or given up), `terminated` or `closed`. Made when asked for; a rejection that nobody handles is no
   * unhandled one.
   */
  get final(): Promise<Response> {
    return this.#outcome.promise(this.#ended);
  }

  /**
   * The responses from now on, up to the first final one; when that has come, that one. Throws what `final`
   * rejects with. At most 64 unread responses are kept.
   */
  [Symbol.asyncIterator](): AsyncIterator<Response, undefined> {
    return this.#outcome.responses(this.#ended);
  }

  /**
   * Sends the request on `flow`, with this transaction's Via on top, and starts the timers. Called by the
   * stack, once; nothing happens if the transaction has ended meanwhile.
   */
  start(flow: Flow): void {
    if (this.state !== "resolving") return;
    try {
      const { request } = this;
      request.headers.prepend("Via", ownVia(flow, this.branch));
      this.#sent = request.octets;
      this.octets = this.#sent;
    } catch (cause) {
      this.fail(asSipError(cause));
      return;
    }
    this.flow = flow;
    this.host.bind(this, flow);
    this.dispatch("start", undefined);
  }

  /** Ends a transaction that was not started: there is no way to the next hop. Called by the stack. */
  fail(error: SipError): void {
    this.dispatch("no target", error);
  }

  /**
   * Cancels an INVITE (RFC 3261 §9.1). The CANCEL waits for the first provisional response, and is not sent
   * after a final one: a 2xx that crosses it comes as usual, to be acknowledged and ended with a BYE. The
   * INVITE ends with its final response, as a rule 487, or with `timeout` 64 × T1 after the CANCEL. A request
   * that was not sent yet ends with `aborted`; other methods are not cancelled, and nothing happens.
   *
   * @param reason the Reason of the CANCEL (RFC 3326), `SIP;cause=200;text="Call completed elsewhere"` say
   */
  cancel(reason?: string): void {
    if (this.#cancel === "sent") return;
    this.#reason = reason;
    this.dispatch("cancel", this.state === "resolving" ? ended("aborted") : undefined);
  }

  /**
   * Gives up: an INVITE is cancelled (see cancel); any other request that waits for its final response ends
   * with `aborted`, and nothing more is sent for it. Its peer may have done what was asked all the same.
   */
  abort(): void {
    if (this.method === "INVITE") this.cancel();
    else this.dispatch("abort", ended("aborted"));
  }

  /** Drops the transaction: nothing is sent, no callback called; `final` rejects with `terminated`. */
  override terminate(): void {
    this.drop("terminated");
  }

  /** Like terminate, with another code. @internal */
  drop(code: "terminated" | "closed"): void {
    if (this.state !== "terminated") this.#dropped = code;
    super.terminate();
    if (this.#outcome.wanted) this.#outcome.end(ended(code));
  }

  /** A response came for this transaction. @internal */
  receive(response: Response): void {
    const { status } = response;
    if (status > 199 && this.state === "completed") this.host.tallies.repeated++;
    let event = status < 200 ? "1xx" : "200-699";
    if (this.method === "INVITE")
      event = status < 200 ? (status === 100 ? "100" : "101-199") : status < 300 ? "2xx" : "300-699";
    this.dispatch(event, response);
  }

  /** The error for who asks for an outcome when it is over and there was none. */
  get #ended(): SipError | undefined {
    return this.state === "terminated" && !this.#outcome.known ? ended(this.#dropped) : undefined;
  }

  protected override begin(timer: TimerName): void {
    if (timer !== "C" || this.#timerC) super.begin(timer);
  }

  protected perform(effect: OtherEffect, subject: Subject): void {
    switch (effect) {
      case "send":
        this.transmit();
        return;
      case "resend":
        this.transmit(1);
        return;
      case "ack":
        this.#acknowledge(subject as Response);
        return;
      case "hold":
        if (this.#cancel === "none") this.#cancel = "wanted";
        return;
      case "cancel held":
        if (this.#cancel === "wanted") this.dispatch("cancel", undefined);
        return;
      case "cancel":
        if (this.#cancel !== "sent") this.#sendCancel();
        return;
      case "destroy":
        this.octets = undefined;
        this.host.queue.clearAll(this);
        this.host.remove(this);
        return;
      case "deliver":
        this.#deliver(subject as Response);
        return;
      case "timeout":
        this.host.tallies.timeouts++;
        this.#error(ended("timeout"));
        return;
      case "transport":
      case "fail":
        this.#error(subject as SipError);
        return;
    }
  }

  #sendCancel(): void {
    this.#cancel = "sent";
    try {
      if (this.flow) this.host.cancel(this.request, this.branch, this.flow, this.#reason);
    } catch (cause) {
      // Without its CANCEL the INVITE still ends, 64 × T1 from now.
      this.host.report(asSipError(cause), this);
    }
  }

  /** The ACK takes the INVITE's place: it is what is sent again from now on (RFC 3261 §17.1.1.2). */
  #acknowledge(response: Response): void {
    this.octets = undefined;
    try {
      this.octets = ackTo(this.request, response).octets;
    } catch (cause) {
      // A response without a usable To cannot be acknowledged; the user gets it all the same.
      this.host.report(asSipError(cause), this);
    }
    this.transmit();
  }

  #deliver(response: Response): void {
    if (response.status >= 200) this.#outcome.settle(response);
    else this.#outcome.pass(response);
    const listener = this.handlers?.onResponse ? this.handlers : this.host.user;
    this.#call(() => listener.onResponse?.(response, this));
    if (response.status >= 200) this.#letGo();
  }

  /**
   * Lets go of what only a transaction that waits needs: its user may have bound much to it. A transaction that was
   * accepted hears of other 2xx (RFC 6026 §7.2).
   */
  #letGo(): void {
    const accepted = this.state === "accepted";
    if (this.handlers?.forgets) {
      this.#outcome = forgotten();
      // A refused INVITE may still fail to send its ACK, and is reported then.
      if (accepted || this.method !== "INVITE") {
        this.#sent = "";
        this.octets = undefined;
      }
    }
    if (!accepted) this.handlers = undefined;
    const request = this.#request;
    if (this.#sent !== undefined && typeof request !== "string")
      this.#request = keepRequest(request, this.#sent);
    this.#outcome.letGo();
  }

  #error(error: SipError): void {
    // The handlers hear of one outcome. What fails after it (an ACK that could not be sent) is the core's.
    const before = this.#outcome.known;
    this.#outcome.settle(error);
    const handlers = this.handlers;
    if (handlers?.onError === undefined || before) this.host.report(error, this);
    else this.#call(() => handlers.onError?.(error, this));
  }

  #call(callback: () => Returned): void {
    guard(callback, (cause) => this.host.report(coreFailed(cause), this));
  }
}
