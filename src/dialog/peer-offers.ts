// PeerOffers: the re-INVITEs and UPDATEs of a session's peer: one at a time, and none that crosses ours (RFC 3261
// §14.2, RFC 3311 §5.2); and the offers in its PRACKs (RFC 3262 §5).

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { addContent, addKnown, type Content, hasOption, leadingNumber } from "./content.ts";
import type { Dialog } from "./dialog.ts";
import { answer, type Host } from "./host.ts";
import { IncomingOffer } from "./incoming-offer.ts";
import { Ringing } from "./ringing.ts";
import type { SessionHandlers } from "./session.ts";
import { hasSession } from "./session-body.ts";
import type { SessionTimer } from "./session-timer.ts";

/** What the offers need of their session. */
export interface OfferSession {
  /** Whether an offer of the peer's would cross one of ours, in a 2xx that has no ACK yet, too. */
  crosses(): boolean;
  /** Sends a 2xx to an INVITE, until its ACK comes. */
  accept(invite: Request, transaction: ServerTransaction, response: Response): void;
  noteBody(content: Content): void;
  notePeer(request: Request): void;
}

/** The offers of one session's peer. */
export class PeerOffers {
  /** The peer's offer that makes the session, in the INVITE or in a response to it, waits for our answer (RFC 3311 §5.2). */
  unanswered = false;
  /** The INVITE has no offer: the callee is to make one, in a response, and nobody any other before (RFC 3261 §13.2.1). */
  unmade = false;
  /** Ours, which makes the session, waits for the peer's answer. */
  awaited = false;
  /** A body of ours is on its way, in a response that has no PRACK yet. */
  unheard = false;
  readonly #host: Host;
  readonly #dialog: Dialog;
  readonly #timer: SessionTimer;
  readonly #handlers: SessionHandlers;
  readonly #session: OfferSession;
  /** The one that we have not answered, and its Expires. */
  #answering: ServerTransaction | undefined;
  /** Tells its user that it is given up. */
  #given: AbortController | undefined;
  readonly #ringing: Ringing;

  constructor(
    host: Host,
    dialog: Dialog,
    timer: SessionTimer,
    handlers: SessionHandlers,
    session: OfferSession,
  ) {
    this.#host = host;
    this.#dialog = dialog;
    this.#timer = timer;
    this.#handlers = handlers;
    this.#session = session;
    this.#ringing = new Ringing(host.clock);
  }

  /** Whether one waits for our answer. */
  get waits(): boolean {
    return this.#answering !== undefined;
  }

  /** Whether the offer that makes the session is not through yet: nobody makes another before that (RFC 3311 §5.1). */
  get opening(): boolean {
    return this.unmade || this.unanswered || this.awaited || this.unheard;
  }

  /** A body of ours goes in a reliable response: an offer, or else the answer to the caller's (RFC 3262 §5). */
  told(offers: boolean): void {
    this.unmade = false;
    this.unanswered = false;
    this.awaited ||= offers;
    this.unheard = true;
  }

  /** Its PRACK came, with the answer to an offer. */
  heard(): void {
    this.awaited = false;
    this.unheard = false;
  }

  /** The callee has made the offer, or answered ours, in a reliable response. */
  came(): void {
    this.unmade = false;
    this.awaited = false;
  }

  /** The INVITE that makes the session is accepted: what its ACK may still answer is waited for with that. */
  opened(): void {
    this.unmade = false;
    this.unanswered = false;
    this.heard();
  }

  /** The session is over: the one that waits is answered 487. @param silent nothing goes on the wire, by anybody later */
  stop(silent: boolean): void {
    const transaction = this.#answering;
    this.#answering = undefined;
    this.#ringing.stop();
    if (silent || !transaction) return;
    if (transaction.waiting) transaction.respond(487);
    this.#given?.abort();
  }

  /** Takes a re-INVITE or an UPDATE. */
  receive(request: Request, transaction: ServerTransaction): void {
    const invite = request.method === "INVITE";
    const offers = invite || hasSession(request);
    const least = this.#timer.refuses(request);
    const refuse = (status: number, headers: Content["headers"] = {}) =>
      void answer(transaction, addContent(request.createResponse(status), { headers }));
    // The INVITE that makes the dialog is under way still: the peer's, or ours.
    const { role, state } = this.#dialog;
    const early = invite && state === "early";
    // Who sends a second UPDATE waits for the answer to the first, offer or not.
    const second = !invite && this.#answering?.method === "UPDATE";
    if (second || (offers && (this.#answering || this.unanswered || (early && role === "callee")))) {
      refuse(500, { "Retry-After": 1 + Math.floor(this.#host.random.fraction() * 10) });
    } else if (offers && (this.awaited || early || this.#session.crosses())) refuse(491);
    else if (least !== undefined) refuse(422, { "Min-SE": least });
    else {
      this.#dialog.noteFlow(request);
      this.#session.notePeer(request);
      if (offers) this.#ask(request, transaction);
      else this.#answer(request, transaction, 200, {});
    }
  }

  /**
   * Takes the offer in a PRACK, whose 2xx has the answer.
   * @param answered called when it was sent
   * @returns false where there is none to be had: nobody takes offers, or one before it waits for its answer still
   */
  receivePrack(prack: Request, transaction: ServerTransaction, answered: () => void): boolean {
    if (!this.#handlers.onOffer || this.waits || this.unanswered) return false;
    this.#ask(prack, transaction, answered);
    return true;
  }

  #ask(request: Request, transaction: ServerTransaction, answered: () => void = () => {}): void {
    this.#answering = transaction;
    const given = new AbortController();
    this.#given = given;
    const offer = new IncomingOffer(request, given.signal, (status, content) => {
      if (this.#answering !== transaction) return;
      this.#answering = undefined;
      this.#ringing.stop();
      try {
        this.#answer(request, transaction, status, content);
      } finally {
        answered();
      }
    });
    const over = () => {
      offer.reject(487);
      given.abort();
    };
    transaction.onCancel = over;
    if (request.method === "INVITE") {
      this.#ringing.limit(leadingNumber(request, "Expires"), over);
      this.#goOn(request, transaction);
    }
    // One that nobody answers would keep all later ones waiting, and an INVITE's transaction for ever.
    const failed = (status: number) => offer.reject(status);
    if (this.#handlers.onOffer) this.#host.call(() => this.#handlers.onOffer?.(offer), failed);
    else offer.reject();
  }

  /**
   * While it waits the peer hears of it each minute, lest a proxy on the way gives it up (RFC 3261 §13.3.1.1); but not one who
   * wants none but reliable responses (RFC 3262 §3).
   */
  #goOn(request: Request, transaction: ServerTransaction): void {
    if (hasOption(request, "Require", "100rel")) return;
    this.#ringing.said(() => {
      const headers = { Contact: this.#dialog.contact };
      if (answer(transaction, addContent(request.createResponse(183), { headers })))
        this.#goOn(request, transaction);
    });
  }

  #answer(request: Request, transaction: ServerTransaction, status: number, content: Content): void {
    let response: Response;
    try {
      response = addContent(request.createResponse(status), content);
    } catch (cause) {
      // It must not go on the wire: the peer is answered all the same, and the user hears of it.
      answer(transaction, request.createResponse(500));
      throw cause;
    }
    if (status > 299) {
      answer(transaction, response);
      return;
    }
    this.#session.noteBody(content);
    if (request.method === "PRACK") {
      answer(transaction, response);
      return;
    }
    // What is refused changes nothing (RFC 3261 §12.2.2).
    this.#dialog.refresh(request);
    if (response.headers.has("Contact")) this.#dialog.noteContact(response);
    else response.headers.set("Contact", this.#dialog.contact);
    response.headers.set("Allow", this.#host.allow);
    addKnown(response, this.#host.extensions, this.#dialog.contact);
    this.#timer.agree(request, response);
    if (request.method === "INVITE") this.#session.accept(request, transaction, response);
    else answer(transaction, response);
  }
}
