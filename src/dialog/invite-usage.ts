// InviteUsage: one dialog that an INVITE made, from its first ring to its end: the requests within it, in both
// directions, ACKs and the 2xx that wait for them, glare, session timers. It stands behind EarlyDialog and Session.

import type { TimerHandle } from "../clock.ts";
import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { SendOptions } from "../stack/options.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { bodyText, type Content } from "./content.ts";
import type { Dialog } from "./dialog.ts";
import { answer, type Host, type Usage } from "./host.ts";
import { PeerOffers } from "./peer-offers.ts";
import { IncomingRefer } from "./refer.ts";
import { Resend } from "./resend.ts";
import { send } from "./send.ts";
import type { Session, SessionEnd, SessionHandlers, SessionJson, SessionOptions } from "./session.ts";
import { SessionTimer } from "./session-timer.ts";
import { Subscription, type SubscriptionHandlers } from "./subscription.ts";

/** How often a re-INVITE that meets the peer's is sent in all. */
const GLARE_TRIES = 4;

/** An INVITE's dialog, at either side. */
export class InviteUsage implements Usage, Session {
  readonly dialog: Dialog;
  /** Takes PRACKs, while the INVITE rings at our side. */
  prack: ((request: Request, transaction: ServerTransaction) => boolean) | undefined = undefined;
  /** Told of a BYE that ends the INVITE before it was accepted. */
  earlyBye: (() => void) | undefined = undefined;
  /** The INVITE of ours that made the dialog, while it is early. */
  call: { cancel(): void } | undefined = undefined;
  readonly #host: Host;
  readonly #handlers: SessionHandlers;
  readonly #timer: SessionTimer;
  #ended = false;
  /** An offer of ours is under way, or waits to be sent again. */
  #offering = false;
  /** It waits: the peer's may come meanwhile. */
  #pausing = false;
  readonly #peer: PeerOffers;
  /** The last ACK that we sent: a 2xx that comes again gets it again. */
  #ack: Request | undefined;
  /** Our last 2xx to an INVITE, as long as its ACK has not come. */
  #unacknowledged: { readonly cseq: number; readonly resend: Resend } | undefined;
  #acknowledged: (() => void)[] = [];
  #peerUpdates = false;
  #body: SessionJson["body"];
  #wait: { readonly timer: TimerHandle; readonly abort: () => void } | undefined;

  constructor(host: Host, dialog: Dialog, handlers: SessionHandlers, options: SessionOptions) {
    this.#host = host;
    this.dialog = dialog;
    this.#handlers = handlers;
    this.#timer = new SessionTimer(
      host.clock,
      options.timer ?? {},
      () => void this.#refresh().catch(() => {}),
      () => this.#hangUp("expired"),
    );
    this.#peer = new PeerOffers(host, dialog, this.#timer, handlers, {
      crosses: () => (this.#offering && !this.#pausing) || this.#unacknowledged !== undefined,
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
    return this.#timer.state;
  }

  get replaces(): string {
    const { callId, local, remote } = this.dialog;
    // As the peer sees it: its own tag is the to-tag (RFC 3891 §6.1).
    return `${callId};to-tag=${remote.tag ?? "0"};from-tag=${local.tag ?? "0"}`;
  }

  toJSON(): SessionJson {
    return {
      dialog: this.dialog.toJSON(),
      timer: this.#timer.state,
      update: this.#peerUpdates,
      body: this.#body,
    };
  }

  /** Takes over what toJSON wrote, beyond the dialog. @internal */
  resume({ timer, update, body }: SessionJson): void {
    this.#peerUpdates = update;
    this.#body = body;
    if (timer) this.#timer.resume(timer);
  }

  /** Writes the session timer's wish into an INVITE or UPDATE. @internal */
  get sessionTimer(): SessionTimer {
    return this.#timer;
  }

  /** Notes what we said of the media last: a refreshing re-INVITE says it again. @internal */
  noteBody({ body, contentType = "application/sdp" }: Content): void {
    if (body === undefined || body.length === 0) return;
    this.#body = { text: bodyText(body), contentType };
  }

  /** Notes what the peer can do. @internal */
  notePeer(message: Request | Response): void {
    const allow = message.headers.get("Allow");
    if (allow.length > 0) this.#peerUpdates = allow.includes("UPDATE");
  }

  async request(method: string, content: Content = {}): Promise<Response> {
    return this.#ask(this.#live().createRequest(method, content));
  }

  async update(content: Content = {}): Promise<Response> {
    const offers = content.body !== undefined && content.body.length > 0;
    return this.#offer(offers, async () => {
      for (;;) {
        const request = this.#live().createRequest("UPDATE", content);
        this.#timer.ask(request);
        const response = await this.#ask(request);
        if (this.#timer.yieldTo(response)) continue;
        if (response.statusClass === 2) {
          this.noteBody(content);
          this.#timer.agreed(response);
        }
        return response;
      }
    });
  }

  async reinvite(content: Content = {}): Promise<Response> {
    return this.#offer(true, async () => {
      for (let tries = 1; ; tries++) {
        const response = await this.#invite(content);
        const met = response.status === 491;
        if (met ? tries === GLARE_TRIES : !this.#timer.yieldTo(response)) return response;
        if (met)
          do await this.#pause();
          while (this.#peer.waits);
      }
    });
  }

  refer(target: string, handlers: SubscriptionHandlers, content: Content = {}): Subscription {
    const request = this.#live().createRequest("REFER", content);
    request.headers.set("Refer-To", target.includes("<") ? target : `<${target}>`);
    const id = String(request.headers.get("CSeq")?.number);
    return new Subscription(this.#host, request, handlers, { event: "refer", id, dialog: this.dialog });
  }

  async bye(content: Content = {}): Promise<Response | undefined> {
    if (this.#ended) return undefined;
    if (this.#unacknowledged) await new Promise<void>((resolve) => this.#acknowledged.push(resolve));
    return this.#hangUp("bye", content);
  }

  /** The ACK to a 2xx of the peer's: sent now, and again for each 2xx that comes again. @internal */
  acknowledge(response: Response, content: Content = {}, credentials?: Request): void {
    const cseq = response.headers.get("CSeq")?.number ?? 0;
    const again = this.#ack?.headers.get("CSeq")?.number === cseq ? this.#ack : undefined;
    const ack = again ?? this.dialog.createRequest("ACK", content, cseq);
    if (!again && credentials) {
      for (const name of ["Authorization", "Proxy-Authorization"]) {
        for (const value of credentials.headers.raw(name)) ack.headers.append(name, value);
      }
    }
    this.#ack = ack;
    const { flow } = this.dialog;
    // A peer may have told us a Contact that leads nowhere.
    this.#host.call(() => this.#host.stack.sendStateless(ack, flow ? { flow } : {}));
  }

  /** Whether a 2xx was acknowledged already: it comes again. @internal */
  knows(response: Response): boolean {
    const cseq = response.headers.get("CSeq");
    return this.#ack !== undefined && this.#ack.headers.get("CSeq")?.number === cseq?.number;
  }

  /** Acknowledges a 2xx, with the answer to its offer where our INVITE had none. @internal */
  async confirm(invite: Request, response: Response): Promise<void> {
    const asks = invite.bodyLength === 0 && response.bodyLength > 0;
    let content: Content = {};
    if (asks && this.#handlers.answer) {
      const answered = this.#host.call(() => this.#handlers.answer?.(response));
      content = (await Promise.resolve(answered).catch(() => undefined)) ?? {};
      this.noteBody(content);
    }
    this.acknowledge(response, content, invite);
  }

  /** Sends our 2xx to an INVITE, until its ACK comes (RFC 3261 §13.3.1.4). @internal */
  accept(invite: Request, transaction: ServerTransaction, response: Response): void {
    const cseq = invite.headers.get("CSeq")?.number ?? 0;
    this.dialog.confirm();
    const resend = new Resend(
      this.#host,
      () => answer(transaction, response),
      () => {
        this.#settle();
        this.#hangUp("unacknowledged");
      },
    );
    this.#unacknowledged = { cseq, resend };
    if (!answer(transaction, response)) {
      this.#settle();
      this.end({ reason: "gone" });
    }
  }

  receive(request: Request, transaction: ServerTransaction | undefined): boolean {
    switch (request.method) {
      case "ACK":
        return this.#receiveAck(request);
      case "BYE":
        transaction?.respond(200);
        this.#peer.stop();
        if (this.dialog.state === "early") this.earlyBye?.();
        this.end({ reason: "peer", request });
        return true;
      case "PRACK":
        return transaction !== undefined && this.prack?.(request, transaction) === true;
      case "INVITE":
      case "UPDATE":
        if (transaction) this.#peer.receive(request, transaction);
        return true;
      case "REFER":
        if (transaction) this.#receiveRefer(request, transaction);
        return true;
      default:
        if (!transaction || !this.#handlers.onRequest) return false;
        this.#host.call(() => this.#handlers.onRequest?.(request, transaction));
        return true;
    }
  }

  /** Ends the session, whatever is under way. @internal */
  end(end: SessionEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer.stop();
    this.#settle();
    this.#wait?.abort();
    this.#host.remove(this.dialog, this);
    this.#host.call(() => this.#handlers.onEnd?.(end));
  }

  close(): void {
    this.end({ reason: "closed" });
  }

  #live(): Dialog {
    if (this.#ended) throw new SipError("terminated", "the session is over");
    return this.dialog;
  }

  /** Sends a request; a peer that does not know the dialog, or is not there, ends the session (RFC 3261 §12.2.1.2). */
  async #ask(request: Request): Promise<Response> {
    try {
      const response = await this.#host.ask(request, this.dialog);
      this.dialog.noteSent(response.headers.get("CSeq")?.number ?? 0);
      if (response.statusClass === 2) this.dialog.refresh(response);
      if (request.method !== "BYE" && (response.status === 481 || response.status === 408))
        this.#hangUp("gone");
      return response;
    } catch (error) {
      if (request.method !== "BYE" && error instanceof SipError && error.code === "timeout")
        this.#hangUp("gone");
      throw error;
    }
  }

  /** Runs one offer of ours at a time (RFC 3261 §14.1, RFC 3311 §5.1). */
  async #offer(offers: boolean, send: () => Promise<Response>): Promise<Response> {
    if (!offers) return send();
    if (this.#offering || this.#peer.waits) {
      throw new SipError("transaction_state", "an offer is under way in this session", { status: 491 });
    }
    this.#offering = true;
    try {
      return await send();
    } finally {
      this.#offering = false;
    }
  }

  /** One re-INVITE. Every 2xx to it is acknowledged, those that come again included. */
  #invite(content: Content): Promise<Response> {
    const request = this.#live().createRequest("INVITE", content);
    request.headers.set("Allow", this.#host.allow);
    this.#timer.ask(request);
    const { flow } = this.dialog;
    return new Promise<Response>((resolve, reject) => {
      const options: SendOptions = {
        ...this.#host.sendOptions,
        ...(flow ? { flow } : {}),
        onResponse: (response, { request: sent }) => {
          if (response.status < 200) return;
          this.dialog.noteSent(response.headers.get("CSeq")?.number ?? 0);
          if (response.statusClass !== 2) {
            if (response.status === 481 || response.status === 408) this.#hangUp("gone");
          } else if (this.knows(response)) this.acknowledge(response);
          else {
            this.dialog.refresh(response);
            this.notePeer(response);
            this.noteBody(content);
            this.#timer.agreed(response);
            void this.confirm(sent, response).then(() => resolve(response), reject);
            return;
          }
          resolve(response);
        },
        onError: (error) => {
          if (error.code === "timeout") this.#hangUp("gone");
          reject(error);
        },
      };
      send(this.#host, request, options, () => this.dialog.nextCSeq()).final.catch(reject);
    });
  }

  /** RFC 3261 §14.1: who made the Call-ID waits for 2.1 to 4 s, the other for up to 2 s, in steps of 10 ms. */
  #pause(): Promise<void> {
    const { clock, random } = this.#host;
    const [least, range] = this.dialog.role === "caller" ? [2100, 191] : [0, 201];
    const delay = least + 10 * Math.floor(random.fraction() * range);
    this.#pausing = true;
    return new Promise((resolve, reject) => {
      const done = () => {
        this.#wait = undefined;
        this.#pausing = false;
      };
      const timer = clock.set(() => {
        done();
        resolve();
      }, delay);
      const abort = () => {
        clock.clear(timer);
        done();
        reject(new SipError("terminated", "the session is over"));
      };
      this.#wait = { timer, abort };
    });
  }

  async #refresh(): Promise<void> {
    if (this.#offering || this.#peer.waits) return;
    if (this.#peerUpdates || this.#body === undefined) await this.update();
    else await this.reinvite({ body: this.#body.text, contentType: this.#body.contentType });
  }

  /** Sends a BYE, and ends at once: nothing that comes after it counts (RFC 3261 §15). */
  async #hangUp(reason: SessionEnd["reason"], content: Content = {}): Promise<Response | undefined> {
    if (this.#ended) return undefined;
    const request = this.dialog.createRequest("BYE", content);
    const sent = this.#ask(request);
    this.end({ reason });
    return sent.catch(() => undefined);
  }

  #receiveAck(ack: Request): boolean {
    if (ack.headers.get("CSeq")?.number !== this.#unacknowledged?.cseq)
      return this.dialog.state === "confirmed";
    this.#settle();
    this.#host.call(() => this.#handlers.onAck?.(ack));
    return true;
  }

  #settle(): void {
    this.#unacknowledged?.resend.stop();
    this.#unacknowledged = undefined;
    for (const resolve of this.#acknowledged.splice(0)) resolve();
  }

  #receiveRefer(request: Request, transaction: ServerTransaction): void {
    this.dialog.refresh(request);
    const refer = IncomingRefer.within(this.#host, request, transaction, this.dialog);
    if (refer && this.#handlers.onRefer) this.#host.call(() => this.#handlers.onRefer?.(refer));
    else refer?.reject(603);
  }
}
