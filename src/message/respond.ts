// Respond: the text of a response to a request as it came in: its lines taken over as they stand, which is
// cheaper than making header fields of them. Where a line is missing, there twice, folded or oddly ended,
// create-response.ts goes field by field.

import { ID_CALL_ID, ID_CSEQ, ID_FROM, ID_TO, ID_VIA, NONE, Q_TO, R_TAG, WINDOW_SIZE } from "../core/abi.ts";
import type { Head } from "../core/head.ts";

const CR = 0x0d;

/** Puts lines of a head one behind the other; those that stood so are taken over in one piece. */
class Lines {
  /** False once a line went over several lines, ended in a LF alone, was missing, or was there twice. */
  usual = true;
  private readonly _head: Head;
  private _text: string;
  private _start = 0;
  private _end = 0;

  constructor(head: Head, startLine: string) {
    this._head = head;
    this._text = startLine;
  }

  /** Adds all fields of that id; where it must be one, that one. */
  add(id: number, one: boolean): void {
    const head = this._head;
    let field = head.find(id, 0);
    if (one && (field < 0 || head.repeated(id))) this.usual = false;
    while (field >= 0 && this.usual) {
      const start = head.lineStart(field);
      const end = head.lineStart(field + 1);
      if (head.folded(field) || head.text.charCodeAt(end - 2) !== CR) this.usual = false;
      if (start !== this._end) {
        this._flush();
        this._start = start;
      }
      this._end = end;
      if (!head.repeated(id)) break;
      field = head.find(id, field + 1);
    }
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
  if (head.words[at] === 0) lines.usual = false;
  else if (lines.usual && head.words[at + R_TAG] === NONE) {
    // White space between value and line end goes along with it.
    const field = head.find(ID_TO, 0);
    if (head.valueEnd(field) + 2 !== head.lineStart(field + 1)) lines.usual = false;
    else lines.extend(`;tag=${tag()}`);
  }
}

/**
 * The whole response, without a body; undefined where it has to be made field by field.
 *
 * @param startLine the Status-Line with its end, a binary string
 * @param tag the To tag, asked for where To has none; undefined for a 100, which gets none (RFC 3261 §8.2.6.2)
 * @param route the id of the header whose lines are taken over too, 0 for none
 */
export function respond(
  head: Head,
  startLine: string,
  tag: (() => string) | undefined,
  route: number,
): string | undefined {
  const lines = new Lines(head, startLine);
  lines.add(ID_VIA, false);
  lines.add(ID_FROM, true);
  if (tag === undefined) lines.add(ID_TO, true);
  else addTo(lines, head, tag);
  lines.add(ID_CALL_ID, true);
  lines.add(ID_CSEQ, true);
  if (route !== 0) lines.add(route, false);
  if (!lines.usual || head.find(ID_VIA, 0) < 0) return undefined;
  const text = lines.end("Content-Length: 0\r\n\r\n");
  return text.length > WINDOW_SIZE ? undefined : text;
}
