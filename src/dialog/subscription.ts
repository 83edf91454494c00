// Subscription: a subscriber's side of an event package (RFC 6665 §4.1): SUBSCRIBE, the NOTIFYs that come, and
// refreshing in time; or the one that a REFER brings with it (RFC 3515).

import type { TimerHandle } from "../clock.ts";
import { checkNumbers } from "../demands.ts";
import { SipError } from "../errors.ts";
import type { TokenParams } from "../message/media-type.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { checkGiven, leadingNumber } from "./content.ts";
import { Dialog } from "./dialog.ts";
import { ENDING } from "./ending.ts";
import { answer, type Host, LONGEST, type Usage } from "./host.ts";
import { isQuiet } from "./quiet.ts";
import { referOutcome } from "./sipfrag.ts";
import type { SubscriptionEnd, SubscriptionHandlers, SubscriptionState } from "./subscription-options.ts";

/** Seconds that a REFER's subscription goes on after a NOTIFY that tells of a call which still rings, and of no time. */
const RINGING = 300;

/** What makes a subscription. @internal */
export interface SubscriptionInit {
  readonly event: string;
  readonly id?: string;
  /** The dialog that it shares, for a REFER within one. */
  readonly dialog?: Dialog;
  /** The session that it would share the dialog with has ended: it fails at once, and nothing is sent. */
  readonly over?: boolean;
}

/** A subscription of ours. */
export class Subscription implements Usage {
  /** The event package. */
  readonly event: string;
  #id: string | undefined;
  readonly #host: Host;
  readonly #handlers: SubscriptionHandlers;
  readonly #request: Request;
  readonly #key: string;
  #dialog: Dialog | undefined;
  #state: SubscriptionState = "requested";
  #retried = false;
  /** It was taken back, and waits for the notifier's last NOTIFY. */
  #leaving = false;
  #refreshing: TimerHandle | undefined;
  #expiry: TimerHandle | undefined;
  /** When it ends by what was granted last, by the clock; undefined before anything was. */
  #until: number | undefined;
  /** A NOTIFY has come since the last SUBSCRIBE within the dialog; and Timer N, until one comes. */
  #heard = false;
  #unheard: TimerHandle | undefined;

  /** @internal */
  constructor(host: Host, request: Request, handlers: SubscriptionHandlers, init: SubscriptionInit) {
    const { headers } = request;
    checkGiven(request);
    this.event = init.event;
    this.#id = init.id;
    this.#host = host;
    this.#handlers = handlers;
    this.#request = request;
    this.#key = subscriptionKey(headers.get("Call-ID") ?? "", headers.get("From")?.tag, init.event);
    if (init.over) {
      // Told when its user holds it.
      const error = new SipError("terminated", "the session is over");
      void Promise.resolve().then(() => this.#end({ reason: "failed", error }));
      return;
    }
    if (init.dialog) this.#join(init.dialog);
    else host.expecting.set(this.#key, this);
    this.#waitForNotify();
    void this.#send(request);
  }

  /** Where it stands. */
  get state(): SubscriptionState {
    return this.#state;
  }

  /** The dialog, once the first NOTIFY has made it. */
  get dialog(): Dialog | undefined {
    return this.#dialog;
  }

  /**
   * Asks for the state anew, and for more time. Nothing happens before the first NOTIFY, once it was taken back, and where a
   * REFER has begun it.
   * @param expires seconds; what was asked for first, unless told
   * @throws SipError `value_invalid` for what is no number from 0
   */
  refresh(expires?: number): void {
    checkNumbers({ expires }, 0, "expires");
    const dialog = this.#dialog;
    if (this.#state === "terminated" || this.#leaving || !dialog || this.#request.method !== "SUBSCRIBE")
      return;
    void this.#send(this.#again(dialog, expires ?? this.#request.headers.get("Expires") ?? 3600));
  }

  /** Ends it: onEnd is called when the notifier's last NOTIFY has come, or after 64 × T1 without one. */
  unsubscribe(): void {
    const dialog = this.#dialog;
    if (this.#state === "terminated" || this.#leaving) return;
    if (!dialog || this.#request.method !== "SUBSCRIBE") {
      // There is nobody to tell yet, or no way to (RFC 6665 §4.1.2.3 ends what SUBSCRIBE began).
      this.#end({ reason: "closed" });
      return;
    }
    this.#leaving = true;
    this.#waitForNotify();
    void this.#send(this.#again(dialog, 0));
  }

  receive(request: Request, transaction: ServerTransaction | undefined): boolean {
    if (request.method !== "NOTIFY" || !transaction || !this.#owns(request)) return false;
    const state = request.headers.get("Subscription-State");
    if (!state) {
      transaction.respond(400, "Missing Subscription-State");
      return true;
    }
    if (!this.#dialog) this.#begin(request);
    else this.#dialog.refresh(request);
    answer(transaction, request.createResponse(200));
    this.#heard = true;
    this.#host.clock.clear(this.#unheard);
    const goesOn = this.#goesOn(state, request);
    const token = goesOn ? "active" : state.token.toLowerCase();
    const seconds = Number(state.params.get("expires") ?? (goesOn ? RINGING : Number.NaN));
    // One that was on its way when we left changes nothing: the last one is still to come.
    if (token !== "terminated" && !this.#leaving) {
      this.#clear();
      this.#state = token === "pending" ? "pending" : "active";
      this.#schedule(Number.isFinite(seconds) ? seconds : this.#left());
    }
    this.#host.call(() => this.#handlers.onNotify?.(request));
    if (token === "terminated") {
      const retryAfter = Number(state.params.get("retry-after") ?? Number.NaN);
      const reason = state.params.get("reason") ?? "";
      this.#end({ reason, ...(Number.isFinite(retryAfter) ? { retryAfter } : {}) });
    }
    return true;
  }

  close(): void {
    this.#end({ reason: "closed" });
  }

  #owns(request: Request): boolean {
    const event = request.headers.get("Event");
    const id = event?.params.get("id");
    // The first REFER of a dialog may be told of without an id (RFC 3515 §2.4.6).
    return event?.token === this.event && (id === undefined || this.#id === undefined || id === this.#id);
  }

  /**
   * SIP.js says `terminated`, without a reason, in every NOTIFY of a REFER, and goes on: what tells of a provisional response is
   * not the last one (RFC 3515 §2.4.5).
   */
  #goesOn({ token, params }: TokenParams, notify: Request): boolean {
    if (this.#request.method !== "REFER" || token.toLowerCase() !== "terminated") return false;
    return !params.has("reason") && (referOutcome(notify)?.status ?? 200) < 200;
  }

  /** The NOTIFY makes the dialog, and not the response to SUBSCRIBE, which forks may cross (RFC 6665 §4.4.1). */
  #begin(notify: Request): void {
    const { headers } = this.#request;
    const contact = this.#host.contactFor(notify);
    const dialog = Dialog.ofCallee(notify, headers.get("From")?.tag ?? "", contact);
    dialog.noteSent(headers.get("CSeq")?.number ?? 0);
    dialog.confirm();
    this.#join(dialog);
  }

  #join(dialog: Dialog): void {
    this.#dialog = dialog;
    this.#host.expecting.delete(this.#key);
    this.#host.add(dialog, this);
  }

  #again(dialog: Dialog, expires: number): Request {
    this.#heard = false;
    const request = dialog.createRequest("SUBSCRIBE");
    for (const name of ["Event", "Accept", "Supported"]) {
      for (const value of this.#request.headers.raw(name)) request.headers.append(name, value);
    }
    request.headers.set("Expires", String(expires));
    return request;
  }

  async #send(request: Request): Promise<void> {
    try {
      const response = await this.#host.ask(request, this.#dialog, ({ headers }) => {
        const cseq = headers.get("CSeq");
        if (request === this.#request && cseq) this.#request.headers.set("CSeq", cseq);
        // RFC 3515 §2.4.6: a REFER is named by the number that it is accepted with.
        if (this.#id !== undefined) this.#id = String(cseq?.number);
      });
      this.#dialog?.noteSent(response.headers.get("CSeq")?.number ?? 0);
      this.#answered(request, response);
    } catch (cause) {
      const error = cause instanceof SipError ? cause : undefined;
      if (request === this.#request || this.#state === "requested")
        this.#end({ reason: "failed", ...(error && { error }) });
      // Timer N began with the request (RFC 6665 §4.1.2.2).
      else if (error?.code === "timeout" && !this.#heard) this.#end({ reason: "silent" });
    }
  }

  #answered(request: Request, response: Response): void {
    const { status, statusClass } = response;
    if (this.#state === "terminated") return;
    const least = status === 423 ? leadingNumber(response, "Min-Expires") : undefined;
    if (least !== undefined && least <= 86_400 && !this.#retried && this.#request.method === "SUBSCRIBE") {
      this.#retried = true;
      this.#request.headers.set("Expires", String(least));
      const cseq = (response.headers.get("CSeq")?.number ?? 0) + 1;
      this.#request.headers.set("CSeq", `${cseq} SUBSCRIBE`);
      if (this.#dialog) this.refresh(least);
      else void this.#send(this.#request);
    } else if (statusClass === 2 && request.method === "REFER" && isQuiet(response)) {
      this.#end({ reason: "norefersub", response });
    } else if (statusClass === 2) {
      const expires = response.headers.get("Expires");
      if (expires && this.#state === "requested") this.#until = this.#host.clock.now() + expires * 1000;
      else if (expires && !this.#leaving) {
        this.#clear();
        this.#schedule(expires);
      }
      if (this.#state !== "requested" && !this.#heard && status !== 204) this.#awaitState();
    } else if (request === this.#request || ENDING.has(status))
      this.#end({ reason: request !== this.#request && status === 481 ? "gone" : "refused", response });
    // Another failure of a refresh leaves it as it was, until it expires (RFC 6665 §4.1.2.2).
  }

  /** Timer N: no NOTIFY, no subscription (RFC 6665 §4.1.2.4). */
  #waitForNotify(): void {
    this.#clear();
    this.#expiry = this.#host.clock.set(() => this.#end({ reason: "silent" }), 64 * this.#host.t1);
  }

  /** Timer N again: a refresh that is taken is followed by the state (RFC 6665 §4.1.2.2), but for a 204 (RFC 5839). */
  #awaitState(): void {
    const { clock, t1 } = this.#host;
    clock.clear(this.#unheard);
    this.#unheard = clock.set(() => this.#end({ reason: "silent" }), 64 * t1);
  }

  /**
   * The seconds that are left of what was granted; what was asked for, where nobody has said. For a NOTIFY that says
   * nothing of it, as RFC 3265 allowed (RFC 6665 §4.2.2).
   */
  #left(): number {
    if (this.#until !== undefined) return (this.#until - this.#host.clock.now()) / 1000;
    return this.#request.headers.get("Expires") || 3600;
  }

  #schedule(seconds: number): void {
    const { clock, t1 } = this.#host;
    const total = Math.min(Math.max(0, seconds), LONGEST) * 1000;
    this.#until = clock.now() + total;
    // Time enough for the refresh to be retransmitted, if there is any to spare.
    const early = total > 4 * 64 * t1 ? 64 * t1 : total / 2;
    if (this.#request.method === "SUBSCRIBE") {
      this.#refreshing = clock.set(() => this.refresh(), total - early);
    }
    this.#expiry = clock.set(() => this.#end({ reason: "timeout" }), total);
  }

  #clear(): void {
    this.#host.clock.clear(this.#refreshing);
    this.#host.clock.clear(this.#expiry);
  }

  #end(end: SubscriptionEnd): void {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    this.#clear();
    this.#host.clock.clear(this.#unheard);
    this.#host.expecting.delete(this.#key);
    if (this.#dialog) this.#host.remove(this.#dialog, this);
    this.#host.call(() => this.#handlers.onEnd?.(end));
  }
}

/** Under which a subscription waits for its first NOTIFY. */
export function subscriptionKey(callId: string, tag: string | undefined, event: string): string {
  return [event, tag, callId].join("|");
}
