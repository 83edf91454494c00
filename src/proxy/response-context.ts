// ResponseContext: one request sent to one target or many, and the one final response that comes of it (RFC 3261
// §16.7). It ends with the last of its branches, and keeps nothing beyond that.

import type { Clock } from "../clock.ts";
import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { SentRequest } from "../stack/options.ts";
import type { ClientTransaction } from "../transaction/client-transaction.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { guard } from "../watch.ts";
import { answerOf } from "./best-response.ts";
import { Branch, type BranchListener, FAILED, statusOf, takeVia } from "./branch.ts";
import { BranchSet } from "./branch-set.ts";
import type { ContextHost } from "./context-host.ts";
import { Departure, type DepartureOwner } from "./departure.ts";
import { LateAnswers } from "./late-answers.ts";
import type { ForwardOptions } from "./options.ts";
import { Patience } from "./patience.ts";
import { Recourse } from "./recourse.ts";
import type { ProxyTarget } from "./target.ts";
import { TargetSet } from "./target-set.ts";
import type { Work } from "./work.ts";

/** The branches of one request. */
export class ResponseContext implements BranchListener, DepartureOwner {
  #work: Work | undefined;
  readonly #clock: Clock;
  readonly #transaction: ServerTransaction;
  readonly #options: ForwardOptions;
  readonly #invite: boolean;
  readonly #open: BranchSet = new BranchSet();
  #group = 0;
  #starting = false;
  /** No new branches: canceled, accepted, or declined by one who speaks for all. */
  #stopped = false;
  #canceled = false;
  #ended = false;
  /** It is we who answer. */
  #telling = false;
  /** With the current group. */
  #patience: Patience | undefined;
  #thrown: { readonly cause: unknown } | undefined;

  /** @param request the request, preprocessed: what refusals are made of, too */
  constructor(
    host: ContextHost,
    request: Request,
    transaction: ServerTransaction,
    targets: readonly ProxyTarget[],
    options: ForwardOptions,
  ) {
    const set = new TargetSet(targets, options.sequential === true);
    const departure = new Departure(host, this, options.hopTimeout);
    const recourse = options.onFailure && new Recourse(options, this, () => this.#step());
    this.#work = { host, departure, request, targets: set, recourse, finals: [], accepted: [] };
    this.#clock = host.clock;
    this.#transaction = transaction;
    this.#options = options;
    this.#invite = request.method === "INVITE";
    transaction.onFinal = () => this.#forsaken();
  }

  /** Cancels every branch that has no final response (RFC 3261 §16.10), and begins no more. */
  cancel(reason?: string): void {
    this.#canceled = true;
    this.#stopped = true;
    this.#cancelAll(reason);
    this.#step();
  }

  /** Nobody waits for an answer of ours: another hand has given one, or the stack is closed. */
  #forsaken(): void {
    if (this.#telling) return;
    this.cancel();
    // Closed with the stack: these tell of no end.
    for (const branch of this.#open.all)
      if (branch.transaction?.state === "terminated") this.#open.close(branch);
    this.#step();
  }

  /** Cancels what is under way. One whose next hop is still looked up asks nobody any more. @param reason RFC 3326 */
  #cancelAll(reason?: string): void {
    for (const branch of this.#open.all) {
      if (branch.transaction) branch.transaction.cancel(reason);
      else {
        this.#open.close(branch);
        this.#busy.finals.push(this.#busy.request.createResponse(branch.skipped ? 408 : 487));
      }
    }
  }

  /** Tries groups, the first one first, until one of them has a branch, or none is left. */
  start(): void {
    const { noAnswer } = this.#options;
    if (noAnswer !== undefined && this.#invite)
      this.#patience = new Patience(this.#clock, noAnswer, () => this.#skip());
    this.#starting = true;
    while (!this.#stopped && this.#room > 0) {
      const now = this.#busy.targets.next(this.#room);
      if (!now) break;
      this.#group++;
      let room = this.#room;
      for (const [index, target] of now.entries()) {
        const breadth = Math.floor(room / (now.length - index));
        room -= breadth;
        this.#begin(new Branch(target, this.#group, breadth, this));
      }
      if (this.#isBusy) break;
    }
    this.#starting = false;
    if (!this.#isBusy) this.#step();
  }

  /** How much breadth is left. */
  get #room(): number {
    return this.#open.roomIn(this.#busy.host.breadth);
  }

  /** What it works with, before its end. */
  get #busy(): Work {
    return this.#work as Work;
  }

  /** Whether the current group has branches that may still bring something. */
  get #isBusy(): boolean {
    return this.#open.isBusy(this.#group);
  }

  #begin(branch: Branch): void {
    this.#open.add(branch);
    this.#busy.departure.begin(branch);
  }

  isOpen(branch: Branch): boolean {
    return this.#open.has(branch);
  }

  threw(cause: unknown): void {
    this.#thrown ??= { cause };
  }

  watch(what: { readonly final: Promise<unknown> }): void {
    this.#patience?.watch(what);
  }

  stayed(branch: Branch, status: number): void {
    if (this.isOpen(branch)) this.#fail(branch, status);
  }

  /** One that is alive after all is told that nobody wants it any more. */
  silent(branch: Branch): void {
    const given = branch.transaction;
    this.#busy.host.hops.failed(branch.asked, "timeout", false);
    if (this.#tryNext(branch)) given?.abort();
  }

  /** A response came for a branch. */
  heard(response: Response, branch: Branch, from: ClientTransaction): void {
    const { status } = response;
    const current = branch.transaction === from;
    if (current) {
      branch.note(status);
      this.#work?.host.hops.heard(branch.asked, response);
    }
    if (status < 200) {
      // A hop that was given up is being cancelled.
      if (!current || branch.skipped || !this.#transaction.waiting) return;
      // A 100 has come from ourselves already, and RFC 4320 §4.1 allows no other 1xx but to an INVITE.
      if (status === 100 || !this.#invite) return;
    }
    if (!takeVia(response)) {
      if (this.#work) this.#work.host.tally.dropped++;
      if (status >= 200 && current) this.#fail(branch, 502);
    } else if (status < 200) this.#forward(response);
    else if (status < 300) this.#succeed(response, branch, from);
    else if (current) this.#refused(response, branch);
  }

  /** Steps 5 and 10: a 2xx goes on at once, each of them to an INVITE, and ends the other branches. */
  #succeed(response: Response, branch: Branch, from: ClientTransaction): void {
    // A hop that was given up may still accept; the one that took its place is cancelled with the others.
    if (branch.transaction === from) this.#open.close(branch);
    this.#stopped = true;
    if (this.#invite) this.#work?.accepted.push(from);
    if (this.#transaction.waiting || (this.#invite && this.#transaction.state === "accepted")) {
      if (!this.#forward(response)) this.#work?.finals.push(this.#busy.request.createResponse(502));
    }
    // Or their users would read of a call that they have missed.
    this.#cancelAll('SIP;cause=200;text="Call completed elsewhere"');
    this.#step();
  }

  #refused(response: Response, branch: Branch): void {
    const { status } = response;
    if (status === 503 && this.#again(branch, branch.nextHop)) return;
    // RFC 5626 §7: any other final response is the client's own.
    if ((status === 430 || status === 408) && this.#again(branch, branch.nextWay)) return;
    this.#open.close(branch);
    if (branch.skipped && status === 487) this.#busy.finals.push(this.#busy.request.createResponse(408));
    else if (status < 400 && this.#options.recurse) this.#redirect(response);
    else this.#busy.finals.push(response);
    // Step 5: one that speaks for all. Nobody else need ring.
    if (status >= 600) {
      this.#stopped = true;
      this.#cancelAll(`SIP;cause=${status}`);
    }
    this.#step();
  }

  /** Step 4: what remains of a redirection may still be the best response. */
  #redirect(response: Response): void {
    const secure = this.#busy.request.uri.scheme === "sips";
    if (this.#busy.targets.redirect(response, secure, this.#stopped)) this.#busy.finals.push(response);
  }

  /** A branch ended without a response. */
  failed(error: SipError, branch: Branch, from: SentRequest): void {
    if (branch.transaction !== from) return;
    this.#work?.host.hops.failed(branch.asked, error.code, branch.answered);
    this.#fail(branch, statusOf(error));
  }

  #fail(branch: Branch, status: number): void {
    // Another 2xx that lacks our caller's Via, when all is over.
    if (this.#work === undefined) return;
    if (FAILED.has(status) && this.#tryNext(branch)) return;
    this.#open.close(branch);
    this.#busy.finals.push(this.#busy.request.createResponse(status));
    this.#step();
  }

  /** Nobody is there: the next hop's turn, or that of another way to the same client. */
  #tryNext(branch: Branch): boolean {
    if (!branch.answered && this.#again(branch, branch.nextHop)) return true;
    return this.#again(branch, branch.nextWay);
  }

  /** The same request to whom the branch turns to next, as another branch for who gets it. */
  #again(branch: Branch, next: () => boolean): boolean {
    if (this.#stopped || branch.skipped || !next.call(branch)) return false;
    this.#begin(branch);
    return true;
  }

  /** What follows the end of a branch: the next group, or the end. */
  #step(): void {
    if (this.#starting || this.#isBusy || !this.#work) return;
    this.#patience?.stop();
    if (!this.#stopped && !this.#busy.targets.empty) {
      if (this.#room > 0) this.start();
      return;
    }
    const { host, recourse, finals, request, accepted } = this.#work;
    if (!this.#stopped && recourse?.ask(this.#work, !this.#open.empty)) return;
    if (!this.#open.empty) return;
    // Steps 6 to 8: the best response goes to the caller.
    if (this.#transaction.waiting && !this.#forward(answerOf(finals, request, this.#canceled)))
      this.#forward(request.createResponse(502));
    this.#end(undefined);
    const late = new LateAnswers(this.#transaction, this.#options.onResponse, host.tally);
    for (const transaction of accepted) transaction.handlers = late;
    this.#work = undefined;
  }

  /** Hands a response to the caller; false where it does not match the caller's request. */
  #forward(response: Response): boolean {
    if (this.#options.onResponse) {
      const show = () => this.#options.onResponse?.(response);
      guard(show, (cause) => this.threw(cause));
    }
    this.#telling = true;
    try {
      this.#transaction.respond(response);
    } catch (error) {
      if (!(error instanceof SipError) || response.status < 200) return false;
      return error.code === "transaction_state";
    } finally {
      this.#telling = false;
    }
    if (response.status >= 200) {
      this.#transaction.forget();
      this.#end(response);
    }
    return true;
  }

  #end(final: Response | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#busy.host.ended(final, this.#thrown);
  }

  /** Nobody of this group answered in time: they are cancelled, and the next group's turn comes. */
  #skip(): void {
    for (const branch of this.#open.all) branch.skipped = true;
    this.#cancelAll();
    this.#step();
  }
}
