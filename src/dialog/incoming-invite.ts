// IncomingInvite: an INVITE of a peer's until we have answered it (RFC 3261 §13.3): ringing, accepting, refusing, and its
// CANCEL.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import { checkStatus, type Response } from "../message/response.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import {
  addContent,
  addEvents,
  addKnown,
  type Content,
  hasOption,
  leadingNumber,
  setContact,
} from "./content.ts";
import { Dialog } from "./dialog.ts";
import { answer, type Closable, type Host, unwatched } from "./host.ts";
import type { IncomingInviteHandlers } from "./invite-options.ts";
import { InviteUsage } from "./invite-usage.ts";
import { ReliableResponses } from "./reliable-responses.ts";
import { Ringing } from "./ringing.ts";
import type { EarlyDialog, Session, SessionEnd, SessionOptions } from "./session.ts";
import { hasSession } from "./session-body.ts";

/** A call that comes in. */
export class IncomingInvite implements Closable {
  /** The INVITE. */
  readonly request: Request;
  readonly #host: Host;
  readonly #transaction: ServerTransaction;
  readonly #handlers: IncomingInviteHandlers;
  readonly #usage: InviteUsage;
  readonly #reliable: ReliableResponses;
  readonly #ringing: Ringing;
  #over = false;

  /**
   * @throws SipError with status 400: `header_missing` for an INVITE without Contact, `value_invalid` for one that is no SIP URI
   * @internal
   */
  constructor(
    host: Host,
    request: Request,
    transaction: ServerTransaction,
    handlers: IncomingInviteHandlers,
    options: SessionOptions,
  ) {
    this.#host = host;
    this.request = request;
    this.#transaction = transaction;
    this.#handlers = handlers;
    this.#ringing = new Ringing(host.clock);
    const tag = request.createResponse(180).headers.get("To")?.tag ?? "";
    const dialog = Dialog.ofCallee(request, tag, host.contactFor(request));
    this.#usage = new InviteUsage(host, dialog, handlers, options);
    this.#usage.notePeer(request);
    this.#reliable = new ReliableResponses(host, {
      request,
      transaction,
      usage: this.#usage,
      provisional: (status, content) => this.#provisional(status, content),
      // Not its body: that would be another offer, or an answer to none.
      said: (status) => this.#ringing.said(() => void this.ring(status)),
      unheard: () => this.#unheard(),
    });
    this.#usage.prack = (prack, from) => this.#reliable.receive(prack, from);
    this.#usage.earlyEnd = (end) => this.#giveUp(end);
    this.#usage.peerOffers.unanswered = hasSession(request);
    this.#usage.peerOffers.unmade = !hasSession(request);
    transaction.onCancel = (cancel) => this.#giveUp({ reason: "peer", request: cancel });
    transaction.onFinal = () => transaction.state !== "terminated" && this.#answered();
    host.loose.add(this);
    const least = this.#usage.sessionTimer.refuses(request);
    if (least !== undefined) this.refuse(422, { headers: { "Min-SE": least } }, true);
    // Cancelled, and answered, before its core came to take it. Told when the caller of this knows what it holds.
    else if (!transaction.waiting) void Promise.resolve().then(() => this.#giveUp({ reason: "peer" }));
    // RFC 3261 §13.3.1: one that is not answered within its Expires is answered 487.
    else this.#ringing.limit(leadingNumber(request, "Expires"), () => this.#giveUp({ reason: "peer" }));
  }

  /** `ringing` until it was accepted, refused, or cancelled. */
  get state(): "ringing" | "accepted" | "over" {
    return !this.#over ? "ringing" : this.#usage.state === "ended" ? "over" : "accepted";
  }

  /** Whether the caller takes reliable provisional responses: `supported`, `required` or `none`. */
  get reliable(): "supported" | "required" | "none" {
    if (hasOption(this.request, "Require", "100rel")) return "required";
    return hasOption(this.request, "Supported", "100rel") ? "supported" : "none";
  }

  /**
   * Sends a provisional response, as `ringReliably` does where the caller requires it; nothing happens where the call is
   * over. As long as it rings the last one is sent each minute, so that no proxy gives it up (RFC 3261 §13.3.1.1).
   * @param status 101 to 199; 180 unless told
   * @returns the early dialog, in which an UPDATE can be sent
   * @throws SipError `value_unsafe` for content that must not go on the wire, `value_invalid` for another status
   */
  ring(status = 180, content: Content = {}): EarlyDialog {
    if (this.#over) return this.#usage;
    // Made in either case: what must not go on the wire throws.
    const response = this.#provisional(status, content);
    // RFC 3262 §3: to such a caller none but a 100 goes unreliably.
    if (this.reliable === "required" && status > 100) void this.ringReliably(status, content);
    else if (answer(this.#transaction, response)) this.#ringing.said(() => void this.ring(status, content));
    return this.#usage;
  }

  /**
   * Sends a provisional response that is repeated until the caller acknowledges it (RFC 3262 §3), after those before
   * it were. Resolves with its PRACK, whose body answers an offer. A PRACK that makes an offer goes to `onOffer` first.
   *
   * Rejects with a SipError: `unsupported` where the caller does not know the extension; `timeout` where no PRACK
   * came: the INVITE is answered 504 then; `terminated` where the call ended meanwhile; `value_unsafe` for content that
   * must not go on the wire; `value_invalid` for another status than a provisional one. One that nobody handles is no
   * unhandled rejection.
   */
  ringReliably(status = 183, content: Content = {}): Promise<Request> {
    if (this.reliable === "none")
      return unwatched(Promise.reject(new SipError("unsupported", "the caller lacks 100rel")));
    if (this.#over) return unwatched(Promise.reject(new SipError("terminated", "the call is over")));
    return this.#reliable.send(status, content);
  }

  /**
   * Accepts the call: 200, repeated until its ACK comes, or else the call ends. A reliable response that was not
   * acknowledged yet holds it back; those that wait for their turn are not sent any more.
   *
   * Nothing happens where it is over already, cancelled a moment ago, say: the session that is returned has `ended`, or is
   * the one that was accepted before.
   * @throws SipError `value_unsafe` for content that must not go on the wire
   */
  accept(content: Content = {}): Session {
    if (this.#over) return this.#usage;
    const response = addContent(this.request.createResponse(200), content);
    setContact(response, this.#usage.dialog.contact);
    response.headers.set("Allow", this.#host.allow);
    addEvents(response, this.#host.events);
    addKnown(response, this.#host.extensions, this.#usage.dialog.contact);
    if (!this.#reliable.told) this.#usage.noteBody(content);
    this.#finish();
    this.#reliable.finish(() => this.#send200(response));
    return this.#usage;
  }

  /**
   * Refuses the call, or redirects it; nothing happens where it is over.
   * @param status 300 to 699; 486 unless told
   * @throws SipError `value_invalid` for another, `value_unsafe` for content that must not go on the wire: the call rings on
   */
  reject(status = 486, content: Content = {}): void {
    this.refuse(checkStatus(status, 300), content, false);
  }

  /** As `reject`. @param byItself before its user holds it, who is told then @internal */
  refuse(status: number, content: Content, byItself: boolean): void {
    if (this.#over) return;
    // Made first: where it must not go on the wire, the call rings on.
    const response = addContent(this.request.createResponse(status), content);
    this.#finish();
    answer(this.#transaction, response);
    this.#reliable.stop("the call was refused");
    this.#usage.end({ reason: "refused" }, (tell) => (byItself ? void Promise.resolve().then(tell) : tell()));
  }

  /** @internal */
  close(): void {
    this.#giveUp({ reason: "closed" });
  }

  #provisional(status: number, content: Content): Response {
    const response = addContent(this.request.createResponse(checkStatus(status, 100, 199)), content);
    setContact(response, this.#usage.dialog.contact);
    response.headers.set("Allow", this.#host.allow);
    addEvents(response, this.#host.events);
    return response;
  }

  /** RFC 3262 §3: no PRACK in 64 × T1. */
  #unheard(): void {
    this.#finish();
    answer(this.#transaction, this.request.createResponse(504));
    this.#reliable.stop("no PRACK came", "timeout");
    this.#usage.end({ reason: "unacknowledged" });
  }

  #send200(response: Response): void {
    const told = this.#reliable.told;
    this.#usage.prack = undefined;
    this.#usage.earlyEnd = undefined;
    this.#usage.peerOffers.opened();
    this.#usage.sessionTimer.agree(this.request, response);
    this.#usage.accept(this.request, this.#transaction, response, told);
  }

  /**
   * It ends before its 2xx has gone: the caller gave up, or does not know it; or we did, after `accept`. It is answered 487,
   * but by a user agent that is closed.
   */
  #giveUp(end: SessionEnd): void {
    const silent = end.reason === "closed";
    // Who has given it up himself knows.
    const cancelled = !silent && end.reason !== "bye";
    this.#finish();
    if (!silent) answer(this.#transaction, this.request.createResponse(487));
    this.#reliable.stop(silent ? "the user agent was closed" : "the caller gave up", "terminated", silent);
    this.#usage.end(end, (tell) => {
      if (cancelled) this.#host.call(() => this.#handlers.onCancel?.(end.request));
      tell();
    });
  }

  /** Somebody else has answered the INVITE: the stack, for a core that threw. */
  #answered(): void {
    if (this.#over) return;
    this.#finish();
    this.#reliable.stop("the call was answered by another hand");
    this.#usage.end({ reason: "refused" });
  }

  #finish(): void {
    this.#over = true;
    this.#ringing.stop();
    this.#host.loose.delete(this);
  }
}
