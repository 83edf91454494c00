// ResponseContext: one request sent to one target or many, and the one final response that comes of it (RFC 3261
// §16.7). It ends with the last of its branches, and keeps nothing beyond that.

import type { Clock } from "../clock.ts";
import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { SentRequest } from "../stack/options.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import { bestResponse } from "./best-response.ts";
import { Branch, type BranchListener, FAILED, statusOf, takeVia } from "./branch.ts";
import type { ContextHost } from "./context-host.ts";
import { Departure, type DepartureOwner } from "./departure.ts";
import type { ForwardOptions } from "./options.ts";
import { Patience } from "./patience.ts";
import type { ProxyTarget } from "./target.ts";
import { TargetSet } from "./target-set.ts";

const NOWHERE: ProxyTarget = { uri: "" };

/** What a context needs until its last branch has ended; it forwards further 2xx for another 32 seconds without. */
interface Work {
  readonly host: ContextHost;
  readonly departure: Departure;
  readonly request: Request;
  readonly targets: TargetSet;
  /** Final responses, 3xx to 6xx, of the branches that ended. */
  readonly finals: Response[];
}

/** The branches of one request. */
export class ResponseContext implements BranchListener, DepartureOwner {
  #work: Work | undefined;
  readonly #clock: Clock;
  readonly #transaction: ServerTransaction;
  readonly #options: ForwardOptions;
  readonly #invite: boolean;
  readonly #open: Branch[] = [];
  #group = 0;
  #starting = false;
  /** No new branches: canceled, accepted, or declined by one who speaks for all. */
  #stopped = false;
  #canceled = false;
  #ended = false;
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
    this.#work = { host, departure, request, targets: set, finals: [] };
    this.#clock = host.clock;
    this.#transaction = transaction;
    this.#options = options;
    this.#invite = request.method === "INVITE";
  }

  /** Sends to the first group. */
  start(): void {
    this.#next();
  }

  /** Cancels every branch that has no final response (RFC 3261 §16.10), and begins no more. */
  cancel(reason?: string): void {
    this.#canceled = true;
    this.#stopped = true;
    this.#cancelAll(reason);
    this.#step();
  }

  /** Cancels what is under way. One whose next hop is still looked up asks nobody any more. @param reason RFC 3326 */
  #cancelAll(reason?: string): void {
    for (const branch of [...this.#open]) {
      if (branch.transaction) branch.transaction.cancel(reason);
      else {
        this.#close(branch);
        this.#busy.finals.push(this.#busy.request.createResponse(branch.skipped ? 408 : 487));
      }
    }
  }

  /** Tries groups until one of them has a branch, or none is left. */
  #next(): void {
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
    let room = this.#busy.host.breadth;
    // One that we gave up, and that nobody ever answered, asks nobody any more.
    for (const { breadth, skipped, answered } of this.#open) if (!skipped || answered) room -= breadth;
    return room;
  }

  /** What it works with, before its end. */
  get #busy(): Work {
    return this.#work as Work;
  }

  /** A branch has ended. Its target may hold on to a whole message. */
  #close(branch: Branch): void {
    const at = this.#open.indexOf(branch);
    if (at >= 0) this.#open.splice(at, 1);
    branch.to = NOWHERE;
    branch.patience?.stop();
  }

  /** Whether the current group has branches that may still bring something. */
  get #isBusy(): boolean {
    return this.#open.some(({ group, skipped }) => group === this.#group && !skipped);
  }

  #begin(branch: Branch): void {
    if (!this.isOpen(branch)) this.#open.push(branch);
    this.#busy.departure.begin(branch);
  }

  isOpen(branch: Branch): boolean {
    return this.#open.includes(branch);
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
    const asked = branch.transaction;
    if (this.#tryNext(branch)) asked?.abort();
  }

  /** A response came for a branch. */
  heard(response: Response, branch: Branch, from: SentRequest): void {
    const { status } = response;
    const current = branch.transaction === from;
    if (current) branch.patience?.stop();
    if (status < 200) {
      // A hop that was given up is being cancelled.
      if (!current) return;
      branch.answered = true;
      if (status > 100) branch.rang = true;
      // A 100 has come from ourselves already, and RFC 4320 §4.1 allows no other 1xx but to an INVITE.
      if (status === 100 || !this.#invite || !this.#transaction.waiting || branch.skipped) return;
    }
    if (!takeVia(response)) {
      if (status >= 200 && current) this.#fail(branch, 502);
    } else if (status < 200) this.#forward(response);
    else if (status < 300) this.#succeed(response, branch, from);
    else if (current) this.#refused(response, branch);
  }

  /** Steps 5 and 10: a 2xx goes on at once, each of them to an INVITE, and ends the other branches. */
  #succeed(response: Response, branch: Branch, from: SentRequest): void {
    // A hop that was given up may still accept; the one that took its place is cancelled with the others.
    if (branch.transaction === from) this.#close(branch);
    this.#stopped = true;
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
    this.#close(branch);
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
    if (branch.transaction === from) this.#fail(branch, statusOf(error));
  }

  #fail(branch: Branch, status: number): void {
    // Another 2xx that lacks our caller's Via, when all is over.
    if (this.#work === undefined) return;
    if (FAILED.has(status) && this.#tryNext(branch)) return;
    this.#close(branch);
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
    if (this.#starting || this.#isBusy) return;
    this.#patience?.stop();
    if (!this.#stopped && !this.#busy.targets.empty) {
      if (this.#room > 0) this.#next();
      return;
    }
    if (this.#open.length > 0) return;
    if (this.#transaction.waiting) this.#answer();
    this.#end(undefined);
    this.#work = undefined;
  }

  /** Steps 6 to 8: the best response goes to the caller. */
  #answer(): void {
    const best =
      bestResponse(this.#busy.finals) ?? this.#busy.request.createResponse(this.#canceled ? 487 : 480);
    // A phone that never answered our CANCEL has no say in what its caller is told.
    const told = this.#canceled && best.status === 408 ? this.#busy.request.createResponse(487) : best;
    if (!this.#forward(told)) this.#forward(this.#busy.request.createResponse(502));
  }

  /** Hands a response to the caller; false where it does not match the caller's request. */
  #forward(response: Response): boolean {
    try {
      this.#options.onResponse?.(response);
    } catch (cause) {
      this.threw(cause);
    }
    try {
      this.#transaction.respond(response);
    } catch (error) {
      if (!(error instanceof SipError) || response.status < 200) return false;
      return error.code === "transaction_state";
    }
    if (response.status >= 200) this.#end(response);
    return true;
  }

  #end(final: Response | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#busy.host.ended(final, this.#thrown);
  }

  /** Nobody of this group answered in time: they are cancelled, and the next group's turn comes. */
  #skip(): void {
    for (const branch of this.#open) branch.skipped = true;
    this.#cancelAll();
    this.#step();
  }
}
