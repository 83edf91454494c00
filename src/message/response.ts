// Response: a status line, header fields and a body (RFC 3261 §7.2).

import type { Head } from "../core/head.ts";
import { toBinary } from "../core/text.ts";
import { SipError } from "../errors.ts";
import { refuseUnsafe } from "./escape.ts";
import type { Headers } from "./headers.ts";
import { BaseMessage } from "./message.ts";
import { reasonPhrase } from "./status.ts";

/** A SIP response. */
export class Response extends BaseMessage {
  readonly kind = "response" as const;
  #status: number;
  #reason: string | undefined;
  #edited: boolean;

  /** @internal Use parseMessage, createResponse or request.createResponse. */
  constructor(head: Head | undefined, headers?: Headers, status = 0, reason?: string) {
    super(head, headers);
    this.#status = head ? head.status : checkStatus(status);
    this.#reason = reason === undefined ? undefined : refuseUnsafe(reason, "Status-Line");
    this.#edited = head === undefined;
  }

  /** 100 to 699. Setting it sets the default reason phrase too. Throws SipError `value_invalid` out of range. */
  get status(): number {
    return this.#status;
  }

  set status(status: number) {
    this.#status = checkStatus(status);
    this.#reason = reasonPhrase(status);
    this.#edited = true;
  }

  /** The reason phrase. Setting it throws SipError `value_unsafe` for CR, LF or NUL. */
  get reason(): string {
    this.#reason ??= this.head ? this.head.third : reasonPhrase(this.#status);
    return this.#reason;
  }

  set reason(reason: string) {
    this.#reason = refuseUnsafe(reason, "Status-Line");
    this.#edited = true;
  }

  /** "SIP/2.0", or what came in. */
  get version(): string {
    return this.head ? this.head.first : "SIP/2.0";
  }

  /** 1 to 6: the status code's class (RFC 3261 §7.2). */
  get statusClass(): number {
    return Math.trunc(this.#status / 100);
  }

  /** A copy that can be edited alone; it shares the text. */
  clone(): Response {
    const copy = new Response(this.head, this.headers.clone(), this.#status, this.#reason);
    copy.#status = this.#status;
    copy.#edited = this.#edited;
    copy.adopt(this);
    return copy;
  }

  protected override editedStartLine(): string | undefined {
    return this.#edited ? `${this.version} ${this.#status} ${toBinary(this.reason)}` : undefined;
  }
}

function checkStatus(status: number): number {
  if (!Number.isInteger(status) || status < 100 || status > 699) {
    throw new SipError("value_invalid", `status code ${status}`);
  }
  return status;
}
