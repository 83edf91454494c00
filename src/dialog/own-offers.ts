// OwnOffers: the re-INVITEs and UPDATEs of ours: one offer at a time, sent again where it met the peer's (RFC 3261
// §14.1, RFC 3311 §5.3) or asked for too short a session interval (RFC 4028 §7.3).

import type { TimerHandle } from "../clock.ts";
import { notWanted, SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { AbortSignalLike, SentRequest } from "../stack/options.ts";
import { ended } from "../transaction/outcome.ts";
import { addKnown, type Content, leadingNumber } from "./content.ts";
import type { Dialog } from "./dialog.ts";
import type { Host } from "./host.ts";
import { Ringing } from "./ringing.ts";
import { isSession } from "./session-body.ts";
import type { SessionTimer } from "./session-timer.ts";

type Method = "INVITE" | "UPDATE";

/** How often an offer that meets the peer's is sent in all. */
const GLARE_TRIES = 4;

/**
 * What an offer of ours says, or what makes it. A function is called each time that the offer is sent: after a 491 the
 * peer's offer may have changed the session, and another must follow from that (RFC 3264 §8), as in a browser, whose
 * `RTCPeerConnection` has given its own up for the peer's. While it makes the offer, one of the peer's is refused 491.
 */
export type OfferContent = Content | (() => Content | PromiseLike<Content>);

/** How a re-INVITE is sent. */
export interface OfferOptions {
  /** Cancels it (RFC 3261 §9.1), as that of `stack.send` does: the session goes on as it was. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Sends an offer once. */
type Send = (content: Content) => Promise<Response>;

/** What our offers need of their session. */
export interface OfferingSession {
  /** The dialog; throws where the session is over. */
  live(): Dialog;
  /**
   * What must come first: the response to a PRACK of ours, lest it be overtaken, or the ACK to a 2xx (RFC 3261 §14.1); before
   * an INVITE that to one which has not gone yet, too.
   */
  before(method: Method): Promise<void> | undefined;
  /** Whether an offer of the peer's waits for our answer, or the one that makes the session is not through yet. */
  occupied(): boolean;
  /** Sends a request, and gives its final response. */
  ask(request: Request): Promise<Response>;
  /** Whether a 2xx came before; the ACK to it is sent again. */
  repeats(response: Response): boolean;
  /** Acknowledges a 2xx for the first time, with an answer where it offers. */
  confirm(invite: Request, response: Response): Promise<void>;
  /** The peer does not know the dialog any more, or is not there. */
  gone(): void;
  noteBody(content: Content): void;
  notePeer(response: Response): void;
}

/** The offers of ours in one session. */
export class OwnOffers {
  readonly #host: Host;
  readonly #timer: SessionTimer;
  readonly #session: OfferingSession;
  /** One is under way, or waits to be sent again. */
  #offering = false;
  /** It waits: the peer's may come meanwhile. */
  #wait: { readonly timer: TimerHandle; readonly abort: () => void } | undefined;

  /** An UPDATE of ours that has no final response. */
  #updating: Promise<unknown> | undefined;
  /** A re-INVITE of ours that has no final response. */
  #inviting: SentRequest | undefined;
  /** What cancels it. */
  #signal: AbortSignalLike | undefined;

  constructor(host: Host, timer: SessionTimer, session: OfferingSession) {
    this.#host = host;
    this.#timer = timer;
    this.#session = session;
  }

  /** Whether an offer of the peer's would cross one of ours. */
  get crosses(): boolean {
    return this.#offering && this.#wait === undefined;
  }

  /** Whether one is under way, or waits to be sent again. */
  get busy(): boolean {
    return this.#offering;
  }

  /**
   * The session is over: what waits is not sent again, and a re-INVITE that has no answer is cancelled. A peer who never
   * gives one would leave its transaction for ever.
   * @param silent nothing goes on the wire: the re-INVITE ends, unless it is being cancelled already
   */
  stop(silent: boolean): void {
    this.#wait?.abort();
    if (!silent) this.#inviting?.cancel();
    else if (!this.#signal?.aborted) this.#inviting?.terminate();
  }

  async update(content: OfferContent): Promise<Response> {
    const offers = typeof content === "function" || isSession(content);
    return this.#one("UPDATE", offers, content, (made) => this.#update(made));
  }

  async reinvite(content: OfferContent, options: OfferOptions): Promise<Response> {
    return this.#one("INVITE", true, content, (made) => this.#invite(made, options));
  }

  /** Runs one offer of ours at a time (RFC 3261 §14.1, RFC 3311 §5.1). */
  async #one(method: Method, offers: boolean, content: OfferContent, send: Send): Promise<Response> {
    this.#session.live();
    if (!offers) return this.#insist(method, content, send, 1);
    if (this.#offering || this.#session.occupied()) {
      throw new SipError("transaction_state", "an offer is under way in this session", { status: 491 });
    }
    this.#offering = true;
    try {
      return await this.#insist(method, content, send, GLARE_TRIES);
    } finally {
      this.#offering = false;
    }
  }

  /** Sends it again where it met the peer's, or asked for too short an interval. @param most how often the former */
  async #insist(method: Method, content: OfferContent, send: Send, most: number): Promise<Response> {
    const first = () => this.#session.before(method);
    for (let tries = 1; ; tries++) {
      // As with an answer: who says nothing has nothing to say.
      const made = typeof content === "function" ? ((await content()) ?? {}) : content;
      for (let before = first(); before; before = first()) await before;
      const response = await send(made);
      const met = response.status === 491;
      if (met ? tries >= most : !this.#timer.yieldTo(response)) return response;
      if (met)
        do await this.#pause();
        while (this.#session.occupied());
    }
  }

  /** One UPDATE, behind the one before: a second is refused 500 (RFC 3311 §5.2). */
  async #update(content: Content): Promise<Response> {
    while (this.#updating) await this.#updating;
    const request = this.#request("UPDATE", content);
    const asked = this.#session.ask(request);
    const over = () => {
      this.#updating = undefined;
    };
    this.#updating = asked.then(over, over);
    const response = await asked;
    if (response.statusClass === 2) {
      this.#session.noteBody(content);
      this.#timer.agreed(response);
    }
    return response;
  }

  /** One re-INVITE. Every 2xx to it is acknowledged, those that come again included. */
  #invite(content: Content, { signal }: OfferOptions): Promise<Response> {
    // The stack would find that out when the transaction is there already.
    if (signal && !signal.addEventListener) throw notWanted("signal", "an AbortSignal", signal);
    // Before it has a number: what is not sent leaves no gap (§12.2.1.1).
    if (signal?.aborted) throw ended("aborted");
    const session = this.#session;
    const dialog = session.live();
    const request = this.#request("INVITE", content);
    const { flow } = dialog;
    return new Promise<Response>((resolve, reject) => {
      const transaction = this.#host.stack.send(request, {
        ...this.#host.sendOptions,
        ...(flow && { flow }),
        ...(signal && { signal }),
        onAgain: (again) => dialog.renumber(again),
        onResponse: (response, { request: sent }) => {
          if (response.status < 200) return;
          if (response.statusClass !== 2) {
            if (response.status === 481 || response.status === 408) session.gone();
          } else {
            // One that comes again, while the user thinks of his answer say, is not the end of it: the ACK is.
            if (session.repeats(response)) return;
            dialog.refresh(response, sent);
            session.notePeer(response);
            session.noteBody(content);
            this.#timer.agreed(response);
            void session.confirm(sent, response).then(() => resolve(response), reject);
            return;
          }
          resolve(response);
        },
        onError: (error) => {
          if (error.code === "timeout") session.gone();
          reject(error);
        },
      });
      this.#inviting = transaction;
      this.#signal = signal;
      const ringing = new Ringing(this.#host.clock);
      ringing.limit(leadingNumber(request, "Expires"), () => transaction.cancel());
      const over = () => {
        ringing.stop();
        this.#inviting = undefined;
      };
      transaction.final.then(over, (error) => {
        over();
        reject(error);
      });
    });
  }

  /** One of either, with what we can do. */
  #request(method: Method, content: Content): Request {
    const dialog = this.#session.live();
    const request = dialog.createRequest(method, content);
    request.headers.set("Allow", this.#host.allow);
    addKnown(request, this.#host.extensions, dialog.contact);
    this.#timer.ask(request);
    return request;
  }

  /** RFC 3261 §14.1: who made the Call-ID waits for 2.1 to 4 s, the other for up to 2 s, in steps of 10 ms. */
  #pause(): Promise<void> {
    const { clock, random } = this.#host;
    const [least, range] = this.#session.live().role === "caller" ? [2100, 191] : [0, 201];
    const delay = least + 10 * Math.floor(random.fraction() * range);
    return new Promise((resolve, reject) => {
      const timer = clock.set(() => {
        this.#wait = undefined;
        resolve();
      }, delay);
      const abort = () => {
        clock.clear(timer);
        reject(new SipError("terminated", "the session is over"));
      };
      this.#wait = { timer, abort };
    });
  }
}
