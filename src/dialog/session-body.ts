// Session body: which bodies are session descriptions, offers and answers, as far as signalling can tell.

import type { Message } from "../message/parse.ts";
import type { Content } from "./content.ts";

/**
 * Whether a message has an offer or an answer: a body that it says to be for the session, and not for something else, as `signal`
 * and `render` are. Where it says nothing, SDP is, and what has another type is not (RFC 3261 §13.2.1, §20.11). What a multipart
 * is for, its parts would say (RFC 5621 §8.2): one is taken to have a session's.
 */
export function hasSession({ bodyLength, headers }: Message): boolean {
  return bodyLength > 0 && isOfSession(headers.raw("Content-Disposition"), headers.raw("Content-Type"));
}

/** Whether content that goes into a message makes an offer or an answer of it, as `hasSession` says. */
export function isSession({ body, contentType, headers = {} }: Content): boolean {
  if (body === undefined || body.length === 0) return false;
  const [, disposition] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === "content-disposition") ?? [];
  return isOfSession(
    [disposition].flat().map((value) => String(value ?? "")),
    [contentType ?? ""],
  );
}

/** Types that are for the session unless they say otherwise; that of a body which names none is SDP. */
const SESSION = /^(?:application\s*\/\s*sdp\s*(?:;|$)|multipart\/|$)/i;

function isOfSession([disposition = ""]: readonly string[], [type = ""]: readonly string[]): boolean {
  const said = (disposition.split(";")[0] as string).trim().toLowerCase();
  return said === "session" || (said === "" ? SESSION : /^multipart\//i).test(type.trim());
}
