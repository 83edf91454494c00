// Headers: the header fields of one message, in order: read as typed values on demand, edited in place.
// Untouched fields stay the octets that they were.

import { ID_VIA } from "../core/abi.ts";
import { takeUnknown } from "./defined.ts";
import { copyField, extendField, type Item, makeFields, sourceOf } from "./field.ts";
import { unfold } from "./fold.ts";
import { fillsField } from "./frequent.ts";
import { FREQUENT, HeaderFields, VIA } from "./header-fields.ts";
import { type HeaderInfo, headerById, headerInfo } from "./header-table.ts";
import type { HeaderDefault, HeaderInput, HeaderItem, HeaderName, HeaderValue } from "./header-types.ts";
import { readOne, splitList } from "./values.ts";
import type { Via } from "./via.ts";

/**
 * The header fields of a message. Names are taken in any case and in compact form; values come typed by
 * name (RFC 3261 §20) and are immutable: change a copy and set it.
 *
 * A value that does not follow its grammar throws SipError `value_invalid` (or `uri_invalid`), a single
 * header that is there twice `value_duplicate`, both with status 400, when it is read, not before;
 * so does a list of more than 2,048 values, `too_many_values`. A name that is no text is `value_invalid`.
 */
export class Headers extends HeaderFields {
  /**
   * Sets a header to one value, or a list of them, one field each: in the place of the first field of that
   * name, or at the end. An empty list deletes it.
   * @throws SipError `value_unsafe` for CR, LF or NUL, and for a name that is no token; `value_invalid` for what is no
   *   value: undefined, null, NaN, a promise, an object without a text of its own; a number out of the header field's range
   */
  set<N extends HeaderName>(name: N, value: HeaderInput<N> | readonly HeaderInput<N>[]): this {
    const info = headerInfo(name);
    const fields = makeFields(info, name, value);
    const once = info !== undefined && this._cameOnce(info);
    const items = this._edit(info, name);
    const at = this._find(info, name, 0);
    if (at < 0) {
      items.push(...fields);
    } else if (fields.length === 1 && (once || this._find(info, name, at + 1) < 0)) {
      items[at] = fields[0] as Item;
    } else {
      this._remove(info, name);
      items.splice(at, 0, ...fields);
    }
    return this;
  }

  /** Adds values behind those of that name, or at the end. Throws as set(). */
  append<N extends HeaderName>(name: N, value: HeaderInput<N> | readonly HeaderInput<N>[]): this {
    const info = headerInfo(name);
    const fields = makeFields(info, name, value);
    const items = this._edit(info, name);
    let after = -1;
    for (let at = this._find(info, name, 0); at >= 0; at = this._find(info, name, at + 1)) after = at;
    if (after < 0) items.push(...fields);
    else items.splice(after + 1, 0, ...fields);
    return this;
  }

  /** Adds values before those of that name, or before all. Throws as set(). */
  prepend<N extends HeaderName>(name: N, value: HeaderInput<N> | readonly HeaderInput<N>[]): this {
    const info = headerInfo(name);
    const fields = makeFields(info, name, value);
    const items = this._edit(info, name);
    const at = this._find(info, name, 0);
    if (at > 0) {
      items.splice(at, 0, ...fields);
      return this;
    }
    // Behind the new ones, one by one: to move all in the old list takes longer, and so does to spread both.
    for (const item of items) fields.push(item);
    this._items = fields;
    return this;
  }

  /** Takes the first value of that name away and returns it; undefined where there is none. Throws as get(), and leaves them. */
  shift<N extends HeaderName>(name: N): HeaderItem<N> | undefined {
    return this._take(name, true) as HeaderItem<N> | undefined;
  }

  /** Takes the last value of that name away and returns it; undefined where there is none. Throws as get(), and leaves them. */
  pop<N extends HeaderName>(name: N): HeaderItem<N> | undefined {
    return this._take(name, false) as HeaderItem<N> | undefined;
  }

  /** Deletes all fields of that name; true where there was one. */
  delete(name: HeaderName): boolean {
    const info = headerInfo(name);
    if (this._find(info, name, 0) < 0) return false;
    this._edit(info, name);
    this._remove(info, name);
    return true;
  }

  /** Deletes all fields of that name, and returns what get() gave for them. Throws as get(), and leaves them. */
  take<N extends HeaderName>(name: N): HeaderValue<N> {
    const value = this.get(name);
    this.delete(name);
    return value;
  }

  /** Sets a header where there is no field of that name; a function is only called then. Throws as set(). */
  setDefault<N extends HeaderName>(name: N, value: HeaderDefault<N>): this {
    if (this.has(name)) return this;
    return this.set(name, typeof value === "function" ? value() : value);
  }

  /**
   * Sets a header to what the function makes of its value as get() gives it; `undefined` deletes it. Where
   * the function throws, or the value cannot be read or written, nothing changes. Throws as get() and set().
   */
  update<N extends HeaderName>(
    name: N,
    change: (value: HeaderValue<N>) => HeaderInput<N> | readonly HeaderInput<N>[] | undefined,
  ): this {
    return this.set(name, change(this.get(name)) ?? []);
  }

  /**
   * Puts what the function makes of the first value in its place; `undefined` takes it away. The other fields
   * of a list stay as they are. Throws as first() and set().
   */
  updateFirst<N extends HeaderName>(
    name: N,
    change: (value: HeaderItem<N> | undefined) => HeaderInput<N> | undefined,
  ): this {
    const info = headerInfo(name);
    const fields = makeFields(info, name, change(this.first(name)) ?? []);
    const place = this._find(info, name, 0);
    this.shift(name);
    // Behind a list's first value are others of it; where there are none, its field has gone from its place.
    const next = this._find(info, name, 0);
    this._edit(info, name).splice((next < 0 ? place : next) >>> 0, 0, ...fields);
    return this;
  }

  /** A copy that can be edited alone; it shares the text. */
  clone(): Headers {
    const copy = new Headers(this._head, this._items && [...this._items]);
    copy._edited = this._edited;
    copy._frequent = this._frequent;
    copy._via = this._via;
    copy._pending = this._pending;
    copy._values = this._values && [...this._values];
    return copy;
  }

  /** @internal Takes over the fields of that name from `other`, as they stand, behind all others. */
  copy(name: HeaderName, other: Headers): void {
    const info = headerInfo(name);
    const items = this._edit(info, name);
    for (let at = other._find(info, name, 0); at >= 0; at = other._find(info, name, at + 1)) {
      items.push(copyField(other._head, other._item(at), info?.id ?? 0, info?.name ?? name));
    }
  }

  /** @internal Puts text behind the value of the first field of that name, which was copied or made here. */
  extend(name: HeaderName, text: string): void {
    const info = headerInfo(name);
    const items = this._edit(info, name);
    const at = this._find(info, name, 0);
    const item = items[at];
    if (item !== undefined && typeof item !== "number") items[at] = extendField(item, text);
  }

  /**
   * @internal Puts a Via in the place of the topmost, which its text was made of. False where that does not stand
   * in a field of its own, as it came in; nothing has changed then.
   */
  replaceVia(via: Via): boolean {
    const head = this._head;
    if (head === undefined || (this._edited & VIA) !== 0 || !fillsField(head, ID_VIA)) return false;
    if (this._items === undefined) {
      this._edited |= VIA;
      this._pending = true;
    } else {
      const info = headerById(ID_VIA);
      const items = this._edit(info, info.name);
      const text = via.asRead();
      items[this._find(info, info.name, 0)] = { id: ID_VIA, name: info.name, text, line: undefined };
    }
    if (this._values) this._values[ID_VIA] = undefined;
    this._via = via;
    return true;
  }

  /** True where there is at most one field of a frequent header, as it came in. */
  private _cameOnce({ id }: HeaderInfo): boolean {
    const head = this._head;
    return head !== undefined && id < FREQUENT && (this._edited & (1 << id)) === 0 && !head.repeated(id);
  }

  /** True where the first field of a frequent header is as it came in, with one value. */
  private _isWholeField({ id }: HeaderInfo): boolean {
    const head = this._head;
    return head !== undefined && (this._edited & (1 << id)) === 0 && fillsField(head, id);
  }

  private _take(name: string, first: boolean): unknown {
    const info = headerInfo(name);
    if (first && info?.id === ID_VIA && this._isWholeField(info)) {
      // The topmost Via alone in its field, as nearly all are: it has been read.
      const via = this.first("Via");
      const items = this._edit(info, name);
      items.splice(this._find(info, name, 0), 1);
      return via;
    }
    for (;;) {
      let at = this._find(info, name, 0);
      if (at < 0) return undefined;
      if (!first) for (let next = at; next >= 0; next = this._find(info, name, next + 1)) at = next;
      const { text, start, end, ascii } = sourceOf(this._head, this._item(at));
      if (!info) {
        const { value, rest } = takeUnknown(name, unfold(text.slice(start, end)), first);
        const items = this._edit(info, name);
        if (rest === "") items.splice(at, 1);
        else items[at] = { id: 0, name, text: rest, line: undefined };
        if (value === undefined) continue;
        return value;
      }
      const parts: [number, number][] = info.list ? splitList(info, text, start, end) : [[start, end]];
      const taken = first ? parts.shift() : parts.pop();
      // Read first: where it throws, all stays as it is. A field of a list may have no value at all.
      const value = taken && readOne(info, text, taken[0], taken[1], ascii);
      const items = this._edit(info, name);
      if (parts.length === 0) {
        items.splice(at, 1);
      } else {
        const rest = text.slice(parts[0]![0], parts[parts.length - 1]![1]);
        items[at] = { id: info.id, name: info.name, text: unfold(rest).trim(), line: undefined };
      }
      // On to the next that has one.
      if (taken) return value;
    }
  }

  /** The list of fields, ready for an edit of this name: what was read of it is forgotten. */
  private _edit(info: HeaderInfo | undefined, name: string): Item[] {
    const items = this._pending || this._items === undefined ? this._settle() : this._items;
    if (info !== undefined && info.id < FREQUENT) {
      this._edited |= 1 << info.id;
      if (info.id === ID_VIA) this._via = undefined;
      if (this._values) {
        this._values[info.id] = undefined;
        this._values[FREQUENT + info.id] = undefined;
      }
    } else {
      this._others?.delete((info?.name ?? name).toLowerCase());
    }
    return items;
  }

  private _remove(info: HeaderInfo | undefined, name: string): void {
    const items = this._items as Item[];
    for (let at = this._find(info, name, 0); at >= 0; at = this._find(info, name, at)) items.splice(at, 1);
  }
}
