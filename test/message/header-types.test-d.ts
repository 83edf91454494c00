// Header types: what the compiler knows of a header field by its name. Nothing here runs: the compiler
// must take every line, and must not take those below `@ts-expect-error` (header-types.test.ts asks it).

import type {
  Challenge,
  DialogId,
  Interval,
  Params,
  SipDate,
  TokenParams as Tokens,
} from "../../src/index.ts";
import { defineHeader } from "../../src/index.ts";
import type { CSeq } from "../../src/message/cseq.ts";
import type { HeaderName, HeaderValue } from "../../src/message/header-types.ts";
import type { Headers } from "../../src/message/headers.ts";
import type { MediaType, TokenParams } from "../../src/message/media-type.ts";
import type { NameAddr } from "../../src/message/name-addr.ts";
import type { Via } from "../../src/message/via.ts";

declare module "../../src/index.ts" {
  interface SingleHeaders {
    "X-Point": { readonly x: number };
  }
  interface ListHeaders {
    "X-Points": { readonly x: number };
  }
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <T extends true>(): T | undefined => undefined;
declare const headers: Headers;
declare const via: Via;
declare const anyName: HeaderName;

is<Equal<HeaderValue<"CSeq">, CSeq | undefined>>();
is<Equal<HeaderValue<"cseq">, CSeq | undefined>>();
is<Equal<HeaderValue<"CSEQ">, CSeq | undefined>>();
is<Equal<HeaderValue<"Via">, readonly Via[]>>();
is<Equal<HeaderValue<"v">, readonly Via[]>>();
is<Equal<HeaderValue<"V">, readonly Via[]>>();
is<Equal<HeaderValue<"from">, NameAddr | undefined>>();
is<Equal<HeaderValue<"f">, NameAddr | undefined>>();
is<Equal<HeaderValue<"m">, readonly NameAddr[]>>();
is<Equal<HeaderValue<"Record-Route">, readonly NameAddr[]>>();
is<Equal<HeaderValue<"call-id">, string | undefined>>();
is<Equal<HeaderValue<"i">, string | undefined>>();
is<Equal<HeaderValue<"Max-Forwards">, number | undefined>>();
is<Equal<HeaderValue<"content-type">, MediaType | undefined>>();
is<Equal<HeaderValue<"Event">, TokenParams | undefined>>();
is<Equal<HeaderValue<"Allow">, readonly string[]>>();
is<Equal<HeaderValue<"WWW-Authenticate">, readonly Challenge[]>>();
is<Equal<HeaderValue<"x">, Interval | undefined>>();
is<Equal<HeaderValue<"Replaces">, DialogId | undefined>>();
is<Equal<HeaderValue<"date">, SipDate | undefined>>();
is<Equal<HeaderValue<"Authentication-Info">, Params | undefined>>();
is<Equal<HeaderValue<"A">, readonly Tokens[]>>();
is<Equal<HeaderValue<"x-point">, { readonly x: number } | undefined>>();
is<Equal<HeaderValue<"X-Points">, readonly { readonly x: number }[]>>();
is<Equal<HeaderValue<"X-Anything">, readonly string[]>>();
is<Equal<HeaderValue<string>, unknown>>();

const cseq: CSeq | undefined = headers.get("cseq");
const vias: readonly Via[] = headers.get("VIA");
const unknown: readonly string[] = headers.get("x-mine");
const first: Via | undefined = headers.first("Via");
const shifted: NameAddr | undefined = headers.shift("route");
const popped: string | undefined = headers.pop("X-Mine");
const some: unknown = headers.get(anyName);
void [cseq, vias, unknown, first, shifted, popped, some];

headers.set("Via", via).prepend("v", [via, "SIP/2.0/UDP a"]).append("X-Mine", 5);
headers.set("Max-Forwards", 70).set("Max-Forwards", "70");
headers.set(anyName, via);

defineHeader("X-Point", { parse: (text) => ({ x: text.length }), format: ({ x }) => "x".repeat(x) });
defineHeader("X-Points", { list: true, parse: (text) => ({ x: text.length }) });
defineHeader("X-Other", { parse: (text) => text });
headers.set("X-Point", { x: 1 }).append("X-Points", [{ x: 1 }, "xx"]);

headers.set("Retry-After", 60).set("Session-Expires", 1800).setDefault("Min-SE", 90);
// @ts-expect-error A point has a number.
defineHeader("X-Point", { parse: (text) => ({ x: text }) });
// @ts-expect-error A CSeq may be missing.
headers.get("CSeq").number;
// @ts-expect-error A list is not a single value.
headers.get("Via").host;
// @ts-expect-error Lists are not to be written to.
headers.get("Contact").push();
// @ts-expect-error A Via is no CSeq.
headers.set("CSeq", via);
// @ts-expect-error A number is no Via.
headers.append("Via", 5);
// @ts-expect-error Values are immutable.
via.host = "b";
