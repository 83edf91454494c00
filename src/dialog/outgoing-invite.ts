// OutgoingInvite: an INVITE of ours until it is answered (RFC 3261 §13.2): its provisional responses, reliable ones among
// them (RFC 3262), the 2xx of each fork, and its CANCEL.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { SentRequest } from "../stack/options.ts";
import { answerFault } from "./answer-fault.ts";
import { hasOption, leadingNumber } from "./content.ts";
import { type Fork, Forks } from "./forks.ts";
import type { Closable, Host } from "./host.ts";
import type { InviteHandlers, InviteOptions } from "./invite-options.ts";
import { Ringing } from "./ringing.ts";
import type { EarlyDialog, Session } from "./session.ts";
import { hasSession } from "./session-body.ts";
import { SessionTimer } from "./session-timer.ts";

/** A call that we make. */
export class OutgoingInvite implements Closable {
  /**
   * The session with the first one who accepts. Rejects with a SipError where nobody does: `refused` with the status,
   * and the Response as `cause`; `timeout`, `transport_failed` and so on as ClientTransaction.final; `aborted` after
   * cancel, or the INVITE's Expires, and where `answer` throws, with that as `cause`; `value_invalid`, with `header` and the
   * status 502, where the Contact or Record-Route of the one who accepted cannot be read: he gets an ACK and a BYE, where
   * there is a way to him; `terminated` where it was over before it began: `answer` took longer than the callee waits, or its
   * dialog ended while it rang; `closed` where the user agent was. One that nobody handles is no unhandled rejection.
   */
  readonly session: Promise<Session>;
  readonly #host: Host;
  readonly #handlers: InviteHandlers;
  readonly #options: InviteOptions;
  readonly #forks: Forks;
  readonly #ringing: Ringing;
  #request: Request;
  #transaction: SentRequest | undefined;
  #response: Response | undefined;
  /** Keeps the session timer's Min-SE over tries, before there is a dialog to do so. */
  readonly #timer: SessionTimer;
  #resolve: (session: Session) => void = () => {};
  #reject: (error: SipError) => void = () => {};
  #canceled = false;
  #accepted = false;
  /** The session was handed out. */
  #begun = false;
  #over = false;

  /** @internal */
  constructor(host: Host, request: Request, handlers: InviteHandlers, options: InviteOptions) {
    this.#host = host;
    this.#request = request;
    this.#handlers = handlers;
    this.#options = options;
    this.#forks = new Forks(host, handlers, options);
    this.#ringing = new Ringing(host.clock);
    const nothing = () => {};
    this.#timer = new SessionTimer(host.clock, options.timer ?? {}, nothing, nothing);
    this.session = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.session.catch(() => {});
    this.#send();
    // RFC 3261 §13.2.1. One that was accepted rings no more, though its offer may wait for our answer.
    this.#ringing.limit(leadingNumber(request, "Expires"), () => this.cancel());
    host.loose.add(this);
  }

  /** The INVITE, as it was sent last. */
  get request(): Request {
    return this.#transaction?.request ?? this.#request;
  }

  /** The 2xx that made the session: its body is the answer, or the offer. */
  get response(): Response | undefined {
    return this.#response;
  }

  /** The early dialogs of now, one for each fork that rings. */
  get dialogs(): readonly EarlyDialog[] {
    return this.#forks.early;
  }

  /**
   * Cancels the call (RFC 3261 §9.1). One who accepts at the same moment gets an ACK and a BYE. Nothing happens
   * where it was answered already: then there is a session to hang up.
   *
   * @param reason the value of the CANCEL's Reason (RFC 3326)
   */
  cancel(reason?: string): void {
    if (this.#over || this.#begun || this.#canceled) return;
    this.#canceled = true;
    this.#transaction?.cancel(reason);
    // Accepted, but for our answer to the callee's offer: it waits for that no longer, and gets a BYE.
    if (this.#accepted) for (const { answers } of this.#forks.usages) answers.stop(false);
  }

  /** @internal */
  close(): void {
    // One whose peer never answers would stay for ever. One that is being cancelled ends by itself.
    if (!this.#canceled && !this.#accepted) this.#transaction?.terminate();
    const error = new SipError("closed", "the user agent was closed");
    this.#fail(error, "closed");
    this.#over = true;
    this.#reject(error);
  }

  #send(): void {
    this.#timer.ask(this.#request);
    const { flow, target } = this.#options;
    const { sendOptions } = this.#host;
    const transaction = this.#host.stack.send(this.#request, {
      ...sendOptions,
      ...(flow ? { flow } : {}),
      ...(target ? { target } : {}),
      onAgain: (again) => {
        this.#forks.end();
        sendOptions.onAgain?.(again);
      },
      onResponse: (response, from) => this.#onResponse(response, from),
      onError: (error) => this.#fail(error),
    });
    this.#transaction = transaction;
    // A stack that closes drops its transactions without a word.
    transaction.final.catch((error: SipError) => this.#fail(error));
  }

  #onResponse(response: Response, transaction: SentRequest): void {
    const { status } = response;
    // Over before its answer came: the user agent was closed, and nobody would hold the session.
    if (status === 100 || this.#over) return;
    if (status < 200) this.#provisional(response);
    else if (status < 300) this.#accept(response, transaction.request);
    else if (!this.#canceled && this.#timer.yieldTo(response)) this.#again(response);
    else if (!this.#accepted) {
      const refused = `${status} ${response.reason}`;
      this.#fail(
        this.#canceled
          ? new SipError("aborted", refused, { status, cause: response })
          : new SipError("refused", refused, { status, cause: response }),
      );
    }
  }

  /** The same call, with a longer session interval (RFC 4028 §7.3). */
  #again(response: Response): void {
    this.#forks.end();
    const next = (response.headers.get("CSeq")?.number ?? 0) + 1;
    this.#request.headers.set("CSeq", `${next} INVITE`);
    try {
      this.#send();
    } catch (error) {
      // What stack.send throws; `overloaded` say.
      this.#fail(error as SipError);
    }
  }

  #provisional(response: Response): void {
    if (answerFault(response)) this.#host.counts.unreadable++;
    const fork = response.headers.get("To")?.tag === undefined ? undefined : this.#fork(response);
    if (fork && hasOption(response, "Require", "100rel") && !this.#isNext(response, fork)) return;
    fork?.usage.notePeer(response);
    this.#host.call(() => this.#handlers.onProvisional?.(response, fork?.usage));
  }

  /** RFC 3262 §4: reliable responses are taken in their order, each once, and acknowledged by a PRACK. */
  #isNext(response: Response, fork: Fork): boolean {
    const rseq = leadingNumber(response, "RSeq");
    if (rseq === undefined || (fork.rseq !== undefined && rseq !== fork.rseq + 1)) return false;
    fork.rseq = rseq;
    if (hasSession(response)) fork.usage.peerOffers.came();
    void this.#prack(response, fork, rseq);
    return true;
  }

  async #prack(response: Response, { usage }: Fork, rseq: number): Promise<void> {
    if (this.#canceled) usage.answers.skip(response);
    // Without an offer it goes at once: what the user sends when he hears of the response comes behind it.
    const asks = usage.answers.asks(this.#request, response);
    const content = asks ? await usage.answers.give(response) : {};
    if (!content || usage.state === "ended") return;
    const cseq = response.headers.get("CSeq");
    const rack = { RAck: `${rseq} ${cseq?.number} ${cseq?.method}` };
    const headers = { ...content.headers, ...rack };
    await usage.request("PRACK", { ...content, headers }).catch((error: unknown) => {
      const { code } = error instanceof SipError ? error : { code: undefined };
      if (code !== "value_unsafe" && code !== "value_invalid") return;
      // What must not go on the wire is the user's to hear of; the response is acknowledged all the same.
      this.#host.report(error);
      void usage.request("PRACK", { headers: rack });
    });
    // There is no session to be had with whose offer is not answered.
    if (usage.answers.failed && this.#forks.size === 1) this.cancel();
  }

  #fork(response: Response): Fork | undefined {
    return this.#forks.of(response, this.request, this, this.#accepted);
  }

  #accept(response: Response, invite: Request): void {
    const usage = this.#fork(response)?.usage;
    if (usage?.repeats(response)) return;
    const fault = answerFault(response);
    if (fault) this.#host.counts.unreadable++;
    else if (!usage) return;
    const first = !this.#accepted;
    this.#accepted = true;
    if (first) {
      this.#ringing.stop();
      this.#response = response;
      this.#host.loose.delete(this);
      if (this.#forks.early.some((each) => each !== usage)) this.#forks.endLater();
    }
    if (!usage) {
      // There is no way to acknowledge it, nor to hang up.
      if (first && fault) this.#reject(fault);
      return;
    }
    const wanted = !fault && !this.#canceled && (first || this.#handlers.onFork !== undefined);
    // Nobody is asked to answer who is hung up at once.
    if (!wanted) usage.answers.skip(response);
    // One that was ended meanwhile, by a BYE of its own say, is acknowledged all the same.
    usage.dialog.confirm(response);
    usage.dialog.refresh(response);
    usage.notePeer(response);
    usage.peerOffers.opened();
    usage.sessionTimer.agreed(response);
    void usage.confirm(invite, response).then(() => {
      // RFC 3261 §13.2.2.4: whose offer cannot be answered gets a BYE.
      const { failed, fault: cause } = usage.answers;
      if (!wanted || this.#canceled || failed) void usage.bye();
      else if (!first) this.#host.call(() => this.#handlers.onFork?.(usage));
      if (!first) return;
      this.#begun = true;
      if (this.#canceled)
        this.#reject(new SipError("aborted", "the call was accepted after it was cancelled"));
      else if (fault) this.#reject(fault);
      else if (failed)
        this.#reject(new SipError("aborted", "the callee's offer was not answered", { cause }));
      // Its dialog has ended before it was accepted, or while it waited for our answer.
      else if (usage.state === "ended")
        this.#reject(new SipError("terminated", "the call was over before it began"));
      else this.#resolve(usage);
    });
  }

  #fail(error: SipError, reason: "refused" | "closed" = "refused"): void {
    if (this.#over || this.#accepted) return;
    this.#over = true;
    this.#ringing.stop();
    this.#host.loose.delete(this);
    this.#forks.end(reason);
    this.#reject(error);
  }
}
