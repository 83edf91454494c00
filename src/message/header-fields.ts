// HeaderFields: the header fields of one message as they are read: typed values on demand, each kept once it was read.
// Headers edits them.

import {
  ID_CALL_ID,
  ID_CONTACT,
  ID_CONTENT_LENGTH,
  ID_CSEQ,
  ID_FROM,
  ID_MAX_FORWARDS,
  ID_TO,
  ID_VIA,
} from "../core/abi.ts";
import type { Head } from "../core/head.ts";
import { definedHeader } from "./defined.ts";
import type { Item } from "./field.ts";
import {
  fieldName,
  fieldText,
  findField,
  type Items,
  readAll,
  readSingle,
  readTopmost,
} from "./field-list.ts";
import { type Frequent, frequentAlone, frequentOf, hopsOf, NOTHING } from "./frequent.ts";
import { type HeaderInfo, headerInfo } from "./header-table.ts";
import type { HeaderItem, HeaderName, HeaderValue } from "./header-types.ts";
import type { Via } from "./via.ts";

export const FREQUENT: number = 12;

function read(head: Head | undefined, items: Items, info: HeaderInfo): unknown {
  return info.list ? readAll(head, items, info) : readSingle(head, items, info);
}

export const VIA: number = 1 << ID_VIA;
const FROM = 1 << ID_FROM;
const TO = 1 << ID_TO;
const CALL_ID = 1 << ID_CALL_ID;
const CSEQ = 1 << ID_CSEQ;
const CONTACT = 1 << ID_CONTACT;
const MAX_FORWARDS = 1 << ID_MAX_FORWARDS;

/** What of Headers reads. */
export abstract class HeaderFields implements Iterable<[name: string, value: string]> {
  protected readonly _head: Head | undefined;
  /** Undefined as long as nothing was edited, or nothing but the topmost Via was replaced. */
  protected _items: Item[] | undefined;
  /** A bit for the id of each frequent header that was edited. */
  protected _edited = 0;
  /** The most frequent values as they came in, once one of them was asked for. */
  protected _frequent: Frequent | undefined = undefined;
  /** What else was read of frequent headers, by id: all values, and behind them the first value alone. */
  protected _values: unknown[] | undefined = undefined;
  /** The topmost Via, where another was put in its place (see Headers.replaceVia). */
  protected _via: Via | undefined = undefined;
  /** True while that Via is not in the list of fields yet: a server notes one in every request, few of which it edits. */
  protected _pending = false;
  /** What was read of others, by name in lower case. */
  protected _others: Map<string, unknown> | undefined = undefined;

  /** @internal */
  constructor(head?: Head, items?: Item[]) {
    this._head = head;
    this._items = items ?? (head ? undefined : []);
  }

  /**
   * The typed value of a single header, the list of all values of a list, the texts of an unknown header that
   * nobody defined (defineHeader).
   */
  get<N extends HeaderName>(name: N): HeaderValue<N> {
    if (name === "Max-Forwards") return this._hops() as HeaderValue<N>;
    this._frequent ??= this._asItCame();
    const edited = this._edited;
    let value: unknown;
    switch (name) {
      case "From":
        if ((edited & FROM) === 0) value = this._frequent.from;
        break;
      case "To":
        if ((edited & TO) === 0) value = this._frequent.to;
        break;
      case "CSeq":
        if ((edited & CSEQ) === 0) value = this._frequent.cseq;
        break;
      case "Call-ID":
        if ((edited & CALL_ID) === 0) value = this._frequent.callId;
    }
    return (value === undefined ? this._get(name) : (value ?? undefined)) as HeaderValue<N>;
  }

  /**
   * The first value alone: of a list of Vias the topmost, of Routes the next. The others are not looked at.
   * Undefined where there is none.
   */
  first<N extends HeaderName>(name: N): HeaderItem<N> | undefined {
    this._frequent ??= this._asItCame();
    let value: unknown;
    if (name === "Via") {
      value = (this._edited & VIA) === 0 ? this._frequent.via : this._via;
    } else if (name === "Contact") {
      if ((this._edited & CONTACT) === 0) value = this._frequent.contact;
    }
    return (value === undefined ? this._first(name) : (value ?? undefined)) as HeaderItem<N> | undefined;
  }

  /** True where there is at least one field of that name. */
  has(name: HeaderName): boolean {
    const info = headerInfo(name);
    return this._find(info, name, 0) >= 0;
  }

  /** The values of all fields of that name as text, one a field: not split at commas, unfolded. */
  raw(name: HeaderName): readonly string[] {
    const info = headerInfo(name);
    const found: string[] = [];
    for (let at = this._find(info, name, 0); at >= 0; at = this._find(info, name, at + 1))
      found.push(fieldText(this._head, this._item(at)));
    return found;
  }

  /** How many header fields there are, lines of one name counted each. */
  get size(): number {
    return this._items ? this._items.length : (this._head as Head).count;
  }

  /** Name as written and value as text, unfolded, of each field in order; the name of a malformed line is "". */
  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    for (let at = 0; at < this.size; at++)
      yield [fieldName(this._head, this._item(at)), fieldText(this._head, this._item(at))];
  }

  /** @internal True where that header is not there, or can be told to be right without being read. */
  sound(info: HeaderInfo): boolean {
    const { id } = info;
    const head = this._head;
    if (head === undefined || (this._edited & (1 << id)) !== 0) return !this.has(info.name);
    if (head.find(id, 0) < 0) return true;
    if (id === ID_CONTACT) return frequentAlone(head, id);
    if (id === ID_MAX_FORWARDS) return !head.repeated(id) && head.maxForwards >= 0;
    return id === ID_CONTENT_LENGTH && !head.repeated(id) && head.bodyLength! >= 0;
  }

  /** @internal True where the fields of that frequent header are those that came in. */
  untouched(id: number): boolean {
    return (this._edited & (1 << id)) === 0;
  }

  /** @internal The edited list; undefined as long as nothing was edited. */
  get items(): readonly Item[] | undefined {
    return this._pending ? this._settle() : this._items;
  }

  /** @internal The topmost Via that stands in for the one which came in, while nothing else was edited. */
  get noted(): Via | undefined {
    return this._pending ? this._via : undefined;
  }

  protected _item(at: number): Item {
    const items = this.items;
    return items === undefined ? at : items[at]!;
  }

  /** Makes the list of fields, with the topmost Via that was put in its place. */
  protected _settle(): Item[] {
    const head = this._head as Head;
    // At its length from the start: it would grow three times.
    const items = new Array<Item>(head.count);
    for (let i = 0; i < head.count; i++) items[i] = i;
    if (this._pending) {
      const text = (this._via as Via).asRead();
      items[head.find(ID_VIA, 0)] = { id: ID_VIA, name: "Via", text, line: undefined };
      this._pending = false;
    }
    this._items = items;
    return items;
  }

  /** The place of the first field at or behind `from` that has this name, or -1. */
  protected _find(info: HeaderInfo | undefined, name: string, from: number): number {
    return findField(this._head, this._items, info, name, from);
  }

  private _hops(): number | undefined {
    const head = this._head;
    const hops = head === undefined || (this._edited & MAX_FORWARDS) !== 0 ? undefined : hopsOf(head);
    return hops === undefined ? (this._get("Max-Forwards") as number | undefined) : (hops ?? undefined);
  }

  private _asItCame(): Frequent {
    return this._head === undefined ? NOTHING : frequentOf(this._head);
  }

  /** What get() gives, where it is not among the most frequent values as they came in. */
  private _get(name: string): unknown {
    const info = headerInfo(name);
    if (info === undefined || info.id >= FREQUENT) return this._other(info, name);
    if (!info.list && info.name !== name) return this.get(info.name);
    this._values ??= [];
    const known = this._values[info.id];
    if (known !== undefined) return known;
    const items = info.id === ID_VIA ? (this.items as Items) : this._items;
    const value = this._isAlone(info) ? [this.first(info.name)] : read(this._head, items, info);
    this._values[info.id] = value;
    return value;
  }

  /** What first() gives, where it is not among the most frequent values as they came in. */
  private _first(name: string): unknown {
    const info = headerInfo(name);
    if (info?.list !== true || info.id >= FREQUENT) {
      const value: unknown = this.get(name);
      const alone = info?.list === false || definedHeader(name)?.list === false;
      return !alone && Array.isArray(value) ? value[0] : value;
    }
    if (info.name !== name) return this.first(info.name);
    this._values ??= [];
    const all = this._values[info.id] as unknown[] | undefined;
    if (all !== undefined) return all[0];
    const slot = FREQUENT + info.id;
    this._values[slot] ??= readTopmost(this._head, this._items, info);
    return this._values[slot];
  }

  /** True for a Via or Contact that came in alone: the list is made of what first() gives. */
  private _isAlone(info: HeaderInfo): boolean {
    const head = this._head;
    return head !== undefined && (this._edited & (1 << info.id)) === 0 && frequentAlone(head, info.id);
  }

  private _other(info: HeaderInfo | undefined, name: string): unknown {
    const key = (info?.name ?? name).toLowerCase();
    this._others ??= new Map();
    let value = this._others.get(key);
    if (value === undefined) {
      value = info ? read(this._head, this._items, info) : this._unknown(name);
      if (value !== undefined) this._others.set(key, value);
    }
    return value;
  }

  /** The values of a header that is not in the table: as its user defined it, or as text. */
  private _unknown(name: string): unknown {
    const texts = this.raw(name);
    const defined = definedHeader(name);
    return defined ? defined.read(texts) : texts;
  }
}
