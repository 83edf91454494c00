// Translated: whether a NAT stands between a client and us, as the Via says that we have completed.

import type { Via } from "../message/via.ts";

/** True where the request came from elsewhere than its sent-by says (RFC 3261 §18.2.1, RFC 3581 §4). */
export function isTranslated({ host, port, received, rport }: Via): boolean {
  const elsewhere = received !== undefined && received !== host;
  return elsewhere || (rport !== undefined && rport !== (port ?? 5060));
}
