// Uri: SIP and SIPS URIs by their parts (RFC 3261 §19.1), any other scheme as scheme and the rest.
// Immutable. The escapes of user and password are kept as they came, and shown unescaped.

import {
  NONE,
  R_URI_ESCAPED,
  R_URI_HEADERS,
  R_URI_HOST,
  R_URI_KIND,
  R_URI_PARAMS,
  R_URI_PASSWORD,
  R_URI_PORT,
  R_URI_SCHEME,
  R_URI_USER,
  SCHEME_SIP,
  SCHEME_SIPS,
  SCHEME_STAR,
  SCHEME_TEL,
  WINDOW_SIZE,
} from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { toBinary } from "../core/text.ts";
import { failure, hold, textOf } from "../core/window.ts";
import { SipError } from "../errors.ts";
import { escapeExcept, PASSWORD, percentDecode, refuseUnsafe, USER } from "./escape.ts";
import { inspectAsText } from "./inspect.ts";
import { Params, type ParamsInit } from "./params.ts";
import { uriEquals } from "./uri-equals.ts";

/** What a SIP or SIPS URI is made of. */
export interface UriParts {
  /** Lower case; "sip" where it is left out. */
  scheme?: string;
  /** Unescaped; undefined for none. */
  user?: string | undefined;
  password?: string | undefined;
  /** A name, IPv4 address, or IPv6 address without its brackets. */
  host: string;
  /** 0 to 65535. */
  port?: number | undefined;
  params?: ParamsInit;
  headers?: ParamsInit;
}

/** A URI: `sip:user:password@host:port;params?headers`, or of any other scheme. */
export class Uri {
  static {
    inspectAsText(Uri.prototype, "Uri");
  }

  /** Lower case: "sip", "sips", "tel", "urn", … */
  readonly scheme: string;
  /** The host as written, IPv6 without brackets; "" for a scheme other than sip and sips. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  /** The headers part, behind the question mark. */
  readonly headers: Params;
  /** Everything behind the scheme's colon, for a scheme other than sip and sips; else "". */
  readonly opaque: string;
  private readonly _user: string | undefined;
  private readonly _password: string | undefined;
  /** False where user and password are known to have no escapes. */
  private readonly _escaped: boolean;

  /** @internal Use Uri.parse or Uri.of. */
  constructor(
    scheme: string,
    user: string | undefined,
    password: string | undefined,
    host: string,
    port: number | undefined,
    params: Params,
    headers: Params,
    opaque: string,
    escaped = true,
  ) {
    this.scheme = scheme;
    this._user = user;
    this._password = password;
    this._escaped = escaped;
    this.host = host;
    this.port = port;
    this.params = params;
    this.headers = headers;
    this.opaque = opaque;
  }

  /**
   * Reads a URI.
   * @throws SipError `uri_invalid` or `value_invalid` with the offset
   */
  static parse(text: string): Uri {
    const raw = toBinary(text);
    const core = hold(raw);
    const stop = raw.length > WINDOW_SIZE ? 0 : core.uri(0, raw.length);
    if (stop !== raw.length) throw failure(core, stop, `URI "${text.slice(0, 80)}"`);
    return readUri(core, raw, raw === text);
  }

  /**
   * Makes a SIP or SIPS URI of its parts.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `uri_invalid` where the parts make no URI
   */
  static of(parts: UriParts): Uri {
    const { scheme = "sip", user, password, host, port } = parts;
    const made = new Uri(
      scheme.toLowerCase(),
      user === undefined ? undefined : escapeExcept(refuseUnsafe(user), USER),
      password === undefined ? undefined : escapeExcept(refuseUnsafe(password), PASSWORD),
      host,
      port,
      Params.of(parts.params ?? {}, "uri"),
      Params.of(parts.headers ?? {}, "uri-headers"),
      "",
    );
    const uri = Uri.parse(made.toString());
    // A host with more in it than a host ("evil@host", "host;lr") would have become other parts.
    if (made.isSip && uri.host !== host)
      throw new SipError("uri_invalid", `not a host: ${JSON.stringify(host)}`);
    return uri;
  }

  /** The user part, unescaped; undefined where there is none. */
  get user(): string | undefined {
    return this._user === undefined || !this._escaped ? this._user : percentDecode(this._user);
  }

  /** The password, unescaped. To be avoided (RFC 3261 §19.1.1). */
  get password(): string | undefined {
    return this._password === undefined ? undefined : percentDecode(this._password);
  }

  /** @internal User and password as they came, escapes and all. */
  get userinfo(): string | undefined {
    return this._password === undefined ? this._user : `${this._user}:${this._password}`;
  }

  /** True for sip and sips. */
  get isSip(): boolean {
    return this.opaque === "" && this.host !== "";
  }

  /** host:port as written, with the brackets of an IPv6 address. */
  get hostPort(): string {
    const host = this.host.includes(":") ? `[${this.host}]` : this.host;
    return this.port === undefined ? host : `${host}:${this.port}`;
  }

  /** A copy with some parts changed; those given as undefined are taken away. Only for sip and sips. */
  with(changes: Partial<UriParts>): Uri {
    const user = "user" in changes ? changes.user : undefined;
    const password = "password" in changes ? changes.password : undefined;
    return new Uri(
      changes.scheme?.toLowerCase() ?? this.scheme,
      "user" in changes ? user && escapeExcept(refuseUnsafe(user), USER) : this._user,
      "password" in changes ? password && escapeExcept(refuseUnsafe(password), PASSWORD) : this._password,
      changes.host === undefined ? this.host : refuseUnsafe(changes.host),
      "port" in changes ? changes.port : this.port,
      changes.params === undefined ? this.params : Params.of(changes.params, "uri"),
      changes.headers === undefined ? this.headers : Params.of(changes.headers, "uri-headers"),
      this.opaque,
    );
  }

  /** Equality by RFC 3261 §19.1.4; other schemes are compared as text, the scheme in any case. */
  equals(other: Uri): boolean {
    return uriEquals(this, other);
  }

  /** As it stands on the wire, without angle brackets. */
  toString(): string {
    if (!this.isSip) return this.scheme === "*" ? "*" : `${this.scheme}:${this.opaque}`;
    const password = this._password === undefined ? "" : `:${this._password}`;
    const userinfo = this._user === undefined ? "" : `${this._user}${password}@`;
    return `${this.scheme}:${userinfo}${this.hostPort}${this.params}${this.headers}`;
  }

  /** Its text, for JSON. */
  toJSON(): string {
    return this.toString();
  }
}

const NO_PARAMS = Params.empty("uri");
const NO_HEADERS = Params.empty("uri-headers");

/** The `*` of Contact (RFC 3261 §10.2.2), which stands where a URI could. */
export const STAR: Uri = new Uri("*", undefined, undefined, "", undefined, NO_PARAMS, NO_HEADERS, "");

/** @internal The URI that the core has just read into its record. */
export function readUri(core: Engine, text: string, ascii: boolean): Uri {
  const record = core.record;
  const kind = record[R_URI_KIND]!;
  if (kind === SCHEME_STAR) return STAR;
  if (kind === SCHEME_SIP || kind === SCHEME_SIPS) {
    const port = record[R_URI_PORT]!;
    return new Uri(
      kind === SCHEME_SIP ? "sip" : "sips",
      textOf(text, record[R_URI_USER]!, ascii),
      textOf(text, record[R_URI_PASSWORD]!, ascii),
      textOf(text, record[R_URI_HOST]!, ascii) as string,
      port === NONE ? undefined : port,
      Params.ofUri(text, record[R_URI_PARAMS]!),
      Params.ofUriHeaders(text, record[R_URI_HEADERS]!),
      "",
      record[R_URI_ESCAPED] === 1,
    );
  }
  const scheme =
    kind === SCHEME_TEL ? "tel" : (textOf(text, record[R_URI_SCHEME]!, ascii) as string).toLowerCase();
  const rest = textOf(text, record[R_URI_HOST]!, ascii) as string;
  return new Uri(scheme, undefined, undefined, "", undefined, NO_PARAMS, NO_HEADERS, rest);
}
