// Uri: SIP and SIPS URIs by their parts (RFC 3261 §19.1), any other scheme as scheme and the rest.
// Immutable. The escapes of user and password are kept as they came, and shown unescaped.

import {
  NONE,
  R_DISPLAY,
  R_DISPLAY_QUOTED,
  R_ERROR,
  R_PARAMS,
  R_URI_ESCAPED,
  R_URI_HEADERS,
  R_URI_HOST,
  R_URI_KIND,
  R_URI_PARAMS,
  R_URI_PASSWORD,
  R_URI_PORT,
  R_URI_SCHEME,
  R_URI_USER,
  READ_ASCII,
  RECORD_WORDS,
  SCHEME_SIP,
  SCHEME_SIPS,
  SCHEME_STAR,
  SCHEME_TEL,
  WINDOW_SIZE,
} from "../core/abi.ts";
import { keepRecord, slab } from "../core/slab.ts";
import { toBinary } from "../core/text.ts";
import { failure, hold, isQuoted, recordedText } from "../core/window.ts";
import { SipError } from "../errors.ts";
import { escapeExcept, PASSWORD, percentDecode, refuseUnsafe, USER } from "./escape.ts";
import { hostPort } from "./host-port.ts";
import { inspectAsText } from "./inspect.ts";
import { Params, type ParamsInit } from "./params.ts";
import { uriEquals } from "./uri-equals.ts";

/** What a SIP or SIPS URI is made of. */
export interface UriParts {
  /** Lower case; "sip" where it is left out. */
  scheme?: string;
  /** Unescaped; undefined for none. */
  user?: string | undefined;
  /** Unescaped; undefined for none. RFC 3261 §19.1.1 advises against one. */
  password?: string | undefined;
  /** A name, IPv4 address, or IPv6 address without its brackets. */
  host: string;
  /** 0 to 65535. */
  port?: number | undefined;
  /** Behind semicolons: `{ transport: "tcp", lr: true }`. */
  params?: ParamsInit;
  /** Behind the question mark: `{ Subject: "lunch" }`. */
  headers?: ParamsInit;
}

/** A URI: `sip:user:password@host:port;params?headers`, or of any other scheme. */
export class Uri {
  static {
    inspectAsText(Uri.prototype, "Uri");
  }

  // The text it is a part of, and the record of where its own parts are: they are cut out when asked for.
  private readonly _text: string;
  private readonly _words: Uint32Array;
  private readonly _at: number;
  private _params: Params | undefined = undefined;

  /** @internal Use Uri.parse or Uri.of. */
  constructor(text: string, words: Uint32Array, at: number) {
    this._text = text;
    this._words = words;
    this._at = at;
  }

  /** Reads a URI. @throws SipError `uri_invalid` or `value_invalid` with the offset */
  static parse(text: string): Uri {
    const raw = toBinary(text);
    const core = hold(raw);
    const stop = raw.length > WINDOW_SIZE ? 0 : core.uri(0, raw.length);
    if (stop !== raw.length) throw failure(core, stop, `URI ${JSON.stringify(text.slice(0, 80))}`);
    const at = keepRecord(core, raw === text);
    return new Uri(raw, slab, at);
  }

  /**
   * @internal Reads a URI where it stands in the head of a message, a binary string: its octets need not be taken out
   * of it. Throws as parse(), with the offset in the message.
   */
  static within(text: string, start: number, end: number, ascii: boolean): Uri {
    const core = hold(text);
    const stop = core.uri(start, end);
    if (stop !== end)
      throw failure(core, stop, `URI ${JSON.stringify(text.slice(start, Math.min(end, start + 80)))}`);
    const at = keepRecord(core, ascii);
    return new Uri(text, slab, at);
  }

  /**
   * Makes a SIP or SIPS URI of its parts.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` for a part that is no text and for a port out of range,
   *   `uri_invalid` where the parts make no URI
   */
  static of(parts: UriParts): Uri {
    const { user, password } = parts;
    return compose(
      parts.scheme ?? "sip",
      user === undefined ? undefined : escapeExcept(refuseUnsafe(user), USER),
      password === undefined ? undefined : escapeExcept(refuseUnsafe(password), PASSWORD),
      parts.host,
      parts.port,
      Params.of(parts.params ?? {}, "uri"),
      Params.of(parts.headers ?? {}, "uri-headers"),
    );
  }

  /** Lower case: "sip", "sips", "tel", "urn", … */
  get scheme(): string {
    switch (this.word(R_URI_KIND)) {
      case SCHEME_SIP:
        return "sip";
      case SCHEME_SIPS:
        return "sips";
      case SCHEME_TEL:
        return "tel";
      case SCHEME_STAR:
        return "*";
      default:
        return (this.part(R_URI_SCHEME) as string).toLowerCase();
    }
  }

  /** The user part, unescaped; undefined where there is none. */
  get user(): string | undefined {
    const user = this.part(R_URI_USER);
    return user === undefined || this.word(R_URI_ESCAPED) === 0 ? user : percentDecode(user);
  }

  /** The password, unescaped. To be avoided (RFC 3261 §19.1.1). */
  get password(): string | undefined {
    const password = this.part(R_URI_PASSWORD);
    return password === undefined ? undefined : percentDecode(password);
  }

  /** @internal User and password as they came, escapes and all. */
  get userinfo(): string | undefined {
    const password = this.part(R_URI_PASSWORD);
    const user = this.part(R_URI_USER);
    return password === undefined ? user : `${user}:${password}`;
  }

  /** The host as written, IPv6 without brackets; "" for a scheme other than sip and sips. */
  get host(): string {
    return this.isSip ? (this.part(R_URI_HOST) as string) : "";
  }

  /** The port as written; undefined where there is none: no default is filled in. */
  get port(): number | undefined {
    const port = this.word(R_URI_PORT);
    return port === NONE ? undefined : port;
  }

  /** The parameters; empty for a scheme other than sip and sips. */
  get params(): Params {
    this._params ??= this.isSip ? Params.ofUri(this._text, this.word(R_URI_PARAMS)) : NO_PARAMS;
    return this._params;
  }

  /** The headers part, behind the question mark. */
  get headers(): Params {
    return this.isSip ? Params.ofUriHeaders(this._text, this.word(R_URI_HEADERS)) : NO_HEADERS;
  }

  /** Everything behind the scheme's colon, for a scheme other than sip and sips; else "". */
  get opaque(): string {
    return this.isSip || this.word(R_URI_KIND) === SCHEME_STAR ? "" : (this.part(R_URI_HOST) as string);
  }

  /** True for sip and sips. */
  get isSip(): boolean {
    const kind = this.word(R_URI_KIND);
    return kind === SCHEME_SIP || kind === SCHEME_SIPS;
  }

  /** host:port as written, with the brackets of an IPv6 address. */
  get hostPort(): string {
    return hostPort(this.host, this.port);
  }

  /**
   * A copy with some parts changed; those given as undefined are taken away. Only for sip and sips.
   * @throws SipError as of()
   */
  with(changes: Partial<UriParts>): Uri {
    if (!this.isSip) throw new SipError("uri_invalid", `not a SIP URI: ${this}`);
    const { user, password } = changes;
    return compose(
      changes.scheme ?? this.scheme,
      "user" in changes ? user && escapeExcept(refuseUnsafe(user), USER) : this.part(R_URI_USER),
      "password" in changes
        ? password && escapeExcept(refuseUnsafe(password), PASSWORD)
        : this.part(R_URI_PASSWORD),
      changes.host ?? this.host,
      "port" in changes ? changes.port : this.port,
      changes.params === undefined ? this.params : Params.of(changes.params, "uri"),
      changes.headers === undefined ? this.headers : Params.of(changes.headers, "uri-headers"),
    );
  }

  /** Equality by RFC 3261 §19.1.4, of tel by RFC 3966 §4, of urn by RFC 8141 §3; other schemes are compared as text. */
  equals(other: Uri): boolean {
    return uriEquals(this, other);
  }

  /** As it stands on the wire, without angle brackets. */
  toString(): string {
    if (!this.isSip) return this.word(R_URI_KIND) === SCHEME_STAR ? "*" : `${this.scheme}:${this.opaque}`;
    return (
      this._inOnePiece() ?? write(this.scheme, this.userinfo, this.host, this.port, this.params, this.headers)
    );
  }

  /** The same, cut out of its text: all is written as it came, but for a port with zeros in front. */
  private _inOnePiece(): string | undefined {
    const text = this._text;
    const user = this.word(R_URI_USER);
    const host = this.word(R_URI_HOST);
    const bracket = text.charCodeAt((host & 0xffff) - 1) === OPENING ? 1 : 0;
    const port = (host >>> 16) + bracket + 1;
    if (this.word(R_URI_PORT) !== NONE && text.charCodeAt(port) === ZERO) return undefined;
    const start = user === NONE ? (host & 0xffff) - bracket : user & 0xffff;
    return `${this.scheme}:${text.slice(start, this.word(R_URI_HEADERS) >>> 16)}`;
  }

  /** Its text, for JSON. */
  toJSON(): string {
    return this.toString();
  }

  /** @internal A part of the URI, or of the address whose record this is, as it came. */
  part(word: number): string | undefined {
    return recordedText(this._text, this._words, this._at, word);
  }

  /** @internal A word of its record. */
  word(word: number): number {
    return this._words[this._at + word]!;
  }

  /** @internal True where that part begins with a quote. */
  quoted(word: number): boolean {
    return isQuoted(this._text, this._words, this._at, word);
  }

  /** @internal The parameters of the address whose record this is. */
  paramsBehind(): Params {
    return Params.ofHeader(this._text, this.word(R_PARAMS), this.word(R_ERROR) === READ_ASCII);
  }
}

const OPENING = 0x5b;
const ZERO = 0x30;
const NO_PARAMS = Params.empty("uri");
const NO_HEADERS = Params.empty("uri-headers");

function write(
  scheme: string,
  userinfo: string | undefined,
  host: string,
  port: number | undefined,
  params: Params,
  headers: Params,
): string {
  return `${scheme}:${userinfo === undefined ? "" : `${userinfo}@`}${hostPort(host, port)}${params}${headers}`;
}

/** Makes a URI of parts, which must be found again in it: "evil@host" for a host would be other parts. */
function compose(
  scheme: string,
  user: string | undefined,
  password: string | undefined,
  host: string,
  port: number | undefined,
  params: Params,
  headers: Params,
): Uri {
  // RFC 3261 §25.1: a password stands behind a user.
  const userinfo = user === undefined || password === undefined ? user : `${user}:${password}`;
  const text = write(scheme, userinfo, refuseUnsafe(host), port, params, headers);
  const made = Uri.parse(text);
  if (!made.isSip || made.host !== host || made.port !== port || made.scheme !== scheme.toLowerCase())
    throw new SipError("uri_invalid", `parts that make another URI: ${JSON.stringify(text.slice(0, 80))}`);
  return made;
}

/** The `*` of Contact (RFC 3261 §10.2.2), which stands where a URI could. */
export const STAR: Uri = (() => {
  const words = new Uint32Array(RECORD_WORDS).fill(NONE);
  words[R_URI_KIND] = SCHEME_STAR;
  words[R_DISPLAY] = words[R_DISPLAY_QUOTED] = words[R_PARAMS] = 0;
  return new Uri("*", words, 0);
})();
