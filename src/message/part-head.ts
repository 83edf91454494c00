// Part head: the header fields of a body part (RFC 2046 §5.1), read by the core as those of a message are:
// behind a start line that is never written.

import { Head } from "../core/head.ts";
import { parseHead } from "../core/parse.ts";
import { binaryFrom, bytesFrom } from "../core/text.ts";
import { SipError } from "../errors.ts";
import { Headers } from "./headers.ts";
import { writeMessage } from "./write.ts";

const START = "PART sip:part SIP/2.0\r\n";
const LF = 0x0a;
const CR = 0x0d;

/** The header fields of a part, and what is needed to write them as they came. */
export interface PartHead {
  readonly head: Head | undefined;
  readonly headers: Headers;
}

/** Where a part's body starts: behind the first empty line; at its end where there is none. */
export function bodyStart(part: Uint8Array): number {
  for (let line = 0; line < part.length; ) {
    const at = part[line] === CR ? line + 1 : line;
    if (part[at] === LF) return at + 1;
    const found = part.indexOf(LF, line);
    if (found < 0) break;
    line = found + 1;
  }
  return part.length;
}

/**
 * Reads a part's header fields: its octets up to its body.
 *
 * @throws SipError `body_invalid` (400) for what are no header fields, `body_too_complex` (413) for too many or
 *   too long ones
 */
export function readPartHead(octets: Uint8Array): PartHead {
  // The core stops at the first empty line; this one is for a part that has none.
  const head = parseHead(bytesFrom(`${START}${binaryFrom(octets)}\r\n\r\n`));
  if (head instanceof Head) return { head, headers: new Headers(head) };
  const tooMuch = head.code === "too_many_headers" || head.code === "head_too_large";
  throw new SipError(
    tooMuch ? "body_too_complex" : "body_invalid",
    `a body part's header fields: ${head.code.replaceAll("_", " ")}`,
    { status: tooMuch ? 413 : 400 },
  );
}

/** A part's header fields and the empty line behind them, as a binary string. */
export function writePartHead({ head, headers }: PartHead): string {
  return writeMessage(head, headers, "", "", false).slice(2);
}
