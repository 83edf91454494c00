// Headers: the header fields of one message, in order: read as typed values on demand, edited in place.
// Untouched fields stay the octets that they were.

import type { Head } from "../core/head.ts";
import { fromBinary } from "../core/text.ts";
import { SipError } from "../errors.ts";
import { isToken } from "./escape.ts";
import { type Item, makeField, sourceOf } from "./field.ts";
import { unfold } from "./fold.ts";
import { type HeaderInfo, headerInfo } from "./header-table.ts";
import type { HeaderInput, HeaderItem, HeaderName, HeaderValue } from "./header-types.ts";
import { readFirst, readList, readOne, splitList } from "./values.ts";

/**
 * The header fields of a message. Names are taken in any case and in compact form; values come typed by
 * name (RFC 3261 §20) and are immutable: change a copy and set it.
 *
 * A value that does not follow its grammar throws SipError `value_invalid` (or `uri_invalid`), a single
 * header that is there twice `value_duplicate`, both with status 400, when it is read, not before.
 */
export class Headers implements Iterable<[name: string, value: string]> {
  readonly #head: Head | undefined;
  /** Undefined as long as nothing was edited. */
  #items: Item[] | undefined;
  /** Values read so far: name or id, value, name or id, value, … */
  readonly #cache: unknown[] = [];

  /** @internal */
  constructor(head?: Head, items?: Item[]) {
    this.#head = head;
    this.#items = items ?? (head ? undefined : []);
  }

  /** The typed value of a single header, the list of all values of a list, the texts of an unknown header. */
  get<N extends HeaderName>(name: N): HeaderValue<N> {
    const info = headerInfo(name);
    const key = info ? info.id : name.toLowerCase();
    const cache = this.#cache;
    for (let i = 0; i < cache.length; i += 2) if (cache[i] === key) return cache[i + 1] as HeaderValue<N>;
    const value = !info ? this.raw(name) : info.list ? this.#list(info) : this.#single(info);
    cache.push(key, value);
    return value as HeaderValue<N>;
  }

  /**
   * The first value alone: of a list of Vias the topmost, of Routes the next. The others are not looked at.
   * Undefined where there is none.
   */
  first<N extends HeaderName>(name: N): HeaderItem<N> | undefined {
    const info = headerInfo(name);
    if (!info?.list) {
      const value = this.get(name);
      return (info ? value : (value as readonly string[])[0]) as HeaderItem<N> | undefined;
    }
    const cache = this.#cache;
    const key = -info.id;
    for (let i = 0; i < cache.length; i += 2) {
      if (cache[i] === key) return cache[i + 1] as HeaderItem<N>;
      if (cache[i] === info.id) return (cache[i + 1] as HeaderItem<N>[])[0];
    }
    const value = this.#firstOf(info);
    cache.push(key, value);
    return value as HeaderItem<N> | undefined;
  }

  /** True where there is at least one field of that name. */
  has(name: HeaderName): boolean {
    const info = headerInfo(name);
    return this.#find(info, name, 0) >= 0;
  }

  /** The values of all fields of that name as text, one a field: not split at commas, unfolded. */
  raw(name: HeaderName): readonly string[] {
    const info = headerInfo(name);
    const found: string[] = [];
    for (let at = this.#find(info, name, 0); at >= 0; at = this.#find(info, name, at + 1))
      found.push(this.#text(at));
    return found;
  }

  /**
   * Sets a header to one value, or a list of them, one field each: in the place of the first field of that
   * name, or at the end. An empty list deletes it.
   * @throws SipError `value_unsafe` for CR, LF or NUL
   */
  set<N extends HeaderName>(name: N, value: HeaderInput<N> | readonly HeaderInput<N>[]): this {
    const info = headerInfo(name);
    const fields = this.#fields(info, name, value);
    const items = this.#edit(info, name);
    let at = this.#find(info, name, 0);
    if (at < 0) at = items.length;
    else this.#remove(info, name);
    items.splice(at, 0, ...fields);
    return this;
  }

  /** Adds values behind those of that name, or at the end. Throws as set(). */
  append<N extends HeaderName>(name: N, value: HeaderInput<N> | readonly HeaderInput<N>[]): this {
    const info = headerInfo(name);
    const fields = this.#fields(info, name, value);
    const items = this.#edit(info, name);
    let after = items.length;
    for (let at = this.#find(info, name, 0); at >= 0; at = this.#find(info, name, at + 1)) after = at + 1;
    items.splice(after, 0, ...fields);
    return this;
  }

  /** Adds values before those of that name, or before all. Throws as set(). */
  prepend<N extends HeaderName>(name: N, value: HeaderInput<N> | readonly HeaderInput<N>[]): this {
    const info = headerInfo(name);
    const fields = this.#fields(info, name, value);
    const items = this.#edit(info, name);
    items.splice(Math.max(0, this.#find(info, name, 0)), 0, ...fields);
    return this;
  }

  /** Takes the first value of that name away and returns it; undefined where there is none. */
  shift<N extends HeaderName>(name: N): HeaderItem<N> | undefined {
    return this.#take(name, true) as HeaderItem<N> | undefined;
  }

  /** Takes the last value of that name away and returns it; undefined where there is none. */
  pop<N extends HeaderName>(name: N): HeaderItem<N> | undefined {
    return this.#take(name, false) as HeaderItem<N> | undefined;
  }

  /** Deletes all fields of that name; true where there was one. */
  delete(name: HeaderName): boolean {
    const info = headerInfo(name);
    if (this.#find(info, name, 0) < 0) return false;
    this.#edit(info, name);
    this.#remove(info, name);
    return true;
  }

  /** How many header fields there are, lines of one name counted each. */
  get size(): number {
    return this.#items ? this.#items.length : (this.#head as Head).count;
  }

  /** Name as written and value as text, unfolded, of each field in order; the name of a malformed line is "". */
  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    for (let at = 0; at < this.size; at++) yield [this.#name(at), this.#text(at)];
  }

  /** A copy that can be edited alone; it shares the text. */
  clone(): Headers {
    return new Headers(this.#head, this.#items && [...this.#items]);
  }

  /** @internal The untouched fields of `other` of that name, taken over as they are, in their order. */
  copy(name: HeaderName, other: Headers): void {
    const info = headerInfo(name);
    const items = this.#edit(info, name);
    for (let at = other.#find(info, name, 0); at >= 0; at = other.#find(info, name, at + 1)) {
      const { text, start, end } = sourceOf(other.#head, other.#item(at));
      items.push({ id: info?.id ?? 0, name: info?.name ?? name, text: unfold(text.slice(start, end)) });
    }
  }

  /** @internal The edited list; undefined as long as nothing was edited. */
  get items(): readonly Item[] | undefined {
    return this.#items;
  }

  #item(at: number): Item {
    return this.#items ? this.#items[at]! : at;
  }

  #name(at: number): string {
    const item = this.#item(at);
    return typeof item === "number" ? (this.#head as Head).name(item) : item.name;
  }

  #text(at: number): string {
    const { text, start, end } = sourceOf(this.#head, this.#item(at));
    return fromBinary(unfold(text.slice(start, end)));
  }

  /** The first field at or after `from` that has this name, or -1. */
  #find(info: HeaderInfo | undefined, name: string, from: number): number {
    const head = this.#head;
    const items = this.#items;
    if (info && !items) return (head as Head).find(info.id, from);
    const id = info?.id ?? 0;
    const wanted = info ? "" : name.toLowerCase();
    const size = this.size;
    for (let at = from; at < size; at++) {
      const item = items ? items[at]! : at;
      const found = typeof item === "number" ? (head as Head).id(item) : item.id;
      if (found === id && (id !== 0 || this.#name(at).toLowerCase() === wanted)) return at;
    }
    return -1;
  }

  #single(info: HeaderInfo): unknown {
    const at = this.#find(info, info.name, 0);
    if (at < 0) return undefined;
    const untouched = this.#items === undefined;
    if (!(untouched && !(this.#head as Head).repeated(info.id)) && this.#find(info, info.name, at + 1) >= 0) {
      throw new SipError("value_duplicate", `${info.name} is there twice`, {
        header: info.name,
        status: 400,
      });
    }
    const item = this.#item(at);
    if (typeof item !== "number") return readOne(info, item.text, 0, item.text.length, false);
    const head = this.#head as Head;
    return readOne(info, head.text, head.valueStart(item), head.valueEnd(item), head.ascii);
  }

  #list(info: HeaderInfo): readonly unknown[] {
    const values: unknown[] = [];
    let at = this.#find(info, info.name, 0);
    while (at >= 0) {
      const item = this.#item(at);
      if (typeof item === "number") {
        const head = this.#head as Head;
        readList(info, head.text, head.valueStart(item), head.valueEnd(item), head.ascii, values);
        if (!this.#items && !head.repeated(info.id)) break;
      } else {
        readList(info, item.text, 0, item.text.length, false, values);
      }
      at = this.#find(info, info.name, at + 1);
    }
    return values;
  }

  #firstOf(info: HeaderInfo): unknown {
    for (let at = this.#find(info, info.name, 0); at >= 0; at = this.#find(info, info.name, at + 1)) {
      const { text, start, end, ascii } = sourceOf(this.#head, this.#item(at));
      const value = readFirst(info, text, start, end, ascii);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #take(name: string, first: boolean): unknown {
    const info = headerInfo(name);
    let at = this.#find(info, name, 0);
    if (at < 0) return undefined;
    if (!first) for (let next = at; next >= 0; next = this.#find(info, name, next + 1)) at = next;
    const { text, start, end, ascii } = sourceOf(this.#head, this.#item(at));
    if (!info) {
      const value = this.#text(at);
      this.#edit(info, name).splice(at, 1);
      return value;
    }
    const parts: [number, number][] = info.list ? splitList(info, text, start, end) : [[start, end]];
    const taken = first ? parts.shift() : parts.pop();
    const items = this.#edit(info, name);
    if (parts.length === 0) {
      items.splice(at, 1);
    } else {
      const rest = text.slice(parts[0]![0], parts[parts.length - 1]![1]);
      items[at] = { id: info.id, name: info.name, text: unfold(rest).trim() };
    }
    return taken ? readOne(info, text, taken[0], taken[1], ascii) : undefined;
  }

  #fields(info: HeaderInfo | undefined, name: string, value: unknown): Item[] {
    if (!isToken(name))
      throw new SipError("value_unsafe", `not a header field's name: ${JSON.stringify(name)}`);
    const values = (Array.isArray(value) ? value : [value]) as { toString(): string }[];
    return values.map((each) => makeField(info, name, each));
  }

  /** The list of fields, ready for an edit of this name: what was read of it is forgotten. */
  #edit(info: HeaderInfo | undefined, name: string): Item[] {
    const key = info ? info.id : name.toLowerCase();
    const cache = this.#cache;
    for (let i = cache.length - 2; i >= 0; i -= 2) {
      if (cache[i] === key || cache[i] === -key) cache.splice(i, 2);
    }
    this.#items ??= Array.from({ length: (this.#head as Head).count }, (_, i) => i);
    return this.#items;
  }

  #remove(info: HeaderInfo | undefined, name: string): void {
    const items = this.#items as Item[];
    for (let at = this.#find(info, name, 0); at >= 0; at = this.#find(info, name, at)) items.splice(at, 1);
  }
}
