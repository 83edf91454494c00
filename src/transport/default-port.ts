// DefaultPort: the ports that transports use where none is named, in a URI or in a Via.

import type { Via } from "../message/via.ts";

const DEFAULT_PORTS: Readonly<Record<string, number>> = { TLS: 5061, "TLS-SCTP": 5061, WS: 80, WSS: 443 };

/** By the transport's name, in capitals (RFC 3261 §18.1.1, §19.1.2, RFC 4168 §4, RFC 7118 §5). */
export function defaultPort(protocol: string): number {
  return DEFAULT_PORTS[protocol] ?? 5060;
}

/** The port of a sent-by, or the one that it means without. */
export function sentByPort({ port, transport }: Via): number {
  return port ?? defaultPort(transport.toUpperCase());
}
