// Outgoing: the copy of a request that goes to one target, and its way there (RFC 3261 §16.6 steps 1 to 7).

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Stack } from "../stack/stack.ts";
import type { Flow, Target } from "../transport/transport.ts";
import type { Routes } from "./routes.ts";
import { type ProxyTarget, requestUri } from "./target.ts";

/** What the copies of one proxy have in common. */
export interface OutgoingOptions {
  readonly stack: Stack;
  readonly routes: Routes;
  readonly recordRoute: boolean;
  readonly path: boolean;
  /** The breadth that this branch may have (RFC 5393 §5.3.3). */
  readonly breadth: number | undefined;
  readonly prepare?: ((copy: Request, target: ProxyTarget) => void) | undefined;
}

/** A copy that is ready to be sent, and the flow for it. */
export interface Outgoing {
  readonly request: Request;
  readonly flow: Flow;
}

/**
 * Makes the copy for one target. A strict router among its Routes is left to who sends it (step 6): done twice, it is
 * undone.
 *
 * @param request the request, preprocessed
 * @param cameFrom the flow that it came in on
 * @param hop one of the target's next hops
 * @throws SipError `no_target`, `no_transport` where there is no way, `connection_closed` for a flow that is gone
 */
export function makeOutgoing(
  request: Request,
  cameFrom: Flow | undefined,
  target: ProxyTarget,
  hop: Target | undefined,
  options: OutgoingOptions,
): Outgoing {
  const { stack, routes, breadth } = options;
  const copy = request.clone();
  const { headers } = copy;
  copy.uri = requestUri(target.uri);
  headers.set("Max-Forwards", String((headers.get("Max-Forwards") ?? 71) - 1));
  if (breadth !== undefined) headers.set("Max-Breadth", String(breadth));
  if (target.path && target.path.length > 0) headers.prepend("Route", target.path);
  options.prepare?.(copy, target);
  if (target.flow?.open === false) throw new SipError("connection_closed", "the target's connection is gone");
  const given = target.flow !== undefined;
  const flow = target.flow ?? stack.route(copy, hop ? { target: hop } : {});
  if (options.recordRoute) routes.record(copy, cameFrom, flow, given);
  if (options.path && copy.method === "REGISTER" && cameFrom) routes.addPath(copy, cameFrom, flow);
  return { request: copy, flow };
}
