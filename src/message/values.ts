// Values: reads the typed values of one header field out of its text, by their kind.

import { WINDOW_SIZE } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { failure, hold } from "../core/window.ts";
import { SipError } from "../errors.ts";
import { make, scan } from "./codec.ts";
import type { HeaderInfo } from "./header-table.ts";

/** How many values all fields of one header may have together. */
const VALUES_MAX = 2048;

const COMMA = 0x2c;

/** The core with the text in its window. Only a value that was set here can be longer than that. */
function open(info: HeaderInfo, text: string, end: number): Engine {
  if (end > WINDOW_SIZE) {
    throw new SipError("value_invalid", `${info.name}: more than ${WINDOW_SIZE} octets`, {
      header: info.name,
    });
  }
  return hold(text);
}

/** Reads the one value of a single header. Throws SipError `value_invalid`. */
export function readOne(info: HeaderInfo, text: string, start: number, end: number, ascii: boolean): unknown {
  const core = open(info, text, end);
  const stop = scan(info.kind, core, start, end, info.most);
  if (stop === end) return makeValue(info, core, text, ascii, start, end, 0);
  throw failure(core, stop, info.name, { header: info.name, index: 0 });
}

/** Makes the value that was just found, and asks the header field's own rule about it. */
function makeValue(
  info: HeaderInfo,
  core: Engine,
  text: string,
  ascii: boolean,
  start: number,
  end: number,
  index: number,
): unknown {
  const value = make(info.kind, core, text, ascii, start, end);
  const check = info.check;
  if (value !== undefined && (check === undefined || check(value, core))) return value;
  throw failure(core, start, info.name, { header: info.name, index });
}

/** Reads the first value of a list; undefined where the field has none. Throws SipError `value_invalid`. */
export function readFirst(
  info: HeaderInfo,
  text: string,
  start: number,
  end: number,
  ascii: boolean,
): unknown {
  const core = open(info, text, end);
  const at = skipEmpty(text, start, end);
  if (at >= end) return undefined;
  const next = scan(info.kind, core, at, end, info.most);
  if (next >= 0) return makeValue(info, core, text, ascii, at, next, 0);
  throw failure(core, -1, info.name, { header: info.name, index: 0 });
}

/**
 * Reads the values of a list's field; empty members are passed over. Most fields have one value: it comes in
 * an array of one, which is half as dear as an array that grows.
 *
 * @param before the values of the fields before this one, to which those of this are added
 */
export function readList(
  info: HeaderInfo,
  text: string,
  start: number,
  end: number,
  ascii: boolean,
  before: unknown[] | undefined,
): unknown[] | undefined {
  const core = open(info, text, end);
  const kind = info.kind;
  const first = skipEmpty(text, start, end);
  let values = before;
  // A long list is gone through first without making its values: it may have too many. One may be two octets long.
  for (let making = end - first < 2 * VALUES_MAX; ; making = true) {
    let index = before === undefined ? 0 : before.length;
    for (let at = first; at < end; index++) {
      const next = scan(kind, core, at, end, info.most);
      if (next < 0) {
        // A value before this one may be refused yet.
        if (!making) break;
        throw failure(core, next, info.name, { header: info.name, index });
      }
      if (index === VALUES_MAX) {
        throw new SipError("too_many_values", `more than ${VALUES_MAX} values`, {
          header: info.name,
          status: 400,
        });
      }
      if (making) {
        const value = makeValue(info, core, text, ascii, at, next, index);
        if (values === undefined) values = [value];
        else values.push(value);
      }
      at = skipEmpty(text, next, end);
    }
    if (making) return values;
  }
}

/** Passes over white space and commas: a list may have empty members, which count for nothing. */
function skipEmpty(text: string, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code !== COMMA && code !== 0x20 && code !== 0x09 && code !== 0x0d && code !== 0x0a) break;
  }
  return at;
}

/** Where each value of a list starts and ends, trimmed: for taking one of them away. Throws as readList. */
export function splitList(info: HeaderInfo, text: string, start: number, end: number): [number, number][] {
  const core = open(info, text, end);
  const parts: [number, number][] = [];
  let at = skipEmpty(text, start, end);
  while (at < end) {
    const next = scan(info.kind, core, at, end, info.most);
    if (next < 0) throw failure(core, -1, info.name, { header: info.name, index: parts.length });
    parts.push([at, next]);
    at = skipEmpty(text, next, end);
  }
  return parts;
}
