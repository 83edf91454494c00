// Header types: what `headers.get(name)` gives for each known name, in any case or in compact form.
// Interfaces, so that users can add their own header fields by declaration merging.

import type { Challenge, Credentials } from "./auth.ts";
import type { CSeq } from "./cseq.ts";
import type { DialogId } from "./dialog-id.ts";
import type { Identity } from "./identity.ts";
import type { Interval } from "./interval.ts";
import type { MediaType, TokenParams } from "./media-type.ts";
import type { MimeVersion } from "./mime-version.ts";
import type { NameAddr } from "./name-addr.ts";
import type { Params } from "./params.ts";
import type { Privacy } from "./privacy.ts";
import type { RAck } from "./rack.ts";
import type { SipDate, Timestamp } from "./times.ts";
import type { Via } from "./via.ts";
import type { Warning } from "./warning.ts";

/** The value type of each header field that is single. */
export interface SingleHeaders {
  /** RFC 3261 §20.6 */
  "Authentication-Info": Params;
  /** RFC 3261 §20.8 */
  "Call-ID": string;
  /** RFC 3261 §20.11 */
  "Content-Disposition": TokenParams;
  /** RFC 3261 §20.14 */
  "Content-Length": number;
  /** RFC 3261 §20.15 */
  "Content-Type": MediaType;
  /** RFC 3261 §20.16 */
  CSeq: CSeq;
  /** RFC 3261 §20.17 */
  Date: SipDate;
  /** RFC 6665 §8.2.1 */
  Event: TokenParams;
  /** RFC 3261 §20.19 */
  Expires: number;
  /** RFC 5626 §13 */
  "Flow-Timer": number;
  /** RFC 3261 §20.20 */
  From: NameAddr;
  /** RFC 6442 §4.2 */
  "Geolocation-Routing": string;
  /** RFC 4474 §9 */
  "Identity-Info": NameAddr;
  /** RFC 6086 §7 */
  "Info-Package": TokenParams;
  /** RFC 3911 §7.1 */
  Join: DialogId;
  /** RFC 5393 §5.3 */
  "Max-Breadth": number;
  /** RFC 3261 §20.22 */
  "Max-Forwards": number;
  /** RFC 3261 §20.24 */
  "MIME-Version": MimeVersion;
  /** RFC 3261 §20.23 */
  "Min-Expires": number;
  /** RFC 4028 §5 */
  "Min-SE": Interval;
  /** RFC 3261 §20.25 */
  Organization: string;
  /** RFC 7315 §4.2 */
  "P-Called-Party-ID": NameAddr;
  /** RFC 7315 §4.6 */
  "P-Charging-Vector": Params;
  /** RFC 5502 §6 */
  "P-Served-User": NameAddr;
  /** RFC 3261 §20.26 */
  Priority: string;
  /** RFC 3323 §4.2 */
  Privacy: Privacy;
  /** RFC 3262 §7.2 */
  RAck: RAck;
  /** RFC 4488 §4 */
  "Refer-Sub": TokenParams;
  /** RFC 3515 §2.1 */
  "Refer-To": NameAddr;
  /** RFC 3892 §3 */
  "Referred-By": NameAddr;
  /** RFC 3891 §6.1 */
  Replaces: DialogId;
  /** RFC 3261 §20.31 */
  "Reply-To": NameAddr;
  /** RFC 3261 §20.33 */
  "Retry-After": Interval;
  /** RFC 3262 §7.1 */
  RSeq: number;
  /** RFC 3261 §20.35 */
  Server: string;
  /** RFC 4028 §4 */
  "Session-Expires": Interval;
  /** RFC 7989 §5 */
  "Session-ID": TokenParams;
  /** RFC 3903 §11.3.1 */
  "SIP-ETag": string;
  /** RFC 3903 §11.3.2 */
  "SIP-If-Match": string;
  /** RFC 3261 §20.36 */
  Subject: string;
  /** RFC 6665 §8.2.3 */
  "Subscription-State": TokenParams;
  /** RFC 5839 §7.2 */
  "Suppress-If-Match": string;
  /** RFC 4538 §7 */
  "Target-Dialog": DialogId;
  /** RFC 3261 §20.38 */
  Timestamp: Timestamp;
  /** RFC 3261 §20.39 */
  To: NameAddr;
  /** RFC 3261 §20.41 */
  "User-Agent": string;
}

/** The type of one value of each header field that is a list. */
export interface ListHeaders {
  /** RFC 3261 §20.1 */
  Accept: MediaType;
  /** RFC 3841 §9.2 */
  "Accept-Contact": TokenParams;
  /** RFC 3261 §20.2 */
  "Accept-Encoding": TokenParams;
  /** RFC 3261 §20.3 */
  "Accept-Language": TokenParams;
  /** RFC 4412 §3.2 */
  "Accept-Resource-Priority": string;
  /** RFC 3261 §20.4 */
  "Alert-Info": NameAddr;
  /** RFC 3261 §20.5 */
  Allow: string;
  /** RFC 6665 §8.2.2 */
  "Allow-Events": string;
  /** RFC 3261 §20.7 */
  Authorization: Credentials;
  /** RFC 3261 §20.9 */
  "Call-Info": NameAddr;
  /** RFC 3261 §20.10 */
  Contact: NameAddr;
  /** RFC 3261 §20.12 */
  "Content-Encoding": string;
  /** RFC 3261 §20.13 */
  "Content-Language": string;
  /** RFC 3261 §20.18 */
  "Error-Info": NameAddr;
  /** RFC 6809 §6.3 */
  "Feature-Caps": TokenParams;
  /** RFC 6442 §4.1 */
  Geolocation: NameAddr;
  /** RFC 7044 §5 */
  "History-Info": NameAddr;
  /** RFC 8224 §4 */
  Identity: Identity;
  /** RFC 3261 §20.21 */
  "In-Reply-To": string;
  /** RFC 7315 §4.4 */
  "P-Access-Network-Info": TokenParams;
  /** RFC 3325 §9.1 */
  "P-Asserted-Identity": NameAddr;
  /** RFC 7315 §4.1 */
  "P-Associated-URI": NameAddr;
  /** RFC 7315 §4.5 */
  "P-Charging-Function-Addresses": Params;
  /** RFC 5009 §8 */
  "P-Early-Media": string;
  /** RFC 3325 §9.2 */
  "P-Preferred-Identity": NameAddr;
  /** RFC 7315 §4.3 */
  "P-Visited-Network-ID": TokenParams;
  /** RFC 3327 §4 */
  Path: NameAddr;
  /** RFC 5360 §5.9.3 */
  "Permission-Missing": NameAddr;
  /** RFC 6794 §4.1 */
  "Policy-Contact": NameAddr;
  /** RFC 3261 §20.27 */
  "Proxy-Authenticate": Challenge;
  /** RFC 3261 §20.28 */
  "Proxy-Authorization": Credentials;
  /** RFC 3261 §20.29 */
  "Proxy-Require": string;
  /** RFC 3326 §2 */
  Reason: TokenParams;
  /** RFC 3261 §20.30 */
  "Record-Route": NameAddr;
  /** RFC 6086 §7 */
  "Recv-Info": TokenParams;
  /** RFC 3841 §9.2 */
  "Reject-Contact": TokenParams;
  /** RFC 3841 §9.1 */
  "Request-Disposition": string;
  /** RFC 3261 §20.32 */
  Require: string;
  /** RFC 4412 §3.1 */
  "Resource-Priority": string;
  /** RFC 3261 §20.34 */
  Route: NameAddr;
  /** RFC 3329 §2.2 */
  "Security-Client": TokenParams;
  /** RFC 3329 §2.2 */
  "Security-Server": TokenParams;
  /** RFC 3329 §2.2 */
  "Security-Verify": TokenParams;
  /** RFC 3608 §5 */
  "Service-Route": NameAddr;
  /** RFC 3261 §20.37 */
  Supported: string;
  /** RFC 5360 §5.11.2 */
  "Trigger-Consent": NameAddr;
  /** RFC 3261 §20.40 */
  Unsupported: string;
  /** RFC 7433 §4.1 */
  "User-to-User": TokenParams;
  /** RFC 3261 §20.42 */
  Via: Via;
  /** RFC 3261 §20.43 */
  Warning: Warning;
  /** RFC 3261 §20.44 */
  "WWW-Authenticate": Challenge;
}

/** Compact forms (RFC 3261 §7.3.3 and the IANA registry). */
export interface CompactForms {
  a: "Accept-Contact";
  b: "Referred-By";
  c: "Content-Type";
  d: "Request-Disposition";
  e: "Content-Encoding";
  f: "From";
  i: "Call-ID";
  j: "Reject-Contact";
  k: "Supported";
  l: "Content-Length";
  m: "Contact";
  n: "Identity-Info";
  o: "Event";
  r: "Refer-To";
  s: "Subject";
  t: "To";
  u: "Allow-Events";
  v: "Via";
  x: "Session-Expires";
  y: "Identity";
}

/** A header field's name: known ones are offered by the editor, any other is as good. */
export type HeaderName = keyof SingleHeaders | keyof ListHeaders | (string & {});

type Lower<T> = { [K in keyof T as Lowercase<K & string>]: T[K] };
type Single = Lower<SingleHeaders>;
type List = Lower<ListHeaders>;
type Long<N extends string> =
  Lowercase<N> extends keyof CompactForms ? Lowercase<CompactForms[Lowercase<N>]> : Lowercase<N>;

/** What get() gives: one value or undefined, a list, or the texts of a header field that is not known. */
export type HeaderValue<N extends string> = string extends N
  ? unknown
  : Long<N> extends keyof Single
    ? Single[Long<N>] | undefined
    : Long<N> extends keyof List
      ? readonly List[Long<N>][]
      : readonly string[];

/** One value, as shift() and pop() give it. */
export type HeaderItem<N extends string> = string extends N
  ? unknown
  : Long<N> extends keyof Single
    ? Single[Long<N>]
    : Long<N> extends keyof List
      ? List[Long<N>]
      : string;

/** A time of nothing but its seconds may be given as a number. */
type OrSeconds<T> = T extends Interval ? T | number : T;

/** One value as it may be given: typed, or as text. */
export type HeaderInput<N extends string> = string extends N
  ? { toString(): string }
  : Long<N> extends keyof Single
    ? OrSeconds<Single[Long<N>]> | string
    : Long<N> extends keyof List
      ? List[Long<N>] | string
      : { toString(): string };

/** What setDefault() takes: a value, a list of them, or a function that makes one of these. */
export type HeaderDefault<N extends string> =
  | HeaderInput<N>
  | readonly HeaderInput<N>[]
  | (() => HeaderInput<N> | readonly HeaderInput<N>[]);
