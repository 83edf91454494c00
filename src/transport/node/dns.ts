// DNS by Node's own client.

import { promises, type ResolverOptions } from "node:dns";
import { checkNumbers } from "../../demands.ts";
import { SipError } from "../../errors.ts";
import type { Dns, DnsAnswer, NaptrRecord, SrvRecord } from "../dns.ts";
import { systemLookup } from "./system-lookup.ts";

/** Options of `nodeDns`. */
export interface NodeDnsOptions {
  /** Addresses of DNS servers, with a port where it is not 53: `["192.0.2.53", "[2001:db8::53]:5353"]`. Default: the system's. */
  servers?: readonly string[] | undefined;
  /** How long one server may take to answer, in milliseconds. Default 2,000. */
  timeout?: number | undefined;
  /** How often each is asked. Default 2. */
  tries?: number | undefined;
}

/**
 * How many questions may wait for their answers. Whoever is sent requests for ever other names asks several for each, and
 * Node's client goes through all that wait for each that it asks: ten thousand would stop all else for seconds.
 */
const MOST_WAITING = 4096;

/** Codes that say that there is no such name, or nothing of that kind under it. */
const NOTHING: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA"]);

/**
 * A DNS client over Node's resolver (c-ares). A name that DNS has no address for is looked up as the system
 * does it, in its hosts file too, unless `servers` are given. Node tells how long addresses are good for, and
 * not how long SRV and NAPTR records are.
 *
 * @throws SipError `value_invalid` where `servers` are no addresses, and for a number that is none
 */
export function nodeDns(options: NodeDnsOptions = {}): Dns {
  checkNumbers(options, 1, "timeout", "tries");
  const { timeout = 2000, tries = 2, servers } = options;
  const resolver = clientOf({ timeout, tries }, servers);
  let waiting = 0;
  const ask = async <T, R>(question: () => Promise<T[]>, record: (answer: T) => R): Promise<DnsAnswer<R>> => {
    if (waiting >= MOST_WAITING) throw new SipError("overloaded", "too many questions wait for DNS");
    waiting++;
    try {
      return { records: (await question()).map(record), ttl: undefined };
    } catch (cause) {
      if (NOTHING.has((cause as NodeJS.ErrnoException).code)) return { records: [], ttl: undefined };
      throw cause;
    } finally {
      waiting--;
    }
  };
  return {
    naptr: (name): Promise<DnsAnswer<NaptrRecord>> =>
      ask(
        () => resolver.resolveNaptr(name),
        (record) => record,
      ),
    srv: (name): Promise<DnsAnswer<SrvRecord>> =>
      ask(
        () => resolver.resolveSrv(name),
        ({ priority, weight, port, name: target }) => ({
          priority,
          weight,
          port,
          target,
        }),
      ),
    async address(name, family): Promise<DnsAnswer<string>> {
      const question = () =>
        family === 4 ? resolver.resolve4(name, { ttl: true }) : resolver.resolve6(name, { ttl: true });
      const { records } = await ask(question, (record) => record);
      if (records.length === 0 && !servers) {
        const found = await systemLookup(name, family).catch((cause) => {
          // Nobody was asked: that says nothing of the name.
          if (cause instanceof SipError) throw cause;
          return undefined;
        });
        return { records: found === undefined ? [] : [found], ttl: undefined };
      }
      const ttl = records.length > 0 ? Math.min(...records.map((record) => record.ttl)) * 1000 : undefined;
      return { records: records.map(({ address }) => address), ttl };
    },
  };
}

function clientOf(options: ResolverOptions, servers: readonly string[] | undefined): promises.Resolver {
  try {
    const resolver = new promises.Resolver(options);
    if (servers) resolver.setServers(servers);
    return resolver;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SipError("value_invalid", `nodeDns: ${why}`, { cause });
  }
}
