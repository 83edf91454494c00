// ResponseQueue: a client transaction's responses for `for await`. It keeps what nobody has read yet,
// up to a limit; it never holds the transaction up.

import type { SipError } from "../errors.ts";
import type { Response } from "../message/response.ts";

/** How many unread responses are kept. Past it the oldest goes: it is provisional, since the final one is last. */
export const QUEUE_LIMIT = 64;

interface Waiter {
  resolve(result: IteratorResult<Response, undefined>): void;
  reject(error: SipError): void;
}

/** One reader's responses, in order; ends after the final one, or throws the transaction's error. */
export class ResponseQueue implements AsyncIterator<Response, undefined> {
  readonly #unread: Response[] = [];
  readonly #waiters: Waiter[] = [];
  #ended = false;
  #error: SipError | undefined;

  /** Adds a response; a final one is the last. */
  push(response: Response): void {
    if (this.#ended) return;
    const waiter = this.#waiters.shift();
    if (waiter) waiter.resolve({ done: false, value: response });
    else {
      if (this.#unread.length === QUEUE_LIMIT) this.#unread.shift();
      this.#unread.push(response);
    }
    if (response.status >= 200) this.#end();
  }

  /** Ends with an error, which comes after what is unread. */
  fail(error: SipError): void {
    if (this.#ended) return;
    const waiter = this.#waiters.shift();
    if (waiter) waiter.reject(error);
    else this.#error = error;
    this.#end();
  }

  next(): Promise<IteratorResult<Response, undefined>> {
    const value = this.#unread.shift();
    if (value) return Promise.resolve({ done: false, value });
    const error = this.#error;
    if (error) {
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  /** The loop was left early. */
  return(): Promise<IteratorResult<Response, undefined>> {
    this.#unread.length = 0;
    this.#error = undefined;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  #end(): void {
    this.#ended = true;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ done: true, value: undefined });
  }
}
