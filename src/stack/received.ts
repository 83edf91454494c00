// Received: what a server transport writes into the topmost Via of a request before anybody sees it
// (RFC 3261 §18.2.1, RFC 3581 §4), and what it reads there for itself.

import type { Request } from "../message/request.ts";
import type { Via } from "../message/via.ts";
import { defaultPort } from "../transport/default-port.ts";
import type { Flow } from "../transport/transport.ts";

/**
 * Adds `received` and `rport` to the topmost Via where the source is not what its sent-by says. A Via
 * that cannot be read stays as it is, and so does one with such others behind it in its field: the response goes back on
 * the flow, whatever stands there.
 */
export function noteSource(request: Request, flow: Flow): void {
  const { protocol } = flow.transport;
  // RFC 7118 §5.2: a WebSocket client calls itself `.invalid`; its responses take the connection anyway.
  if (protocol === "WS" || protocol === "WSS") return;
  try {
    const via = request.headers.first("Via");
    const { host, port } = flow.remote;
    // One that the sender wrote itself would be taken for ours, and lead responses anywhere.
    if (via && (via.hasRport || via.host !== host || via.received !== undefined))
      replace(request, via.seenFrom(host, port));
  } catch {
    // Of the Vias only the topmost is ours to judge, and validation has.
  }
}

function topmost(request: Request): Via | undefined {
  try {
    return request.headers.first("Via");
  } catch {
    return undefined;
  }
}

/** Where the topmost Via has `alias`, tells the transport, if that has any use for it (RFC 5923 §8.1). */
export function noteAlias(request: Request, flow: Flow): void {
  const { transport } = flow;
  if (transport.alias === undefined) return;
  const via = topmost(request);
  if (via?.params.has("alias")) transport.alias(flow, via.port ?? defaultPort(transport.protocol));
}

function replace(request: Request, via: Via): void {
  if (request.headers.replaceVia(via)) return;
  request.headers.shift("Via");
  request.headers.prepend("Via", via);
}
