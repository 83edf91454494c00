// Respond: the text of a response to a request that came in: its lines taken over as they stand, which is
// cheaper than making header fields of them. Where a line is missing, there twice, folded or oddly ended,
// create-response.ts goes field by field.

import { ID_CALL_ID, ID_CSEQ, ID_FROM, ID_TO, ID_VIA, NONE, Q_TO, R_TAG, WINDOW_SIZE } from "../core/abi.ts";
import type { Head } from "../core/head.ts";
import type { Field, Item } from "./field.ts";
import type { Headers } from "./headers.ts";

const CR = 0x0d;

/** Puts lines of a message one behind the other; those that stood so are taken over in one piece. */
class Lines {
  /** False once a line went over several lines, ended in a LF alone, was missing, or was there twice. */
  usual = true;
  private readonly _head: Head;
  private readonly _headers: Headers;
  private _text: string;
  private _start = 0;
  private _end = 0;

  constructor(head: Head, headers: Headers, startLine: string) {
    this._head = head;
    this._headers = headers;
    this._text = startLine;
  }

  /** Adds all fields of that id; how many there are. */
  add(id: number): number {
    let count = 0;
    const noted = id === ID_VIA ? this._headers.noted : undefined;
    if (noted !== undefined || this._headers.untouched(id)) {
      const head = this._head;
      const more = head.repeated(id);
      for (let field = head.find(id, 0); field >= 0; field = more ? head.find(id, field + 1) : -1) {
        if (count++ === 0 && noted !== undefined) this._write("Via", noted.asRead());
        else this._take(field);
      }
      return count;
    }
    for (const item of this._headers.items as readonly Item[]) {
      if ((typeof item === "number" ? this._head.id(item) : item.id) !== id) continue;
      if (typeof item === "number") this._take(item);
      else this._make(item);
      count++;
    }
    return count;
  }

  /** Adds the one field of that id; its number in the head, negative where it was made here. */
  addOne(id: number): number {
    if (!this._headers.untouched(id)) {
      if (this.add(id) !== 1) this.usual = false;
      return -1;
    }
    const field = this._head.find(id, 0);
    if (field < 0 || this._head.repeated(id)) this.usual = false;
    else this._take(field);
    return field;
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
    if (line === undefined) {
      this._write(name, text);
      return;
    }
    this._flush();
    this._start = this._end;
    this._text += line;
  }

  private _write(name: string, text: string): void {
    this._flush();
    this._start = this._end;
    this._text += `${name}: ${text}\r\n`;
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
  const field = lines.addOne(ID_TO);
  if (!lines.usual) return;
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
 * @param headers the request's header fields, edited or not
 * @param startLine the Status-Line with its end, a binary string
 * @param tag the To tag, asked for where To has none; undefined for a 100, which gets none (RFC 3261 §8.2.6.2)
 * @param route the id of the header whose lines are taken over too, 0 for none
 */
export function respond(
  head: Head,
  headers: Headers,
  startLine: string,
  tag: (() => string) | undefined,
  route: number,
): string | undefined {
  const lines = new Lines(head, headers, startLine);
  if (lines.add(ID_VIA) === 0) return undefined;
  lines.addOne(ID_FROM);
  if (tag === undefined) lines.addOne(ID_TO);
  else addTo(lines, head, tag);
  lines.addOne(ID_CALL_ID);
  lines.addOne(ID_CSEQ);
  if (route !== 0) lines.add(route);
  if (!lines.usual) return undefined;
  const text = lines.end("Content-Length: 0\r\n\r\n");
  return text.length > WINDOW_SIZE ? undefined : text;
}
