// SipResolver: where requests go, by RFC 3263 and the size rule of RFC 3261 §18.1.1, and what becomes of
// those that do not arrive.

import { type Clock, systemClock } from "../../clock.ts";
import { checkNumbers, need } from "../../demands.ts";
import type { Request } from "../../message/request.ts";
import type { Response } from "../../message/response.ts";
import { defaultRandom, type Random } from "../../random.ts";
import { type HashKey, sipKey } from "../../transaction/siphash.ts";
import type { Dns } from "../../transport/dns.ts";
import type { Target } from "../../transport/transport.ts";
import { watch } from "../../watch.ts";
import type { SendOptions, SentRequest } from "../options.ts";
import type { Resolver, Sender } from "../resolver.ts";
import { nextHop } from "../route-set.ts";
import { responseTarget } from "../target.ts";
import { Attempts, type AttemptsOwner } from "./attempts.ts";
import { DeadTargets } from "./dead-targets.ts";
import { DnsCache } from "./dns-cache.ts";
import {
  type Destination,
  locate,
  numericTarget,
  plainTarget,
  uriDestination,
  viaDestination,
} from "./locate.ts";
import { type Lot, lotOf } from "./lot.ts";

/** What is done with a request too large for a datagram. */
export type LargeRequests =
  /** It goes over UDP all the same. */
  | "off"
  /** It goes over TCP (RFC 3261 §18.1.1). */
  | "tcp"
  /** It goes over TCP; where that fails, over UDP after all. */
  | "tcp-or-udp";

/** Options of `resolver`; all but `dns` have defaults. */
export interface ResolverOptions {
  /**
   * Who answers questions to DNS: `nodeDns()` of `sippet/node`, or your own. False for nobody: names are left to the
   * transports.
   */
  dns: Dns | false;
  /** Address families, the preferred first. Default [4, 6]. */
  families?: readonly (4 | 6)[] | undefined;
  /**
   * Requests that would go over UDP and are larger than `mtu`. Default "tcp-or-udp"; they stay on UDP where the stack
   * has no TCP.
   */
  largeRequests?: LargeRequests | undefined;
  /** The largest request for a datagram, in bytes, its Via included. Default 1,300 (RFC 3261 §18.1.1). */
  mtu?: number | undefined;
  /** Told of each request that goes over TCP because of its size, for each target. What it throws or rejects with is dropped. */
  onSwitch?: ((request: Request, from: Target, to: Target) => void) | undefined;
  /** How long a target that failed is tried last, in milliseconds; the Retry-After of a 503 takes its place. Default 30,000. */
  deadTime?: number | undefined;
  /**
   * After how many milliseconds a target that has answered nothing, not even 100, is given up for the next one, where
   * there is one; the last has all the time there is. Default: 64 × T1, 32 seconds, which is when its transaction
   * ends (RFC 3263 §4.3). An INVITE that is given up may have arrived all the same: it is cancelled when it is answered.
   */
  attemptTimeout?: number | undefined;
  /** How long answers of DNS are kept that do not say, in milliseconds. Default 60,000. */
  ttl?: number | undefined;
  /** No answer is kept for longer, in milliseconds. Default 3,600,000. */
  maxTtl?: number | undefined;
  /** How long it is remembered that a name is not there, in milliseconds. Default 30,000. */
  negativeTtl?: number | undefined;
  /**
   * How long a question that DNS did not answer, for a server that is down, say, is taken to have no answer before it is
   * asked again, in milliseconds; 300,000 at most (RFC 2308 §7). Default 5,000, as in RFC 9520 §3.2.
   */
  failureTtl?: number | undefined;
  /** How many answers and how many dead targets are kept. Default 2,000. */
  limit?: number | undefined;
  /** Default: the runtime's. It ages what is remembered, and times attempts. */
  clock?: Clock | undefined;
  /** Draws the key by which a Call-ID chooses among SRV records, by their weights. Default: cryptographic. */
  random?: Random | undefined;
}

/** RFC 3261 §21.5.4 leaves it open how long a server may ask to be left alone; an hour is a day's work. */
const LONGEST_REST = 3_600_000;

/**
 * A resolver for `new Stack({ resolver: resolver({ dns: nodeDns() }) })`. It finds the servers of SIP URIs as
 * RFC 3263 says: NAPTR and SRV records, then addresses, by priority and weight;
 * `maddr`, ports, `transport` and sips go before DNS, numeric hosts need none. A target that cannot be reached,
 * answers nothing or 503 is followed by the next one, and tried last for a while. Requests too large for a
 * datagram go over TCP. One resolver may serve several stacks.
 *
 * @throws SipError `value_invalid` without `dns`, and for a number that is none
 */
export function resolver(options: ResolverOptions): Resolver {
  return new SipResolver(options);
}

class SipResolver implements Resolver, AttemptsOwner {
  readonly clock: Clock;
  readonly attemptTimeout: number | undefined;
  readonly #options: ResolverOptions;
  readonly #dns: Dns | undefined;
  readonly #dead: DeadTargets;
  readonly #key: HashKey;

  constructor(options: ResolverOptions) {
    need("resolver", options, "dns");
    checkNumbers(options, 1, "mtu", "limit");
    checkNumbers(options, 0, "deadTime", "attemptTimeout", "ttl", "maxTtl", "negativeTtl", "failureTtl");
    const { clock = systemClock, limit = 2000, ttl = 60_000 } = options;
    const { maxTtl = 3_600_000, negativeTtl = 30_000, failureTtl = 5000 } = options;
    this.#options = options;
    this.clock = clock;
    this.attemptTimeout = options.attemptTimeout;
    this.#dns = options.dns
      ? new DnsCache(options.dns, clock, { ttl, maxTtl, negativeTtl, failureTtl, limit })
      : undefined;
    this.#dead = new DeadTargets(clock, limit);
    this.#key = sipKey((options.random ?? defaultRandom).text(22));
  }

  targets(
    message: Request | Response,
    protocols: readonly string[],
  ): readonly Target[] | Promise<readonly Target[]> {
    const lot = lotOf(message, this.#key);
    if (message.kind === "request") return this.#find(uriDestination(nextHop(message)), protocols, lot);
    const direct = responseTarget(message);
    const via = message.headers.first("Via");
    // RFC 3263 §5: only where `received` and `maddr` do not say it.
    if (!via || via.host !== direct.host) return [direct];
    return this.#find(viaDestination(via), protocols, lot);
  }

  send(request: Request, options: SendOptions, sender: Sender): SentRequest {
    // First of all: where it throws, nobody is there to hear what a search ends with.
    const attempts = new Attempts(request, options, sender, this);
    let fitted: readonly Target[] | Promise<readonly Target[]>;
    const { protocols } = sender;
    // The Via that will be put on top: all of it but the sent-by has 56 octets, with a branch of ours.
    const sized = (targets: readonly Target[]) =>
      this.fit(targets, request, 56 + sender.sentBy("UDP").length, protocols);
    try {
      const found = this.targets(request, protocols);
      fitted = found instanceof Promise ? found.then(sized) : sized(found);
    } catch (error) {
      fitted = Promise.reject(error);
    }
    attempts.begin(fitted);
    return attempts;
  }

  answered(target: Target): void {
    this.#dead.clear(target);
  }

  failed(target: Target, retryAfter: number | undefined): void {
    const { deadTime = 30_000 } = this.#options;
    this.#dead.mark(target, retryAfter === undefined ? deadTime : Math.min(retryAfter * 1000, LONGEST_REST));
  }

  order(targets: readonly Target[]): readonly Target[] {
    return this.#dead.sort(targets);
  }

  /** RFC 3261 §18.1.1: what is too large for a datagram takes TCP. Decided for each request anew. */
  fit(
    targets: readonly Target[],
    request: Request,
    more: number,
    protocols: readonly string[],
  ): readonly Target[] {
    const { largeRequests = "tcp-or-udp", mtu = 1300 } = this.#options;
    const datagrams = targets.filter(({ protocol }) => protocol === "UDP");
    const [first] = datagrams;
    if (largeRequests === "off" || !first || !protocols.includes("TCP")) return targets;
    if (request.octets.length + more <= mtu) return targets;
    const both = largeRequests !== "tcp";
    // Who serves other transports, and at which ports, is best known to DNS.
    const streams = targets.filter(({ protocol }) => protocol !== "UDP");
    const named = streams.find(({ protocol }) => protocol === "TCP");
    if (named && targets[0] === first) this.#tellSwitch(request, first, named);
    const fitted = datagrams.flatMap((target) => {
      const kept = both ? [target] : [];
      if (named) return kept;
      const other = { ...target, protocol: "TCP" };
      // Tried last, if at all.
      if (!both || !this.#dead.isDead(other) || this.#dead.isDead(target))
        this.#tellSwitch(request, target, other);
      return [other, ...kept];
    });
    return this.#dead.sort([...streams, ...fitted]);
  }

  #tellSwitch(request: Request, from: Target, to: Target): void {
    try {
      watch(this.#options.onSwitch?.(request, from, to), () => {});
    } catch {
      // Who only watches must not change what happens.
    }
  }

  #find(
    destination: Destination,
    protocols: readonly string[],
    random: Lot,
  ): readonly Target[] | Promise<readonly Target[]> {
    const numeric = numericTarget(destination, protocols);
    if (numeric) return [numeric];
    const dns = this.#dns;
    if (dns === undefined) return [plainTarget(destination, destination.host, protocols)];
    const { families = [4, 6] } = this.#options;
    const context = { dns, random, protocols, families, clock: this.clock };
    return locate(destination, context).then((targets) => this.#dead.sort(targets));
  }
}
