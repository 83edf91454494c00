// Locate: the servers of a SIP URI, best first (RFC 3263 §4.1, §4.2). No state and no IO of its own.

import type { Clock } from "../../clock.ts";
import { SipError } from "../../errors.ts";
import type { Uri } from "../../message/uri.ts";
import type { Via } from "../../message/via.ts";
import { ipFamily, unbracketed } from "../../transport/address.ts";
import { defaultPort } from "../../transport/default-port.ts";
import type { Dns, DnsAnswer, SrvRecord } from "../../transport/dns.ts";
import type { Target } from "../../transport/transport.ts";
import { protocolOf } from "../target.ts";
import { gather } from "./gather.ts";
import type { Lot } from "./lot.ts";
import { orderNaptr, orderSrv } from "./order.ts";

/** What of a URI or Via says where it leads. */
export interface Destination {
  /** RFC 3263 §4: TARGET; `maddr` where there is one, else the host. */
  readonly host: string;
  readonly port: number | undefined;
  /** What it asks for, upper case; undefined where it does not. */
  readonly protocol: string | undefined;
  /** True for sips: nothing but TLS. */
  readonly secure: boolean;
  /** Whose certificate TLS has to see (RFC 5922 §4). */
  readonly domain: string;
}

/** What a search goes by. */
export interface LocateContext {
  readonly dns: Dns;
  readonly random: Lot;
  /** The protocols of the stack, the preferred first. */
  readonly protocols: readonly string[];
  readonly families: readonly (4 | 6)[];
  /** Times how long the slow are waited for. */
  readonly clock: Clock;
}

/** No search ends with more targets, nor asks for more names: who publishes more has others tried less. */
const MOST = 32;
/** No search goes by more NAPTR records: one for each protocol is usual. */
const MOST_SERVICES = 8;

/** NAPTR service fields (RFC 3263 §4.1, RFC 7118 §5.5) and the protocols that they mean. */
const SERVICES: Readonly<Record<string, string>> = {
  "SIP+D2U": "UDP",
  "SIP+D2T": "TCP",
  "SIPS+D2T": "TLS",
  "SIP+D2W": "WS",
  "SIPS+D2W": "WSS",
};
/** The names of SRV records; a WebSocket has none but by NAPTR. */
const SRV_NAMES: Readonly<Record<string, string>> = {
  UDP: "_sip._udp.",
  TCP: "_sip._tcp.",
  TLS: "_sips._tcp.",
};

/** @throws SipError `no_target`, status 416, for what is neither sip nor sips */
export function uriDestination(uri: Uri): Destination {
  if (!uri.isSip) {
    throw new SipError("no_target", `no way to ${uri}: not a SIP URI`, { status: 416 });
  }
  const secure = uri.scheme === "sips";
  // RFC 3261 §26.2.2: UDP cannot be, whatever the URI says.
  if (secure && uri.params.get("transport")?.toUpperCase() === "UDP") {
    throw new SipError("no_target", `no way to ${uri}: sips over UDP`, { status: 416 });
  }
  const host = unbracketed(uri.params.get("maddr") ?? uri.host);
  return { host, port: uri.port, protocol: protocolOf(uri), secure, domain: uri.host };
}

/** Where a response goes that finds no connection (RFC 3263 §5): the sent-by, over the protocol of the Via. */
export function viaDestination(via: Via): Destination {
  const { host, port } = via;
  return { host, port, protocol: via.transport.toUpperCase(), secure: false, domain: host };
}

/** The one target of a destination that asks nothing of DNS; undefined where it has a name. */
export function numericTarget(destination: Destination, protocols: readonly string[]): Target | undefined {
  const { host } = destination;
  return ipFamily(host) === 0 ? undefined : plainTarget(destination, host, protocols);
}

/** The target of a destination as it stands, its name left to the transport. */
export function plainTarget(destination: Destination, host: string, protocols: readonly string[]): Target {
  const protocol = destination.protocol ?? usual(destination, protocols);
  return targetOf(protocol, host, destination.port ?? defaultPort(protocol), destination.domain);
}

/**
 * All targets of a destination, in the order in which they are to be tried.
 *
 * @throws SipError `no_target` where DNS knows of none, with the cause where it did not answer
 */
export async function locate(destination: Destination, context: LocateContext): Promise<readonly Target[]> {
  const numeric = numericTarget(destination, context.protocols);
  if (numeric) return [numeric];
  return new Search(destination, context).run();
}

interface Service {
  readonly protocol: string;
  readonly srv: readonly SrvRecord[];
}

interface Server {
  readonly host: string;
  readonly port: number;
  readonly protocol: string;
}

/** One search. A question that is not answered counts as one without an answer, as long as others have one. */
class Search {
  readonly #destination: Destination;
  readonly #context: LocateContext;
  #failure: unknown;

  constructor(destination: Destination, context: LocateContext) {
    this.#destination = destination;
    this.#context = context;
  }

  async run(): Promise<readonly Target[]> {
    const { host, port, protocol } = this.#destination;
    const { protocols, random, clock } = this.#context;
    const servers: Server[] = [];
    if (port !== undefined) {
      servers.push({ host, port, protocol: protocol ?? usual(this.#destination, protocols) });
    } else {
      for (const { protocol: named, srv } of await this.#services()) {
        const best = [...srv].sort((a, b) => a.priority - b.priority).slice(0, MOST);
        for (const { target, port: at } of orderSrv(best, random)) {
          // RFC 2782: a target of "." says that the service is not there.
          if (target !== "." && target !== "") servers.push({ host: target, port: at, protocol: named });
        }
      }
    }
    const best = servers.slice(0, MOST);
    const found = await gather(
      best.map((server) => this.#targets(server)),
      clock,
    );
    const targets = found.flat().slice(0, MOST);
    if (targets.length > 0) return targets;
    const cause = this.#failure;
    throw new SipError("no_target", `DNS knows no way to ${host}`, cause === undefined ? {} : { cause });
  }

  /** The protocols to try, each with its SRV records (RFC 3263 §4.1); without any, the name itself (§4.2). */
  async #services(): Promise<readonly Service[]> {
    const { host, protocol, secure } = this.#destination;
    const { dns, protocols } = this.#context;
    const name = host.replace(/\.$/, "");
    const wanted = (each: string): boolean =>
      protocols.includes(each) && (!secure || each === "TLS" || each === "WSS");
    if (protocol === undefined) {
      const chosen = orderNaptr(await this.#ask(dns.naptr(name)))
        .flatMap(({ flags, service, replacement }) => {
          const named = SERVICES[service.toUpperCase()];
          return flags.toLowerCase() === "s" && named !== undefined && wanted(named)
            ? [{ named, replacement }]
            : [];
        })
        .slice(0, MOST_SERVICES);
      const found = await this.#srv(chosen);
      if (found.length > 0) return found;
    }
    // A transport that is asked for needs no choice; else all of the stack's that have names for it.
    const possible = protocol === undefined ? protocols.filter(wanted) : [protocol];
    const asked = possible.flatMap((each) => {
      const prefix = SRV_NAMES[each];
      return prefix === undefined ? [] : [{ named: each, replacement: prefix + name }];
    });
    const found = await this.#srv(asked);
    if (found.length > 0) return found;
    const chosen = protocol ?? usual(this.#destination, protocols);
    return [{ protocol: chosen, srv: [{ priority: 0, weight: 0, port: defaultPort(chosen), target: name }] }];
  }

  async #srv(names: readonly { named: string; replacement: string }[]): Promise<readonly Service[]> {
    const { dns, clock } = this.#context;
    const found = await gather(
      names.map(({ replacement }) => this.#ask(dns.srv(replacement))),
      clock,
    );
    return names
      .map(({ named }, at) => ({ protocol: named, srv: found[at] ?? [] }))
      .filter(({ srv }) => srv.length > 0);
  }

  async #targets({ host, port, protocol }: Server): Promise<readonly Target[]> {
    const { dns, families, clock } = this.#context;
    const name = host.replace(/\.$/, "");
    const asked = () => families.map((each) => this.#ask(dns.address(name, each)));
    const answers = ipFamily(name) === 0 ? await gather(asked(), clock) : [[name]];
    return answers.flat().map((address) => targetOf(protocol, address, port, this.#destination.domain));
  }

  async #ask<R>(question: Promise<DnsAnswer<R>>): Promise<readonly R[]> {
    try {
      return (await question).records;
    } catch (cause) {
      this.#failure = cause;
      return [];
    }
  }
}

/** RFC 3263 §4.1: UDP for sip, TLS for sips; where the stack has no UDP, what it has. */
function usual({ secure }: Destination, protocols: readonly string[]): string {
  if (secure) return !protocols.includes("TLS") && protocols.includes("WSS") ? "WSS" : "TLS";
  return protocols.includes("UDP") ? "UDP" : (protocols[0] ?? "UDP");
}

function targetOf(protocol: string, host: string, port: number, domain: string): Target {
  return domain === host ? { protocol, host, port } : { protocol, host, port, domain };
}
