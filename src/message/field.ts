// Field: one header field line that was added or changed after parsing. A field that nobody touched is a
// mere number: its index in the Head.

import type { Head } from "../core/head.ts";
import { toBinary } from "../core/text.ts";
import { refuseUnsafe } from "./escape.ts";
import type { HeaderInfo } from "./header-table.ts";

/** A header field made here: its name as it will be written, and its value as a binary string. */
export interface Field {
  readonly id: number;
  readonly name: string;
  readonly text: string;
}

/** An entry of an edited header list: an untouched field's index, or a field made here. */
export type Item = number | Field;

/** Makes a field of a value as the caller gave it. Throws SipError `value_unsafe`. */
export function makeField(info: HeaderInfo | undefined, name: string, value: { toString(): string }): Field {
  const text = toBinary(refuseUnsafe(value.toString(), name));
  return { id: info?.id ?? 0, name: info?.name ?? name, text };
}

/** Where the values of an item are: a binary string, and the value's part of it. */
export interface Source {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly ascii: boolean;
}

/** The text in which an item's value stands. */
export function sourceOf(head: Head | undefined, item: Item): Source {
  if (typeof item !== "number") return { text: item.text, start: 0, end: item.text.length, ascii: false };
  const from = head as Head;
  return { text: from.text, start: from.valueStart(item), end: from.valueEnd(item), ascii: from.ascii };
}
