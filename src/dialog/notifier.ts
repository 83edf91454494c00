// Notifier: a notifier's side of one subscription (RFC 6665 §4.2): NOTIFYs, one at a time, its refreshes, its end.

import type { TimerHandle } from "../clock.ts";
import { SipError } from "../errors.ts";
import { Headers } from "../message/headers.ts";
import type { TokenParams } from "../message/media-type.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { retryAfterOf } from "../stack/resolve/retry-after.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { addContent, addEvents, type Content } from "./content.ts";
import { Dialog } from "./dialog.ts";
import { ENDING } from "./ending.ts";
import { answer, type Host, LONGEST, type Usage } from "./host.ts";
import type { AcceptSubscription, NotifierHandlers } from "./notifier-options.ts";
import { refuseEvent } from "./own-refusals.ts";

/** A notifier may call no time of an hour too brief (RFC 6665 §4.2.1.1). */
const LONGEST_MIN = 3600;

/** One subscriber of ours. */
export class Notifier implements Usage {
  /** The dialog of the subscription. */
  readonly dialog: Dialog;
  readonly #event: TokenParams;
  readonly #host: Host;
  readonly #handlers: NotifierHandlers;
  readonly #max: number;
  readonly #min: number;
  #pending: boolean;
  #over = false;
  /** When it ends, by the clock. */
  #end = 0;
  #timer: TimerHandle | undefined;
  /** Until a NOTIFY that the subscriber has no time for is sent again. */
  #retry: TimerHandle | undefined;
  /** One NOTIFY is under way; what comes meanwhile waits, the newest alone. */
  #busy = false;
  #next: { readonly content: Content; readonly last: string | undefined } | undefined;

  /** @internal */
  constructor(
    host: Host,
    dialog: Dialog,
    event: TokenParams,
    handlers: NotifierHandlers,
    { maxExpires = 3600, minExpires = 0, pending = false }: AcceptSubscription = {},
  ) {
    this.#host = host;
    this.dialog = dialog;
    // Read out of a text of its own: it outlives its SUBSCRIBE.
    this.#event = new Headers().set("Event", event).get("Event") as TokenParams;
    this.#handlers = handlers;
    this.#max = Math.min(maxExpires, LONGEST);
    this.#min = Math.min(minExpires, LONGEST_MIN);
    this.#pending = pending;
    host.add(dialog, this);
  }

  /** The Event header field's value, with the id that the subscriber gave. */
  get event(): string {
    return this.#event.toString();
  }

  /** Whether it has ended. */
  get terminated(): boolean {
    return this.#over;
  }

  /** Whether it waits for its owner's consent. */
  get pending(): boolean {
    return this.#pending;
  }

  /**
   * Tells the subscriber the state of now, or this one. Of several that wait for their turn the last is sent. One that waited
   * for consent is active from now on. Content that must not go on the wire ends it as `gone`, and `onError` of the user agent is
   * told.
   */
  notify(content?: Content): void {
    if (this.#over) return;
    this.#pending = false;
    this.#send(content ?? this.#state(), undefined);
  }

  /**
   * Ends it with a last NOTIFY.
   * @param reason as RFC 6665 §4.1.3 has them; `noresource` unless told
   * @param content the state of now unless told; nothing for `rejected`, and for one that waits for consent
   * @param retryAfter seconds after which the subscriber may come back: for `probation` and `giveup`
   * @throws SipError `value_invalid` for a reason that is no token
   */
  terminate(reason = "noresource", content?: Content, retryAfter?: number): void {
    if (this.#over) return;
    if (!/^[\w.!%*+`'~-]+$/.test(reason)) throw new SipError("value_invalid", "not a token: the reason");
    const last = content ?? (reason === "rejected" ? {} : this.#state());
    this.#finish("terminated");
    this.#send(last, retryAfter === undefined ? reason : `${reason};retry-after=${Math.ceil(retryAfter)}`);
  }

  /** Answers a SUBSCRIBE, the first or a later one, and tells the state. @internal */
  accept(request: Request, transaction: ServerTransaction, asked: number): void {
    const granted = Math.min(asked, this.#max);
    const response = request.createResponse(200);
    response.headers.set("Contact", this.dialog.contact);
    addEvents(response, this.#host.events);
    response.headers.set("Expires", String(granted));
    answer(transaction, response);
    this.grant(granted);
    if (granted > 0) this.#send(this.#state(), undefined);
    else {
      this.#finish("unsubscribed");
      this.#send(this.#state(), "timeout");
    }
  }

  /** Gives it that many seconds from now. @internal */
  grant(seconds: number): void {
    const { clock } = this.#host;
    clock.clear(this.#timer);
    this.#end = clock.now() + seconds * 1000;
    if (seconds === 0) return;
    this.#timer = clock.set(() => {
      this.#finish("expired");
      this.#send(this.#state(), "timeout");
    }, seconds * 1000);
  }

  /** Takes a SUBSCRIBE that refreshes or ends it; false for any other request. @internal */
  receive(request: Request, transaction: ServerTransaction | undefined): boolean {
    if (request.method !== "SUBSCRIBE" || !transaction || this.#over) return false;
    if (!this.#names(request.headers.get("Event"))) return false;
    const asked = expiresOf(request);
    if (asked > 0 && asked < this.#min) {
      // RFC 3261 §12.2.2: what is refused changes nothing, its Contact neither.
      const headers = { "Min-Expires": this.#min };
      answer(transaction, addContent(request.createResponse(423), { headers }));
    } else {
      this.dialog.refresh(request);
      this.accept(request, transaction, asked);
    }
    return true;
  }

  /** Ends without a NOTIFY: `onEnd` is told `closed`. @internal */
  close(): void {
    this.#finish("closed");
    this.#next = undefined;
  }

  /** Whether an Event names this subscription: by its package and its id, and by no other parameter (RFC 6665 §8.2.1). */
  #names(event: TokenParams | undefined): boolean {
    const { token, params } = this.#event;
    const id = event?.params.get("id");
    // That of the first REFER of a dialog may be named without its id (RFC 3515 §2.4.6).
    return event?.token === token && (id === params.get("id") || (id === undefined && token === "refer"));
  }

  /** What the handler says; nothing where it throws, which is reported, nor before its owner's consent (RFC 3856 §6.6.2). */
  #state(): Content {
    if (this.#pending) return {};
    return this.#host.call(() => this.#handlers.state()) ?? {};
  }

  #finish(reason: Parameters<NonNullable<NotifierHandlers["onEnd"]>>[0]): void {
    if (this.#over) return;
    this.#over = true;
    this.#host.clock.clear(this.#timer);
    this.#host.clock.clear(this.#retry);
    this.#host.remove(this.dialog, this);
    this.#host.call(() => this.#handlers.onEnd?.(reason, this));
  }

  #send(content: Content, last: string | undefined): void {
    this.#host.clock.clear(this.#retry);
    this.#next = { content, last };
    if (!this.#busy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let next = this.#next; next; next = this.#next) {
      this.#next = undefined;
      const response = await this.#notify(next.content, next.last);
      if (response?.statusClass !== 2) this.#refused(response, next.content);
      if (this.#over && next.last !== undefined) break;
    }
    this.#busy = false;
  }

  /** The subscriber has refused a NOTIFY, or is not there: that ends it, unless he wants it later (RFC 6665 §4.2.2). */
  #refused(response: Response | undefined, content: Content): void {
    const after = response && !ENDING.has(response.status) ? retryAfterOf(response) : undefined;
    if (after === undefined) {
      this.#finish("gone");
      this.#next = undefined;
    } else if (!this.#over && !this.#next) {
      const delay = Math.min(Math.max(after, 1), LONGEST) * 1000;
      this.#retry = this.#host.clock.set(() => this.#send(content, undefined), delay);
    }
  }

  async #notify(content: Content, last: string | undefined): Promise<Response | undefined> {
    const left = Math.max(0, Math.round((this.#end - this.#host.clock.now()) / 1000));
    const state = last === undefined ? `${this.#pending ? "pending" : "active"};expires=${left}` : "";
    try {
      const request = this.dialog.createRequest("NOTIFY");
      // As it came: what the subscriber may write goes out again.
      request.headers.set("Event", this.#event);
      request.headers.set("Subscription-State", state || `terminated;reason=${last}`);
      addContent(request, content);
      return await this.#host.ask(request, this.dialog);
    } catch (cause) {
      // A content that must not go on the wire is the user's to hear of.
      if (cause instanceof SipError && cause.code.startsWith("value_")) this.#host.report(cause);
      return undefined;
    }
  }
}

const expiresOf = ({ headers }: Request): number => headers.get("Expires") ?? 3600;

/** A SUBSCRIBE that begins a subscription, and waits for its answer. */
export class IncomingSubscription {
  /** The SUBSCRIBE. */
  readonly request: Request;
  readonly #host: Host;
  readonly #transaction: ServerTransaction;
  readonly #dialog: Dialog | undefined;

  /** Use UserAgent.incomingSubscription. @param dialog the one that it came in, and is to share (RFC 5057) @internal */
  constructor(host: Host, request: Request, transaction: ServerTransaction, dialog: Dialog | undefined) {
    this.request = request;
    this.#host = host;
    this.#transaction = transaction;
    this.#dialog = dialog;
  }

  /** The event package asked for; "" where the request names none. */
  get event(): string {
    return this.request.headers.get("Event")?.token ?? "";
  }

  /**
   * How long it asks for, in seconds; 3600 where it does not say. For `reject(423, { headers: { "Min-Expires": 60 } })`.
   * @throws SipError `value_invalid`, with status 400, for an Expires that is none
   */
  get expires(): number {
    return expiresOf(this.request);
  }

  /**
   * Takes it: 200, and a NOTIFY with the state of now.
   * @throws SipError `header_missing`, with status 400, for a request without Contact, with 489 for one without Event (RFC
   *   6665 §4.2.3); `value_invalid` for a Contact that is no SIP URI, and an Expires that is none; `transaction_state` for
   *   one that was answered
   */
  accept(handlers: NotifierHandlers, options: AcceptSubscription = {}): Notifier {
    const { request } = this;
    if (!this.#transaction.waiting)
      throw new SipError("transaction_state", "the subscription was answered already");
    const event = request.headers.get("Event");
    if (!event) throw new SipError("header_missing", "Event is missing", { status: 489, header: "Event" });
    const dialog = this.#dialog ?? this.#begin();
    // Read first: where it cannot be, nothing is left behind.
    const asked = expiresOf(request);
    if (this.#dialog) dialog.refresh(request);
    else dialog.confirm();
    const notifier = new Notifier(this.#host, dialog, event, handlers, options);
    notifier.accept(request, this.#transaction, asked);
    return notifier;
  }

  #begin(): Dialog {
    const { request } = this;
    const tag = request.createResponse(200).headers.get("To")?.tag ?? "";
    return Dialog.ofCallee(request, tag, this.#host.contactFor(request));
  }

  /**
   * Refuses it: 489 (Bad Event) unless told, with the user agent's `events` in Allow-Events; 403 for `refer`, which a REFER
   * alone begins (RFC 3515 §2.4.4).
   * @throws SipError `value_invalid` for a status that is not 300 to 699, `value_unsafe` for content that must not go on the wire
   */
  reject(status?: number, content: Content = {}): void {
    refuseEvent(this.request, this.#transaction, this.#host.events, status, content);
  }
}
