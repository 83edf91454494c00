// Callable: whether who has come by a connection can be called when that is gone. A connection is the better way as long as it
// stands: a firewall may be between.

import type { Uri } from "../message/uri.ts";
import { unbracketed } from "../transport/address.ts";
import type { Flow } from "../transport/transport.ts";

/**
 * True where a URI of his names the very address that he came from, by TCP: then there is no NAT, and he listens there, or says
 * so (RFC 3261 §18.1.1). Not so the port that the connection has: nobody listens at that. Nor by TLS, since a phone has no
 * certificate; nor who wants no other way than his flows (`ob`, RFC 5626 §4.3).
 */
export function isCallable(uri: Uri, { transport, remote }: Flow): boolean {
  const { reliable, framed, secure } = transport;
  if (!reliable || framed || secure || !uri.isSip || uri.params.has("ob")) return false;
  return unbracketed(uri.host).toLowerCase() === remote.host.toLowerCase() && uri.port !== remote.port;
}
