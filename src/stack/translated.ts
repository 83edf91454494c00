// Translated: whether a NAT stands between a client and us, as the Via says that we have completed, and how a client calls itself
// behind one.

import { hostPort } from "../message/host-port.ts";
import type { Request } from "../message/request.ts";
import type { Via } from "../message/via.ts";

/** True where the request came from elsewhere than its sent-by says (RFC 3261 §18.2.1, RFC 3581 §4). */
export function isTranslated({ host, port, received, rport }: Via): boolean {
  const elsewhere = received !== undefined && received !== host;
  return elsewhere || (rport !== undefined && rport !== (port ?? 5060));
}

/**
 * What a client behind a NAT calls itself in its Via, as addressOf has it: a Contact with the same address leads nowhere from
 * here. It takes responses where its request came from, as its `rport` says, and so requests, too (RFC 3581 §3). Who names
 * somebody else in its Contact, or has asked a STUN server for its address, has another one there.
 */
export function hiddenAddress({ headers }: Request): string | undefined {
  const via = headers.first("Via");
  return via?.rport !== undefined && isTranslated(via) ? addressOf(via) : undefined;
}

/** Host and port of a URI or a Via, to be compared. */
export function addressOf({ host, port }: Pick<Via, "host" | "port">): string {
  return hostPort(host.toLowerCase(), port ?? 5060);
}
