// OwnVia: what we put on top of a request that we send (RFC 3261 §18.1.1).

import type { Flow } from "../transport/transport.ts";

/** The groups of IPv4. RFC 3261 §18.1.1 leaves those of IPv6 undefined. */
const GROUP = /^2(?:2[4-9]|3\d)\./;

/** The Via of a request with that branch, by the way that it takes. */
export function ownVia({ transport, remote }: Flow, branch: string): string {
  const { protocol, sentBy, reliable, alias } = transport;
  const via = `SIP/2.0/${protocol} ${sentBy};branch=${branch}`;
  // A connection brings its responses back, and may offer to take the peer's requests as well (RFC 5923 §8.1).
  if (reliable) return alias ? `${via};alias` : via;
  // The answers of a group come to all of it: each may see that another has answered (RFC 3261 §10.2.6).
  const group = GROUP.test(remote.host) ? `;maddr=${remote.host};ttl=1` : "";
  // RFC 3581 §3: rport asks for the response to come back through the NAT.
  return `${via};rport${group}`;
}
