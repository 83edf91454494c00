// Write: a message as octets. Runs of untouched fields are copied as one piece; only what was edited is
// written anew, one field a line, lines ended by CRLF.

import type { Head } from "../core/head.ts";
import type { Field, Item } from "./field.ts";
import { headerById } from "./header-table.ts";
import type { Headers } from "./headers.ts";

/**
 * The message as a binary string.
 * @param startLine the new start line without its line end; undefined where it is untouched
 * @param body the new body; undefined where it is untouched
 * @param compact whether names that have a compact form are written in it (RFC 3261 §7.3.3)
 */
export function writeMessage(
  head: Head | undefined,
  headers: Headers,
  startLine: string | undefined,
  body: string | undefined,
  compact: boolean,
): string {
  const items = headers.items;
  if (head === undefined)
    return `${startLine}\r\n${compact ? writeCompact(head, items) : writeMade(items as readonly Field[])}\r\n${body ?? ""}`;
  if (!compact && startLine === undefined && body === undefined)
    return items ? writeEdited(head, items, head.start, head.text.length) : head.text;
  const fields = compact
    ? writeCompact(head, items)
    : items
      ? writeEdited(head, items, head.lineStart(0), head.lineStart(head.count))
      : head.text.slice(head.lineStart(0), head.lineStart(head.count));
  const first = startLine === undefined ? head.startLine : `${startLine}\r\n`;
  return first + fields + (body === undefined ? head.text.slice(head.lineStart(head.count)) : `\r\n${body}`);
}

/** All fields, with compact names where there are some: behind the name each is as it stands. */
function writeCompact(head: Head | undefined, items: readonly Item[] | undefined): string {
  let text = "";
  const size = items ? items.length : (head as Head).count;
  for (let at = 0; at < size; at++) {
    const item = items ? items[at]! : at;
    const made = typeof item !== "number";
    const id = made ? item.id : (head as Head).id(item);
    const line = made
      ? (item.line ?? `${item.name}: ${item.text}\r\n`)
      : (head as Head).text.slice((head as Head).lineStart(item), (head as Head).lineStart(item + 1));
    const compact = id === 0 ? undefined : headerById(id).compact;
    text += compact === undefined ? line : compact + line.slice(line.indexOf(":"));
  }
  return text;
}

/** The old text from `start` to `end` with the fields as they are now. What stands together there is taken as one piece. */
function writeEdited(head: Head, items: readonly Item[], start: number, end: number): string {
  const old = head.text;
  let text = "";
  // What is to be taken next, which may have more behind it.
  let from = start;
  let to = head.lineStart(0);
  for (let at = 0; at < items.length; at++) {
    const item = items[at]!;
    if (typeof item !== "number") {
      if (from !== to) text += old.slice(from, to);
      from = to;
      text += item.line ?? `${item.name}: ${item.text}\r\n`;
      continue;
    }
    let last = item;
    while (items[at + 1] === last + 1) {
      last++;
      at++;
    }
    const line = head.lineStart(item);
    if (line !== to) {
      if (from !== to) text += old.slice(from, to);
      from = line;
    }
    to = head.lineStart(last + 1);
  }
  const behind = head.lineStart(head.count);
  if (to === behind) return from === end ? text : text + old.slice(from, end);
  if (from !== to) text += old.slice(from, to);
  return behind === end ? text : text + old.slice(behind, end);
}

/** Fields of which all were made here. */
function writeMade(items: readonly Field[]): string {
  let text = "";
  for (const { line, name, text: value } of items) text += line ?? `${name}: ${value}\r\n`;
  return text;
}
