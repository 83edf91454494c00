// Succession: requests that are sent one after the other, each a transaction of its own, and are one to their user. What he
// asks of them the one under way answers; their responses and their end are told as those of one.

import type { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { ResponseQueue } from "../transaction/response-queue.ts";
import type { Flow } from "../transport/transport.ts";
import type { SentRequest } from "./options.ts";

export abstract class Succession implements SentRequest {
  readonly kind = "client" as const;
  /** The last of the final responses: one that is followed by another request is none. */
  readonly final: Promise<Response>;
  readonly #queues: ResponseQueue[] = [];
  #resolve: (response: Response) => void = () => {};
  #reject: (error: SipError) => void = () => {};

  constructor() {
    this.final = new Promise<Response>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Nobody has to wait for it.
    this.final.catch(() => {});
  }

  /** The transaction that is under way, or was the last. */
  abstract get current(): SentRequest;
  abstract cancel(reason?: string): void;
  abstract abort(): void;
  abstract terminate(): void;

  get request(): Request {
    return this.current.request;
  }

  get branch(): string {
    return this.current.branch;
  }

  get method(): string {
    return this.current.method;
  }

  get key(): string {
    return this.current.key;
  }

  get state(): SentRequest["state"] {
    return this.current.state;
  }

  get flow(): Flow | undefined {
    return this.current.flow;
  }

  [Symbol.asyncIterator](): AsyncIterator<Response, undefined> {
    const queue = new ResponseQueue();
    this.#queues.push(queue);
    // One that has come already, or the end that there was without one.
    this.final.then(
      (response) => queue.push(response),
      (error: SipError) => queue.fail(error),
    );
    return queue;
  }

  /** A provisional response, for who reads all of them. */
  protected push(response: Response): void {
    for (const queue of this.#queues) queue.push(response);
  }

  /** That is the end. Only the first one counts. */
  protected end(outcome: Response | SipError): void {
    if (outcome instanceof Error) this.#reject(outcome);
    else this.#resolve(outcome);
  }
}
