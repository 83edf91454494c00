// What the resolver asks of DNS. The questions are answered by whoever has a DNS: Node, a test, nobody in a
// browser.

/** A NAPTR record (RFC 3403 §4); those that matter here have the flag "s" and a replacement. */
export interface NaptrRecord {
  /** Records of a lower order come first (RFC 3403 §4.1). */
  readonly order: number;
  /** Within one order, a lower one is preferred. */
  readonly preference: number;
  /** `s` where `replacement` is the name of SRV records; records with others are left out. */
  readonly flags: string;
  /** "SIP+D2U", "SIPS+D2T" … */
  readonly service: string;
  /** Empty for those that matter here. */
  readonly regexp: string;
  /** The name to ask for next. */
  readonly replacement: string;
}

/** An SRV record (RFC 2782). */
export interface SrvRecord {
  /** 0 to 65535; a lower one is tried first. */
  readonly priority: number;
  /** 0 to 65535: the share of the requests, among those of one priority. */
  readonly weight: number;
  /** Where the service listens. */
  readonly port: number;
  /** The host; "." or "" where the service is decidedly not there. */
  readonly target: string;
}

/** Records, and how long they are good for. An empty list says that there are none (NXDOMAIN, NODATA). */
export interface DnsAnswer<R> {
  /** In any order. */
  readonly records: readonly R[];
  /** In milliseconds; undefined where it is not known. */
  readonly ttl: number | undefined;
}

/** A DNS client. Its methods reject where nobody answers, or not to the question. */
export interface Dns {
  /** The NAPTR records of a domain. */
  naptr(name: string): Promise<DnsAnswer<NaptrRecord>>;
  /** The SRV records of a name such as `_sip._udp.example.com`. */
  srv(name: string): Promise<DnsAnswer<SrvRecord>>;
  /** IPv4 addresses (A) or IPv6 addresses (AAAA) of a name. */
  address(name: string, family: 4 | 6): Promise<DnsAnswer<string>>;
}
