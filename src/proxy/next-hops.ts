// NextHops: where a proxy's copies go next (RFC 3261 §16.6 step 7), in which order, and how that went. What failed lately,
// and what is too large for a datagram, is for the stack's resolver to judge, where there is one.

import type { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { hasFailed } from "../stack/resolve/failure.ts";
import { retryAfterOf } from "../stack/resolve/retry-after.ts";
import { nextHop } from "../stack/route-set.ts";
import type { Stack } from "../stack/stack.ts";
import type { Target } from "../transport/transport.ts";
import { bySips } from "./outgoing.ts";
import type { ProxyTarget } from "./target.ts";

/** An IPv4 address, or an IPv6 one. */
const NUMERIC = /^[\d.]+$|:/;

/** The next hops of one proxy. */
export class NextHops {
  readonly #stack: Stack;
  readonly #protocols: readonly string[];

  constructor(stack: Stack) {
    this.#stack = stack;
    this.#protocols = [...new Set(stack.transports.map(({ protocol }) => protocol))];
  }

  /**
   * The next hops of a copy, the best first: those of its target, else what its Route or URI leads to, by a look-up where
   * that is a name (RFC 3263). Undefined where its flow says it, or the URI alone, for a stack without a resolver.
   *
   * @throws SipError, or rejects with one: `no_target` where there is no way
   */
  find(copy: Request, target: ProxyTarget): readonly Target[] | Promise<readonly Target[]> | undefined {
    const { flow, hops } = target;
    const { resolver } = this.#stack;
    if (flow) return undefined;
    if (hops?.length) return resolver?.order?.(hops) ?? hops;
    const asked = bySips(copy, target);
    const uri = nextHop(asked);
    if (!uri.isSip) return undefined;
    if (resolver) return resolver.targets(asked, this.#protocols);
    return NUMERIC.test(uri.params.get("maddr") ?? uri.host) ? undefined : this.#stack.resolve(asked);
  }

  /** The hop of a target for what has no transaction, and so no next one: an ACK goes where its INVITE would go now. */
  best({ hops }: ProxyTarget): Target | undefined {
    return hops && (this.#stack.resolver?.order?.(hops) ?? hops)[0];
  }

  /** Whether nobody has said by which transport a copy is to go. */
  leavesOpen(copy: Request, { flow, hops }: ProxyTarget): boolean {
    if (flow || hops?.length) return false;
    const uri = nextHop(copy);
    return uri.isSip && !uri.params.has("transport");
  }

  /**
   * The hops for a copy of that size: over TCP what is too large for a datagram (RFC 3261 §18.1.1).
   *
   * @param more how many octets it gets before it is sent
   */
  fit(hops: readonly Target[], copy: Request, more: number): readonly Target[] {
    return this.#stack.resolver?.fit?.(hops, copy, more, this.#protocols) ?? hops;
  }

  /** A response of one, and what it says of it. */
  heard(hop: Target | undefined, response: Response): void {
    const { resolver } = this.#stack;
    if (!hop || !resolver || response.status === 408) return;
    if (response.status === 503) resolver.failed?.(hop, retryAfterOf(response));
    else resolver.answered?.(hop);
  }

  /** The error that a request to one ended with. */
  failed(hop: Target | undefined, code: SipError["code"], answered: boolean): void {
    if (hop && hasFailed(code, answered)) this.#stack.resolver?.failed?.(hop, undefined);
  }
}
