// Via: one hop of a message's way (RFC 3261 §20.42, RFC 3581). Immutable.

import {
  FLAG,
  NONE,
  R_BRANCH,
  R_ERROR,
  R_PARAMS,
  R_PARAMS_COUNT,
  R_RECEIVED,
  R_RPORT,
  R_VIA_HOST,
  R_VIA_PLAIN,
  R_VIA_PORT,
  R_VIA_PROTOCOL,
  R_VIA_TRANSPORT,
  R_VIA_TRANSPORT_ID,
  R_VIA_VERSION,
  READ_ASCII,
  WINDOW_SIZE,
} from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { keepRecord, slab } from "../core/slab.ts";
import { toBinary } from "../core/text.ts";
import { failure, hold, isQuoted, recordedText } from "../core/window.ts";
import { TRANSPORTS } from "../core/words.ts";
import { SipError } from "../errors.ts";
import { refuseUnsafe, unquote } from "./escape.ts";
import { unfold } from "./fold.ts";
import { hostPort } from "./host-port.ts";
import { inspectAsText } from "./inspect.ts";
import { Params, type ParamsInit } from "./params.ts";

/** What may be changed in a copy of a Via, or given to make one. */
export interface ViaParts {
  /** "UDP", "TCP", "TLS", "WS", "WSS", … */
  transport?: string;
  /** Without brackets for IPv6. */
  host?: string;
  /** 0 to 65535; undefined for none. */
  port?: number | undefined;
  /** All parameters at once; `branch`, `received` and `rport` below are set in them. */
  params?: ParamsInit;
  /** The name of the transaction, `z9hG4bK` and more (RFC 3261 §8.1.1.7). */
  branch?: string;
  /** The address that the request came from (§18.2.1). */
  received?: string;
  /** `true` asks for it (RFC 3581 §3), a number answers. */
  rport?: number | true;
}

/** What a server has noted in a Via: its text with that, the source, and whether the port was asked for. */
interface Seen {
  readonly text: string;
  readonly host: string;
  readonly port: number | undefined;
}

/** A Via value: `SIP/2.0/UDP host:port;branch=…`. */
export class Via {
  static {
    inspectAsText(Via.prototype, "Via");
  }

  // The text it is a part of, and the record of where its own parts are: they are cut out when asked for.
  private readonly _text: string;
  private readonly _words: Uint32Array;
  private readonly _at: number;
  private _params: Params | undefined = undefined;
  /** What was noted in it here, behind what its text says. */
  private _seen: Seen | undefined = undefined;

  /** @internal Use Via.parse or Via.of. */
  constructor(text: string, words: Uint32Array, at: number) {
    this._text = text;
    this._words = words;
    this._at = at;
  }

  /**
   * Reads one Via value.
   * @throws SipError `value_invalid` with the offset
   */
  static parse(text: string): Via {
    const raw = toBinary(text);
    const core = hold(raw);
    const stop = raw.length > WINDOW_SIZE ? 0 : core.via(0, raw.length);
    if (stop !== raw.length) throw failure(core, stop, `Via "${text.slice(0, 80)}"`);
    return readVia(core, raw, raw === text);
  }

  /**
   * Makes a Via of version SIP/2.0.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` where the parts make no Via
   */
  static of(parts: ViaParts & { host: string }): Via {
    return compose("SIP/2.0", parts.transport ?? "UDP", parts.host, parts.port, Params.empty(), parts);
  }

  /** "SIP" */
  get protocol(): string {
    return this._plain ? "SIP" : (this._part(R_VIA_PROTOCOL) as string);
  }

  /** "2.0" */
  get version(): string {
    return this._plain ? "2.0" : (this._part(R_VIA_VERSION) as string);
  }

  /** As written: "UDP", "TCP", "TLS", "WS", "WSS", … */
  get transport(): string {
    const known = TRANSPORTS[this._words[this._at + R_VIA_TRANSPORT_ID]!];
    return known || (this._part(R_VIA_TRANSPORT) as string);
  }

  /** The host of the sent-by, IPv6 without brackets. */
  get host(): string {
    return this._part(R_VIA_HOST) as string;
  }

  /** The port of the sent-by, undefined where it is left out. */
  get port(): number | undefined {
    const port = this._words[this._at + R_VIA_PORT]!;
    return port === NONE ? undefined : port;
  }

  /** The transaction's identifier (RFC 3261 §8.1.1.7). */
  get branch(): string | undefined {
    return this._value(R_BRANCH);
  }

  /** The source address that the next hop saw (RFC 3261 §18.2.1). */
  get received(): string | undefined {
    return this._seen === undefined ? this._value(R_RECEIVED) : this._seen.host;
  }

  /** The source port that the next hop saw (RFC 3581 §4); undefined also where it is only asked for. */
  get rport(): number | undefined {
    if (this._seen !== undefined) return this._seen.port;
    const rport = this._words[this._at + R_RPORT]!;
    return rport === NONE || rport === FLAG ? undefined : rport;
  }

  /** All parameters, those above included. */
  get params(): Params {
    this._params ??= this._seen === undefined ? this._paramsAsRead() : Via.parse(this._seen.text).params;
    return this._params;
  }

  /** True where rport is there, with or without a value (RFC 3581). */
  get hasRport(): boolean {
    return this._words[this._at + R_RPORT] !== NONE;
  }

  /** @internal False where there is no parameter but branch, received and rport, as in most, as it was read. */
  get hasOthers(): boolean {
    const { _words: words, _at: at } = this;
    let others = words[at + R_PARAMS_COUNT]!;
    if (words[at + R_BRANCH] !== NONE) others--;
    if (words[at + R_RECEIVED] !== NONE) others--;
    if (words[at + R_RPORT] !== NONE) others--;
    return others !== 0;
  }

  /** The sent-by as text, IPv6 in brackets. */
  get sentBy(): string {
    return hostPort(this.host, this.port);
  }

  /** @internal As it was read, and with what was noted in it then, a binary string. */
  asRead(): string {
    if (this._seen !== undefined) return this._seen.text;
    const { _words: words, _at: at } = this;
    return this._text.slice(words[at + R_VIA_PROTOCOL]! & 0xffff, words[at + R_PARAMS]! >>> 16);
  }

  /**
   * What a server notes in it: where the request came from (RFC 3261 §18.2.1), and where it asks for it, from which
   * port (RFC 3581 §4). Throws as of().
   */
  seenFrom(host: string, port: number): Via {
    const asked = this.hasRport;
    // Its own parameter of that name, and what a quoted string or a folded line may hold, take the long way.
    if (this._seen === undefined && this._words[this._at + R_RECEIVED] === NONE && isPlainHost(host)) {
      const text = noted(this.asRead(), asked, host, port);
      if (text !== undefined) {
        const via = new Via(this._text, this._words, this._at);
        via._seen = { text, host, port: asked ? port : undefined };
        return via;
      }
    }
    // The zone of an IPv6 address means nothing to others (RFC 4007 §11.2), and the grammar has none.
    const received = host.replace(/%.*/, "");
    return this.with(asked ? { received, rport: port } : { received });
  }

  /** A copy with these parts changed. Throws as of(). */
  with(changes: ViaParts): Via {
    return compose(
      `${this.protocol}/${this.version}`,
      changes.transport ?? this.transport,
      changes.host ?? this.host,
      "port" in changes ? changes.port : this.port,
      this.params,
      changes,
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

  private _paramsAsRead(): Params {
    const ascii = this._words[this._at + R_ERROR] === READ_ASCII;
    return Params.ofHeader(this._text, this._words[this._at + R_PARAMS]!, ascii);
  }

  private get _plain(): boolean {
    return this._words[this._at + R_VIA_PLAIN] === 1;
  }

  private _part(word: number): string | undefined {
    return recordedText(this._text, this._words, this._at, word);
  }

  private _value(word: number): string | undefined {
    const value = this._part(word);
    return isQuoted(this._text, this._words, this._at, word) ? unquote(unfold(value as string)) : value;
  }
}

const RPORT = ";rport";
const SEMICOLON = 0x3b;
/** An address as a socket gives it. */
const PLAIN_HOST = /^[\w.:]+$/;
let lastHost: string | undefined;

function isPlainHost(host: string): boolean {
  if (host !== lastHost && PLAIN_HOST.test(host)) lastHost = host;
  return host === lastHost;
}

/** The text of a Via with its source; undefined where that cannot be put in at a glance. */
function noted(text: string, asked: boolean, host: string, port: number): string | undefined {
  if (text.includes('"') || text.includes("\n")) return undefined;
  if (!asked) return `${text};received=${host}`;
  const end = text.indexOf(RPORT) + RPORT.length;
  if (end < RPORT.length) return undefined;
  if (end === text.length) return `${text}=${port};received=${host}`;
  if (text.charCodeAt(end) !== SEMICOLON) return undefined;
  return `${text.slice(0, end)}=${port}${text.slice(end)};received=${host}`;
}

/** Makes a Via of parts, which must be found again in it: "evil;branch" for a host would be other parts. */
function compose(
  protocol: string,
  transport: string,
  host: string,
  port: number | undefined,
  before: Params,
  changes: ViaParts,
): Via {
  let params = changes.params === undefined ? before : Params.of(changes.params);
  if (changes.branch !== undefined) params = params.with("branch", changes.branch);
  if (changes.received !== undefined) params = params.with("received", changes.received);
  if (changes.rport !== undefined)
    params = params.with("rport", changes.rport === true ? undefined : changes.rport);
  refuseUnsafe(transport + host, "Via");
  const text = `${protocol}/${transport} ${hostPort(host, port)}${params}`;
  const made = Via.parse(text);
  if (made.transport !== transport || made.host !== host || made.port !== port)
    throw new SipError("value_invalid", `parts that make another Via: ${JSON.stringify(text.slice(0, 80))}`);
  return made;
}

/** @internal The Via that the core has just read into its record. */
export function readVia(core: Engine, text: string, ascii: boolean): Via {
  const at = keepRecord(core, ascii);
  return new Via(text, slab, at);
}
