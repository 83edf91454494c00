// Write: a message as octets. Runs of untouched fields are copied as one piece; only what was edited is
// written anew, one field a line, lines ended by CRLF.

import type { Head } from "../core/head.ts";
import type { Item } from "./field.ts";
import type { Headers } from "./headers.ts";

/**
 * The message as a binary string.
 * @param startLine the new start line without its line end; undefined where it is untouched
 * @param body the new body; undefined where it is untouched
 */
export function writeMessage(
  head: Head | undefined,
  headers: Headers,
  startLine: string | undefined,
  body: string | undefined,
): string {
  const items = headers.items;
  if (head && !items && startLine === undefined && body === undefined) return head.text;
  let text = startLine === undefined ? (head as Head).startLine : `${startLine}\r\n`;
  text += items
    ? writeFields(head, items)
    : (head as Head).text.slice((head as Head).lineStart(0), (head as Head).lineStart((head as Head).count));
  if (body !== undefined) return `${text}\r\n${body}`;
  return head ? text + head.text.slice(head.lineStart(head.count)) : `${text}\r\n`;
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
