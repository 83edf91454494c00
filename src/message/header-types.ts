// Header types: what `headers.get(name)` gives for each known name, in any case or in compact form.
// Interfaces, so that users can add their own header fields by declaration merging.

import type { CSeq } from "./cseq.ts";
import type { MediaType, TokenParams } from "./media-type.ts";
import type { NameAddr } from "./name-addr.ts";
import type { Via } from "./via.ts";

/** The value type of each header field that is single. */
export interface SingleHeaders {
  "Call-ID": string;
  "Content-Disposition": TokenParams;
  "Content-Length": number;
  "Content-Type": MediaType;
  CSeq: CSeq;
  Event: TokenParams;
  Expires: number;
  From: NameAddr;
  "Max-Forwards": number;
  "Min-Expires": number;
  "Refer-To": NameAddr;
  "Referred-By": NameAddr;
  "Reply-To": NameAddr;
  Server: string;
  Subject: string;
  "Subscription-State": TokenParams;
  Timestamp: string;
  To: NameAddr;
  "User-Agent": string;
}

/** The type of one value of each header field that is a list. */
export interface ListHeaders {
  Accept: MediaType;
  Allow: string;
  "Allow-Events": string;
  Contact: NameAddr;
  "P-Asserted-Identity": NameAddr;
  "P-Preferred-Identity": NameAddr;
  Path: NameAddr;
  "Proxy-Require": string;
  "Record-Route": NameAddr;
  Require: string;
  Route: NameAddr;
  "Service-Route": NameAddr;
  Supported: string;
  Unsupported: string;
  Via: Via;
}

/** Compact forms (RFC 3261 §7.3.3 and the IANA registry). */
export interface CompactForms {
  b: "Referred-By";
  c: "Content-Type";
  f: "From";
  i: "Call-ID";
  k: "Supported";
  l: "Content-Length";
  m: "Contact";
  o: "Event";
  r: "Refer-To";
  s: "Subject";
  t: "To";
  u: "Allow-Events";
  v: "Via";
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

/** One value as it may be given: typed, or as text. */
export type HeaderInput<N extends string> = string extends N
  ? { toString(): string }
  : Long<N> extends keyof Single
    ? Single[Long<N>] | string
    : Long<N> extends keyof List
      ? List[Long<N>] | string
      : { toString(): string };

/** What setDefault() takes: a value, a list of them, or a function that makes one of these. */
export type HeaderDefault<N extends string> =
  | HeaderInput<N>
  | readonly HeaderInput<N>[]
  | (() => HeaderInput<N> | readonly HeaderInput<N>[]);
