// OwnAddress: what we are reached by on a transport: the Contact of who gives none (RFC 3261 §8.1.1.8).

import { NameAddr } from "../message/name-addr.ts";
import type { Transport } from "../transport/transport.ts";

/**
 * Our address on a transport.
 * @param user its user part
 * @param secure a SIPS URI is wanted, which names what is below TLS (RFC 3261 §26.2.2, RFC 7118 §5)
 */
export function ownAddress(transport: Transport, user: string | undefined, secure: boolean): NameAddr {
  const address = NameAddr.parse(`<${ownUri(transport, secure)}>`);
  return user === undefined ? address : address.with({ uri: address.uri.with({ user }) });
}

/** The same as the text of a URI without user. */
export function ownUri({ sentBy, protocol }: Transport, secure: boolean): string {
  const name = protocol.toLowerCase();
  const below = name === "tls" ? "tcp" : name === "wss" ? "ws" : name;
  return secure ? `sips:${sentBy};transport=${below}` : `sip:${sentBy};transport=${name}`;
}
