// Create ACK: the ACK to a 2xx, which the core sends itself, for it belongs to no transaction (RFC 3261
// §13.2.2.4, §17.1).

import { CSeq } from "./cseq.ts";
import { Headers } from "./headers.ts";
import { Request } from "./request.ts";
import type { Response } from "./response.ts";

/**
 * The ACK to a 2xx of an INVITE: to the response's Contact, by the way of its Record-Route (RFC 3261
 * §12.1.2), with the INVITE's CSeq number and, where it had them, its credentials.
 *
 * @param invite the INVITE as it was sent
 * @param response a 2xx to it
 * @throws SipError `value_invalid` or `uri_invalid` where its Contact or Record-Route cannot be read
 */
export function createAck(invite: Request, response: Response): Request {
  const headers = new Headers();
  const route = response.headers.get("Record-Route");
  if (route.length > 0) headers.append("Route", [...route].reverse());
  headers.append("Max-Forwards", 70);
  for (const name of ["From", "To", "Call-ID"] as const) headers.copy(name, response.headers);
  headers.append("CSeq", new CSeq(invite.headers.get("CSeq")?.number ?? 1, "ACK"));
  for (const name of ["Authorization", "Proxy-Authorization"]) headers.copy(name, invite.headers);
  return new Request(undefined, headers, "ACK", response.headers.get("Contact")[0]?.uri ?? invite.uri);
}
