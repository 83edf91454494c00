// Key: a transaction's name, as text that stays the same between processes and versions, and back.
// It says which transaction a message belongs to; it never looks one up.

import { SipError } from "../errors.ts";
import { hostPort } from "../message/host-port.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Via } from "../message/via.ts";
import { MAGIC_COOKIE } from "../random.ts";
import { sentByPort } from "../transport/default-port.ts";

/** A client transaction: `branch|METHOD` (RFC 3261 §17.1.3). */
export interface ClientKey {
  /** One of our own requests. */
  readonly kind: "client";
  /** The branch of its Via, as written. */
  readonly branch: string;
  /** The method of CSeq. */
  readonly method: string;
}

/** A server transaction: `branch|METHOD|host:port` (RFC 3261 §17.2.3). */
export interface ServerKey {
  /** A request of a peer's. */
  readonly kind: "server";
  /** The branch of the topmost Via, as written. */
  readonly branch: string;
  /** The method of the request that made the transaction: INVITE for an ACK. */
  readonly method: string;
  /** The sent-by host, lower case; an IPv6 address without brackets. */
  readonly host: string;
  /** The sent-by port; the transport's default where the Via has none. */
  readonly port: number;
}

/** A server transaction of an RFC 2543 peer, whose branch has no magic cookie (RFC 3261 §17.2.3). */
export interface OldServerKey {
  /** A request of a peer's whose branch is not unique. */
  readonly kind: "server-2543";
  /** The method of the request that made the transaction: INVITE for an ACK. */
  readonly method: string;
  /** The Request-URI. */
  readonly uri: string;
  /** Call-ID. */
  readonly callId: string;
  /** The CSeq number. */
  readonly cseq: number;
  /** The tag of From; empty where there is none. */
  readonly fromTag: string;
  /** For an ACK, the tag of the response that it acknowledges; empty where there is none. */
  readonly toTag: string;
  /** The top Via as the peer wrote it: transport, sent-by and branch. */
  readonly via: string;
}

/** Any transaction's name, taken apart. */
export type TransactionKey = ClientKey | ServerKey | OldServerKey;

// `|` parts the fields and may stand in a quoted or ill-made one: two keys must never meet by accident.
const escaped = (text: string): string =>
  text.includes("|") || text.includes("%") ? text.replace(/[|%]/g, encodeURIComponent) : text;
/** The same text in one piece: a concatenation holds on to the message whose pieces it is made of, until one looks into it. */
export const inOnePiece = (text: string): string => (text.charCodeAt(text.length - 1) < 0 ? "" : text);

/** The text of a client transaction's key. Branches are compared as they stand, by octet. */
export function clientKey(branch: string, method: string): string {
  return inOnePiece(`${escaped(branch)}|${escaped(method)}`);
}

/** The text of a server transaction's key; the host's case does not matter. */
export function serverKey(branch: string, method: string, host: string, port: number): string {
  const sentBy = escaped(hostPort(host.toLowerCase(), port));
  return inOnePiece(`${escaped(branch)}|${escaped(method)}|${sentBy}`);
}

/** The text of any key. */
export function formatKey(key: TransactionKey): string {
  if (key.kind === "client") return clientKey(key.branch, key.method);
  if (key.kind === "server") return serverKey(key.branch, key.method, key.host, key.port);
  // An empty branch: no other kind of key can begin so.
  const fields = ["", key.method, key.uri, key.callId, `${key.cseq}`, key.fromTag, key.toTag, key.via];
  return fields.map(escaped).join("|");
}

/**
 * A key taken apart again: the inverse of formatKey.
 *
 * @throws SipError `value_invalid` for text that is no key
 */
export function parseKey(text: string): TransactionKey {
  const fields = text.split("|").map((field) => field.replace(/%(7C|25)/g, decodeURIComponent));
  const [branch = "", method = "", third = "", callId = "", cseq = "", fromTag = "", toTag = "", via = ""] =
    fields;
  if (branch === "" && fields.length === 8 && /^\d+$/.test(cseq)) {
    return { kind: "server-2543", method, uri: third, callId, cseq: Number(cseq), fromTag, toTag, via };
  }
  if (branch !== "" && method !== "" && fields.length === 2) return { kind: "client", branch, method };
  const sentBy = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(third);
  if (branch !== "" && method !== "" && fields.length === 3 && sentBy) {
    return { kind: "server", branch, method, host: sentBy[1] ?? sentBy[2] ?? "", port: Number(sentBy[3]) };
  }
  throw new SipError("value_invalid", "not a transaction key");
}

/**
 * The key of the client transaction that a response belongs to (RFC 3261 §17.1.3).
 *
 * @throws SipError `header_missing` or `value_invalid`, with status 400, for a response without a usable Via or CSeq
 */
export function responseKey(response: Response): string {
  return clientKey(topVia(response).branch ?? "", cseqOf(response).method);
}

/**
 * The key of the server transaction that a request belongs to (RFC 3261 §17.2.3).
 *
 * @param method the method to look for: an ACK's is INVITE, and so is that of a CANCEL's target (§9.2)
 * @throws SipError `header_missing` or `value_invalid`, with status 400, for a request without a usable
 *   Via (or, from an RFC 2543 peer, Call-ID, CSeq, From or To)
 */
export function requestKey(request: Request, method: string = request.method): string {
  const via = topVia(request);
  const branch = via.branch;
  if (branch === undefined || !branch.startsWith(MAGIC_COOKIE)) return oldRequestKey(request, method);
  return serverKey(branch, method === "ACK" ? "INVITE" : method, via.host, sentByPort(via));
}

/** Whether a server transaction's key was made of a Via with this branch. Builds no text for the usual one. */
export function hasBranch(key: string, branch: string | undefined): boolean {
  // An RFC 2543 peer's key ends with its Via, and that with its branch.
  if (key.startsWith("|")) return key.endsWith(` ${escaped(branch ?? "")}`);
  if (branch === undefined) return false;
  const text = escaped(branch);
  return key.charCodeAt(text.length) === 124 && key.startsWith(text);
}

/** The method in a server transaction's key. */
export function methodOf(key: string): string {
  return decodeURIComponent(key.split("|")[1] ?? "");
}

/** The key of an RFC 2543 peer's request. @param toTag another To tag than the request's: that of our response */
export function oldRequestKey(request: Request, method: string, toTag?: string): string {
  const { headers } = request;
  const via = topVia(request);
  return formatKey({
    kind: "server-2543",
    method: method === "ACK" ? "INVITE" : method,
    uri: request.uri.toString(),
    callId: headers.get("Call-ID") ?? missing("Call-ID"),
    cseq: cseqOf(request).number,
    fromTag: (headers.get("From") ?? missing("From")).tag ?? "",
    toTag: toTag ?? (headers.get("To") ?? missing("To")).tag ?? "",
    via: `${via.transport.toUpperCase()} ${hostPort(via.host.toLowerCase(), sentByPort(via))} ${via.branch ?? ""}`,
  });
}

/** Whether a request comes from an RFC 2543 peer: its branch lacks the magic cookie (RFC 3261 §17.2.3). */
export function isOld(request: Request): boolean {
  return topVia(request).branch?.startsWith(MAGIC_COOKIE) !== true;
}

function topVia(message: Request | Response): Via {
  return message.headers.first("Via") ?? missing("Via");
}

function cseqOf(message: Request | Response): { readonly number: number; readonly method: string } {
  return message.headers.get("CSeq") ?? missing("CSeq");
}

function missing(header: string): never {
  throw new SipError("header_missing", `${header} is missing`, { status: 400, header });
}
