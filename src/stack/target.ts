// Target: the next hop of a request or response, as its header fields name it (RFC 3261 §8.1.2, §18.2.2,
// RFC 3263 §4.1 without DNS).

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Uri } from "../message/uri.ts";
import { unbracketed } from "../transport/address.ts";
import { defaultPort, sentByPort } from "../transport/default-port.ts";
import type { Target } from "../transport/transport.ts";
import { nextHop } from "./route-set.ts";

/** What a URI asks for: for sips TLS instead of TCP, and WSS instead of WS (RFC 3261 §26.2.2). */
export function protocolOf(uri: Uri, fallback: string): string;
export function protocolOf(uri: Uri): string | undefined;
export function protocolOf(uri: Uri, fallback?: string): string | undefined {
  const plain = uri.params.get("transport")?.toUpperCase() ?? fallback;
  if (uri.scheme !== "sips" || plain === undefined) return plain;
  return plain.startsWith("WS") ? "WSS" : "TLS";
}

/**
 * The next hop of a request: its first Route, else its Request-URI.
 *
 * @param fallback the transport to use where the URI asks for none
 * @throws SipError `no_target` where that URI is neither sip nor sips
 */
export function requestTarget(request: Request, fallback: string): Target {
  return uriTarget(nextHop(request), fallback);
}

/** Where a SIP URI leads: `maddr` before the host, `transport`, and the scheme's demands (RFC 3263 §4.1). */
export function uriTarget(uri: Uri, fallback: string): Target {
  if (!uri.isSip) {
    throw new SipError("no_target", `no way to ${uri}: not a SIP URI`, { status: 416 });
  }
  const protocol = protocolOf(uri, fallback);
  const maddr = uri.params.get("maddr");
  const target = { protocol, host: unbracketed(maddr ?? uri.host), port: uri.port ?? defaultPort(protocol) };
  // RFC 5922 §4: a certificate has to be for the host all the same.
  return maddr === undefined ? target : { ...target, domain: uri.host };
}

/**
 * Where a response without a flow goes (RFC 3261 §18.2.2, RFC 3581 §4): to the topmost Via's `received`, else
 * the host of its sent-by. Over a datagram transport `maddr` goes before both, and `rport` with `received`
 * before the sent-by's port. Over a connection-oriented one `rport` is of no use: it is the port of a
 * connection that is gone.
 *
 * @throws SipError `no_target` without a Via
 */
export function responseTarget(response: Response): Target {
  const via = response.headers.first("Via");
  if (!via) throw new SipError("no_target", "a response without a Via", { header: "Via" });
  const protocol = via.transport.toUpperCase();
  const port = sentByPort(via);
  // RFC 5118 §4.5: peers write `received` with brackets and without.
  const source = unbracketed(via.received ?? via.host);
  if (protocol !== "UDP") {
    return via.received === undefined
      ? { protocol, host: source, port }
      : { protocol, host: source, port, domain: via.host };
  }
  const maddr = via.params.get("maddr");
  return maddr === undefined
    ? { protocol, host: source, port: via.rport ?? port }
    : { protocol, host: unbracketed(maddr), port };
}
