// Received: what a server transport writes into the topmost Via of a request before anybody sees it
// (RFC 3261 §18.2.1, RFC 3581 §4), and what it reads there for itself.

import type { Request } from "../message/request.ts";
import type { Via } from "../message/via.ts";
import type { Flow } from "../transport/transport.ts";
import { defaultPort } from "./target.ts";

/** Adds `received` and `rport` to the topmost Via where the source is not what its sent-by says. */
export function noteSource(request: Request, flow: Flow): void {
  const { protocol } = flow.transport;
  // RFC 7118 §5.2: a WebSocket client calls itself `.invalid`; its responses take the connection anyway.
  if (protocol === "WS" || protocol === "WSS") return;
  const via = request.headers.first("Via") as Via;
  const source = flow.remote;
  if (via.hasRport) {
    replace(request, via.with({ received: source.host, rport: source.port }));
  } else if (via.host !== source.host || via.received !== undefined) {
    // One that the sender wrote itself would be taken for ours, and lead responses anywhere.
    replace(request, via.with({ received: source.host }));
  }
}

/** Where the topmost Via has `alias`, tells the transport (RFC 5923 §8.1). */
export function noteAlias(request: Request, flow: Flow): void {
  const via = request.headers.first("Via") as Via;
  if (via.params.has("alias")) flow.transport.alias?.(flow, via.port ?? defaultPort(flow.transport.protocol));
}

function replace(request: Request, via: Via): void {
  request.headers.shift("Via");
  request.headers.prepend("Via", via);
}
