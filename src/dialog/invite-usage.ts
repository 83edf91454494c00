// InviteUsage: one dialog that an INVITE made, from its first ring to its end: the requests within it, in both
// directions. It stands behind EarlyDialog and Session; offers, ACKs and the session timer have files of their own.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import type { Content } from "./content.ts";
import type { Dialog } from "./dialog.ts";
import { answer, type Closable, type Host, type Usage, unwatched } from "./host.ts";
import { OwnAnswers } from "./own-answers.ts";
import { type OfferContent, type OfferOptions, OwnOffers } from "./own-offers.ts";
import { PeerOffers } from "./peer-offers.ts";
import { receiveRefer } from "./refer.ts";
import { Refreshing } from "./refreshing.ts";
import type { Session, SessionEnd, SessionHandlers, SessionJson, SessionOptions } from "./session.ts";
import { hasSession } from "./session-body.ts";
import { checkAlone, OF_ANOTHER } from "./session-requests.ts";
import type { SessionTimer } from "./session-timer.ts";
import { Subscription } from "./subscription.ts";
import type { SubscriptionHandlers } from "./subscription-options.ts";

/** An INVITE's dialog, at either side. */
export class InviteUsage implements Usage, Session {
  readonly dialog: Dialog;
  readonly isSession: boolean = true;
  /** Takes PRACKs, while the INVITE rings at our side. */
  prack: ((request: Request, transaction: ServerTransaction) => boolean) | undefined = undefined;
  /** Ends an INVITE of the peer's that has no 2xx yet, and this with it: it is there as long as that is so. */
  earlyEnd: ((end: SessionEnd) => void) | undefined = undefined;
  /** The INVITE of ours that made the dialog. */
  call: (Closable & { cancel(): void }) | undefined = undefined;
  /** Our answers to offers in responses. @internal */
  readonly answers: OwnAnswers;
  /** The peer's offers. @internal */
  readonly peerOffers: PeerOffers;
  readonly #host: Host;
  readonly #handlers: SessionHandlers;
  readonly #refreshing: Refreshing;
  #ended = false;
  readonly #own: OwnOffers;
  readonly #acks: Acknowledgements;
  /** The number of our last INVITE that was accepted: its ACK may still wait for our answer to the peer's offer. */
  #confirming: number | undefined;
  /** A PRACK of ours that is not answered. What overtook it would have it refused (RFC 3261 §12.2.2), and the call, too. */
  #prack: Promise<void> | undefined;

  constructor(host: Host, dialog: Dialog, handlers: SessionHandlers, options: SessionOptions) {
    this.#host = host;
    this.dialog = dialog;
    this.#handlers = handlers;
    this.#refreshing = new Refreshing(host.clock, options.timer ?? {}, {
      busy: () => this.#own.busy || this.peerOffers.waits,
      update: () => this.update(),
      reinvite: (content) => this.reinvite(content),
      expired: () => void this.#hangUp("expired"),
    });
    const { timer } = this.#refreshing;
    this.#acks = new Acknowledgements(host, dialog);
    this.answers = new OwnAnswers(host, handlers, {
      noteBody: (content) => this.noteBody(content),
      noteWaits: (waits) => {
        this.peerOffers.unanswered = waits;
      },
    });
    this.#own = new OwnOffers(host, timer, {
      live: () => this.#live(),
      before: (method) => this.#prack ?? this.#acks.settled(method === "INVITE" && !!this.earlyEnd),
      occupied: () => this.peerOffers.waits || this.peerOffers.opening,
      ask: (request) => this.#ask(request),
      repeats: (response) => this.repeats(response),
      confirm: (invite, response) => this.confirm(invite, response),
      gone: () => void this.#hangUp("gone"),
      noteBody: (content) => this.noteBody(content),
      notePeer: (response) => this.notePeer(response),
    });
    this.peerOffers = new PeerOffers(host, dialog, timer, handlers, {
      crosses: () => this.#own.crosses || this.#acks.offers,
      accept: (invite, transaction, response) => this.accept(invite, transaction, response),
      noteBody: (content) => this.noteBody(content),
      notePeer: (request) => this.notePeer(request),
    });
    host.add(dialog, this);
  }

  get state(): "early" | "confirmed" | "ended" {
    return this.#ended ? "ended" : this.dialog.state;
  }

  get timer(): SessionTimer["state"] {
    return this.sessionTimer.state;
  }

  get replaces(): string {
    const { callId, local, remote } = this.dialog;
    // As the peer sees it: its own tag is the to-tag (RFC 3891 §6.1).
    return `${callId};to-tag=${remote.tag ?? "0"};from-tag=${local.tag ?? "0"}`;
  }

  toJSON(): SessionJson {
    return { dialog: this.dialog.toJSON(), ...this.#refreshing.saved };
  }

  /** Takes over what toJSON wrote, beyond the dialog. @internal */
  resume(json: SessionJson): void {
    this.#refreshing.resume(json);
  }

  /** @internal */
  get sessionTimer(): SessionTimer {
    return this.#refreshing.timer;
  }

  /** Takes note of what we said of the media last. @internal */
  noteBody(content: Content): void {
    this.#refreshing.noteBody(content);
  }

  /** Takes note of what the peer can do. @internal */
  notePeer(message: Request | Response): void {
    this.#refreshing.notePeer(message);
  }

  request(method: string, content: Content = {}): Promise<Response> {
    return unwatched(this.#request(method, content));
  }

  async #request(method: string, content: Content): Promise<Response> {
    checkAlone(method);
    while (method !== "PRACK" && this.#prack) await this.#prack;
    this.#live();
    if (method === "BYE") {
      const response = await this.bye(content);
      if (response) return response;
      throw new SipError("terminated", "the session is over; its BYE has no response");
    }
    const asked = this.#ask(this.dialog.createRequest(method, content));
    if (method === "PRACK") this.#notePrack(asked);
    return asked;
  }

  update(content: OfferContent = {}): Promise<Response> {
    return unwatched(this.#own.update(content));
  }

  reinvite(content: OfferContent = {}, options: OfferOptions = {}): Promise<Response> {
    return unwatched(this.#own.reinvite(content, options));
  }

  refer(target: string, handlers: SubscriptionHandlers = {}, content: Content = {}): Subscription {
    const request = this.dialog.createRequest("REFER", content);
    request.headers.set("Refer-To", target.includes("<") ? target : `<${target}>`);
    const id = String(request.headers.get("CSeq")?.number);
    const init = { event: "refer", id, dialog: this.dialog, over: this.#ended };
    // What its answer says of the dialog is the session's to hear.
    const host: Host = { ...this.#host, ask: (refer, _, onAgain) => this.#ask(refer, onAgain) };
    return new Subscription(host, request, handlers, init);
  }

  async bye(content: Content = {}): Promise<Response | undefined> {
    return this.#hangUp("bye", content);
  }

  /** Whether a 2xx came before: its ACK is sent again (RFC 3261 §13.2.2.4), or goes with our answer. @internal */
  repeats(response: Response): boolean {
    const known = this.#acks.knows(response);
    if (known) this.#acks.acknowledge(response);
    return known || this.#confirming === response.headers.get("CSeq")?.number;
  }

  /** Acknowledges a 2xx, with the answer to its offer where our INVITE had none. @internal */
  async confirm(invite: Request, response: Response): Promise<void> {
    this.#confirming = response.headers.get("CSeq")?.number;
    const asks = this.answers.asks(invite, response);
    const content = asks ? await this.answers.give(response) : {};
    if (content) this.#acks.acknowledge(response, content, invite);
  }

  /**
   * Sends our 2xx to an INVITE, until its ACK comes (RFC 3261 §13.3.1.4).
   * @param told its body only says again what a reliable response has told @internal
   */
  accept(invite: Request, transaction: ServerTransaction, response: Response, told = false): void {
    this.dialog.confirm();
    const offers = !told && !hasSession(invite) && hasSession(response);
    const unheard = () => void this.#hangUp("unacknowledged");
    if (!this.#acks.accept(invite, transaction, response, offers, unheard)) this.end({ reason: "gone" });
  }

  receive(request: Request, transaction: ServerTransaction | undefined): boolean {
    switch (request.method) {
      case "ACK":
        return this.#receiveAck(request);
      case "BYE":
        transaction?.respond(200);
        this.#leave({ reason: "peer", request });
        return true;
      case "PRACK":
        return transaction !== undefined && this.prack?.(request, transaction) === true;
      case "INVITE":
      case "UPDATE":
        if (transaction) this.peerOffers.receive(request, transaction);
        return true;
      case "REFER":
        if (transaction) receiveRefer(this.#host, request, transaction, this.dialog, this.#handlers);
        return true;
      default:
        if (!transaction || !this.#handlers.onRequest) return false;
        this.#host.call(
          () => this.#handlers.onRequest?.(request, transaction),
          (status) => void answer(transaction, request.createResponse(status)),
        );
        return true;
    }
  }

  /** Ends the session, whatever is under way. @param when calls what tells its handlers @internal */
  end(end: SessionEnd, when: (tell: () => void) => void = (tell) => tell()): void {
    if (this.#ended) return;
    this.#ended = true;
    this.earlyEnd = undefined;
    const silent = end.reason === "closed";
    this.sessionTimer.close();
    this.#acks.stop();
    this.#own.stop(silent);
    this.answers.stop(silent);
    this.peerOffers.stop(silent);
    this.#host.remove(this.dialog, this);
    when(() => this.#host.call(() => this.#handlers.onEnd?.(end, this)));
  }

  close(): void {
    // Whoever accepts that call from now on is nobody's.
    this.call?.close();
    this.#leave({ reason: "closed" });
  }

  /** Ends it, and the peer's INVITE that made it, where that has no 2xx yet. */
  #leave(end: SessionEnd): void {
    if (this.earlyEnd) this.earlyEnd(end);
    else this.end(end);
  }

  #notePrack(asked: Promise<unknown>): void {
    const nothing = () => {};
    const settled: Promise<void> = asked.then(nothing, nothing).then(() => {
      if (this.#prack === settled) this.#prack = undefined;
    });
    this.#prack = settled;
  }

  #live(): Dialog {
    if (this.#ended) throw new SipError("terminated", "the session is over");
    return this.dialog;
  }

  /** Sends a request; a peer that does not know the dialog, or is not there, ends the session (RFC 3261 §12.2.1.2). */
  async #ask(request: Request, onAgain?: (request: Request) => void): Promise<Response> {
    const gone = () => !OF_ANOTHER.has(request.method) && void this.#hangUp("gone");
    try {
      const response = await this.#host.ask(request, this.dialog, onAgain);
      if (response.status === 481 || response.status === 408) gone();
      return response;
    } catch (error) {
      if (error instanceof SipError && error.code === "timeout") gone();
      throw error;
    }
  }

  /** Sends a BYE, not before the ACK to our 2xx (RFC 3261 §15), and ends at once: nothing that comes after it counts. */
  async #hangUp(reason: SessionEnd["reason"], content: Content = {}): Promise<Response | undefined> {
    const acknowledged = this.#ended ? undefined : this.#acks.settled();
    if (acknowledged) await acknowledged;
    if (this.#ended) return undefined;
    if (this.earlyEnd) {
      // A callee must not send a BYE yet (§15): the INVITE is refused.
      this.earlyEnd({ reason });
      return undefined;
    }
    // Made here: where it must not go on the wire, the session goes on.
    const sent = this.#part(this.dialog.createRequest("BYE", content), content);
    this.#host.part(this.dialog, sent);
    this.end({ reason });
    return sent.catch(() => undefined);
  }

  /** Where another usage's request has overtaken the BYE (§12.2.2), it goes again: or else the peer's session would stay. */
  async #part(bye: Request, content: Content): Promise<Response> {
    const response = await this.#ask(bye);
    const last = response.headers.get("CSeq")?.number === this.dialog.localCSeq;
    return last || response.status !== 500 ? response : this.#ask(this.dialog.createRequest("BYE", content));
  }

  #receiveAck(ack: Request): boolean {
    if (!this.#acks.receive(ack)) return this.dialog.state === "confirmed";
    this.#host.call(() => this.#handlers.onAck?.(ack));
    return true;
  }
}
