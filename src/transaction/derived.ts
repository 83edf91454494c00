// Derived requests: the two that an INVITE client transaction makes by itself, from the INVITE it sent.
// What must be equal to the INVITE's is copied as it stands, never written anew.

import { SipError } from "../errors.ts";
import { CSeq } from "../message/cseq.ts";
import { Headers } from "../message/headers.ts";
import { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";

/**
 * The ACK to a final response other than 2xx (RFC 3261 §17.1.1.3): the INVITE's Request-URI, top Via,
 * From, Call-ID, CSeq number and Route, the response's To, and no body.
 *
 * @throws SipError `header_missing` for a response without To
 */
export function ackTo(invite: Request, response: Response): Request {
  return derive("ACK", invite, response.headers);
}

/**
 * The CANCEL of an INVITE (RFC 3261 §9.1), without its Via: its transaction adds the one that the INVITE
 * went out with. Neither Require nor Proxy-Require is copied.
 *
 * @param reason its Reason (RFC 3326)
 */
export function cancelOf(invite: Request, reason: string | undefined): Request {
  const cancel = derive("CANCEL", invite, invite.headers);
  if (reason) cancel.headers.append("Reason", reason);
  return cancel;
}

function derive(method: "ACK" | "CANCEL", invite: Request, to: Headers): Request {
  const from = invite.headers;
  const cseq = from.get("CSeq");
  if (cseq === undefined || !to.has("To"))
    throw new SipError("header_missing", `no ${method} without To and CSeq`);
  const headers = new Headers();
  const via = from.first("Via");
  if (method === "ACK" && via !== undefined) headers.append("Via", via);
  headers.copy("Route", from);
  headers.append("Max-Forwards", 70);
  headers.copy("From", from);
  headers.copy("To", to);
  headers.copy("Call-ID", from);
  headers.append("CSeq", new CSeq(cseq.number, method));
  return new Request(undefined, headers, method, invite.uri);
}
