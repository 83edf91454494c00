// Twins: one message through the three builds of the core, header field by header field, in the window as it
// lies there. They must agree in every word; octets behind the message differ from build to build, so that one
// which reads them is found out; and every span lies inside.

import {
  F_ASCII,
  F_RESPONSE,
  NONE,
  Q_CONTACT,
  Q_CSEQ,
  Q_FROM,
  Q_METHOD,
  Q_TO,
  Q_VIA,
  R_BRANCH,
  R_DISPLAY,
  R_ERROR,
  R_ERROR_AT,
  R_PARAMS,
  R_PARAMS_COUNT,
  R_RECEIVED,
  R_TAG,
  R_URI_HEADERS,
  R_URI_HOST,
  R_URI_PARAMS,
  R_URI_PASSWORD,
  R_URI_USER,
  R_VIA_HOST,
  READ_OCTETS,
  RECORD_WORDS,
  T_FIELDS,
  T_FIRST,
  T_FLAGS,
  T_HEAD_END,
  T_SECOND,
  T_START,
  WINDOW_SIZE,
} from "../../src/core/abi.ts";
import type { Engine } from "../../src/core/engine.ts";
import { ADDRESS, scan, VIA } from "../../src/message/codec.ts";
import { headerById } from "../../src/message/header-table.ts";
import type { Build } from "../core/builds.ts";

const BLANK = 0x5a5a5a5a;
const BEHIND = 64;
const VIA_SPANS = [R_PARAMS, R_BRANCH, R_RECEIVED, R_VIA_HOST];
const ADDRESS_SPANS = [R_PARAMS, R_TAG, R_DISPLAY];
const URI_SPANS = [R_URI_USER, R_URI_PASSWORD, R_URI_HOST, R_URI_PARAMS, R_URI_HEADERS];

/** What a grammar function is called with. */
type Read = (core: Engine, start: number, end: number) => number;

/** The frequent values, in which all builds must agree; of one that was not read, that alone. */
function frequent(table: Uint32Array): Uint32Array {
  const words = table.slice(0, T_FIELDS);
  for (const at of [Q_VIA, Q_FROM, Q_TO, Q_CONTACT]) {
    if (words[at + R_ERROR] === 0) words.fill(0, at, at + RECORD_WORDS);
    // One build may take the head for ASCII where another is more careful.
    else words[at + R_ERROR] = READ_OCTETS;
  }
  if (words[Q_METHOD] === 0) words[Q_CSEQ] = 0;
  return words.fill(0, 0, Q_VIA);
}

function differing(a: Uint32Array, b: Uint32Array): number {
  return a.findIndex((word, i) => word !== b[i]);
}

/** Compares builds, and sees what the core has not done before. */
export class Twins {
  /** True where the last message made two things follow each other that never had: another field, another end. */
  fresh = false;
  private _last = 0;
  private readonly _done = new Uint8Array(0x10000);
  private readonly _builds: readonly Build[];
  private readonly _first: Build;

  constructor(builds: readonly Build[]) {
    this._builds = builds;
    this._first = builds[0]!;
  }

  /**
   * What is wrong; undefined where all is well.
   *
   * @param behind octets that lie behind the message in the first build, and in the others
   */
  check(data: Uint8Array, behind: readonly [number, number]): string | undefined {
    const length = Math.min(data.length, WINDOW_SIZE);
    const message = data.subarray(0, length);
    let count = 0;
    this.fresh = false;
    this._last = 0;
    for (const build of this._builds) {
      build.window.set(message);
      const poison = build === this._first ? behind[0] : behind[1];
      build.window.fill(poison, length, length + BEHIND);
      build.table.fill(BLANK, Q_VIA, T_FIELDS);
      const found = build.core.parse(length);
      // parse() puts marks of its own behind the message.
      build.window.fill(poison, length, length + BEHIND);
      if (build === this._first) count = found;
      else if (found !== count) return `parse: ${build.name} gives ${found} for ${count}`;
    }
    this._note(count < 0 ? count : Math.min(count, 20));
    if (count < 0) return undefined;
    return this._table(message, count) ?? this._fields(count);
  }

  private _table(message: Uint8Array, count: number): string | undefined {
    const { table } = this._first;
    for (const build of this._builds) {
      if (build === this._first) continue;
      for (let i = 0; i < T_FIELDS + 2 * count; i++) {
        if (i === Q_VIA) i = T_FIELDS;
        const [a, b] =
          i === T_FLAGS ? [table[i]! & ~F_ASCII, build.table[i]! & ~F_ASCII] : [table[i], build.table[i]];
        if (a !== b) return `table: ${build.name} has ${b} for ${a} in word ${i}`;
      }
      const i = differing(frequent(table), frequent(build.table));
      if (i >= 0) return `table: ${build.name} has another frequent value, word ${i}`;
    }
    const end = table[T_HEAD_END]!;
    if (end > message.length) return `span: the head ends behind the message`;
    for (const build of this._builds) {
      if ((build.table[T_FLAGS]! & F_ASCII) === 0) continue;
      for (let i = 0; i < end; i++)
        if (message[i]! > 0x7f) return `ascii: ${build.name} takes other octets for ASCII`;
    }
    const response = (table[T_FLAGS]! & F_RESPONSE) !== 0;
    for (const word of response ? [T_FIRST, T_START] : [T_FIRST, T_SECOND, T_START])
      if (!inside(table[word]!, 0, end)) return `span: start line, word ${word}`;
    let line = table[T_START]! >>> 16;
    for (let i = 0; i < count; i++) {
      const start = table[T_FIELDS + 2 * i]!;
      const value = start >>> 16;
      const stop = table[T_FIELDS + 2 * i + 1]! & 0xffff;
      if ((start & 0xffff) < line || value < (start & 0xffff) || stop < value || stop > end)
        return `span: field ${i}`;
      line = stop;
    }
    return undefined;
  }

  private _fields(count: number): string | undefined {
    const { table } = this._first;
    for (let i = 0; i < count; i++) {
      const info = headerById((table[T_FIELDS + 2 * i + 1]! >>> 16) & 0xff);
      if (info === undefined) continue;
      const end = table[T_FIELDS + 2 * i + 1]! & 0xffff;
      const read: Read = (core, from, to) => scan(info.kind, core, from, to, info.most);
      let at = table[T_FIELDS + 2 * i]! >>> 16;
      for (;;) {
        if (info.list) at = skipCommas(this._first.window, at, end);
        if (at >= end && info.list) break;
        const result = this._read(info.name, read, at, end);
        if (typeof result === "string") return result;
        this._note(info.id * 4 + (result < 0 ? this._first.record[R_ERROR]! * 1000 : 1));
        const wrong = result >= 0 ? this._spans(info.name, info.kind, at, end) : undefined;
        if (wrong !== undefined) return wrong;
        if (result < 0 || !info.list) break;
        if (result <= at) return `progress: ${info.name} stays at ${at}`;
        at = result;
      }
    }
    if ((table[T_FLAGS]! & F_RESPONSE) !== 0) return undefined;
    const uri = table[T_SECOND]!;
    const result = this._read(
      "Request-URI",
      (core, from, to) => core.uri(from, to),
      uri & 0xffff,
      uri >>> 16,
    );
    if (typeof result === "string") return result;
    this._note(result < 0 ? this._first.record[R_ERROR]! : 3);
    return result < 0 ? undefined : this._outside("Request-URI", URI_SPANS, uri & 0xffff, uri >>> 16);
  }

  /** Spans of what was just read, and its parameters one by one. */
  private _spans(name: string, kind: number, start: number, end: number): string | undefined {
    if (kind !== VIA && kind !== ADDRESS) return undefined;
    const { record } = this._first;
    const wrong =
      this._outside(name, kind === VIA ? VIA_SPANS : ADDRESS_SPANS, start, end) ??
      (kind === ADDRESS ? this._outside(name, URI_SPANS, start, end) : undefined);
    if (wrong !== undefined) return wrong;
    const params = record[R_PARAMS]!;
    if ((params & 0xffff) === params >>> 16) return undefined;
    const read: Read = (core, from, to) => core.params(from, to);
    const result = this._read(`${name}'s parameters`, read, params & 0xffff, params >>> 16);
    if (typeof result === "string") return result;
    if (result < 0) return `params: of ${name}, which was read, its parameters cannot`;
    this._note(record[R_PARAMS_COUNT]!);
    for (let i = 0; i < 2 * record[R_PARAMS_COUNT]!; i++) {
      const word = this._first.params[i]!;
      if (word !== NONE && !inside(word, start, end)) return `span: ${name}'s parameter word ${i}`;
    }
    return undefined;
  }

  private _outside(name: string, words: readonly number[], start: number, end: number): string | undefined {
    const { record } = this._first;
    for (const word of words) {
      const span = record[word]!;
      // Empty spans may stand anywhere; words that this value does not have are blank, or NONE.
      if (span === NONE || span === BLANK || (span & 0xffff) === span >>> 16) continue;
      if (!inside(span, start, end)) return `span: ${name}, word ${word}, ${span & 0xffff} to ${span >>> 16}`;
    }
    return undefined;
  }

  /** Calls a grammar function of every build; its result, or in words what differs. */
  private _read(name: string, read: Read, start: number, end: number): number | string {
    let expected = 0;
    const { record, params } = this._first;
    for (const build of this._builds) {
      build.record.fill(BLANK);
      const result = read(build.core as unknown as Engine, start, end);
      if (build === this._first) {
        expected = result;
        if (result > end || (result >= 0 && result < start)) return `span: ${name} ends at ${result}`;
        continue;
      }
      const what = `grammar: ${build.name}, ${name}`;
      if (result !== expected) return `${what} gives ${result} for ${expected}`;
      if (result < 0) {
        for (const word of [R_ERROR, R_ERROR_AT])
          if (record[word] !== build.record[word])
            return `${what} errs with ${build.record[word]} for ${record[word]}`;
        continue;
      }
      for (let i = 0; i < RECORD_WORDS; i++)
        if (record[i] !== build.record[i])
          return `${what} has ${build.record[i]} for ${record[i]} in word ${i}`;
      const count =
        record[R_PARAMS_COUNT] === BLANK ? 0 : Math.min(2 * record[R_PARAMS_COUNT]!, params.length);
      if (!name.endsWith("parameters")) continue;
      for (let i = 0; i < count; i++)
        if (params[i] !== build.params[i]) return `${what} has parameter word ${i} of its own`;
    }
    return expected;
  }

  private _note(what: number): void {
    const step = (Math.imul(this._last, 0x9e37) ^ Math.imul(what, 0x79b1)) & 0xffff;
    this._last = what;
    if (this._done[step] !== 0) return;
    this._done[step] = 1;
    this.fresh = true;
  }
}

function inside(span: number, start: number, end: number): boolean {
  return (span & 0xffff) >= start && span >>> 16 <= end && (span & 0xffff) <= span >>> 16;
}

function skipCommas(window: Uint8Array, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const octet = window[at]!;
    if (octet !== 0x2c && octet !== 0x20 && octet !== 0x09 && octet !== 0x0d && octet !== 0x0a) break;
  }
  return at;
}
