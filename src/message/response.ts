// Response: a status line, header fields and a body (RFC 3261 §7.2).

import type { Head } from "../core/head.ts";
import { toBinary } from "../core/text.ts";
import { notWanted } from "../errors.ts";
import { refuseUnsafe } from "./escape.ts";
import type { Headers } from "./headers.ts";
import { BaseMessage } from "./message.ts";
import { reasonPhrase } from "./status.ts";

/** A SIP response. */
export class Response extends BaseMessage {
  /** Tells a response from a request. */
  readonly kind = "response" as const;
  private _status: number;
  private _reason: string | undefined;
  private _edited: boolean;
  /** @internal */
  protected readonly made: boolean;

  /** @internal Use parseMessage, createResponse or request.createResponse. */
  constructor(
    head: Head | undefined,
    headers: Headers | undefined,
    status: number,
    reason: string | undefined,
    made: boolean,
    unread?: string,
  ) {
    super(head, headers, unread);
    this._status = status;
    this._reason = reason;
    this._edited = head === undefined && unread === undefined;
    this.made = made;
  }

  /** 100 to 699. Setting it sets the default reason phrase too. Throws SipError `value_invalid` out of range. */
  get status(): number {
    return this._status;
  }

  set status(status: number) {
    this._status = checkStatus(status);
    this._reason = reasonPhrase(status);
    this._edited = true;
  }

  /** The reason phrase. Setting it throws SipError `value_unsafe` for CR, LF or NUL. */
  get reason(): string {
    this._reason ??= this.head ? this.head.third : reasonPhrase(this._status);
    return this._reason;
  }

  set reason(reason: string) {
    this._reason = refuseUnsafe(reason, "Status-Line");
    this._edited = true;
  }

  /** "SIP/2.0", or what came in. */
  get version(): string {
    return this.head ? this.head.first : "SIP/2.0";
  }

  /** 1 to 6: the status code's class (RFC 3261 §7.2). */
  get statusClass(): number {
    return Math.trunc(this._status / 100);
  }

  /** A copy that can be edited alone; it shares the text. */
  clone(): Response {
    const { head } = this;
    const copy = new Response(head, this.headers.clone(), this._status, this._reason, this.made);
    copy._edited = this._edited;
    copy.adopt(this);
    return copy;
  }

  protected override editedStartLine(): string | undefined {
    return this._edited ? `${this.version} ${this._status} ${toBinary(this.reason)}` : undefined;
  }
}

/** @internal The status code, 100 to 699, or what narrower range is asked for. Throws SipError `value_invalid`. */
export function checkStatus(status: number, least: number = 100, most: number = 699): number {
  if (!Number.isInteger(status) || status < least || status > most) {
    throw notWanted("status", `a number from ${least} to ${most}`, JSON.stringify(status));
  }
  return status;
}
