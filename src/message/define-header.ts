// Define header: gives a header field that the library does not know a typed value. It is said once for the
// whole process, as the table of the known ones is.

import { R_ERROR_AT, R_PART, S_ITEM, WINDOW_SIZE } from "../core/abi.ts";
import { fromBinary, toBinary } from "../core/text.ts";
import { hold } from "../core/window.ts";
import { SipError } from "../errors.ts";
import { type Defined, definedHeader, keepDefined } from "./defined.ts";
import { shaped } from "./escape.ts";
import { headerInfo } from "./header-table.ts";
import type { ListHeaders, SingleHeaders } from "./header-types.ts";

/** What is to be known of a header field. */
export interface HeaderDefinition<T> {
  /**
   * True where several values make a list, over several lines or with commas between that stand neither in
   * quotes nor in angle brackets. False where it is left out: one value, one line.
   */
  list?: boolean;
  /**
   * Makes the value of its text: unfolded, without white space around it. What it throws becomes a SipError
   * `value_invalid` with status 400, the error as its cause.
   */
  parse(text: string): T;
  /**
   * The value's text; `String(value)` where it is left out. CR, LF and NUL in it are refused. A string that is set is taken
   * for the text itself, and this is not called.
   */
  format?(value: T): string;
}

/** The type that belongs to a name by declaration merging; unknown for a name without one. */
export type DefinedValue<N extends string> = N extends keyof SingleHeaders
  ? SingleHeaders[N]
  : N extends keyof ListHeaders
    ? ListHeaders[N]
    : unknown;

interface Kept extends Defined {
  readonly from: HeaderDefinition<unknown>;
}

/**
 * Gives the header field `name` a typed value, in all messages of this process, those that were parsed before
 * included. For the compiler, add its type to the interface `SingleHeaders` or `ListHeaders`.
 *
 * Saying the same twice is nothing. A name has one meaning: it cannot be defined anew, nor can one of the
 * library's own table.
 *
 * @throws SipError `value_invalid` for a name that is no token, `unsupported` for one that has a type already
 */
export function defineHeader<N extends string>(name: N, definition: HeaderDefinition<DefinedValue<N>>): void {
  const from = definition as HeaderDefinition<unknown>;
  shaped(name);
  const before = (definedHeader(name) as Kept | undefined)?.from;
  const same = before?.parse === from.parse && before.format === from.format && !before.list === !from.list;
  if (same) return;
  if (before || headerInfo(name)) throw new SipError("unsupported", `${name} has a type already`);
  const kept: Kept = {
    from: { ...from },
    list: from.list === true,
    read: (texts) => readAll(name, kept, texts),
    split,
    parse: (text) => parseOne(name, from, text, 0),
    format: (value) => (from.format && typeof value !== "string" ? from.format(value) : String(value)),
  };
  keepDefined(name, kept);
}

function readAll(name: string, { from, list }: Kept, texts: readonly string[]): unknown {
  if (list) {
    return texts.flatMap(members).map((text, index) => parseOne(name, from, text, index));
  }
  if (texts.length > 1) {
    throw new SipError("value_duplicate", `${name} is there twice`, { header: name, status: 400 });
  }
  return texts[0] === undefined ? undefined : parseOne(name, from, texts[0], 0);
}

/** The texts of a list's members. */
function members(text: string): string[] {
  const raw = toBinary(text);
  return split(raw).map(([start, end]) => fromBinary(raw.slice(start, end)));
}

function parseOne(name: string, from: HeaderDefinition<unknown>, text: string, index: number): unknown {
  try {
    return from.parse(text);
  } catch (cause) {
    throw new SipError("value_invalid", `${name}: ${JSON.stringify(text.slice(0, 80))}`, {
      header: name,
      index,
      status: 400,
      cause,
    });
  }
}

/** The members of a list, a binary string; empty ones count for nothing. */
function split(raw: string): (readonly [start: number, end: number])[] {
  if (raw.length > WINDOW_SIZE) throw new SipError("value_invalid", "a list of more than 65,535 octets");
  const core = hold(raw);
  const found: (readonly [number, number])[] = [];
  for (let at = 0; at < raw.length; ) {
    const next = core.parts(at, raw.length, S_ITEM);
    // What is not there ends where the comma is.
    at = (next < 0 ? core.record[R_ERROR_AT]! : next) + 1;
    const span = core.record[R_PART]!;
    if (next >= 0) found.push([span & 0xffff, span >>> 16]);
  }
  return found;
}
