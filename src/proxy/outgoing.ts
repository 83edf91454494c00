// Outgoing: the copy of a request that goes to one target, and its way there (RFC 3261 §16.6 steps 1 to 7).

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Uri } from "../message/uri.ts";
import type { Stack } from "../stack/stack.ts";
import type { Flow, Target } from "../transport/transport.ts";
import { watch } from "../watch.ts";
import type { ForwardOptions } from "./options.ts";
import type { Routes } from "./routes.ts";
import { isSips, type ProxyTarget, requestUri } from "./target.ts";

/** What the ways of one proxy have in common. */
export interface WayOptions {
  readonly stack: Stack;
  readonly routes: Routes;
  readonly recordRoute: boolean;
  readonly path: boolean;
}

/** A copy that is ready to be sent, and the flow for it. */
export interface Outgoing {
  readonly request: Request;
  readonly flow: Flow;
}

/** Of what is sent without a transaction nobody hears. One function for all: this is called for every request. */
const unheard = (): void => {};

/**
 * The copy for one target: all of it but what depends on its way (steps 1 to 3 and 5).
 *
 * @param request the request, preprocessed
 * @param breadth the breadth that this branch may have (RFC 5393 §5.3.3)
 * @param thrown hears what an async `prepare` rejects with
 */
export function copyFor(
  request: Request,
  target: ProxyTarget,
  breadth: number | undefined,
  options: ForwardOptions,
  thrown: (cause: unknown) => void = unheard,
): Request {
  const copy = request.clone();
  const { headers } = copy;
  copy.uri = uriFor(request, target);
  headers.set("Max-Forwards", String((headers.get("Max-Forwards") ?? 71) - 1));
  if (breadth !== undefined) headers.set("Max-Breadth", String(breadth));
  // A request within a dialog is on its way to its GRUU already: it would go it twice (RFC 5627 §6.1).
  const underway = request.uri.isSip && request.uri.params.has("gr") && headers.has("Route");
  if (target.path && target.path.length > 0 && !underway) headers.prepend("Route", target.path);
  const edited: unknown = options.prepare?.(copy, target);
  if (edited !== undefined) watch(edited, thrown);
  return copy;
}

/**
 * Judges a way by how many octets the request gets on it besides its Via; returns another next hop, which then is taken
 * without asking again, or undefined.
 */
export type Judge = (flow: Flow, more: number) => Target | undefined;

/**
 * Finds the way of a copy, and writes on it what depends on that (steps 4 and 7). A strict router among its Routes is
 * left to who sends it (step 6): done twice, it is undone.
 *
 * @param cameFrom the flow that the request came in on
 * @param hop one of the target's next hops; the first unless told
 * @throws SipError `no_target`, `no_transport` where there is no way, `no_target` with status 480 where a SIPS URI would
 *   be reached without TLS, `connection_closed` for a flow that is gone
 */
export function onItsWay(
  copy: Request,
  cameFrom: Flow | undefined,
  target: ProxyTarget,
  hop: Target | undefined,
  { stack, routes, recordRoute, path }: WayOptions,
  judge?: Judge,
): Outgoing {
  if (target.flow?.open === false) throw new SipError("connection_closed", "the target's connection is gone");
  const given = target.flow !== undefined;
  const next = hop ?? target.hops?.[0];
  const ownOn = (flow: Flow): OwnFields => ({
    "Record-Route": recordRoute ? routes.record(copy, cameFrom, flow, given) : [],
    Path: path && copy.method === "REGISTER" && cameFrom ? [routes.path(copy, cameFrom, flow)] : [],
  });
  let flow = target.flow ?? stack.route(bySips(copy, target), next ? { target: next } : {});
  let own = ownOn(flow);
  const other = judge?.(flow, sizeOf(own));
  if (other) {
    flow = stack.route(copy, { target: other });
    own = ownOn(flow);
  }
  if (copy.uri.scheme === "sips" && !flow.transport.secure) throw downgrade(copy.uri);
  for (const name of ["Record-Route", "Path"] as const) {
    if (own[name].length > 0) copy.headers.prepend(name, own[name]);
  }
  return { request: copy, flow };
}

/** The values that the proxy adds. */
type OwnFields = Readonly<Record<"Record-Route" | "Path", readonly string[]>>;

/** In octets, each in a line of its own. */
function sizeOf(own: OwnFields): number {
  let size = 0;
  for (const value of own["Record-Route"]) size += "Record-Route: \r\n".length + value.length;
  for (const value of own.Path) size += "Path: \r\n".length + value.length;
  return size;
}

/**
 * The Request-URI of a copy: what was a SIPS URI goes on to SIPS URIs alone, and what was a SIP URI does not become
 * one (RFC 5630 §5.3).
 */
function uriFor({ uri: { scheme } }: Request, target: ProxyTarget): Uri {
  const uri = requestUri(target.uri);
  if (scheme === "sips" && uri.scheme !== "sips") throw downgrade(uri);
  return scheme === "sip" && uri.scheme === "sips" ? uri.with({ scheme }) : uri;
}

function downgrade(uri: Uri): SipError {
  return new SipError("no_target", `no way from a SIPS URI to ${uri} without TLS (RFC 5630 §5.3)`, {
    status: 480,
  });
}

/** The copy as its way is found: over TLS to whom a SIPS URI leads, though the copy has a SIP URI (RFC 5630 §5.3). */
export function bySips(copy: Request, { uri }: ProxyTarget): Request {
  if (copy.uri.scheme !== "sip" || !isSips(uri)) return copy;
  const asked = copy.clone();
  asked.uri = copy.uri.with({ scheme: "sips" });
  return asked;
}
