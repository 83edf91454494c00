// Values: reads the typed values of one header field out of its text, by their kind.

import { failure, hold, part } from "../core/window.ts";
import { SipError } from "../errors.ts";
import { make, scan, TEXT } from "./codec.ts";
import { unfold } from "./fold.ts";
import type { HeaderInfo } from "./header-table.ts";

/** How many values all fields of one header may have together. */
const VALUES_MAX = 2048;

const COMMA = 0x2c;

/** Reads the one value of a single header. Throws SipError `value_invalid`. */
export function readOne(info: HeaderInfo, text: string, start: number, end: number, ascii: boolean): unknown {
  if (info.kind === TEXT) return unfold(part(text, start, end, ascii));
  const core = hold(text);
  if (scan(info.kind, core, start, end, info.most) !== end) {
    throw failure(core, info.name, { header: info.name, index: 0 });
  }
  return make(info.kind, core, text, ascii, start, end);
}

/** Reads the first value of a list; undefined where the field has none. Throws SipError `value_invalid`. */
export function readFirst(
  info: HeaderInfo,
  text: string,
  start: number,
  end: number,
  ascii: boolean,
): unknown {
  const core = hold(text);
  const at = skipEmpty(text, start, end);
  if (at >= end) return undefined;
  const next = scan(info.kind, core, at, end, info.most);
  if (next < 0) throw failure(core, info.name, { header: info.name, index: 0 });
  return make(info.kind, core, text, ascii, at, next);
}

/** Reads the values of a list and adds them to `values`; empty members are passed over. */
export function readList(
  info: HeaderInfo,
  text: string,
  start: number,
  end: number,
  ascii: boolean,
  values: unknown[],
): void {
  const core = hold(text);
  let at = start;
  for (;;) {
    at = skipEmpty(text, at, end);
    if (at >= end) return;
    const next = scan(info.kind, core, at, end, info.most);
    if (next < 0) throw failure(core, info.name, { header: info.name, index: values.length });
    if (values.length === VALUES_MAX) {
      throw new SipError("too_many_values", `more than ${VALUES_MAX} values`, {
        header: info.name,
        status: 400,
      });
    }
    values.push(make(info.kind, core, text, ascii, at, next));
    at = next;
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
  const core = hold(text);
  const parts: [number, number][] = [];
  let at = skipEmpty(text, start, end);
  while (at < end) {
    const next = scan(info.kind, core, at, end, info.most);
    if (next < 0) throw failure(core, info.name, { header: info.name, index: parts.length });
    parts.push([at, next]);
    at = skipEmpty(text, next, end);
  }
  return parts;
}
