// SendQueue: messages that wait for a connection, so many and so long.

import type { Clock } from "../clock.ts";
import { SipError } from "../errors.ts";
import { failLater } from "./notify.ts";
import type { SendFailed } from "./transport.ts";

interface Waiting {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly failed: SendFailed;
  readonly since: number;
}

export class SendQueue {
  readonly #limit: number;
  readonly #maxAge: number;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];

  /** @param maxAge milliseconds after which a message is not worth sending any more */
  constructor(options: { limit: number; maxAge: number; clock: Clock }) {
    this.#limit = options.limit;
    this.#maxAge = options.maxAge;
    this.#clock = options.clock;
  }

  get size(): number {
    return this.#waiting.length;
  }

  add(data: Uint8Array<ArrayBuffer>, failed: SendFailed): void {
    this.#letGo();
    if (this.#waiting.length >= this.#limit) {
      failLater(failed, new SipError("transport_failed", "too many messages wait for the connection"));
    } else this.#waiting.push({ data, failed, since: this.#clock.now() });
  }

  /** Sends what is still fresh. */
  flush(send: (data: Uint8Array<ArrayBuffer>, failed: SendFailed) => void): void {
    this.#letGo();
    for (const { data, failed } of this.#waiting.splice(0)) send(data, failed);
  }

  /** What is stale fails: whoever sent it has timed out meanwhile. */
  #letGo(): void {
    const oldest = this.#clock.now() - this.#maxAge;
    while (this.#waiting[0] && this.#waiting[0].since < oldest) {
      const { failed } = this.#waiting.shift()!;
      failLater(failed, new SipError("timeout", "the message waited too long for the connection"));
    }
  }

  fail(error: SipError): void {
    for (const { failed } of this.#waiting.splice(0)) failLater(failed, error);
  }
}
