// Window: which text the core's window holds, and the parts that the grammar functions found in it.
// Reading several values of one message copies its head in once.

import { SipError, type SipErrorDetails } from "../errors.ts";
import {
  E_QUOTE,
  E_RANGE,
  E_TOO_MANY_PARAMS,
  E_URI,
  E_VALUE,
  NONE,
  R_ERROR,
  R_ERROR_AT,
  READ_ASCII,
  WINDOW_SIZE,
} from "./abi.ts";
import { type Engine, engine } from "./engine.ts";
import { fromBinary, writeBinary } from "./text.ts";

/**
 * Where the text is noted. V8 does more for a young value that an old object is told of than for one that a young
 * object is: so it is a new object now and then.
 */
class Held {
  text: string | undefined;

  constructor(text: string | undefined) {
    this.text = text;
  }
}

const NOTES_MAX = 64;
let held = new Held(undefined);
let notes = 0;

/** Makes the window hold this binary string, as much of it as fits, and returns the engine. */
export function hold(text: string): Engine {
  const core = engine();
  if (held.text !== text) {
    const length = Math.min(text.length, WINDOW_SIZE);
    writeBinary(text, core.window, length);
    core.reset();
    holds(text);
  }
  return core;
}

/** Notes that the window holds nothing of use: something else is written to it. */
export function holdsNothing(): void {
  held.text = undefined;
}

/** Notes what the window holds. */
export function holds(text: string): void {
  if (++notes < NOTES_MAX) {
    held.text = text;
  } else {
    held = new Held(text);
    notes = 0;
  }
}

/** The part of a binary string that a span names, as text; undefined for NONE. */
export function textOf(text: string, span: number, ascii: boolean): string | undefined {
  return span === NONE ? undefined : part(text, span & 0xffff, span >>> 16, ascii);
}

/** The part of a binary string that a word of a kept record names, as text; undefined for NONE. */
export function recordedText(text: string, words: Uint32Array, at: number, word: number): string | undefined {
  const span = words[at + word]!;
  if (span === NONE) return undefined;
  const found = text.slice(span & 0xffff, span >>> 16);
  return words[at + R_ERROR] === READ_ASCII ? found : fromBinary(found);
}

const QUOTE = 0x22;

/** True where that part begins with a quote. Looked for in the text, since a part of it costs more to look into. */
export function isQuoted(text: string, words: Uint32Array, at: number, word: number): boolean {
  const span = words[at + word]!;
  return span !== NONE && text.charCodeAt(span & 0xffff) === QUOTE;
}

/** A part of a binary string as text. */
export function part(text: string, start: number, end: number, ascii: boolean): string {
  const found = text.slice(start, end);
  return ascii ? found : fromBinary(found);
}

/**
 * The error for what the grammar function that was just called did not like.
 *
 * @param stop what the function returned: -1, or the offset where a value that should go on had ended
 */
export function failure(core: Engine, stop: number, what: string, details: SipErrorDetails = {}): SipError {
  const code = stop < 0 ? core.record[R_ERROR]! : E_VALUE;
  const offset = stop < 0 ? core.record[R_ERROR_AT]! : stop;
  const name = code === E_URI ? "uri_invalid" : "value_invalid";
  const why = REASONS[code] ?? "against its grammar";
  return new SipError(name, `${what}: ${why} at octet ${offset}`, { status: 400, offset, ...details });
}

const REASONS: Readonly<Record<number, string>> = {
  [E_RANGE]: "a number out of range",
  [E_QUOTE]: "a quoted string that is never closed",
  [E_TOO_MANY_PARAMS]: "too many parameters",
  [E_URI]: "not a URI, scheme first,",
};
