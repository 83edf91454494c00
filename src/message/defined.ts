// Defined: the header fields that users gave a type of their own, by name in lower case. The table's come
// first: a name in it cannot be defined.

import { fromBinary } from "../core/text.ts";

/** How the fields of a name that is not in the table are read and written. */
export interface Defined {
  readonly list: boolean;
  /** The values in the texts of the name's fields. */
  read(texts: readonly string[]): unknown;
  /** Where each value of a list, a binary string on one line, starts and ends. */
  split(raw: string): readonly (readonly [start: number, end: number])[];
  /** One value of its text. */
  parse(text: string): unknown;
  /** A value as it stands on the wire. */
  format(value: unknown): string;
}

const known = new Map<string, Defined>();

/** The definition for that name, in any case. */
export function definedHeader(name: string): Defined | undefined {
  return known.size === 0 ? undefined : known.get(name.toLowerCase());
}

/** @internal Keeps a definition. */
export function keepDefined(name: string, definition: Defined): void {
  known.set(name.toLowerCase(), definition);
}

/** The text of an unknown header's value. */
export function formatUnknown(name: string, value: { toString(): string }): string {
  const defined = definedHeader(name);
  return defined ? defined.format(value) : String(value);
}

/** Takes one value out of the text of an unknown header's field, a binary string: the whole, or one of a list. */
export function takeUnknown(name: string, raw: string, first: boolean): { value: unknown; rest: string } {
  const defined = definedHeader(name);
  if (!defined?.list) {
    const text = fromBinary(raw);
    return { value: defined ? defined.parse(text) : text, rest: "" };
  }
  const parts = [...defined.split(raw)];
  const taken = first ? parts.shift() : parts.pop();
  if (!taken) return { value: undefined, rest: "" };
  const rest = parts.length === 0 ? "" : raw.slice(parts[0]![0], parts[parts.length - 1]![1]);
  return { value: defined.parse(fromBinary(raw.slice(taken[0], taken[1]))), rest };
}
