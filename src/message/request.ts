// Request: a method, a Request-URI, header fields and a body (RFC 3261 §7.1).

import type { Head } from "../core/head.ts";
import { toBinary } from "../core/text.ts";
import { SipError } from "../errors.ts";
import { answer, createResponse } from "./create-response.ts";
import { refuseUnsafe, shaped } from "./escape.ts";
import type { Headers } from "./headers.ts";
import { BaseMessage } from "./message.ts";
import type { Response } from "./response.ts";
import { Uri } from "./uri.ts";

/** A SIP request. */
export class Request extends BaseMessage {
  /** Tells a request from a response. */
  readonly kind = "request" as const;
  private _method: string | undefined;
  private _uri: Uri | undefined;
  private _edited: boolean;
  /** The To tag of every response made to this request, or what makes it with the first of them. */
  private _toTag: string | (() => string) | undefined;

  /** @internal Use parseMessage or createRequest. */
  constructor(head: Head | undefined, headers?: Headers, method?: string, uri?: Uri) {
    super(head, headers);
    this._edited = head === undefined;
    this._method = method;
    this._uri = uri;
    this._toTag = undefined;
  }

  /** The method, case-sensitive. Setting one that is no token throws SipError `value_invalid`, or `value_unsafe`. */
  get method(): string {
    this._method ??= (this.head as Head).method;
    return this._method;
  }

  set method(method: string) {
    void this.uri;
    this._method = checkMethod(method);
    this._edited = true;
  }

  /** The Request-URI. Throws SipError `uri_invalid` (status 400), with the offset, where it is none. */
  get uri(): Uri {
    if (!this._uri) {
      const { text, secondStart, secondEnd, ascii } = this.head as Head;
      try {
        this._uri = Uri.within(text, secondStart, secondEnd, ascii);
      } catch (cause) {
        const { offset = secondStart } = cause as SipError;
        throw new SipError("uri_invalid", "the Request-URI is not a URI", { status: 400, offset, cause });
      }
    }
    return this._uri;
  }

  set uri(uri: Uri | string) {
    this._method = this.method;
    this._uri = uri instanceof Uri ? uri : Uri.parse(refuseUnsafe(String(uri)));
    this._edited = true;
  }

  /** "SIP/2.0", or what came in. */
  get version(): string {
    return this.head ? this.head.third : "SIP/2.0";
  }

  /**
   * A response to this request (RFC 3261 §8.2.6): Via, From, To, Call-ID and CSeq copied, a tag added to To
   * above 100, the same in every response to this request object; Record-Route copied where a dialog may
   * come of it (§12.1.1), Timestamp into a 100 (§8.2.6.1).
   *
   * @param status 100 to 699
   * @param reason the default phrase of the status where it is left out
   */
  createResponse(status: number, reason?: string): Response {
    return createResponse(this, status, reason);
  }

  /** @internal The octets of such a response, as a binary string. Throws as createResponse. */
  answer(status: number, reason?: string, late?: number): string {
    return answer(this, status, reason, late);
  }

  /** A copy that can be edited alone; it shares the text. */
  clone(): Request {
    const copy = new Request(this.head, this.headers.clone(), this._method, this._uri);
    copy._edited = this._edited;
    copy._toTag = this._toTag;
    copy.adopt(this);
    return copy;
  }

  /** @internal The To tag for responses, made by `make` the first time. */
  toTag(make: () => string): string {
    if (typeof this._toTag !== "string") this._toTag = (this._toTag ?? make)();
    return this._toTag;
  }

  /** @internal Has `make` make that tag, once somebody wants it. */
  tagBy(make: () => string): void {
    this._toTag = make;
  }

  /** @internal */
  protected get made(): boolean {
    return this.head === undefined;
  }

  protected override editedStartLine(): string | undefined {
    return this._edited ? `${this.method} ${toBinary(this.uri.toString())} ${this.version}` : undefined;
  }
}

/** @internal The method. Throws SipError `value_invalid` or `value_unsafe` where it is no token. */
export function checkMethod(method: string): string {
  return shaped(method);
}
