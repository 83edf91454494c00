// Field: one header field line that was added or changed after parsing. A field that nobody touched is a
// mere number: its index in the Head.

import type { Head } from "../core/head.ts";
import { isAscii, toBinary } from "../core/text.ts";
import { notWanted, SipError } from "../errors.ts";
import { sipUri } from "./checks.ts";
import { NUMBER } from "./codec.ts";
import { AUTH_INFO, INTERVAL } from "./codecs.ts";
import { formatUnknown } from "./defined.ts";
import { isSafe, isToken, refuseUnsafe, UNWRITABLE } from "./escape.ts";
import { unfold } from "./fold.ts";
import type { HeaderInfo } from "./header-table.ts";
import { NameAddr } from "./name-addr.ts";
import { Params } from "./params.ts";

/** A header field made here: its name as it will be written, and its value as a binary string. */
export interface Field {
  readonly id: number;
  readonly name: string;
  readonly text: string;
  /** The whole line with its line end, where it was taken over from another message as it stood. */
  readonly line: string | undefined;
}

/** An entry of an edited header list: an untouched field's index, or a field made here. */
export type Item = number | Field;

const NO_VALUE = /^(undefined|null|NaN|\[object .*)$/;

/** Makes a field of a value as the caller gave it. Throws SipError `value_unsafe`, and `value_invalid` for what is no value. */
function makeField(info: HeaderInfo | undefined, name: string, value: { toString(): string }): Field {
  const text = info === undefined ? formatUnknown(name, value) : String(inStyle(info, value));
  // Of the user's own codec a number may be anything.
  const number = info !== undefined && typeof value === "number";
  // What a mistake leaves there, a promise that nobody awaited for one, or one hop less than none; it would be written out
  // as it is.
  if (number ? !fits(info, value) : typeof value !== "string" && NO_VALUE.test(text)) {
    throw notWanted(name, "a value", text);
  }
  // A typed value may be one that came in.
  const unsafe = info && typeof value !== "string" ? UNWRITABLE : undefined;
  const safe = number || (isSafe(text) && isAscii(text)) ? text : toBinary(refuseUnsafe(text, name, unsafe));
  return {
    id: info === undefined ? 0 : info.id,
    name: info === undefined ? name : info.name,
    text: safe,
    line: undefined,
  };
}

/** Whether a number may be the header field's value: a whole one up to its largest, where its grammar has 1*DIGIT. */
function fits({ kind, most }: HeaderInfo, number: number): boolean {
  const whole = kind === NUMBER || kind === INTERVAL;
  return whole ? number % 1 === 0 && number >= 0 && number <= most : Number.isFinite(number);
}

/**
 * Parameters alone with the separators and quotes of their header field, whatever they were made for; an address without
 * angle brackets where the grammar has none (RFC 5360 §5.11.2).
 */
function inStyle(info: HeaderInfo, value: { toString(): string }): { toString(): string } {
  if (info.check === sipUri && value instanceof NameAddr) return `${value.uri}${value.params}`;
  return value instanceof Params ? Params.of(value, info.kind === AUTH_INFO ? "credentials" : "list") : value;
}

/** The fields for one value, or for a list of them. Throws SipError `value_unsafe`. */
export function makeFields(info: HeaderInfo | undefined, name: string, value: unknown): Item[] {
  if (info === undefined && !isToken(name)) {
    throw new SipError("value_unsafe", `not a header field's name: ${JSON.stringify(name)}`);
  }
  if (!Array.isArray(value)) return [makeField(info, name, value as { toString(): string })];
  return value.map((each) => makeField(info, name, each as { toString(): string }));
}

/** A field with this text behind its value, whatever that is. */
export function extendField(field: Field, text: string): Field {
  return { id: field.id, name: field.name, text: field.text + text, line: undefined };
}

/** Takes a field over from another message: its line as it stood, if that ends and reads as it should. */
export function copyField(head: Head | undefined, item: Item, id: number, name: string): Field {
  if (typeof item !== "number") return item;
  const from = head as Head;
  const { text } = from;
  const value = text.slice(from.valueStart(item), from.valueEnd(item));
  if (from.folded(item)) return { id, name, text: unfold(value), line: undefined };
  const line = text.slice(from.lineStart(item), from.lineStart(item + 1));
  return { id, name, text: value, line: line.endsWith("\r\n") ? line : undefined };
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
