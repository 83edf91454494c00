// Attempts: one request of the user's, sent to one target after the other until one takes it (RFC 3263 §4.3).
// Each attempt is a client transaction of its own; to the user they are one.

import type { Clock, TimerHandle } from "../../clock.ts";
import { SipError } from "../../errors.ts";
import type { Request } from "../../message/request.ts";
import type { Response } from "../../message/response.ts";
import type { ClientTransaction } from "../../transaction/client-transaction.ts";
import type { ClientHandlers, Returned } from "../../transaction/user.ts";
import type { Target } from "../../transport/transport.ts";
import type { SendOptions } from "../options.ts";
import type { Sender } from "../resolver.ts";
import { Succession } from "../succession.ts";
import { LONGEST_SEARCH } from "./dns-cache.ts";
import { hasFailed } from "./failure.ts";
import { retryAfterOf } from "./retry-after.ts";

/** Whom attempts tell how their targets did. */
export interface AttemptsOwner {
  readonly clock: Clock;
  /** How long a target may be silent while there are others, in milliseconds. */
  readonly attemptTimeout: number | undefined;
  /** It took the request. */
  answered(target: Target): void;
  /** It did not. `retryAfter` is in seconds, where a 503 gave it. */
  failed(target: Target, retryAfter: number | undefined): void;
}

export class Attempts extends Succession {
  readonly #request: Request;
  readonly #options: SendOptions;
  readonly #sender: Sender;
  readonly #owner: AttemptsOwner;
  readonly #handlers: ClientHandlers;
  #current: ClientTransaction;
  #targets: Target[] = [];
  #target: Target | undefined;
  #number = 1;
  /** The current target has said something. */
  #answered = false;
  /** No further attempt: the user has cancelled, or somebody has begun to answer. */
  #last = false;
  #patience: TimerHandle | undefined;

  /** Throws as Stack.send; what happens later goes to the handlers. */
  constructor(request: Request, options: SendOptions, sender: Sender, owner: AttemptsOwner) {
    super();
    this.#request = request.clone();
    this.#options = options;
    this.#sender = sender;
    this.#owner = owner;
    this.#handlers = {
      onResponse: (response, transaction) => this.#onResponse(response, transaction),
      onError: (error, transaction) => this.#onError(error, transaction),
    };
    this.#current = this.#create(options.branch);
  }

  /** Starts with what was found, if that is found in time. */
  begin(found: readonly Target[] | Promise<readonly Target[]>): void {
    if (found instanceof Promise) {
      // A transaction that has not begun has no timer of its own, and DNS may be anybody's.
      this.#patience = this.#owner.clock.set(() => {
        this.#last = true;
        this.#current.fail(new SipError("timeout", "the search for targets has not ended in time"));
      }, LONGEST_SEARCH);
    }
    Promise.resolve(found).then(
      (targets) => {
        this.#stopWaiting();
        this.#targets = [...targets];
        this.#start();
      },
      (error: unknown) =>
        this.#current.fail(
          error instanceof SipError ? error : new SipError("no_target", String(error), { cause: error }),
        ),
    );
  }

  /** The transaction that is under way. */
  get current(): ClientTransaction {
    return this.#current;
  }

  cancel(reason?: string): void {
    this.#last = true;
    this.#current.cancel(reason);
  }

  abort(): void {
    this.#last = true;
    this.#current.abort();
  }

  terminate(): void {
    this.#last = true;
    this.#current.terminate();
  }

  #create(branch: string | undefined): ClientTransaction {
    const { timerC } = this.#options;
    const transaction = this.#sender.create(this.#request, this.#handlers, {
      ...(branch === undefined ? {} : { branch }),
      ...(timerC === undefined ? {} : { timerC }),
    });
    // An attempt that was given up is not the current one any more when its promise settles.
    transaction.final.then(
      (response) => transaction === this.#current && this.end(response),
      (error: SipError) => {
        if (transaction !== this.#current) return;
        this.#stopWaiting();
        this.end(error);
      },
    );
    return transaction;
  }

  /** Gives a silent target up before its transaction does, where that is asked for, and there is another. */
  #wait(transaction: ClientTransaction): void {
    const { attemptTimeout, clock } = this.#owner;
    if (attemptTimeout === undefined || this.#targets.length === 0) return;
    this.#patience = clock.set(() => {
      this.#patience = undefined;
      if (this.#next(undefined)) this.#giveUp(transaction);
    }, attemptTimeout);
  }

  /** What it may answer yet is for nobody. But whose INVITE has arrived after all is not to ring on (RFC 3261 §9.1). */
  #giveUp(transaction: ClientTransaction): void {
    if (transaction.method !== "INVITE") {
      transaction.terminate();
      return;
    }
    const { core } = this.#sender;
    transaction.handlers = {
      // The core ends a call that stands, as one whose transaction is over.
      onResponse: (response) =>
        response.statusClass === 2 ? core.onResponse(response, undefined) : undefined,
      onError() {},
    };
    transaction.cancel();
  }

  #stopWaiting(): void {
    if (this.#patience !== undefined) this.#owner.clock.clear(this.#patience);
    this.#patience = undefined;
  }

  /** Starts the current transaction on the first target that there is a way to. */
  #start(): void {
    // Given up while names were looked up; or before, and abortBy is about to tell.
    if (this.#last || this.#options.signal?.aborted) return;
    let why: SipError | undefined;
    for (let target = this.#targets.shift(); target; target = this.#targets.shift()) {
      this.#target = target;
      this.#answered = false;
      try {
        this.#sender.start(this.#current, target);
        this.#wait(this.#current);
        return;
      } catch (cause) {
        why = cause instanceof SipError ? cause : new SipError("no_target", String(cause), { cause });
      }
    }
    this.#current.fail(why ?? new SipError("no_target", "no target was found"));
  }

  /** Gives the current transaction up for one to the next target; false where there is none. */
  #next(retryAfter: number | undefined): boolean {
    this.#stopWaiting();
    if (this.#target) this.#owner.failed(this.#target, retryAfter);
    if (this.#last || this.#targets.length === 0) return false;
    const { branch } = this.#options;
    try {
      // A branch of the user's stays recognisable; it must not stay the same (RFC 3263 §4.3).
      this.#current = this.#create(branch === undefined ? undefined : `${branch}-${++this.#number}`);
    } catch {
      // The stack was closed meanwhile.
      return false;
    }
    this.#start();
    return true;
  }

  #onResponse(response: Response, transaction: ClientTransaction): Returned {
    const { status } = response;
    if (transaction === this.#current) {
      this.#stopWaiting();
      this.#answered = true;
      if (status === 503) {
        // RFC 3261 §21.5.4, RFC 3263 §4.3.
        if (this.#next(retryAfterOf(response))) return;
      } else if (this.#target && status !== 408) this.#owner.answered(this.#target);
      // Who rings has taken the call: nobody else is to ring for it, whatever becomes of the connection.
      if (status > 100) this.#last = true;
    }
    if (status < 200) this.push(response);
    const { onResponse } = this.#options;
    return onResponse
      ? onResponse.call(this.#options, response, transaction)
      : this.#sender.core.onResponse(response, transaction);
  }

  #onError(error: SipError, transaction: ClientTransaction): Returned {
    const failure = hasFailed(error.code, this.#answered);
    if (transaction === this.#current && failure && this.#next(undefined)) return;
    const { onError } = this.#options;
    return onError
      ? onError.call(this.#options, error, transaction)
      : this.#sender.core.onError(error, transaction);
  }
}
