// Parse: bytes or text to Request or Response. Refuses only what cannot be represented: the framing and
// the start line; what is wrong inside a header field shows when it is read.

import { Head } from "../core/head.ts";
import { type ParseFailure, type ParseLimits, parseHead } from "../core/parse.ts";
import { type ErrorCode, SipError } from "../errors.ts";
import { Request } from "./request.ts";
import { Response } from "./response.ts";

/** A SIP message; `kind` tells which. */
export type Message = Request | Response;

function toMessage(head: Head): Message {
  return head.isResponse ? new Response(head, undefined, head.status, undefined, false) : new Request(head);
}

/**
 * Parses one message: a datagram, the frame of a stream, or a WebSocket frame. The data is not kept.
 *
 * @returns the message, or a ParseFailure (`kind: "failure"`) with the code; nothing is thrown for bad input
 * @throws SipError `value_invalid` for what is neither text nor octets
 */
export function tryParseMessage(data: Uint8Array | string, limits?: ParseLimits): Message | ParseFailure {
  const head = parseHead(data, limits);
  return head instanceof Head ? toMessage(head) : head;
}

/**
 * Parses one message, as tryParseMessage does.
 *
 * @throws SipError with codes `message_empty`, `message_too_large`, `head_incomplete`, `head_too_large`,
 *   `start_line_invalid`, `line_end_invalid`, `too_many_headers`; `value_invalid` for what is neither text nor octets
 */
export function parseMessage(data: Uint8Array | string, limits?: ParseLimits): Message {
  const head = parseHead(data, limits);
  if (!(head instanceof Head)) throw refusal(head.code);
  return toMessage(head);
}

function refusal(code: ErrorCode): SipError {
  return new SipError(code, `not a SIP message: ${code.replaceAll("_", " ")}`, { status: 400 });
}
