// Golden: reads the cases of the Markdown files, and writes the trace of a message.

import { readFileSync } from "node:fs";
import { parseHead } from "../../src/core/parse.ts";
import { tryParseMessage } from "../../src/message/parse.ts";
import { validate } from "../../src/message/validate.ts";

/** One case of a Markdown file. */
export interface Case {
  readonly title: string;
  /** The heading's line, for finding it again. */
  readonly line: number;
  /** What stands between the heading and the message. */
  readonly why: string;
  readonly message: Uint8Array;
  /** True where the message is no UTF-8, and so cannot come as a string. */
  readonly bytesOnly: boolean;
  readonly log: string;
}

/** Reads a file of cases. Throws where a heading has not one message and one log behind it. */
export function cases(url: URL): readonly Case[] {
  const found: Case[] = [];
  const lines = readFileSync(url, "utf8").split("\n");
  for (let at = 0; at < lines.length; at++) {
    const title = /^## (.+)$/.exec(lines[at]!)?.[1];
    if (title === undefined) continue;
    const heading = at;
    const why: string[] = [];
    for (at++; at < lines.length && !lines[at]!.startsWith("```"); at++) why.push(lines[at]!);
    const kind = lines[at];
    const [message, behind] = block(lines, at);
    let next = behind;
    while (next < lines.length && lines[next]!.trim() === "") next++;
    if ((kind !== "```sip" && kind !== "```sip bytes") || lines[next] !== "```log") {
      throw new Error(`${url.pathname}:${heading + 1}: a block sip and a block log must follow`);
    }
    const [log, end] = block(lines, next);
    found.push({
      title,
      line: heading + 1,
      why: why.join(" ").trim(),
      message: octets(message),
      bytesOnly: kind === "```sip bytes",
      log: log.join("\n"),
    });
    at = end - 1;
  }
  return found;
}

/** The lines of the fenced block that opens at `at`, and the number of the line behind it. */
function block(lines: readonly string[], at: number): [content: string[], behind: number] {
  const close = lines.indexOf("```", at + 1);
  if (close < 0) throw new Error(`line ${at + 1}: the block is never closed`);
  return [lines.slice(at + 1, close), close + 1];
}

/** The octets that the lines of a `sip` block stand for. */
function octets(lines: readonly string[]): Uint8Array {
  const text = lines
    .map((line) => (line.endsWith("␊") ? `${line.slice(0, -1)}\n` : `${line}\r\n`))
    .join("")
    .replace(/␄[\s\S]*$/, "")
    .replaceAll("␠", " ")
    .replaceAll("␡", "\x7f")
    .replace(/[\u2400-\u241f]/g, (picture) => String.fromCharCode(picture.charCodeAt(0) - 0x2400));
  // Between ⟨ and ⟩ stand octets in hex; everything else is UTF-8.
  const parts = text.split(/⟨([\da-f]+)⟩/);
  return Buffer.concat(parts.map((part, i) => Buffer.from(part, i % 2 === 1 ? "hex" : "utf8")));
}

/** Control characters as pictures, so that a log is text. */
function visible(text: string): string {
  return text
    .replace(/[\0-\x1f]/g, (control) => String.fromCharCode(control.charCodeAt(0) + 0x2400))
    .replaceAll("\x7f", "␡");
}

/** What the library makes of a message. */
export function trace(data: Uint8Array | string): string {
  const message = tryParseMessage(data);
  if (message.kind === "failure") return `failure ${message.code}`;
  const head = parseHead(data);
  if ("kind" in head) throw new Error("the head is refused, the message is not");
  const log: string[] = [];
  log.push(
    message.kind === "request"
      ? `request ${message.method} | ${head.second} | ${message.version}`
      : `response ${message.version} | ${message.status} | ${message.reason}`,
  );
  for (const [i, [name, value]] of [...message.headers].entries()) {
    const flags = `${head.folded(i) ? " folded" : ""}${head.malformed(i) ? " malformed" : ""}`;
    log.push(`field ${head.id(i)}${flags}${name === "" ? "" : ` ${name}`}: ${value}`);
  }
  if (message.bodyLength > 0) log.push(`body ${message.bodyLength}: ${message.bodyText}`);
  for (const { status, code, header, reason } of validate(message)) {
    log.push(`finding ${status} ${code} ${header ?? "-"}: ${reason}`);
  }
  return log.map((line) => visible(line).trimEnd()).join("\n");
}
