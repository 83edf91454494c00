// Params: the parameters of a header field's value, of a URI, or the headers of a URI: names in any case,
// order kept, flags allowed. Immutable. What nobody changed is written back as it came.

import { R_PARAMS_COUNT } from "../core/abi.ts";
import { failure, hold, part, textOf } from "../core/window.ts";
import {
  escapeExcept,
  HEADER,
  PARAM,
  percentDecode,
  quoteIfNeeded,
  refuseUnsafe,
  unquote,
} from "./escape.ts";
import { unfold } from "./fold.ts";

/** Where the parameters stand: it decides separators, quoting and escaping. */
export type ParamsStyle = "header" | "uri" | "uri-headers";

const SEMICOLON = 0x3b;
const AMPERSAND = 0x26;

/** One parameter: its name and value as they stand on the wire; `undefined` for a flag. */
type Entry = readonly [name: string, value: string | undefined];

/** Names and values to make parameters of; `true` makes a flag, `undefined` is left out. */
export type ParamsInit = Params | Readonly<Record<string, string | number | boolean | undefined>>;

/** Parameters: `;name=value;flag`. Names are compared in any case, values are given unquoted and unescaped. */
export class Params implements Iterable<[string, string]> {
  readonly #style: ParamsStyle;
  /** As they came: a binary string and their part of it; undefined for what was made here. */
  readonly #text: string | undefined;
  readonly #start: number;
  readonly #end: number;
  readonly #ascii: boolean;
  #entries: readonly Entry[] | undefined;

  private constructor(
    style: ParamsStyle,
    entries: readonly Entry[] | undefined,
    text?: string,
    start = 0,
    end = 0,
    ascii = true,
  ) {
    this.#style = style;
    this.#entries = entries;
    this.#text = text;
    this.#start = start;
    this.#end = end;
    this.#ascii = ascii;
  }

  /** @internal The parameters in this span of a binary string; the core has checked them. */
  static within(style: ParamsStyle, text: string, span: number, ascii: boolean): Params {
    const start = span & 0xffff;
    const end = span >>> 16;
    return start === end ? EMPTY[style] : new Params(style, undefined, text, start, end, ascii);
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
      if (init.#style === style) return init;
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
    return this.#list().length;
  }

  /** True where there is one of that name, with or without a value. */
  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** The value of the first of that name, unquoted and unescaped; "" for a flag, undefined where there is none. */
  get(name: string): string | undefined {
    const entry = this.#find(name);
    return entry && this.#decode(entry[1]);
  }

  /**
   * A copy in which the parameter has this value (a flag without one): in its place, or at the end.
   * @throws SipError `value_unsafe` for CR, LF or NUL
   */
  with(name: string, value?: string | number): Params {
    refuseUnsafe(name);
    const entry: Entry = [
      this.#encodeName(name),
      value === undefined ? undefined : this.#encode(String(value)),
    ];
    const entries = [...this.#list()];
    const at = entries.findIndex((each) => this.#names(each, name.toLowerCase()));
    if (at < 0) entries.push(entry);
    else entries[at] = entry;
    return new Params(this.#style, entries);
  }

  /** A copy without any of that name. */
  without(name: string): Params {
    const key = name.toLowerCase();
    return new Params(
      this.#style,
      this.#list().filter((each) => !this.#names(each, key)),
    );
  }

  /** Names as written, and values as get() gives them. */
  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (const [name, value] of this.#list()) yield [this.#decodeName(name), this.#decode(value)];
  }

  /** As it stands on the wire, the first separator included; "" for none. */
  toString(): string {
    if (this.#text !== undefined) return unfold(part(this.#text, this.#start, this.#end, this.#ascii));
    const [first, next] = this.#style === "uri-headers" ? ["?", "&"] : [";", ";"];
    return this.#list()
      .map(([name, value], i) => `${i === 0 ? first : next}${name}${value === undefined ? "" : `=${value}`}`)
      .join("");
  }

  #find(name: string): Entry | undefined {
    const list = this.#list();
    if (list.length === 0) return undefined;
    const key = name.toLowerCase();
    return list.find((entry) => this.#names(entry, key));
  }

  /** True where the entry's name is this one, given in lower case. */
  #names(entry: Entry, key: string): boolean {
    return this.#decodeName(entry[0]).toLowerCase() === key;
  }

  #list(): readonly Entry[] {
    this.#entries ??= read(this.#style, this.#text as string, this.#start, this.#end, this.#ascii);
    return this.#entries;
  }

  #decodeName(name: string): string {
    return this.#style === "header" ? name : percentDecode(name);
  }

  #encodeName(name: string): string {
    return this.#style === "header" ? name : escapeExcept(name, this.#style === "uri" ? PARAM : HEADER);
  }

  #decode(value: string | undefined): string {
    if (value === undefined) return "";
    return this.#style === "header" ? unquote(value) : percentDecode(value);
  }

  #encode(value: string): string {
    refuseUnsafe(value);
    if (this.#style === "header") return quoteIfNeeded(value);
    return escapeExcept(value, this.#style === "uri" ? PARAM : HEADER);
  }
}

const EMPTY: Readonly<Record<ParamsStyle, Params>> = {
  header: Params.none("header"),
  uri: Params.none("uri"),
  "uri-headers": Params.none("uri-headers"),
};

function read(style: ParamsStyle, text: string, start: number, end: number, ascii: boolean): Entry[] {
  const core = hold(text);
  const last =
    style === "header"
      ? core.exports.params(start, end)
      : core.exports.uriParams(start + 1, end, style === "uri" ? SEMICOLON : AMPERSAND);
  if (last < 0) throw failure(core, "parameters");
  const count = core.record[R_PARAMS_COUNT]!;
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const name = textOf(text, core.params[2 * i]!, ascii) as string;
    const value = textOf(text, core.params[2 * i + 1]!, ascii);
    entries.push([name, value === undefined ? undefined : unfold(value)]);
  }
  return entries;
}
