// Params: the parameters of a header field's value, of a URI, or the headers of a URI: names in any case,
// order kept, flags allowed. Immutable. What nobody changed is written back as it came.

import { R_PARAMS, R_PARAMS_COUNT } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { failure, hold, part, textOf } from "../core/window.ts";
import {
  escapeExcept,
  HEADER,
  isToken,
  PARAM,
  percentDecode,
  quote,
  quoteIfNeeded,
  refuseUnsafe,
  shaped,
  unquote,
} from "./escape.ts";
import { unfold } from "./fold.ts";
import { inspectAsText } from "./inspect.ts";

/**
 * Where the parameters stand: it decides separators, quoting and escaping. A `list` has semicolons between and
 * none before the first, `credentials` and `challenge` have commas between and quotes by parameter.
 */
export type ParamsStyle = "header" | "uri" | "uri-headers" | "list" | "credentials" | "challenge";

const SEMICOLON = 0x3b;
const AMPERSAND = 0x26;
const COMMA = 0x2c;

/** One parameter: its name and value as they stand on the wire; `undefined` for a flag. */
type Entry = readonly [name: string, value: string | undefined];

/** Names and values to make parameters of; `true` makes a flag, `undefined` is left out. */
export type ParamsInit = Params | Readonly<Record<string, string | number | boolean | undefined>>;

/** Parameters: `;name=value;flag`. Names are compared in any case, values are given unquoted and unescaped. */
export class Params implements Iterable<[string, string]> {
  static {
    inspectAsText(Params.prototype, "Params");
  }

  private readonly _style: ParamsStyle;
  /** As they came: a binary string and their part of it; undefined for what was made here. */
  private readonly _text: string | undefined;
  private readonly _start: number;
  private readonly _end: number;
  private readonly _ascii: boolean;
  private _entries: readonly Entry[] | undefined;

  private constructor(
    style: ParamsStyle,
    entries: readonly Entry[] | undefined,
    text?: string,
    start = 0,
    end = 0,
    ascii = true,
  ) {
    this._style = style;
    this._entries = entries;
    this._text = text;
    this._start = start;
    this._end = end;
    this._ascii = ascii;
  }

  /** @internal Header parameters in this span of a binary string; the core has checked them. */
  static ofHeader(text: string, span: number, ascii: boolean): Params {
    const start = span & 0xffff;
    const end = span >>> 16;
    return start === end ? NO_PARAMS : new Params("header", undefined, text, start, end, ascii);
  }

  /** @internal Parameters of another style in the span that the core has just read. */
  static ofStyle(style: ParamsStyle, core: Engine, text: string, ascii: boolean): Params {
    const span = core.record[R_PARAMS]!;
    return new Params(style, undefined, text, span & 0xffff, span >>> 16, ascii);
  }

  /** @internal URI parameters in this span of a binary string. */
  static ofUri(text: string, span: number): Params {
    const start = span & 0xffff;
    const end = span >>> 16;
    return start === end ? NO_URI_PARAMS : new Params("uri", undefined, text, start, end);
  }

  /** @internal The headers of a URI, in this span of a binary string. */
  static ofUriHeaders(text: string, span: number): Params {
    const start = span & 0xffff;
    const end = span >>> 16;
    return start === end ? NO_URI_HEADERS : new Params("uri-headers", undefined, text, start, end);
  }

  /** No parameters. */
  static empty(style: ParamsStyle = "header"): Params {
    return EMPTY[style];
  }

  /**
   * Makes parameters of an object, in its order.
   * @throws SipError `value_unsafe` for CR, LF or NUL in a name or value
   */
  static of(init: ParamsInit, style: ParamsStyle = "header"): Params {
    if (init instanceof Params) {
      if (init._style === style) return init;
      return [...init].reduce(
        (made, [name, value]) => made.with(name, value === "" ? undefined : value),
        EMPTY[style],
      );
    }
    let made = EMPTY[style];
    for (const [name, value] of Object.entries(init)) {
      if (value !== undefined && value !== false)
        made = made.with(name, value === true ? undefined : String(value));
    }
    return made;
  }

  /** @internal */
  static none(style: ParamsStyle): Params {
    return new Params(style, []);
  }

  /** How many there are. */
  get size(): number {
    return this._list().length;
  }

  /** True where there is one of that name, with or without a value. */
  has(name: string): boolean {
    return this._find(name) !== undefined;
  }

  /** The value of the first of that name, unquoted and unescaped; "" for a flag, undefined where there is none. */
  get(name: string): string | undefined {
    const entry = this._find(name);
    return entry && this._decode(entry[1]);
  }

  /**
   * A copy in which the parameter has this value (a flag without one): in its place, or at the end.
   * @throws SipError `value_unsafe` for CR, LF or NUL
   */
  with(name: string, value?: string | number): Params {
    const entry: Entry = [
      this._encodeName(name),
      value === undefined ? undefined : this._encode(String(value), name),
    ];
    const entries = [...this._list()];
    const at = entries.findIndex((each) => this._names(each, name.toLowerCase()));
    if (at < 0) entries.push(entry);
    else entries[at] = entry;
    return new Params(this._style, entries);
  }

  /** A copy without any of that name. */
  without(name: string): Params {
    const key = name.toLowerCase();
    return new Params(
      this._style,
      this._list().filter((each) => !this._names(each, key)),
    );
  }

  /** Names as written, and values as get() gives them. */
  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (const [name, value] of this._list()) yield [this._decodeName(name), this._decode(value)];
  }

  /** As it stands on the wire, the first separator included; "" for none. */
  toString(): string {
    if (this._text !== undefined) return unfold(part(this._text, this._start, this._end, this._ascii));
    const [first, next] = SEPARATORS[this._style];
    return this._list()
      .map(([name, value], i) => `${i === 0 ? first : next}${name}${value === undefined ? "" : `=${value}`}`)
      .join("");
  }

  /** Its text, for JSON. */
  toJSON(): string {
    return this.toString();
  }

  private _find(name: string): Entry | undefined {
    const list = this._list();
    if (list.length === 0) return undefined;
    const key = name.toLowerCase();
    return list.find((entry) => this._names(entry, key));
  }

  /** True where the entry's name is this one, given in lower case. */
  private _names(entry: Entry, key: string): boolean {
    return this._decodeName(entry[0]).toLowerCase() === key;
  }

  private _list(): readonly Entry[] {
    this._entries ??= read(this._style, this._text as string, this._start, this._end, this._ascii);
    return this._entries;
  }

  private _decodeName(name: string): string {
    return this._isUri ? percentDecode(name) : name;
  }

  private _encodeName(name: string): string {
    // RFC 3261 §25.1: the name of a header field's parameter is a token.
    return this._isUri
      ? escapeExcept(shaped(name, /./s), this._style === "uri" ? PARAM : HEADER)
      : shaped(name);
  }

  private _decode(value: string | undefined): string {
    if (value === undefined) return "";
    return this._isUri ? percentDecode(value) : unquote(value);
  }

  private get _isUri(): boolean {
    return this._style === "uri" || this._style === "uri-headers";
  }

  private _encode(value: string, name: string): string {
    refuseUnsafe(value);
    const bare = BARE[this._style];
    if (bare !== undefined) return bare.test(name) && isToken(value) ? value : quote(value);
    if (!this._isUri) return quoteIfNeeded(value);
    return escapeExcept(value, this._style === "uri" ? PARAM : HEADER);
  }
}

const SEPARATORS: Readonly<Record<ParamsStyle, readonly [first: string, next: string]>> = {
  header: [";", ";"],
  uri: [";", ";"],
  "uri-headers": ["?", "&"],
  list: ["", ";"],
  credentials: ["", ", "],
  challenge: ["", ", "],
};

/** The auth-params that have no quotes: all others have them (RFC 3261 §25.1, challenge, dig-resp, ainfo). */
const BARE: { readonly [style in ParamsStyle]?: RegExp } = {
  credentials: /^(?:algorithm|nc|qop|userhash)$/i,
  challenge: /^(?:algorithm|stale|userhash)$/i,
};

const NO_PARAMS = Params.none("header");
const NO_URI_PARAMS = Params.none("uri");
const NO_URI_HEADERS = Params.none("uri-headers");
const EMPTY: Readonly<Record<ParamsStyle, Params>> = {
  header: NO_PARAMS,
  uri: NO_URI_PARAMS,
  "uri-headers": NO_URI_HEADERS,
  list: Params.none("list"),
  credentials: Params.none("credentials"),
  challenge: Params.none("challenge"),
};

function scan(style: ParamsStyle, core: Engine, start: number, end: number): number {
  switch (style) {
    case "header":
      return core.params(start, end);
    case "uri":
      return core.uriParams(start + 1, end, SEMICOLON);
    case "uri-headers":
      return core.uriParams(start + 1, end, AMPERSAND);
    default:
      return core.paramList(start, end, style === "list" ? SEMICOLON : COMMA);
  }
}

function read(style: ParamsStyle, text: string, start: number, end: number, ascii: boolean): Entry[] {
  const core = hold(text);
  const last = scan(style, core, start, end);
  if (last < 0) throw failure(core, last, "parameters");
  const count = core.record[R_PARAMS_COUNT]!;
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const name = textOf(text, core.paramRecord[2 * i]!, ascii) as string;
    const value = textOf(text, core.paramRecord[2 * i + 1]!, ascii);
    entries.push([name, value === undefined ? undefined : unfold(value)]);
  }
  return entries;
}
