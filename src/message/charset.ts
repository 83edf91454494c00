// Charset: the text of a body by the charset parameter of its Content-Type. UTF-8 where none is named
// (RFC 3261 §7.4.1); US-ASCII, the default of MIME, is a part of it (RFC 5621 §3.1).

import { bytesFrom, fromBinary } from "../core/text.ts";
import { SipError } from "../errors.ts";
import type { Headers } from "./headers.ts";

const UTF8 = /^(utf-?8|(us-)?ascii)?$/i;

/** What Content-Type names; undefined where it names none, is not there or cannot be read. */
function charsetOf(headers: Headers): string | undefined {
  try {
    return headers.get("Content-Type")?.params.get("charset");
  } catch (error) {
    if (!(error instanceof SipError)) throw error;
    return undefined;
  }
}

/**
 * The text of a body, given as a binary string, with these header fields.
 *
 * @throws SipError `unsupported`, status 415, for a charset that this runtime's TextDecoder does not know
 */
export function decodeBody(headers: Headers, binary: string): string {
  const charset = binary && (charsetOf(headers) ?? "");
  if (UTF8.test(charset)) return fromBinary(binary);
  try {
    return new TextDecoder(charset).decode(bytesFrom(binary));
  } catch {
    throw new SipError("unsupported", `charset ${charset}`, { status: 415, header: "Content-Type" });
  }
}
