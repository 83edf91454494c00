// What the resolver asks of DNS. The questions are answered by whoever has a DNS: Node, a test, nobody in a
// browser.

/** A NAPTR record (RFC 3403 §4); those that matter here have the flag "s" and a replacement. */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  /** "SIP+D2U", "SIPS+D2T" … */
  readonly service: string;
  readonly regexp: string;
  readonly replacement: string;
}

/** An SRV record (RFC 2782). */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** The host; "." or "" where the service is decidedly not there. */
  readonly target: string;
}

/** Records, and how long they are good for. An empty list says that there are none (NXDOMAIN, NODATA). */
export interface DnsAnswer<R> {
  readonly records: readonly R[];
  /** In milliseconds; undefined where it is not known. */
  readonly ttl: number | undefined;
}

/** A DNS client. Its methods reject where nobody answers, or not to the question. */
export interface Dns {
  naptr(name: string): Promise<DnsAnswer<NaptrRecord>>;
  srv(name: string): Promise<DnsAnswer<SrvRecord>>;
  /** IPv4 addresses (A) or IPv6 addresses (AAAA) of a name. */
  address(name: string, family: 4 | 6): Promise<DnsAnswer<string>>;
}
