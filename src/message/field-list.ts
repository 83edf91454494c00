// Field list: finds and reads fields in a message's list of them, edited (`items`) or as it was parsed
// (`items` undefined: the fields of the head in their order).

import type { Head } from "../core/head.ts";
import { fromBinary } from "../core/text.ts";
import { SipError } from "../errors.ts";
import { type Item, sourceOf } from "./field.ts";
import { unfold } from "./fold.ts";
import type { HeaderInfo } from "./header-table.ts";
import { readFirst, readList, readOne } from "./values.ts";

const NONE: readonly unknown[] = Object.freeze([]);

/** The edited list; undefined as long as nothing was edited. */
export type Items = readonly Item[] | undefined;

/** The item's name as it stands in the message, "" for a malformed line. */
export function fieldName(head: Head | undefined, item: Item): string {
  return typeof item === "number" ? (head as Head).name(item) : item.name;
}

/** The item's value as text, on one line. */
export function fieldText(head: Head | undefined, item: Item): string {
  const { text, start, end, ascii } = sourceOf(head, item);
  const value = unfold(text.slice(start, end));
  return ascii ? value : fromBinary(value);
}

/** The place of the first field at or behind `from` that has this name, or -1. */
export function findField(
  head: Head | undefined,
  items: Items,
  info: HeaderInfo | undefined,
  name: string,
  from: number,
): number {
  if (info && !items) return (head as Head).find(info.id, from);
  const id = info?.id ?? 0;
  const wanted = info ? "" : name.toLowerCase();
  const size = items ? items.length : (head as Head).count;
  for (let at = from; at < size; at++) {
    const item = items ? items[at]! : at;
    const found = typeof item === "number" ? (head as Head).id(item) : item.id;
    if (found === id && (id !== 0 || fieldName(head, item).toLowerCase() === wanted)) return at;
  }
  return -1;
}

/** The value of a single header. Throws SipError `value_duplicate` where it is there twice. */
export function readSingle(head: Head | undefined, items: Items, info: HeaderInfo): unknown {
  const at = findField(head, items, info, info.name, 0);
  if (at < 0) return undefined;
  const alone = items === undefined && !(head as Head).repeated(info.id);
  const again = alone ? -1 : findField(head, items, info, info.name, at + 1);
  if (again >= 0) {
    const { start: offset } = sourceOf(head, items === undefined ? again : items[again]!);
    const where = { header: info.name, index: 1, offset };
    throw new SipError("value_duplicate", `${info.name} is there twice`, { ...where, status: 400 });
  }
  const item = items === undefined ? at : items[at]!;
  if (typeof item !== "number") return readOne(info, item.text, 0, item.text.length, false);
  const from = head as Head;
  return readOne(info, from.text, from.valueStart(item), from.valueEnd(item), from.ascii);
}

/** All values of a list. */
export function readAll(head: Head | undefined, items: Items, info: HeaderInfo): readonly unknown[] {
  let values: unknown[] | undefined;
  const alone = items === undefined && !(head as Head).repeated(info.id);
  let at = findField(head, items, info, info.name, 0);
  while (at >= 0) {
    const item = items === undefined ? at : items[at]!;
    if (typeof item !== "number") {
      values = readList(info, item.text, 0, item.text.length, false, values);
    } else {
      const from = head as Head;
      values = readList(info, from.text, from.valueStart(item), from.valueEnd(item), from.ascii, values);
      if (alone) break;
    }
    at = findField(head, items, info, info.name, at + 1);
  }
  return values ?? NONE;
}

/** The first value of a list, which may stand in the second field of that name, where the first has none. */
export function readTopmost(head: Head | undefined, items: Items, info: HeaderInfo): unknown {
  let at = findField(head, items, info, info.name, 0);
  while (at >= 0) {
    const { text, start, end, ascii } = sourceOf(head, items === undefined ? at : items[at]!);
    const value = readFirst(info, text, start, end, ascii);
    if (value !== undefined) return value;
    at = findField(head, items, info, info.name, at + 1);
  }
  return undefined;
}
