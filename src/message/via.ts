// Via: one hop of a message's way (RFC 3261 §20.42, RFC 3581). Immutable.

import {
  FLAG,
  NONE,
  R_BRANCH,
  R_PARAMS,
  R_RECEIVED,
  R_RPORT,
  R_VIA_HOST,
  R_VIA_PLAIN,
  R_VIA_PORT,
  R_VIA_PROTOCOL,
  R_VIA_TRANSPORT,
  R_VIA_TRANSPORT_ID,
  R_VIA_VERSION,
} from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { isAscii } from "../core/text.ts";
import { textOf } from "../core/window.ts";
import { TRANSPORTS } from "../core/words.ts";
import { refuseUnsafe } from "./escape.ts";
import { inspectAsText } from "./inspect.ts";
import { Params, type ParamsInit } from "./params.ts";

/** What may be changed in a copy of a Via, or given to make one. */
export interface ViaParts {
  /** "UDP", "TCP", "TLS", "WS", "WSS", … */
  transport?: string;
  /** Without brackets for IPv6. */
  host?: string;
  port?: number | undefined;
  /** All parameters at once; `branch`, `received` and `rport` below are set in them. */
  params?: ParamsInit;
  branch?: string;
  received?: string;
  /** `true` asks for it (RFC 3581 §3), a number answers. */
  rport?: number | true;
}

/** A Via value: `SIP/2.0/UDP host:port;branch=…`. */
export class Via {
  static {
    inspectAsText(Via.prototype, "Via");
  }

  /** "SIP" */
  readonly protocol: string;
  /** "2.0" */
  readonly version: string;
  /** As written. */
  readonly transport: string;
  /** The host of the sent-by, IPv6 without brackets. */
  readonly host: string;
  /** The port of the sent-by, undefined where it is left out. */
  readonly port: number | undefined;
  /** The transaction's identifier (RFC 3261 §8.1.1.7). */
  readonly branch: string | undefined;
  /** The source address that the next hop saw (RFC 3261 §18.2.1). */
  readonly received: string | undefined;
  /** The source port that the next hop saw (RFC 3581 §4); undefined also where it is only asked for. */
  readonly rport: number | undefined;
  private readonly _text: string;
  private readonly _span: number;
  private _params: Params | undefined;

  /** @internal Use Via.of. */
  constructor(
    protocol: string,
    version: string,
    transport: string,
    host: string,
    port: number | undefined,
    branch: string | undefined,
    received: string | undefined,
    rport: number | undefined,
    text: string,
    span: number,
    params: Params | undefined,
  ) {
    this.protocol = protocol;
    this.version = version;
    this.transport = transport;
    this.host = host;
    this.port = port;
    this.branch = branch;
    this.received = received;
    this.rport = rport;
    this._text = text;
    this._span = span;
    this._params = params;
  }

  /**
   * Makes a Via of version SIP/2.0.
   * @throws SipError `value_unsafe` for CR, LF or NUL
   */
  static of(parts: ViaParts & { host: string }): Via {
    const none = undefined;
    const bare = new Via("SIP", "2.0", "UDP", parts.host, none, none, none, none, "", 0, Params.empty());
    return bare.with(parts);
  }

  /** All parameters, those above included. */
  get params(): Params {
    this._params ??= Params.ofHeader(this._text, this._span, isAscii(this._text));
    return this._params;
  }

  /** True where rport is there, with or without a value (RFC 3581). */
  get hasRport(): boolean {
    return this.rport !== undefined || this.params.has("rport");
  }

  /** The sent-by as text, IPv6 in brackets. */
  get sentBy(): string {
    const host = this.host.includes(":") ? `[${this.host}]` : this.host;
    return this.port === undefined ? host : `${host}:${this.port}`;
  }

  /** A copy with these parts changed. */
  with(changes: ViaParts): Via {
    let params = changes.params === undefined ? this.params : Params.of(changes.params);
    if (changes.branch !== undefined) params = params.with("branch", changes.branch);
    if (changes.received !== undefined) params = params.with("received", changes.received);
    if (changes.rport !== undefined)
      params = params.with("rport", changes.rport === true ? undefined : changes.rport);
    const rport = params.get("rport");
    return new Via(
      this.protocol,
      this.version,
      refuseUnsafe(changes.transport ?? this.transport, "Via"),
      refuseUnsafe(changes.host ?? this.host, "Via"),
      "port" in changes ? changes.port : this.port,
      params.get("branch"),
      params.get("received"),
      rport && /^\d{1,5}$/.test(rport) ? Number(rport) : undefined,
      "",
      0,
      params,
    );
  }

  /** As it stands on the wire. */
  toString(): string {
    return `${this.protocol}/${this.version}/${this.transport} ${this.sentBy}${this.params}`;
  }

  /** Its text, for JSON. */
  toJSON(): string {
    return this.toString();
  }
}

/** @internal The Via that the core has just read into its record. */
export function readVia(core: Engine, text: string, ascii: boolean): Via {
  const record = core.record;
  const plain = record[R_VIA_PLAIN] === 1;
  const port = record[R_VIA_PORT]!;
  const rport = record[R_RPORT]!;
  return new Via(
    plain ? "SIP" : (textOf(text, record[R_VIA_PROTOCOL]!, ascii) as string),
    plain ? "2.0" : (textOf(text, record[R_VIA_VERSION]!, ascii) as string),
    TRANSPORTS[record[R_VIA_TRANSPORT_ID]!] || (textOf(text, record[R_VIA_TRANSPORT]!, ascii) as string),
    textOf(text, record[R_VIA_HOST]!, ascii) as string,
    port === NONE ? undefined : port,
    textOf(text, record[R_BRANCH]!, ascii),
    textOf(text, record[R_RECEIVED]!, ascii),
    rport === NONE || rport === FLAG ? undefined : rport,
    text,
    record[R_PARAMS]!,
    undefined,
  );
}
