// Write: a message as octets. Runs of untouched fields are copied as one piece; only what was edited is
// written anew, one field a line, lines ended by CRLF.

import type { Head } from "../core/head.ts";
import type { Item } from "./field.ts";
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
  if (!compact && head && !items && startLine === undefined && body === undefined) return head.text;
  let text = startLine === undefined ? (head as Head).startLine : `${startLine}\r\n`;
  text += compact
    ? writeCompact(head, items)
    : items
      ? writeFields(head, items)
      : (head as Head).text.slice(
          (head as Head).lineStart(0),
          (head as Head).lineStart((head as Head).count),
        );
  if (body !== undefined) return `${text}\r\n${body}`;
  return head ? text + head.text.slice(head.lineStart(head.count)) : `${text}\r\n`;
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

function writeFields(head: Head | undefined, items: readonly Item[]): string {
  let text = "";
  for (let at = 0; at < items.length; at++) {
    const item = items[at]!;
    if (typeof item !== "number") {
      text += item.line ?? `${item.name}: ${item.text}\r\n`;
      continue;
    }
    // As many fields as follow each other untouched are one piece of the old text.
    let last = item;
    while (items[at + 1] === last + 1) {
      last++;
      at++;
    }
    text += (head as Head).text.slice((head as Head).lineStart(item), (head as Head).lineStart(last + 1));
  }
  return text;
}
