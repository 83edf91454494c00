// Head: a parsed message as the core left it: the text, and a table of numbers in a shared slab. It is
// never changed; edits live in Headers and Message.

import {
  F_ASCII,
  F_METHOD_SHIFT,
  F_RESPONSE,
  F_SPACING,
  FLAG,
  HOT_IDS,
  L_FOLDED,
  L_MALFORMED,
  NONE,
  Q_MAX_FORWARDS,
  T_BODY_LENGTH,
  T_FIELDS,
  T_FIELDS_END,
  T_FIRST,
  T_FLAGS,
  T_HEAD_END,
  T_HOT,
  T_REPEATED,
  T_SECOND,
  T_START,
  T_THIRD,
} from "./abi.ts";
import type { Engine } from "./engine.ts";
import { keep, slab } from "./slab.ts";
import { fromBinary } from "./text.ts";
import { METHODS } from "./words.ts";

/** One parsed message: its text as a binary string, and where its parts are. */
export class Head {
  readonly text: string;
  /** How many header fields there are. */
  readonly count: number;
  /** True where the whole head is ASCII; false says perhaps not. */
  readonly ascii: boolean;
  /** The slab that holds the table: T_* and Q_* words, and two for each field; and where in it that begins. */
  readonly words: Uint32Array;
  readonly at: number;

  /** Copies the table that the core has just written. */
  constructor(core: Engine, text: string, count: number) {
    this.at = keep(core.tables[count] ?? tableOf(core, count));
    this.words = slab;
    this.text = text;
    this.count = count;
    this.ascii = (core.table[T_FLAGS]! & F_ASCII) !== 0;
  }

  private _word(word: number): number {
    return this.words[this.at + word]!;
  }

  get isResponse(): boolean {
    return (this._word(T_FLAGS) & F_RESPONSE) !== 0;
  }

  /** True where the start line is not spaced as the grammar has it. */
  get spaced(): boolean {
    return (this._word(T_FLAGS) & F_SPACING) !== 0;
  }

  /** Where the body starts. */
  get end(): number {
    return this._word(T_HEAD_END);
  }

  /** Content-Length; undefined where there is none, NaN where it is no number or several that differ. */
  get bodyLength(): number | undefined {
    const length = this._word(T_BODY_LENGTH);
    return length === NONE ? undefined : length === FLAG ? Number.NaN : length;
  }

  /** Max-Forwards; negative where it is not there or cannot be read. */
  get maxForwards(): number {
    return this._word(Q_MAX_FORWARDS) | 0;
  }

  /** The first part of the start line: method or version. */
  get first(): string {
    return this._span(T_FIRST);
  }

  /** The method of a request. */
  get method(): string {
    return METHODS[this._word(T_FLAGS) >>> F_METHOD_SHIFT] || this.first;
  }

  /** The Request-URI. */
  get second(): string {
    return this._span(T_SECOND);
  }

  /** Where the Request-URI starts. */
  get secondStart(): number {
    return this._word(T_SECOND) & 0xffff;
  }

  /** Where it ends. */
  get secondEnd(): number {
    return this._word(T_SECOND) >>> 16;
  }

  /** The status code of a response. */
  get status(): number {
    return this._word(T_SECOND);
  }

  /** The last part of the start line: version or reason phrase. */
  get third(): string {
    return this._span(T_THIRD);
  }

  /** The start line with its line end. */
  get startLine(): string {
    const word = this._word(T_START);
    return this.text.slice(word & 0xffff, word >>> 16);
  }

  /** The id of a field's header, 0 for one that is not in the table. */
  id(field: number): number {
    return (this._word(T_FIELDS + 2 * field + 1) >>> 16) & 0xff;
  }

  folded(field: number): boolean {
    return ((this._word(T_FIELDS + 2 * field + 1) >>> 24) & L_FOLDED) !== 0;
  }

  /** True where the line has no header field's name. */
  malformed(field: number): boolean {
    return ((this._word(T_FIELDS + 2 * field + 1) >>> 24) & L_MALFORMED) !== 0;
  }

  /** Where the field's line starts; of the field behind the last, where the empty line starts. */
  lineStart(field: number): number {
    return field < this.count ? this._word(T_FIELDS + 2 * field) & 0xffff : this._word(T_FIELDS_END);
  }

  valueStart(field: number): number {
    return this._word(T_FIELDS + 2 * field) >>> 16;
  }

  valueEnd(field: number): number {
    return this._word(T_FIELDS + 2 * field + 1) & 0xffff;
  }

  /** The field's name as written, "" for a malformed line. */
  name(field: number): string {
    if (this.malformed(field)) return "";
    const start = this.lineStart(field);
    return this.text.slice(start, this.text.indexOf(":", start)).trimEnd();
  }

  /** The number of the first field of that id from `from` on, -1 where there is none. */
  find(id: number, from: number): number {
    if (from === 0 && id < HOT_IDS && this.count < 255) {
      return ((this._word(T_HOT + (id >> 2)) >>> ((id & 3) << 3)) & 0xff) - 1;
    }
    const words = this.words;
    const first = this.at + T_FIELDS + 1;
    for (let field = from; field < this.count; field++) {
      if (((words[first + 2 * field]! >>> 16) & 0xff) === id) return field;
    }
    return -1;
  }

  /** True where there may be more than one field of that id. */
  repeated(id: number): boolean {
    return id >= HOT_IDS || this.count >= 255 || (this._word(T_REPEATED) & (1 << id)) !== 0;
  }

  private _span(word: number): string {
    const span = this._word(word);
    const found = this.text.slice(span & 0xffff, span >>> 16);
    return this.ascii ? found : fromBinary(found);
  }
}

/** A view on the table of a message with that many header fields. */
function tableOf(core: Engine, count: number): Uint32Array {
  const table = core.table.subarray(0, T_FIELDS + 2 * count);
  core.tables[count] = table;
  return table;
}
