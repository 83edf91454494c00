// SIP over TCP (RFC 3261 §18): what it promises. The work is done by StreamTransport.

import { connect, createServer } from "node:net";
import type { Transport } from "../transport.ts";
import type { StreamOptions } from "./stream-options.ts";
import { type StreamKind, StreamTransport } from "./stream-transport.ts";

/**
 * SIP over TCP: takes connections and opens them, one to each remote address, in whichever direction it was
 * opened (RFC 3261 §18.1.1, §18.2.2). Messages end by their Content-Length (§18.3); CRLF keep-alives are
 * answered (RFC 5626 §4.4.1).
 *
 * `start` rejects with `address_in_use` or `transport_failed`. A connection that cannot be opened fails its
 * sends with `transport_failed`; one that is lost, with `connection_closed`. A bad Content-Length is answered
 * 400, a message past the limit 413, and the connection is closed, since nobody can say where the next
 * message begins.
 *
 * @throws SipError `value_invalid` where `advertise` is not a host or host:port, `host` not an IP address or
 *   name, `port` none, or a number none
 */
export function tcp(options: StreamOptions = {}): Transport {
  const kind: StreamKind = {
    protocol: "TCP",
    secure: false,
    port: 5060,
    createServer: () => createServer(),
    accepts: "connection",
    connect: ({ host, port }, _domain, from) => connect({ host, port, ...called(options, from) }),
    connects: "connect",
    domains: () => undefined,
  };
  return new StreamTransport(kind, options);
}

/** Where a connection is opened from, and by which resolver. */
export function called(
  { lookup }: StreamOptions,
  from: string | undefined,
): { localAddress?: string; lookup?: NonNullable<StreamOptions["lookup"]> } {
  return {
    ...(from === undefined ? {} : { localAddress: from }),
    ...(lookup === undefined ? {} : { lookup }),
  };
}
