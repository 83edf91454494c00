// Target: where a proxy sends a request, and in which order (RFC 3261 §16.5, §16.6).

import type { NameAddr } from "../message/name-addr.ts";
import type { Request } from "../message/request.ts";
import { Uri } from "../message/uri.ts";
import type { Flow, Target } from "../transport/transport.ts";

/** One place that a request may go to. */
export interface ProxyTarget {
  /** Becomes the Request-URI. Its `method` parameter and its headers are left out (RFC 3261 §19.1.5). */
  readonly uri: Uri | string;
  /** The connection to take, whatever the URI says: that of a client which cannot be called (RFC 5626 §5.3). */
  readonly flow?: Flow | undefined;
  /**
   * Next hops, the best first, in place of what Route and URI say: the next one is tried where the one before
   * cannot be reached, does not answer at all, or answers 503 (RFC 3263 §4.3).
   */
  readonly hops?: readonly Target[] | undefined;
  /**
   * Other ways to the same client, the best first: the next one is tried where the one before has failed (430), cannot be
   * reached, or does not answer, and the client has not rung (RFC 5626 §7). A way's own `instead` and `q` count for nothing.
   */
  readonly instead?: readonly ProxyTarget[] | undefined;
  /** The Path of the binding: becomes the Route, before any other (RFC 3327 §5.3). */
  readonly path?: readonly (NameAddr | string)[] | undefined;
  /** 0 to 1; targets of one `q` are tried at once, those of a lower one after them. 1 where it is left out. */
  readonly q?: number | undefined;
}

/** Whether that is a SIPS URI. */
export function isSips(uri: Uri | string): boolean {
  return typeof uri === "string" ? /^sips:/i.test(uri) : uri.scheme === "sips";
}

/**
 * Those of the targets, and of the ways to their clients, that a request may go to: from a SIPS URI to no others than
 * SIPS URIs, and by no flow without TLS (RFC 5630 §5.3).
 */
export function usableTargets(request: Request, targets: readonly ProxyTarget[]): readonly ProxyTarget[] {
  if (!isSips(request.uri)) return targets;
  return targets.flatMap((target) => {
    const { instead = [], q } = target;
    const [first, ...others] = [target, ...instead].filter(
      ({ uri, flow }) => isSips(uri) && flow?.transport.secure !== false,
    );
    return first ? [{ ...first, instead: others, ...(q !== undefined && { q }) }] : [];
  });
}

/** The targets in groups: what is tried together, the preferred group first (RFC 3261 §16.6, §20.10). */
export function groupTargets(targets: readonly ProxyTarget[], sequential: boolean): ProxyTarget[][] {
  const [only] = targets;
  if (only !== undefined && targets.length === 1) return [[only]];
  const sorted = [...targets].sort((one, other) => quality(other) - quality(one));
  const groups: ProxyTarget[][] = [];
  for (const target of sorted) {
    const last = groups.at(-1);
    if (!sequential && last?.[0] && quality(last[0]) === quality(target)) last.push(target);
    else groups.push([target]);
  }
  return groups;
}

/** The URI as a Request-URI (RFC 3261 §16.6 step 2, §19.1.5): without headers, and without `method`. */
export function requestUri(given: Uri | string): Uri {
  const uri = given instanceof Uri ? given : Uri.parse(String(given));
  if (!uri.isSip || (uri.headers.size === 0 && !uri.params.has("method"))) return uri;
  return uri.with({ headers: {}, params: uri.params.without("method") });
}

/** What is out of range, or no number, counts as no preference. */
function quality({ q = 1 }: ProxyTarget): number {
  return q >= 0 && q <= 1 ? q : 1;
}
