// Subscription: a subscriber's side of an event package (RFC 6665 §4.1): SUBSCRIBE, the NOTIFYs that come, and
// refreshing in time; or the one that a REFER brings with it (RFC 3515).

import { checkNumbers } from "../demands.ts";
import { SipError } from "../errors.ts";
import type { TokenParams } from "../message/media-type.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { retryAfterOf } from "../stack/resolve/retry-after.ts";
import { errorStatus } from "../transaction/error-status.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { checkGiven, leadingNumber } from "./content.ts";
import { Dialog } from "./dialog.ts";
import { ENDING } from "./ending.ts";
import { ForkedSubscriptions } from "./forked-subscriptions.ts";
import { answer, type Host, type Usage } from "./host.ts";
import { isQuiet } from "./quiet.ts";
import { referOutcome } from "./sipfrag.ts";
import type {
  SubscriptionEnd,
  SubscriptionHandlers,
  SubscriptionInit,
  SubscriptionState,
} from "./subscription-options.ts";
import { SubscriptionTimes } from "./subscription-times.ts";

/** Seconds that a REFER's subscription goes on after a NOTIFY that tells of a call which still rings, and of no time. */
const RINGING = 300;

/** A subscription of ours. */
export class Subscription implements Usage {
  /** The event package. */
  readonly event: string;
  #id: string | undefined;
  readonly #host: Host;
  #handlers: SubscriptionHandlers;
  /** Asks its user what it calls, where it is that of another fork. */
  readonly #onFork: SubscriptionInit["onFork"];
  #forks: ForkedSubscriptions | undefined;
  readonly #request: Request;
  readonly #key: string;
  #dialog: Dialog | undefined;
  #state: SubscriptionState = "requested";
  #retried = false;
  /** It was taken back, and waits for the notifier's last NOTIFY. */
  #leaving = false;
  readonly #times: SubscriptionTimes;

  /** @internal */
  constructor(host: Host, request: Request, handlers: SubscriptionHandlers, init: SubscriptionInit) {
    const { headers } = request;
    checkGiven(request);
    this.event = init.event;
    this.#id = init.id ?? headers.get("Event")?.params.get("id");
    this.#host = host;
    this.#handlers = handlers;
    this.#onFork = init.onFork;
    this.#request = request;
    this.#times = new SubscriptionTimes(host, {
      refresh: request.method === "SUBSCRIBE" ? () => this.refresh() : undefined,
      over: (reason) => this.#end({ reason }),
    });
    this.#key = subscriptionKey(headers.get("Call-ID") ?? "", headers.get("From")?.tag, init.event);
    if (init.over) {
      // Told when its user holds it.
      const error = new SipError("terminated", "the session is over");
      void Promise.resolve().then(() => this.#end({ reason: "failed", error }));
      return;
    }
    // It begins with the NOTIFY that it is made for.
    if (init.onFork) return;
    if (init.dialog) this.#join(init.dialog);
    else host.expecting.set(this.#key, this);
    this.#times.waitForNotify();
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
    this.#forks?.close();
    if (!dialog || this.#request.method !== "SUBSCRIBE") {
      // There is nobody to tell yet, or no way to (RFC 6665 §4.1.2.3 ends what SUBSCRIBE began).
      this.#end({ reason: "closed" });
      return;
    }
    this.#leaving = true;
    this.#times.waitForNotify();
    void this.#send(this.#again(dialog, 0));
  }

  /** Takes a NOTIFY of its own, and answers it; false for any other request. @internal */
  receive(request: Request, transaction: ServerTransaction | undefined): boolean {
    if (request.method !== "NOTIFY" || !transaction || !this.#owns(request)) return false;
    const state = request.headers.get("Subscription-State");
    if (!state) {
      transaction.respond(400, "Missing Subscription-State");
      return true;
    }
    if (this.#dialog) this.#dialog.refresh(request);
    else if (!this.#begin(request)) return false;
    answer(transaction, request.createResponse(200));
    this.#times.hear();
    const goesOn = this.#goesOn(state, request);
    const token = goesOn ? "active" : state.token.toLowerCase();
    const seconds = Number(state.params.get("expires") ?? (goesOn ? RINGING : Number.NaN));
    // One that was on its way when we left changes nothing: the last one is still to come.
    if (token !== "terminated" && !this.#leaving) {
      this.#state = token === "pending" ? "pending" : "active";
      const asked = this.#request.headers.get("Expires") || 3600;
      this.#times.begin(Number.isFinite(seconds) ? seconds : this.#times.left(asked));
    }
    this.#host.call(() => this.#handlers.onNotify?.(request));
    if (token === "terminated") {
      const retryAfter = Number(state.params.get("retry-after") ?? Number.NaN);
      const reason = state.params.get("reason") ?? "";
      this.#end({ reason, ...(Number.isFinite(retryAfter) ? { retryAfter } : {}) });
    }
    return true;
  }

  /** Ends without a SUBSCRIBE: `onEnd` is told `closed`. @internal */
  close(): void {
    this.#end({ reason: "closed" });
  }

  #owns(request: Request): boolean {
    const event = request.headers.get("Event");
    const id = event?.params.get("id");
    // The first REFER of a dialog may be told of without an id (RFC 3515 §2.4.6), and no notifier is refused for leaving it out.
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

  /**
   * The NOTIFY makes the dialog, and not the response to SUBSCRIBE, which forks may cross (RFC 6665 §4.4.1). False for that of
   * another fork which its user does not want.
   */
  #begin(notify: Request): boolean {
    const { headers } = this.#request;
    const contact = this.#host.contactFor(notify);
    const dialog = Dialog.ofCallee(notify, headers.get("From")?.tag ?? "", contact);
    if (this.#onFork) {
      const handlers = this.#host.call(() => this.#onFork?.(this));
      if (!handlers || this.#state === "terminated") return false;
      this.#handlers = handlers;
    }
    dialog.noteSent(headers.get("CSeq")?.number ?? 0);
    dialog.confirm();
    this.#join(dialog);
    const { onFork } = this.#handlers;
    if (onFork && !this.#onFork) this.#forks = this.#awaitForks((fork) => onFork(fork));
    return true;
  }

  #awaitForks(onFork: NonNullable<SubscriptionInit["onFork"]>): ForkedSubscriptions {
    const init = { event: this.event, onFork };
    return new ForkedSubscriptions(this.#host, this.#key, (notify, transaction) =>
      new Subscription(this.#host, this.#request, {}, init).receive(notify, transaction),
    );
  }

  #join(dialog: Dialog): void {
    this.#dialog = dialog;
    this.#expectNone();
    this.#host.add(dialog, this);
  }

  #expectNone(): void {
    const { expecting } = this.#host;
    if (expecting.get(this.#key) === this) expecting.delete(this.#key);
  }

  #again(dialog: Dialog, expires: number): Request {
    this.#times.asked();
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
        if (this.#id !== undefined && request.method === "REFER") this.#id = String(cseq?.number);
      });
      this.#dialog?.noteSent(response.headers.get("CSeq")?.number ?? 0);
      this.#answered(request, response);
    } catch (cause) {
      const error = cause instanceof SipError ? cause : undefined;
      if (request === this.#request || this.#state === "requested")
        this.#end({ reason: "failed", ...(error && { error }) });
      // Timer N began with the request (RFC 6665 §4.1.2.2).
      else if (error?.code === "timeout" && !this.#times.heard) this.#end({ reason: "silent" });
      // Who could not be reached counts as one who has answered 503 (RFC 3261 §8.1.3.1).
      else if (error && error.code !== "closed" && errorStatus(error) === 503) this.#later(0);
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
      if (expires && this.#state === "requested") this.#times.note(expires);
      else if (expires && !this.#leaving) this.#times.begin(expires);
      // The state need not follow a 204 (RFC 5839).
      if (this.#state !== "requested" && status !== 204) this.#times.awaitState();
    } else if (request === this.#request || ENDING.has(status))
      this.#end({ reason: request !== this.#request && status === 481 ? "gone" : "refused", response });
    // Another failure of a refresh leaves it as it was, until it expires (RFC 6665 §4.1.2.2).
    else {
      const after = retryAfterOf(response);
      if (after !== undefined || statusClass === 5) this.#later(after ?? 0);
    }
  }

  /** A refresh may be taken later. @param least in so many seconds, at least */
  #later(least: number): void {
    if (this.#state !== "terminated" && !this.#leaving) this.#times.again(least);
  }

  #end(end: SubscriptionEnd): void {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    this.#times.stop();
    this.#expectNone();
    if (this.#dialog) this.#host.remove(this.#dialog, this);
    this.#host.call(() => this.#handlers.onEnd?.(end));
  }
}

/** Under which a subscription waits for its first NOTIFY. */
export function subscriptionKey(callId: string, tag: string | undefined, event: string): string {
  return [event, tag, callId].join("|");
}
