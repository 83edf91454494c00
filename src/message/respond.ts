// Respond: the text of a response to a request that came in: its lines taken over as they stand, which is
// cheaper than making header fields of them. Where a line is missing, there twice, folded or oddly ended,
// create-response.ts goes field by field.

import { ID_CALL_ID, ID_CSEQ, ID_FROM, ID_TO, ID_VIA, NONE, Q_TO, R_TAG, WINDOW_SIZE } from "../core/abi.ts";
import type { Head } from "../core/head.ts";
import type { Field, Item } from "./field.ts";

const CR = 0x0d;

/** Puts lines of a message one behind the other; those that stood so are taken over in one piece. */
class Lines {
  /** False once a line went over several lines, ended in a LF alone, was missing, or was there twice. */
  usual = true;
  private readonly _head: Head;
  private readonly _items: readonly Item[] | undefined;
  private _text: string;
  private _start = 0;
  private _end = 0;

  constructor(head: Head, items: readonly Item[] | undefined, startLine: string) {
    this._head = head;
    this._items = items;
    this._text = startLine;
  }

  /** The place of the first field of that id from `from` on, -1 where there is none. */
  find(id: number, from: number): number {
    const items = this._items;
    if (items === undefined) return this._head.find(id, from);
    for (let at = from; at < items.length; at++) {
      const item = items[at]!;
      if ((typeof item === "number" ? this._head.id(item) : item.id) === id) return at;
    }
    return -1;
  }

  /** The number in the head of the field at that place, -1 for one that was edited. */
  field(at: number): number {
    const item = this._items === undefined ? at : this._items[at]!;
    return typeof item === "number" ? item : -1;
  }

  /** Adds all fields of that id; where it must be one, that one. */
  add(id: number, one: boolean): void {
    let at = this.find(id, 0);
    if (one && at < 0) this.usual = false;
    for (let count = 1; at >= 0 && this.usual; count++) {
      if (one && count > 1) this.usual = false;
      const item = this._items === undefined ? at : this._items[at]!;
      if (typeof item === "number") this._take(item);
      else this._make(item);
      at = this._items === undefined && !this._head.repeated(id) ? -1 : this.find(id, at + 1);
    }
  }

  private _take(field: number): void {
    const head = this._head;
    const start = head.lineStart(field);
    const end = head.lineStart(field + 1);
    if (head.folded(field) || head.text.charCodeAt(end - 2) !== CR) this.usual = false;
    if (start !== this._end) {
      this._flush();
      this._start = start;
    }
    this._end = end;
  }

  private _make({ line, name, text }: Field): void {
    this._flush();
    this._start = this._end;
    if (line === undefined) this._text += `${name}: ${text}\r\n`;
    else this._text += line;
  }

  /** Puts text behind the value of the field that was added last. */
  extend(text: string): void {
    this._end -= 2;
    this._flush();
    this._text += text;
    this._text += "\r\n";
    this._start = this._end;
  }

  /** What there is, with the text behind it. */
  end(text: string): string {
    this._flush();
    return this._text + text;
  }

  private _flush(): void {
    if (this._end > this._start) this._text += this._head.text.slice(this._start, this._end);
  }
}

/** Adds To, with a tag behind its value, unless it has one. */
function addTo(lines: Lines, head: Head, tag: () => string): void {
  const at = head.at + Q_TO;
  lines.add(ID_TO, true);
  if (!lines.usual) return;
  const field = lines.field(lines.find(ID_TO, 0));
  if (field < 0 || head.words[at] === 0) lines.usual = false;
  else if (head.words[at + R_TAG] === NONE) {
    // White space between value and line end would stand before the tag.
    if (head.valueEnd(field) + 2 !== head.lineStart(field + 1)) lines.usual = false;
    else lines.extend(`;tag=${tag()}`);
  }
}

/**
 * The whole response, without a body; undefined where it has to be made field by field.
 *
 * @param items the request's header fields, where some were edited
 * @param startLine the Status-Line with its end, a binary string
 * @param tag the To tag, asked for where To has none; undefined for a 100, which gets none (RFC 3261 §8.2.6.2)
 * @param route the id of the header whose lines are taken over too, 0 for none
 */
export function respond(
  head: Head,
  items: readonly Item[] | undefined,
  startLine: string,
  tag: (() => string) | undefined,
  route: number,
): string | undefined {
  const lines = new Lines(head, items, startLine);
  lines.add(ID_VIA, false);
  lines.add(ID_FROM, true);
  if (tag === undefined) lines.add(ID_TO, true);
  else addTo(lines, head, tag);
  lines.add(ID_CALL_ID, true);
  lines.add(ID_CSEQ, true);
  if (route !== 0) lines.add(route, false);
  if (!lines.usual || lines.find(ID_VIA, 0) < 0) return undefined;
  const text = lines.end("Content-Length: 0\r\n\r\n");
  return text.length > WINDOW_SIZE ? undefined : text;
}
