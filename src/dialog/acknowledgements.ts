// Acknowledgements: the ACKs of one dialog, both ways (RFC 3261 §13.2.2.4, §13.3.1.4): those that we send for the peer's
// 2xx, again for each 2xx that comes again, and our own 2xx until its ACK has come.

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import type { Content } from "./content.ts";
import type { Dialog } from "./dialog.ts";
import { answer, type Host } from "./host.ts";
import { Resend } from "./resend.ts";

/** The ACKs of one dialog. */
export class Acknowledgements {
  readonly #host: Host;
  readonly #dialog: Dialog;
  /** The last ACK that we sent. */
  #ack: Request | undefined;
  /** Our last 2xx to an INVITE, as long as its ACK has not come. */
  #waiting: { readonly cseq: number; readonly offers: boolean; readonly resend: Resend } | undefined;
  #settled: (() => void)[] = [];

  constructor(host: Host, dialog: Dialog) {
    this.#host = host;
    this.#dialog = dialog;
  }

  /** Whether a 2xx of ours has made an offer, and its ACK, with the answer, has not come yet. */
  get offers(): boolean {
    return this.#waiting?.offers === true;
  }

  /**
   * Resolves when no 2xx of ours waits any more; undefined where none does.
   * @param coming one is to be sent, and waits from then on
   */
  settled(coming = false): Promise<void> | undefined {
    if (!this.#waiting && !coming) return undefined;
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  /**
   * Acknowledges a 2xx of the peer's: now, and again for each 2xx that comes again.
   * @param credentials the INVITE, whose credentials the ACK carries, too (RFC 3261 §22.1)
   */
  acknowledge(response: Response, content: Content = {}, credentials?: Request): void {
    const cseq = response.headers.get("CSeq")?.number ?? 0;
    const again = this.#ack?.headers.get("CSeq")?.number === cseq ? this.#ack : undefined;
    const ack = again ?? this.#make(content, cseq);
    if (!again && credentials) {
      for (const name of ["Authorization", "Proxy-Authorization"]) {
        for (const value of credentials.headers.raw(name)) ack.headers.append(name, value);
      }
    }
    this.#ack = ack;
    // By the way of any request within the dialog (§13.2.2.4): see askFinal.
    const { target, flow: given } = this.#host.sendOptions;
    const flow = this.#dialog.flow ?? given;
    const way = { ...(target && { target }), ...(flow && { flow }) };
    // A peer may have told us a Contact that leads nowhere.
    this.#host.call(() => this.#host.stack.sendStateless(ack, way));
  }

  /** Where the content must not go on the wire the peer gets his ACK without it, and the user hears of it. */
  #make(content: Content, cseq: number): Request {
    try {
      return this.#dialog.createRequest("ACK", content, cseq);
    } catch (error) {
      this.#host.report(error);
      return this.#dialog.createRequest("ACK", {}, cseq);
    }
  }

  /** Whether a 2xx was acknowledged already: it comes again. */
  knows(response: Response): boolean {
    const cseq = response.headers.get("CSeq");
    return this.#ack !== undefined && this.#ack.headers.get("CSeq")?.number === cseq?.number;
  }

  /**
   * Sends our 2xx to an INVITE until its ACK comes.
   * @param offers it makes an offer, which the ACK answers
   * @param unheard called where none has come in 64 × T1
   * @returns false where the transaction is gone
   */
  accept(
    invite: Request,
    transaction: ServerTransaction,
    response: Response,
    offers: boolean,
    unheard: () => void,
  ): boolean {
    const cseq = invite.headers.get("CSeq")?.number ?? 0;
    const again = () => void answer(transaction, response);
    const resend = new Resend(this.#host, again, () => {
      this.stop();
      unheard();
    });
    // Whoever sends another INVITE has got the 2xx before, whose ACK was lost, or overtaken (RFC 5407 §3.1.4).
    this.#waiting?.resend.stop();
    this.#waiting = { cseq, offers, resend };
    const answered = answer(transaction, response);
    if (!answered) this.stop();
    return answered;
  }

  /** Takes an ACK; true where a 2xx of ours waited for it. */
  receive(ack: Request): boolean {
    if (this.#waiting === undefined || ack.headers.get("CSeq")?.number !== this.#waiting.cseq) return false;
    this.stop();
    return true;
  }

  /** Waits no longer. */
  stop(): void {
    this.#waiting?.resend.stop();
    this.#waiting = undefined;
    for (const resolve of this.#settled.splice(0)) resolve();
  }
}
