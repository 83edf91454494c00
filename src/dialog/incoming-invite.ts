// IncomingInvite: an INVITE of a peer's until we have answered it (RFC 3261 §13.3): ringing, reliably where the peer
// can (RFC 3262), accepting, refusing, and its CANCEL.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import { checkStatus, type Response } from "../message/response.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import {
  addContent,
  addKnown,
  addOption,
  type Content,
  hasOption,
  leadingNumber,
  setContact,
} from "./content.ts";
import { Dialog } from "./dialog.ts";
import { answer, type Closable, type Host, unwatched } from "./host.ts";
import type { IncomingInviteHandlers } from "./invite-options.ts";
import { InviteUsage } from "./invite-usage.ts";
import { LatePrack, rackFor, rackOf } from "./late-prack.ts";
import { Resend } from "./resend.ts";
import { Ringing } from "./ringing.ts";
import type { EarlyDialog, Session, SessionOptions } from "./session.ts";
import { hasSession } from "./session-body.ts";

/** A reliable provisional response that waits for its PRACK. */
interface Unacknowledged {
  /** The RAck of its PRACK. */
  readonly rack: string;
  /** It has our offer: the PRACK answers it. */
  readonly offers: boolean;
  readonly resend: Resend;
  readonly resolve: (prack: Request) => void;
  readonly reject: (error: SipError) => void;
}

/** A call that comes in. */
export class IncomingInvite implements Closable {
  readonly request: Request;
  readonly #host: Host;
  readonly #transaction: ServerTransaction;
  readonly #handlers: IncomingInviteHandlers;
  readonly #usage: InviteUsage;
  #rseq = 0;
  #unacknowledged: Unacknowledged | undefined;
  /** Reliable responses that wait for the PRACK of the one before (RFC 3262 §3). */
  readonly #waiting: { readonly send: () => void; readonly reject: (error: SipError) => void }[] = [];
  /** The 2xx that waits for a PRACK. */
  #accepting: Response | undefined;
  /** We have made an offer, to an INVITE without one. */
  #offered = false;
  /** The PRACK whose offer waits for its answer. */
  #answering: Request | undefined;
  #over = false;
  readonly #ringing: Ringing;

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
    this.#usage.prack = (prack, from) => this.#receivePrack(prack, from);
    this.#usage.earlyEnd = (ours, request) => this.#giveUp(request, ours);
    this.#usage.peerOffers.unanswered = hasSession(request);
    transaction.onCancel = (cancel) => this.#giveUp(cancel);
    transaction.onFinal = () => transaction.state !== "terminated" && this.#answered();
    host.loose.add(this);
    const least = this.#usage.sessionTimer.refuses(request);
    if (least !== undefined) this.refuse(422, { headers: { "Min-SE": least } }, true);
    // Cancelled, and answered, before its core came to take it. Told when the caller of this knows what it holds.
    else if (!transaction.waiting) void Promise.resolve().then(() => this.#giveUp());
    // RFC 3261 §13.3.1: one that is not answered within its Expires is answered 487.
    else this.#ringing.limit(leadingNumber(request, "Expires"), () => this.#giveUp());
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
   * must not go on the wire; `value_invalid` for another status than a provisional one. One that nobody handles is no unhandled rejection.
   */
  ringReliably(status = 183, content: Content = {}): Promise<Request> {
    const told = new Promise<Request>((resolve, reject) => {
      const send = () => {
        try {
          this.#sendReliably(status, content, resolve, reject);
        } catch (error) {
          // It must not go on the wire. Those that wait behind it are not kept by it.
          reject(error);
        }
      };
      if (this.reliable === "none") reject(new SipError("unsupported", "the caller lacks 100rel"));
      else if (this.#over) reject(new SipError("terminated", "the call is over"));
      else if (this.#unacknowledged) this.#waiting.push({ send, reject });
      else send();
    });
    return unwatched(told);
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
    addKnown(response, this.#host.extensions, this.#usage.dialog.contact);
    this.#usage.noteBody(content);
    this.#finish();
    this.#dropWaiting("the call was accepted");
    if (this.#unacknowledged) this.#accepting = response;
    else this.#send200(response);
    return this.#usage;
  }

  /** Refuses the call, or redirects it. @param status 300 to 699; 486 unless told @throws SipError `value_invalid` for another */
  reject(status = 486, content: Content = {}): void {
    this.refuse(checkStatus(status, 300), content, false);
  }

  /** @param byItself before its user holds it, who is told then @internal */
  refuse(status: number, content: Content, byItself: boolean): void {
    if (this.#over) return;
    // Made first: where it must not go on the wire, the call rings on.
    const response = addContent(this.request.createResponse(status), content);
    this.#finish();
    answer(this.#transaction, response);
    this.#stopReliable("the call was refused");
    this.#usage.end({ reason: "refused" }, byItself);
  }

  /** @internal */
  close(): void {
    this.#finish();
    this.#stopReliable("the user agent was closed");
  }

  #provisional(status: number, content: Content): Response {
    const response = addContent(this.request.createResponse(checkStatus(status, 100, 199)), content);
    setContact(response, this.#usage.dialog.contact);
    response.headers.set("Allow", this.#host.allow);
    return response;
  }

  #sendReliably(
    status: number,
    content: Content,
    resolve: (prack: Request) => void,
    reject: (error: SipError) => void,
  ): void {
    const response = this.#provisional(status, content);
    // RFC 3262 §3: chosen from 1 to 2^31 - 1, then counted on.
    this.#rseq =
      this.#rseq === 0 ? 1 + Math.floor(this.#host.random.fraction() * (2 ** 31 - 1)) : this.#rseq + 1;
    addOption(response, "Require", "100rel");
    response.headers.set("RSeq", String(this.#rseq));
    this.#usage.noteBody(content);
    const says = hasSession(response);
    const offers = says && !hasSession(this.request) && !this.#offered;
    this.#offered ||= offers;
    if (says) this.#usage.peerOffers.told(offers);
    const again = () => void answer(this.#transaction, response);
    const resend = new Resend(this.#host, again, () => this.#unheard(), Number.POSITIVE_INFINITY);
    const rack = rackFor(this.#rseq, this.request);
    this.#unacknowledged = { rack, offers, resend, resolve, reject };
    // Not its body: that would be another offer, or an answer to none.
    this.#ringing.said(() => void this.ring(status));
    again();
  }

  #receivePrack(prack: Request, transaction: ServerTransaction): boolean {
    const waiting = this.#unacknowledged;
    if (!waiting || this.#answering || rackOf(prack) !== waiting.rack) {
      transaction.respond(481);
      return true;
    }
    waiting.resend.stop();
    const { peerOffers } = this.#usage;
    const offers = hasSession(prack) && !waiting.offers && !peerOffers.unanswered;
    peerOffers.heard();
    if (offers && this.#handlers.onOffer) {
      this.#answering = prack;
      peerOffers.receivePrack(prack, transaction, () => this.#acknowledged(waiting, prack));
    } else {
      // One that nobody answers is acknowledged all the same: a PRACK must get a 2xx (RFC 3262 §3).
      transaction.respond(200);
      this.#acknowledged(waiting, prack);
    }
    return true;
  }

  #acknowledged(waiting: Unacknowledged, prack: Request): void {
    this.#answering = undefined;
    this.#unacknowledged = undefined;
    waiting.resolve(prack);
    if (this.#accepting) this.#send200(this.#accepting);
    else while (!this.#unacknowledged && this.#waiting.length > 0) this.#waiting.shift()?.send();
  }

  /** RFC 3262 §3: no PRACK in 64 × T1. */
  #unheard(): void {
    this.#finish();
    answer(this.#transaction, this.request.createResponse(504));
    this.#stopReliable("no PRACK came", "timeout");
    this.#usage.end({ reason: "unacknowledged" });
  }

  #send200(response: Response): void {
    this.#accepting = undefined;
    this.#usage.prack = undefined;
    this.#usage.earlyEnd = undefined;
    this.#usage.peerOffers.opened();
    this.#usage.sessionTimer.agree(this.request, response);
    this.#usage.accept(this.request, this.#transaction, response);
  }

  /** @param ours it is us who gave up */
  #giveUp(request?: Request, ours = false): void {
    const told = ours || (this.#over && !this.#accepting);
    this.#finish();
    answer(this.#transaction, this.request.createResponse(487));
    this.#stopReliable("the caller gave up");
    this.#accepting = undefined;
    this.#usage.end({ reason: "peer", ...(request && { request }) });
    if (!told) this.#host.call(() => this.#handlers.onCancel?.(request));
  }

  /** Somebody else has answered the INVITE: the stack, for a core that threw. */
  #answered(): void {
    if (this.#over) return;
    this.#finish();
    this.#stopReliable("the call was answered by another hand");
    this.#usage.end({ reason: "refused" });
  }

  #finish(): void {
    this.#over = true;
    this.#ringing.stop();
    this.#host.loose.delete(this);
  }

  #stopReliable(why: string, code: "terminated" | "timeout" = "terminated"): void {
    const waiting = this.#unacknowledged;
    this.#unacknowledged = undefined;
    waiting?.resend.stop();
    waiting?.reject(new SipError(code, why));
    if (waiting && !this.#answering) new LatePrack(this.#host, this.#usage.dialog, waiting.rack);
    this.#dropWaiting(why);
  }

  #dropWaiting(why: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new SipError("terminated", why));
  }
}
