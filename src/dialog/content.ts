// Content: what a user adds to a request or response that the library makes: body, its type, header fields.

import { notWanted } from "../errors.ts";
import type { HeadersInit } from "../message/create-request.ts";
import { isSafe } from "../message/escape.ts";
import type { HeaderName } from "../message/header-types.ts";
import type { NameAddr } from "../message/name-addr.ts";
import type { Message } from "../message/parse.ts";

/** A body and header fields, and of a response its reason phrase. */
export interface Content {
  /** Text is written as UTF-8. */
  readonly body?: Uint8Array | string | undefined;
  /** The body's Content-Type; `application/sdp` where it is left out. */
  readonly contentType?: string | undefined;
  /** Further header fields, each in place of those of its name. */
  readonly headers?: HeadersInit | undefined;
  /** The reason phrase of a response, the status's own where it is left out; a request has none. */
  readonly reason?: string | undefined;
}

/** What describes a body, beside its type and length (RFC 3261 §20.11 to §20.13, §20.24). */
const OF_A_BODY = ["Content-Disposition", "Content-Encoding", "Content-Language", "MIME-Version"];

/**
 * What a message says, to be said to somebody else, as a B2BUA does: its body with the header fields that describe it,
 * a response's reason phrase, and those header fields that are named. All as it is written, readable or not, but what
 * must not go on the wire, since it has CR or NUL: that is left out.
 */
export function contentOf(message: Message, names: readonly string[] = []): Content {
  const { headers, body } = message;
  const kept = body.length > 0 ? [...OF_A_BODY, ...names] : names;
  // A peer can write it, but who said it anew would throw, and leave somebody without an answer.
  const raw = (name: string) => headers.raw(name).filter(isSafe);
  const [contentType] = body.length > 0 ? raw("Content-Type") : [];
  return {
    ...(body.length > 0 ? { body } : {}),
    ...(contentType === undefined ? {} : { contentType }),
    ...(message.kind === "response" && isSafe(message.reason) ? { reason: message.reason } : {}),
    headers: Object.fromEntries(
      kept.map((name) => [name, raw(name)] as const).filter(([, values]) => values.length > 0),
    ),
  };
}

/**
 * Puts content into a message, and returns that: `addContent(request.createResponse(200), content)`, for what an
 * `onRequest` answers.
 *
 * @throws SipError `value_unsafe` for what must not go on the wire, `value_invalid` for what is no value
 */
export function addContent<M extends Message>(message: M, content: Content): M {
  if (typeof content !== "object") throw notWanted("content", "an object such as { body }", content);
  const { body, contentType, headers, reason } = content;
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== undefined) message.headers.set(name as HeaderName, value);
  }
  if (reason !== undefined && message.kind === "response") message.reason = reason;
  // What is no body has no length, and is refused below; it is not to go out without.
  if (body !== undefined && body?.length !== 0) {
    message.body = body;
    message.headers.set("Content-Type", contentType ?? "application/sdp");
  }
  return message;
}

/** Puts our Contact in. Whoever gives a GRUU says that it knows them (RFC 5627 §4.3). */
export function setContact(message: Message, contact: NameAddr): void {
  message.headers.set("Contact", contact);
  noteGruu(message, contact);
}

function noteGruu(message: Message, { uri }: NameAddr): void {
  if (uri.isSip && uri.params.has("gr")) addOption(message, "Supported", "gruu");
}

/** Says which events there are to subscribe to (RFC 6665 §8.2.2), unless that is said already. */
export function addEvents(message: Message, events: readonly string[] = []): void {
  if (events.length > 0) message.headers.setDefault("Allow-Events", events.join(", "));
}

/** Says in Supported what holds for all of a call (RFC 3261 §13.2.1, §13.3.1.4). @param extensions those that the user knows */
export function addKnown(message: Message, extensions: readonly string[], contact: NameAddr): void {
  for (const option of ["replaces", ...extensions]) addOption(message, "Supported", option);
  noteGruu(message, contact);
}

/**
 * Adds an option tag to a list such as Supported or Require, unless it is there. It makes one header field of them: SIP.js, for
 * one, reads the first and no other (RFC 3261 §7.3.1 allows several).
 */
export function addOption(message: Message, name: "Supported" | "Require", option: string): void {
  if (hasOption(message, name, option)) return;
  const others = message.headers.raw(name).filter((value) => value.trim() !== "");
  message.headers.set(name, [...others, option].join(", "));
}

/** Whether a list such as Supported or Require has an option tag. */
export function hasOption(message: Message, name: "Supported" | "Require", option: string): boolean {
  return listOf(message, name).some((each) => each.toLowerCase() === option);
}

/**
 * What a message lists; nothing where it cannot be read. No stack checks these header fields unless told to, and what
 * throws half-way leaves a dialog behind, or a 2xx without its ACK.
 */
export function listOf(message: Message, name: "Supported" | "Require" | "Allow"): readonly string[] {
  try {
    return message.headers.get(name);
  } catch {
    return [];
  }
}

/** The number in front of a header field's first value, such as `90;refresher=uac`; undefined where there is none. */
export function leadingNumber(message: Message, name: string): number | undefined {
  const found = /^\s*(\d{1,10})(?=\s*(?:;|$))/.exec(message.headers.raw(name)[0] ?? "");
  return found ? Number(found[1]) : undefined;
}

const decoder = new TextDecoder();

/** A body as text, read as UTF-8. */
export function bodyText(body: Uint8Array | string): string {
  return typeof body === "string" ? body : decoder.decode(body);
}

/**
 * Reads what a user has given as text, Event and Refer-To: who gets it could not.
 *
 * @throws SipError `value_invalid` or `uri_invalid`
 */
export function checkGiven({ headers }: Message): void {
  headers.get("Event");
  headers.get("Refer-To");
}
