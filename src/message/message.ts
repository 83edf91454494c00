// Message: what Request and Response share: header fields, body, the flow it came in on, and the way back
// to octets.

import type { Head } from "../core/head.ts";
import { parseOwn } from "../core/parse.ts";
import { binaryFrom, bytesFrom, DATA, fromBinary, toBinary } from "../core/text.ts";
import { notWanted } from "../errors.ts";
import type { Flow } from "../transport/transport.ts";
import { decodeBody } from "./charset.ts";
import { Headers } from "./headers.ts";
import { inspectAsText } from "./inspect.ts";
import { writeMessage } from "./write.ts";

/** How a message is written. */
export interface WriteOptions {
  /** Names that have a compact form are written in it (RFC 3261 §7.3.3). */
  compact?: boolean;
}

/** The common half of Request and Response. */
export abstract class BaseMessage {
  static {
    inspectAsText(BaseMessage.prototype, "Message");
  }

  abstract readonly kind: "request" | "response";
  /**
   * The flow that the message came in on; undefined for one made here. A response goes back on it, or as
   * `Transport.responseFlow` says.
   */
  flow: Flow | undefined = undefined;

  private _head: Head | undefined;
  private _headers: Headers | undefined;
  /** A body that was set here, as a binary string. */
  private _body: string | undefined;
  /** The whole of a message that was made as text, as long as nobody has looked into it. */
  private _unread: string | undefined;

  protected constructor(head: Head | undefined, headers: Headers | undefined, unread?: string) {
    this._head = head;
    this._headers = headers ?? (unread === undefined ? new Headers(head) : undefined);
    this._body = head === undefined ? "" : undefined;
    this._unread = unread;
  }

  get headers(): Headers {
    return this._headers ?? this._read();
  }

  protected get head(): Head | undefined {
    if (this._headers === undefined) this._read();
    return this._head;
  }

  /** The body's octets, a copy of its own; empty where there is none. */
  get body(): Uint8Array<ArrayBuffer> {
    return bytesFrom(this._binaryBody());
  }

  /**
   * Sets the body, and Content-Length in octets. Text is written as UTF-8, whatever Content-Type says. Throws SipError
   * `value_invalid` for what is neither.
   */
  set body(body: Uint8Array | string) {
    if (body?.length === undefined) throw notWanted("body", DATA, body);
    this._body = typeof body === "string" ? toBinary(body) : binaryFrom(body);
    this.headers.set("Content-Length", String(this._body.length));
  }

  /**
   * The body as text, in the charset of Content-Type; UTF-8 where that names none, is not there or cannot be
   * read (RFC 3261 §7.4.1). Octets that the charset does not know become U+FFFD.
   * @throws SipError `unsupported`, status 415, for a charset that this runtime's TextDecoder does not know
   */
  get bodyText(): string {
    return decodeBody(this.headers, this._binaryBody());
  }

  /** How many octets the body has. */
  get bodyLength(): number {
    return this._body === undefined
      ? (this.head as Head).text.length - (this.head as Head).end
      : this._body.length;
  }

  /**
   * What Content-Length announced when the message came in: undefined where it was not there, NaN where it
   * was no number or several that differ.
   */
  get announcedLength(): number | undefined {
    return this.made ? undefined : this.head?.bodyLength;
  }

  /** @internal What came in; undefined for a message that was made here. */
  get came(): Head | undefined {
    return this.head;
  }

  /** @internal True where the start line came in with other white space than one SP (RFC 3261 §7.1). */
  get spaced(): boolean {
    return this.head?.spaced === true;
  }

  /**
   * The message's octets, fresh each time. What nobody edited is, octet for octet, what came in; header fields
   * made here have their long names.
   *
   * @param options `compact`: write all names that have a compact form in it (RFC 3261 §7.3.3)
   */
  toBytes(options?: WriteOptions): Uint8Array<ArrayBuffer> {
    return bytesFrom(this._write(options));
  }

  /** @internal The message's octets as a binary string: what somebody keeps to send it again. */
  get octets(): string {
    return this._write(undefined);
  }

  /** The message as text, read as UTF-8: what a WebSocket text frame carries. */
  toString(options?: WriteOptions): string {
    return fromBinary(this._write(options));
  }

  /** Its text, for JSON. */
  toJSON(): string {
    return this.toString();
  }

  /** True for a message that did not come in. */
  protected abstract readonly made: boolean;

  /** The start line as a binary string; undefined where nobody edited it. */
  protected abstract editedStartLine(): string | undefined;

  /** Takes over what was set in `other`, for clone(). */
  protected adopt(other: BaseMessage): void {
    this._body = other._body;
    this.flow = other.flow;
  }

  private _binaryBody(): string {
    return this._body ?? (this.head as Head).text.slice((this.head as Head).end);
  }

  private _read(): Headers {
    this._head = parseOwn(this._unread as string);
    this._unread = undefined;
    this._headers = new Headers(this._head);
    return this._headers;
  }

  private _write(options: WriteOptions | undefined): string {
    const unread = this._unread;
    if (unread !== undefined && options?.compact !== true && this.editedStartLine() === undefined)
      return unread;
    if (!this.head && !this.headers.has("Content-Length")) {
      this.headers.append("Content-Length", String(this._binaryBody().length));
    }
    return writeMessage(
      this.head,
      this.headers,
      this.editedStartLine(),
      this._body,
      options?.compact === true,
    );
  }
}
