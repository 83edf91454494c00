// Create response: what a response takes over from its request (RFC 3261 §8.2.6).

import { toBinary } from "../core/text.ts";
import { SipError } from "../errors.ts";
import { defaultRandom } from "../random.ts";
import { refuseUnsafe } from "./escape.ts";
import { type HeaderInfo, headerInfo } from "./header-table.ts";
import { Headers } from "./headers.ts";
import type { Request } from "./request.ts";
import { respond } from "./respond.ts";
import { checkStatus, Response } from "./response.ts";
import { reasonPhrase } from "./status.ts";

/** What a response copies from its request (RFC 3261 §8.2.6.2). */
const COPIED = ["Via", "From", "To", "Call-ID", "CSeq"] as const;

/** Methods whose responses may make a dialog (RFC 3261 §12.1, RFC 6665, RFC 3515). */
const DIALOG_METHODS = new Set(["INVITE", "SUBSCRIBE", "REFER", "NOTIFY"]);

/** A response to a request; see Request.createResponse. */
export function createResponse(request: Request, status: number, reason?: string): Response {
  const text = checkedText(request, status, reason);
  const response =
    text === undefined
      ? new Response(undefined, makeHeaders(request, status), status, reason, true)
      : new Response(undefined, undefined, status, reason, true, text);
  response.flow = request.flow;
  return response;
}

/**
 * The octets of a response that nobody wants to see, as a binary string: most need not be made a message first.
 * Throws as createResponse.
 *
 * @param late how many seconds a 100 comes behind the request, where it is known
 */
export function answer(request: Request, status: number, reason?: string, late?: number): string {
  const text = checkedText(request, status, reason);
  return text ?? new Response(undefined, makeHeaders(request, status, late), status, reason, true).octets;
}

function checkedText(request: Request, status: number, reason: string | undefined): string | undefined {
  if (request.method === "ACK") throw new SipError("value_invalid", "an ACK has no response");
  checkStatus(status);
  if (reason !== undefined) refuseUnsafe(reason, "Status-Line");
  return respondInText(request, status, reason);
}

/** RFC 3261 §12.1.1, and §16.6: provisional and 2xx responses carry the route that a dialog will take. */
function isRouted(request: Request, status: number): boolean {
  return status > 100 && status < 300 && DIALOG_METHODS.has(request.method);
}

/** The response's text, where the request came in and nothing about it is odd. */
function respondInText(request: Request, status: number, reason: string | undefined): string | undefined {
  const head = request.came;
  if (head === undefined || (status === 100 && request.headers.has("Timestamp"))) return undefined;
  const phrase = reason === undefined ? reasonPhrase(status) : toBinary(reason);
  const tag = status === 100 ? undefined : () => request.toTag(makeTag);
  return respond(
    head,
    request.headers,
    `SIP/2.0 ${status} ${phrase}\r\n`,
    tag,
    isRouted(request, status) ? ID_RECORD_ROUTE : 0,
  );
}

function makeHeaders(request: Request, status: number, late?: number): Headers {
  const headers = new Headers();
  for (const name of COPIED) headers.copy(name, request.headers);
  if (status === 100) {
    headers.copy("Timestamp", request.headers);
    // Its sender does not take that for the way here and back (RFC 3261 §8.2.6.1); one that has a delay keeps it.
    if (late && !/\s/.test(`${headers.raw("Timestamp")}`)) headers.extend("Timestamp", ` ${late}`);
  } else addToTag(headers, request);
  if (isRouted(request, status)) headers.copy("Record-Route", request.headers);
  return headers;
}

/**
 * Adds the tag, if To is there and can be read; a request that is answered 400 may lack it. It goes behind
 * the value as it stands: a parameter there is To's, with angle brackets and without (RFC 3261 §20).
 */
function addToTag(headers: Headers, request: Request): void {
  try {
    const to = request.headers.get("To");
    if (to && to.tag === undefined) headers.extend("To", `;tag=${request.toTag(makeTag)}`);
  } catch (error) {
    if (!(error instanceof SipError)) throw error;
  }
}

const ID_RECORD_ROUTE = (headerInfo("Record-Route") as HeaderInfo).id;
const makeTag = (): string => defaultRandom.tag();
