// DnsCache: answers of DNS, the empty ones too, for as long as they are good, and for a moment that there was none.
// Asks once for questions that are asked at the same time.

import type { Clock } from "../../clock.ts";
import { apart } from "../../core/text.ts";
import type { Dns, DnsAnswer, NaptrRecord, SrvRecord } from "../../transport/dns.ts";
import { LONGEST_NAME } from "../../transport/host-cache.ts";
import { RecentMap } from "../../transport/recent-map.ts";

/** How long anybody waits for DNS, in milliseconds: as long as a transaction lasts at most (64 × T1). */
export const LONGEST_SEARCH = 32_000;

/** How long answers are kept, in milliseconds, and how many. */
export interface DnsCacheOptions {
  /** For answers that do not say. */
  readonly ttl: number;
  /** No answer is kept for longer. */
  readonly maxTtl: number;
  /** For the answer that there is nothing (RFC 2308). */
  readonly negativeTtl: number;
  /** For a question that nobody answered. */
  readonly failureTtl: number;
  readonly limit: number;
}

/** No answer has more records: a zone may fill 64 kB with thousands. */
const MOST_RECORDS = 100;

/** Failures are not kept for longer, in milliseconds (RFC 2308 §7). */
const LONGEST_FAILURE = 300_000;

interface Entry {
  readonly answer: Promise<DnsAnswer<unknown>>;
  expires: number;
}

export class DnsCache implements Dns {
  readonly #dns: Dns;
  readonly #clock: Clock;
  readonly #options: DnsCacheOptions;
  readonly #entries: RecentMap<string, Entry>;

  constructor(dns: Dns, clock: Clock, options: DnsCacheOptions) {
    this.#dns = dns;
    this.#clock = clock;
    this.#options = options;
    this.#entries = new RecentMap(options.limit);
  }

  naptr(name: string): Promise<DnsAnswer<NaptrRecord>> {
    return this.#ask("naptr", name, () => this.#dns.naptr(name));
  }

  srv(name: string): Promise<DnsAnswer<SrvRecord>> {
    return this.#ask("srv", name, () => this.#dns.srv(name));
  }

  address(name: string, family: 4 | 6): Promise<DnsAnswer<string>> {
    return this.#ask(`${family}`, name, () => this.#dns.address(name, family));
  }

  #ask<R>(kind: string, name: string, ask: () => Promise<DnsAnswer<R>>): Promise<DnsAnswer<R>> {
    const key = apart(`${kind} ${name.toLowerCase()}`);
    const known = this.#entries.get(key);
    if (known && known.expires > this.#clock.now()) return known.answer as Promise<DnsAnswer<R>>;
    // Async, since one that throws has not answered either.
    const answer = (async () => {
      const { records, ttl } = await ask();
      return records.length > MOST_RECORDS
        ? { records: records.slice(0, MOST_RECORDS), ttl }
        : { records, ttl };
    })();
    // Until the answer is there, who asks meanwhile waits for the same one; but not for one that never comes.
    const entry: Entry = { answer, expires: this.#clock.now() + LONGEST_SEARCH };
    // What is no name has no answer, and peers may send long ones.
    if (name.length <= LONGEST_NAME) this.#entries.set(key, entry);
    answer
      .then(({ records, ttl }) => {
        const { ttl: usual, maxTtl, negativeTtl } = this.#options;
        const good =
          records.length > 0 ? Math.min(ttl ?? usual, maxTtl) : Math.min(ttl ?? negativeTtl, negativeTtl);
        entry.expires = this.#clock.now() + good;
      })
      // Nobody answered, or not as a Dns does: a server that is down is not to be waited for by each request anew.
      .catch(() => {
        entry.expires = this.#clock.now() + Math.min(this.#options.failureTtl, LONGEST_FAILURE);
      });
    return answer;
  }
}
