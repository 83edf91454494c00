// Params: the parameters of a header field's value, of a URI, or the headers of a URI: names in any case,
// order kept, flags allowed. Immutable. What nobody changed is written back as it came.

import { NONE, R_PARAMS_COUNT } from "../core/abi.ts";
import { toBinary } from "../core/text.ts";
import { failure, hold, textOf } from "../core/window.ts";
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

/** One parameter: its name and value as they stand on the wire; `undefined` for a flag. */
type Entry = readonly [name: string, value: string | undefined];

/** Names and values to make parameters of; `true` makes a flag, `undefined` is left out. */
export type ParamsInit = Params | Readonly<Record<string, string | number | boolean | undefined>>;

/** Parameters: `;name=value;flag`. Names are compared in any case, values are given unquoted and unescaped. */
export class Params implements Iterable<[string, string]> {
  readonly #style: ParamsStyle;
  readonly #raw: string | undefined;
  readonly #ascii: boolean;
  #entries: readonly Entry[] | undefined;

  private constructor(
    style: ParamsStyle,
    raw: string | undefined,
    ascii: boolean,
    entries?: readonly Entry[],
  ) {
    this.#style = style;
    this.#raw = raw;
    this.#ascii = ascii;
    this.#entries = entries;
  }

  /** @internal Parameters from a binary string that the core has checked, with its first separator. */
  static fromRaw(style: ParamsStyle, raw: string, ascii: boolean): Params {
    return raw === "" ? EMPTY[style] : new Params(style, unfold(raw), ascii);
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
    return new Params(style, "", true, []);
  }

  /** How many there are. */
  get size(): number {
    return this.#list().length;
  }

  /** True where there is one of that name, with or without a value. */
  has(name: string): boolean {
    return this.#raw !== "" && this.#find(name) !== undefined;
  }

  /** The value of the first of that name, unquoted and unescaped; "" for a flag, undefined where there is none. */
  get(name: string): string | undefined {
    if (this.#raw === "") return undefined;
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
    const key = name.toLowerCase();
    const list = this.#list();
    const at = list.findIndex((each) => each[0].toLowerCase() === key);
    return new Params(this.#style, undefined, false, at < 0 ? [...list, entry] : replaceAt(list, at, entry));
  }

  /** A copy without any of that name. */
  without(name: string): Params {
    const key = name.toLowerCase();
    return new Params(
      this.#style,
      undefined,
      false,
      this.#list().filter((each) => each[0].toLowerCase() !== key),
    );
  }

  /** Names as written, and values as get() gives them. */
  *[Symbol.iterator](): IterableIterator<[string, string]> {
    for (const [name, value] of this.#list()) yield [this.#decodeName(name), this.#decode(value)];
  }

  /** As it stands on the wire, the first separator included; "" for none. */
  toString(): string {
    if (this.#raw !== undefined && this.#ascii) return this.#raw;
    const [first, next] = this.#style === "uri-headers" ? ["?", "&"] : [";", ";"];
    return this.#list()
      .map(([name, value], i) => `${i === 0 ? first : next}${name}${value === undefined ? "" : `=${value}`}`)
      .join("");
  }

  #find(name: string): Entry | undefined {
    const key = name.toLowerCase();
    return this.#list().find((entry) => this.#decodeName(entry[0]).toLowerCase() === key);
  }

  #list(): readonly Entry[] {
    this.#entries ??= read(this.#style, this.#raw ?? "", this.#ascii);
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

function replaceAt(list: readonly Entry[], at: number, entry: Entry): Entry[] {
  const copy = [...list];
  copy[at] = entry;
  return copy;
}

function read(style: ParamsStyle, raw: string, ascii: boolean): Entry[] {
  const core = hold(raw);
  const end =
    style === "header"
      ? core.exports.params(0, raw.length)
      : core.exports.uriParams(1, raw.length, style === "uri" ? 0x3b : 0x26);
  if (end < 0) throw failure(core, "parameters");
  const count = core.record[R_PARAMS_COUNT]!;
  const entries: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const value = core.params[2 * i + 1]!;
    const name = textOf(raw, core.params[2 * i]!, ascii) as string;
    entries.push([name, value === NONE ? undefined : textOf(raw, value, ascii)]);
  }
  return entries;
}

/** @internal Parameters of a value that a caller wrote: text with its first separator. */
export function paramsFromText(text: string, style: ParamsStyle): Params {
  const raw = toBinary(refuseUnsafe(text));
  const made = Params.fromRaw(style, raw, raw === text);
  void made.size;
  return made;
}
