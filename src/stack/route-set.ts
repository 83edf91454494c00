// Loose and strict routing: which URI is a request's next hop, and what has to change where that hop is a
// strict router of RFC 2543 (RFC 3261 §8.1.2, §12.2.1.1, §16.6 step 6, §16.12).

import { notWanted } from "../errors.ts";
import { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import type { Uri } from "../message/uri.ts";

/** Some write `<sip:host>;lr`, which says as much as `<sip:host;lr>`. */
function isLoose(route: NameAddr): boolean {
  return route.uri.params.has("lr") || route.params.has("lr");
}

/**
 * The URI that the next hop is found by: the first Route's, else the Request-URI; as if it were a SIPS URI where
 * the Request-URI is one (RFC 3261 §8.1.2, §16.6 step 7). For a strict router it is otherwise the same as the
 * Request-URI that `strictRouted` gives the request.
 */
export function nextHop({ headers, uri }: Request): Uri {
  const hop = headers.first("Route")?.uri ?? uri;
  return uri.scheme === "sips" && hop.scheme === "sip" ? hop.with({ scheme: "sips" }) : hop;
}

/**
 * The request as its first Route wants it. A loose router (`lr`) wants it as it is. A strict one wants itself
 * in the Request-URI, and that at the end of the Routes: then the result is a changed copy.
 */
export function strictRouted(request: Request): Request {
  if (request?.kind !== "request") throw notWanted("send", "a Request", request);
  const route = request.headers.first("Route");
  if (route === undefined || isLoose(route) || !route.uri.isSip) return request;
  const formed = request.clone();
  formed.headers.shift("Route");
  formed.headers.append("Route", NameAddr.of({ uri: request.uri }));
  // RFC 3261 §12.2.1.1: without what is not allowed there (§19.1.1, Table 1).
  formed.uri = route.uri.with({ headers: {}, params: route.uri.params.without("method") });
  return formed;
}
