// Values: reads the typed values of one header field out of its text, by their kind.

import { G_BRACKETS, R_NUMBER } from "../core/abi.ts";
import { failure, hold, part } from "../core/window.ts";
import { SipError } from "../errors.ts";
import { ADDRESS, CSEQ, make, NUMBER, ROUTE, scan, TEXT, VIA } from "./codec.ts";
import { readCSeq } from "./cseq.ts";
import { unfold } from "./fold.ts";
import type { HeaderInfo } from "./header-table.ts";
import { readNameAddr } from "./name-addr.ts";
import { readVia } from "./via.ts";

/** How many values all fields of one header may have together. */
const VALUES_MAX = 2048;

/** What no text may have in it but folds and tabs (RFC 3261 §25.1, TEXT-UTF8-TRIM). */
const CONTROL = /[^\P{Cc}\t\x80-\x9f]/u;

/**
 * Reads the one value of a single header. Throws SipError `value_invalid`. The most frequent kinds come
 * first and call straight into the core.
 */
export function readOne(info: HeaderInfo, text: string, start: number, end: number, ascii: boolean): unknown {
  const kind = info.kind;
  if (kind === TEXT) return readText(info, text, start, end, ascii);
  const core = hold(text);
  let stop: number;
  if (kind === ADDRESS) {
    stop = core.address(start, end, 0);
    if (stop === end) return readNameAddr(core, text, ascii);
  } else if (kind === CSEQ) {
    stop = core.cseq(start, end);
    if (stop === end) return readCSeq(core, text, ascii);
  } else if (kind === NUMBER) {
    stop = core.integer(start, end, info.most);
    if (stop === end) return core.record[R_NUMBER]!;
  } else {
    stop = scan(kind, core, start, end, info.most);
    if (stop === end) return make(kind, core, text, ascii, start, end);
  }
  throw failure(core, stop, info.name, { header: info.name, index: 0 });
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
  if (start >= end && info.empty) return undefined;
  const kind = info.kind;
  if (kind === VIA) {
    if (core.via(start, end) >= 0) return readVia(core, text, ascii);
  } else if (kind === ROUTE) {
    if (core.address(start, end, G_BRACKETS) >= 0) return readNameAddr(core, text, ascii);
  } else {
    const next = scan(kind, core, start, end, info.most);
    if (next >= 0) return make(kind, core, text, ascii, start, next);
  }
  throw failure(core, -1, info.name, { header: info.name, index: 0 });
}

/**
 * Reads the values of a list's field: one behind every comma, and, unless it may be empty, one at least (RFC
 * 4475 §3.1.2.1). Most fields have one value: it comes in an array of one, which is half as dear as an array
 * that grows. Throws SipError `value_invalid`, `uri_invalid`, `too_many_values`.
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
  const core = hold(text);
  const kind = info.kind;
  let values = before;
  if (start >= end && info.empty) return values;
  let at = start;
  for (;;) {
    const next = scan(kind, core, at, end, info.most);
    const index = values === undefined ? 0 : values.length;
    if (next < 0) throw failure(core, next, info.name, { header: info.name, index });
    if (index === VALUES_MAX) {
      throw new SipError("too_many_values", `more than ${VALUES_MAX} values`, {
        header: info.name,
        status: 400,
      });
    }
    const value = make(kind, core, text, ascii, at, next);
    if (values === undefined) values = [value];
    else values.push(value);
    if (next === end) return values;
    at = next + 1;
  }
}

/** Text to the end of the field, on one line. Throws SipError `value_invalid` for control characters. */
function readText(info: HeaderInfo, text: string, start: number, end: number, ascii: boolean): string {
  const value = unfold(part(text, start, end, ascii));
  if (!CONTROL.test(value)) return value;
  throw new SipError("value_invalid", `${info.name}: a control character`, {
    header: info.name,
    index: 0,
    status: 400,
  });
}

/** Where each value of a list starts and ends, trimmed: for taking one of them away. Throws as readList. */
export function splitList(info: HeaderInfo, text: string, start: number, end: number): [number, number][] {
  const core = hold(text);
  const parts: [number, number][] = [];
  if (start >= end && info.empty) return parts;
  let at = start;
  for (;;) {
    const next = scan(info.kind, core, at, end, info.most);
    if (next < 0) throw failure(core, -1, info.name, { header: info.name, index: parts.length });
    parts.push([at, next]);
    if (next === end) return parts;
    at = next + 1;
  }
}
