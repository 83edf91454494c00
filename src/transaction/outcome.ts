// Outcome: how a client transaction ended, for those who wait for it and for those who ask later: a promise, and
// iterators over the responses. The first final response counts, or the first error.

import { type ErrorCode, SipError } from "../errors.ts";
import { Response } from "../message/response.ts";
import { type Kept, keepResponse, keptResponse } from "./kept.ts";
import { ResponseQueue } from "./response-queue.ts";

interface Waiting {
  readonly promise: Promise<Response>;
  readonly resolve: (response: Response) => void;
  readonly reject: (error: SipError) => void;
}

/** The outcome of one client transaction. */
export class Outcome {
  #first: Response | Kept | SipError | undefined;
  #waiting: Waiting | undefined;
  #queues: ResponseQueue[] | undefined;

  /** Whether there is one. */
  get known(): boolean {
    return this.#first !== undefined;
  }

  /** Whether somebody waits for it. */
  get wanted(): boolean {
    return this.#waiting !== undefined || this.#queues !== undefined;
  }

  /**
   * Resolves with the final response, rejects with the error. A rejection that nobody handles is no unhandled one.
   *
   * @param ended what it is if there is none, for a transaction that is over
   */
  promise(ended: SipError | undefined): Promise<Response> {
    if (this.#waiting) return this.#waiting.promise;
    let resolve: Waiting["resolve"] = () => {};
    let reject: Waiting["reject"] = () => {};
    const promise = new Promise<Response>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    promise.catch(() => {});
    this.#waiting = { promise, resolve, reject };
    const outcome = this.#now(ended);
    if (outcome) this.#tell(outcome);
    return promise;
  }

  /** The responses from now on, up to the outcome; where that is there, that alone. As promise(). */
  responses(ended: SipError | undefined): AsyncIterator<Response, undefined> {
    const queue = new ResponseQueue();
    const outcome = this.#now(ended);
    if (outcome instanceof SipError) queue.fail(outcome);
    else if (outcome) queue.push(outcome);
    else {
      this.#queues ??= [];
      this.#queues.push(queue);
    }
    return queue;
  }

  /** A provisional response came. */
  pass(response: Response): void {
    if (this.#queues) for (const queue of this.#queues) queue.push(response);
  }

  /** Notes the outcome, and tells those who wait; what comes after the first is none. */
  settle(outcome: Response | SipError): void {
    if (this.#first !== undefined) return;
    this.#first = outcome;
    this.#tell(outcome);
  }

  /** Keeps a response as its octets alone, now that everybody has been told of it. */
  letGo(): void {
    if (this.#first instanceof Response) this.#first = keepResponse(this.#first);
  }

  /** Tells those who wait of the end of a transaction that has no outcome. */
  end(ended: SipError): void {
    if (this.#first === undefined) this.#tell(ended);
  }

  #now(ended: SipError | undefined): Response | SipError | undefined {
    const first = this.#first;
    return first === undefined || first instanceof SipError ? (first ?? ended) : keptResponse(first);
  }

  #tell(outcome: Response | SipError): void {
    const queues = this.#queues;
    this.#queues = undefined;
    if (outcome instanceof SipError) {
      this.#waiting?.reject(outcome);
      for (const queue of queues ?? []) queue.fail(outcome);
    } else {
      this.#waiting?.resolve(outcome);
      for (const queue of queues ?? []) queue.push(outcome);
    }
  }
}

const REASONS: { readonly [code in "timeout" | "aborted" | "terminated" | "closed"]: string } = {
  timeout: "no final response came in time",
  aborted: "the request was given up",
  terminated: "the transaction was terminated",
  closed: "the transaction layer was closed",
};

/** The error of a transaction that ended so. */
export function ended(code: Extract<ErrorCode, keyof typeof REASONS>): SipError {
  return new SipError(code, REASONS[code]);
}

let nobodys: Outcome | undefined;

/** The outcome of all transactions that have let go of theirs: one that rejects. */
export function forgotten(): Outcome {
  if (!nobodys) {
    nobodys = new Outcome();
    nobodys.settle(ended("terminated"));
  }
  return nobodys;
}
