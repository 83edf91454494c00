// HostCache: host names to addresses for datagrams, remembered for a while. SIP's own resolution (SRV,
// NAPTR; RFC 3263) belongs to the stack's resolver; this is for names that reach a socket all the same.

import type { Clock } from "../clock.ts";
import { apart } from "../core/text.ts";
import { ipFamily } from "./address.ts";
import { RecentMap } from "./recent-map.ts";

/** Finds one address of that family for a name; rejects where there is none. */
export type HostLookup = (host: string, family: 4 | 6) => Promise<string>;

interface Entry {
  readonly address: Promise<string>;
  expires: number;
}

/** Names are no longer, in octets (RFC 1035 §2.3.4). */
export const LONGEST_NAME = 255;

/**
 * How long it is remembered at most that a lookup failed, in milliseconds (RFC 2308 §7): each that waits for a server
 * that is down holds one of the few threads that Node has for lookups and files.
 */
const FAILURE_TTL = 5000;

/** Remembers answers for `ttl` milliseconds, of at most `limit` names; asks once for simultaneous questions. */
export class HostCache {
  readonly #entries: RecentMap<string, Entry>;
  readonly #families: readonly (4 | 6)[];
  readonly #ttl: number;
  readonly #clock: Clock;
  readonly #lookup: HostLookup;

  /** @param options.families those that the socket can send to, the preferred first */
  constructor(options: {
    families: readonly (4 | 6)[];
    limit: number;
    ttl: number;
    clock: Clock;
    lookup: HostLookup;
  }) {
    this.#entries = new RecentMap(options.limit);
    this.#families = options.families;
    this.#ttl = options.ttl;
    this.#clock = options.clock;
    this.#lookup = options.lookup;
  }

  /** An address of that name. */
  resolve(host: string): Promise<string> {
    const name = apart(host.toLowerCase());
    const known = this.#entries.get(name);
    if (known && known.expires > this.#clock.now()) return known.address;
    const address = this.#find(host);
    const entry: Entry = { address, expires: this.#clock.now() + this.#ttl };
    // What is no name has no address, and peers may send long ones.
    if (name.length <= LONGEST_NAME) this.#entries.set(name, entry);
    address.catch(() => {
      entry.expires = this.#clock.now() + Math.min(this.#ttl, FAILURE_TTL);
    });
    return address;
  }

  /** Async, since a user's lookup may throw where it should reject, and a transport's send must not (see Transport). */
  async #find(host: string): Promise<string> {
    let failure: unknown;
    for (const family of this.#families) {
      try {
        return await this.#ask(host, family);
      } catch (cause) {
        failure ??= cause;
      }
    }
    throw failure;
  }

  async #ask(host: string, family: 4 | 6): Promise<string> {
    const address: unknown = await this.#lookup(host, family);
    // Such as undefined, of one that wants a callback as Node's own.
    if (typeof address === "string" && ipFamily(address) !== 0) return address;
    throw new TypeError(`the lookup gave no address: ${String(address)}`);
  }
}
