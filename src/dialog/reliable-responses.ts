// ReliableResponses: the reliable provisional responses to an INVITE of a peer's (RFC 3262 §3): one at a time, each sent
// again until its PRACK has come, which may answer our offer, or make another (§5).

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { addOption, type Content } from "./content.ts";
import { answer, type Host, unwatched } from "./host.ts";
import type { InviteUsage } from "./invite-usage.ts";
import { LatePrack, rackFor, rackOf } from "./late-prack.ts";
import { Resend } from "./resend.ts";
import { hasSession } from "./session-body.ts";

/** One that waits for its PRACK. */
interface Unacknowledged {
  /** The RAck of its PRACK. */
  readonly rack: string;
  /** It has our offer: the PRACK answers it. */
  readonly offers: boolean;
  readonly resend: Resend;
  readonly resolve: (prack: Request) => void;
  readonly reject: (error: SipError) => void;
}

/** What they need of the call that rings. */
export interface RingingCall {
  readonly request: Request;
  readonly transaction: ServerTransaction;
  readonly usage: InviteUsage;
  /** Makes a provisional response. Throws for content that must not go on the wire, and for another status. */
  provisional(status: number, content: Content): Response;
  /** One with that status goes out. */
  said(status: number): void;
  /** No PRACK has come in 64 × T1. */
  unheard(): void;
}

/** Those of one call. */
export class ReliableResponses {
  readonly #host: Host;
  readonly #call: RingingCall;
  #rseq = 0;
  #unacknowledged: Unacknowledged | undefined;
  /** Those that wait for the PRACK of the one before. */
  readonly #waiting: { readonly send: () => void; readonly reject: (error: SipError) => void }[] = [];
  /** What is to be done when nothing waits for a PRACK any more. */
  #then: (() => void) | undefined;
  #told = false;
  /** A PRACK has come, and its offer waits for the user's answer. */
  #answering = false;

  constructor(host: Host, call: RingingCall) {
    this.#host = host;
    this.#call = call;
  }

  /**
   * Whether one has made our offer, or answered the caller's. Bodies that follow it, that of the 2xx too, are neither
   * (RFC 3261 §13.2.1).
   */
  get told(): boolean {
    return this.#told;
  }

  /** Sends one, after those before it were acknowledged: see IncomingInvite.ringReliably. */
  send(status: number, content: Content): Promise<Request> {
    const told = new Promise<Request>((resolve, reject) => {
      const send = () => {
        try {
          this.#send(status, content, resolve, reject);
        } catch (error) {
          // It must not go on the wire. Those that wait behind it are not kept by it.
          reject(error);
        }
      };
      if (this.#unacknowledged) this.#waiting.push({ send, reject });
      else send();
    });
    return unwatched(told);
  }

  /**
   * The call was accepted: those that wait for their turn are not sent.
   * @param then called when the one under way was acknowledged; at once where none is
   */
  finish(then: () => void): void {
    this.#dropWaiting("the call was accepted");
    if (this.#unacknowledged) this.#then = then;
    else then();
  }

  /** The call is over. A PRACK that is on its way is taken still, unless the user agent is closed, which says nothing more. */
  stop(why: string, code: "terminated" | "timeout" = "terminated", silent = false): void {
    const waiting = this.#unacknowledged;
    this.#unacknowledged = undefined;
    this.#then = undefined;
    waiting?.resend.stop();
    waiting?.reject(new SipError(code, why));
    const late = waiting && !this.#answering && !silent;
    if (late) new LatePrack(this.#host, this.#call.usage.dialog, waiting.rack);
    this.#dropWaiting(why);
  }

  /** Takes a PRACK. */
  receive(prack: Request, transaction: ServerTransaction): boolean {
    const waiting = this.#unacknowledged;
    if (!waiting || this.#answering || rackOf(prack) !== waiting.rack) {
      transaction.respond(481);
      return true;
    }
    waiting.resend.stop();
    const { peerOffers } = this.#call.usage;
    peerOffers.heard();
    this.#answering = hasSession(prack) && !waiting.offers;
    const acknowledged = () => this.#acknowledged(waiting, prack);
    if (this.#answering && peerOffers.receivePrack(prack, transaction, acknowledged)) return true;
    // One that nobody answers is acknowledged all the same: a PRACK must get a 2xx (RFC 3262 §3).
    transaction.respond(200);
    acknowledged();
    return true;
  }

  #send(
    status: number,
    content: Content,
    resolve: (prack: Request) => void,
    reject: (error: SipError) => void,
  ): void {
    const { request, transaction, usage } = this.#call;
    const response = this.#call.provisional(status, content);
    // Chosen from 1 to 2^31 - 1, then counted on.
    this.#rseq =
      this.#rseq === 0 ? 1 + Math.floor(this.#host.random.fraction() * (2 ** 31 - 1)) : this.#rseq + 1;
    addOption(response, "Require", "100rel");
    response.headers.set("RSeq", String(this.#rseq));
    const tells = hasSession(response) && !this.#told;
    const offers = tells && !hasSession(request);
    if (tells) {
      this.#told = true;
      usage.noteBody(content);
      usage.peerOffers.told(offers);
    }
    const again = () => void answer(transaction, response);
    const resend = new Resend(this.#host, again, () => this.#call.unheard(), Number.POSITIVE_INFINITY);
    this.#unacknowledged = { rack: rackFor(this.#rseq, request), offers, resend, resolve, reject };
    this.#call.said(status);
    again();
  }

  #acknowledged(waiting: Unacknowledged, prack: Request): void {
    this.#answering = false;
    this.#unacknowledged = undefined;
    waiting.resolve(prack);
    const then = this.#then;
    this.#then = undefined;
    if (then) then();
    else while (!this.#unacknowledged && this.#waiting.length > 0) this.#waiting.shift()?.send();
  }

  #dropWaiting(why: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new SipError("terminated", why));
  }
}
