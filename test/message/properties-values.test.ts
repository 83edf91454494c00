// Properties of the values' constructors, given anything: what has no place in the grammar is refused, or what is made is
// written in a message, and read there as the same value. It may not become another: a token that brings a parameter
// along, a number that is none.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { Challenge, Credentials } from "../../src/message/auth.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { CSeq } from "../../src/message/cseq.ts";
import { DialogId } from "../../src/message/dialog-id.ts";
import { Identity } from "../../src/message/identity.ts";
import { Interval } from "../../src/message/interval.ts";
import { MediaType, TokenParams } from "../../src/message/media-type.ts";
import { MimeVersion } from "../../src/message/mime-version.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { Params } from "../../src/message/params.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { Privacy } from "../../src/message/privacy.ts";
import { RAck } from "../../src/message/rack.ts";
import { SipDate, Timestamp } from "../../src/message/times.ts";
import { Uri } from "../../src/message/uri.ts";
import { Via } from "../../src/message/via.ts";
import { Warning } from "../../src/message/warning.ts";
import { plain } from "../fuzz/plain.ts";
import { text, token, unsafe } from "./arbitrary.ts";

/** Texts that are one thing to who gives them, and would be more to who reads them. */
const words = fc.oneof(
  text,
  token,
  unsafe,
  fc.constantFrom(
    ...[
      "",
      " ",
      "a b",
      "a,b",
      "a;b",
      "a=b",
      "a/b",
      "a;b=c",
      'a"b',
      '"a"',
      "a@b",
      "a@b@c",
      "<a>",
      "a>b",
      "a>;b",
    ],
    ...[
      "a\tb",
      " a",
      "a ",
      "a, b",
      "a;;b",
      "a:5060",
      "[::1]",
      "::1",
      "é",
      "1",
      "-1",
      "a%20b",
      "\\",
      'a\\"b',
      "()",
    ],
    ...["a;tag=x", "a?b=c", "x>;tag=evil", "Digest a=b", "a;to-tag=b", "1.0", "*"],
  ),
);
const numbers = fc.oneof(
  fc.integer({ min: -5, max: 1000 }),
  fc.double({ noNaN: false }).filter((number) => !Object.is(number, -0)),
  fc.constantFrom(
    ...[0.5, 1e21, 1e-9, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY],
  ),
);

/** A message with this value. */
function written(name: string, value: object): Uint8Array {
  const request = createRequest("OPTIONS", "sip:a@example.com", { from: "<sip:a@example.com>" });
  request.headers.set(name, value);
  return request.toBytes();
}

/** What the header field has in a message. */
function through(name: string, octets: Uint8Array): unknown {
  const { headers } = parseMessage(octets);
  // Where it became several, the others are shown too.
  const all = headers.get(name as "Contact") as unknown;
  return Array.isArray(all) && all.length === 1 ? all[0] : all;
}

/** The value; undefined where a SipError refuses it, as the constructor says. */
function made<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof SipError)) throw error;
    expect(["value_invalid", "value_unsafe", "uri_invalid"]).toContain(error.code);
    return undefined;
  }
}

/** What is too small for the grammar of a Timestamp is written as 0. */
const tiny = (number: number): number => (Math.abs(number) < 1e-6 ? 0 : number);
/** The parameters of an Identity as it is read. */
const signed = (info: string): Params => NameAddr.parse(`<sip:a>;info=<${info}>;alg=x`).params;

type Row = readonly [name: string, header: string, make: (word: string, number: number) => object];
const base = NameAddr.parse("<sip:a@b>;q=0.5");
const via = Via.of({ host: "example.com", branch: "z9hG4bK1" });

const ROWS: readonly Row[] = [
  ["MediaType, type", "Content-Type", (word) => new MediaType(word, "b")],
  ["MediaType, subtype", "Content-Type", (word) => new MediaType("a", word)],
  ["MediaType, a parameter's name", "Content-Type", (word) => new MediaType("a", "b", { [word]: "c" })],
  ["MediaType, a parameter's value", "Content-Type", (word) => new MediaType("a", "b", { c: `x${word}` })],
  ["TokenParams, text", "User-to-User", (word) => new TokenParams(word)],
  ["TokenParams, a parameter", "Reason", (word) => new TokenParams("SIP", { text: `x${word}` })],
  ["Interval, seconds", "Retry-After", (_word, number) => new Interval(number)],
  ["Interval, comment", "Retry-After", (word) => new Interval(1, {}, word)],
  ["Interval, a parameter", "Session-Expires", (word) => new Interval(90, { x: `x${word}` })],
  ["Warning, code", "Warning", (_word, number) => new Warning(number, "a", "b")],
  ["Warning, agent", "Warning", (word) => new Warning(399, word, "b")],
  ["Warning, text", "Warning", (word) => new Warning(399, "a", word)],
  ["CSeq, number", "CSeq", (_word, number) => new CSeq(number, "OPTIONS")],
  ["CSeq, method", "CSeq", (word) => new CSeq(1, word)],
  ["RAck, response", "RAck", (_word, number) => new RAck(number, 1, "INVITE")],
  ["RAck, number", "RAck", (_word, number) => new RAck(1, number, "INVITE")],
  ["RAck, method", "RAck", (word) => new RAck(1, 1, word)],
  ["DialogId, Call-ID", "Replaces", (word) => new DialogId(word, { "to-tag": "a", "from-tag": "b" })],
  ["DialogId, a tag", "Replaces", (word) => new DialogId("c", { "to-tag": `x${word}`, "from-tag": "b" })],
  ["Credentials, scheme", "Authorization", (word) => new Credentials(word, { a: "b" })],
  [
    "Credentials, a parameter",
    "Authorization",
    (word) => new Credentials("Digest", { username: word || "x" }),
  ],
  ["Credentials, token", "Authorization", (word) => new Credentials("Bearer", {}, word)],
  ["Credentials of nothing", "Authorization", () => new Credentials("Digest", {})],
  ["Challenge, scheme", "WWW-Authenticate", (word) => new Challenge(word, { a: "b" })],
  ["Challenge, a parameter", "WWW-Authenticate", (word) => new Challenge("Digest", { realm: word || "x" })],
  ["Challenge of nothing", "WWW-Authenticate", () => new Challenge("Digest", {})],
  ["Privacy", "Privacy", (word) => new Privacy(["id", word])],
  ["Privacy of nothing", "Privacy", () => new Privacy([])],
  ["Identity, digest", "Identity", (word) => new Identity(word, "https://a", signed("https://a"))],
  ["Identity, digest alone", "Identity", (word) => new Identity(word, undefined, Params.empty())],
  ["Identity, info", "Identity", (word) => new Identity("a.b.c", word, signed(word))],
  ["MimeVersion, major", "MIME-Version", (_word, number) => new MimeVersion(number, 0)],
  ["MimeVersion, minor", "MIME-Version", (_word, number) => new MimeVersion(1, number)],
  ["SipDate", "Date", (_word, number) => new SipDate(Math.trunc(number) * 1000 + 0)],
  ["Timestamp, time", "Timestamp", (_word, number) => new Timestamp(tiny(number))],
  ["Timestamp, delay", "Timestamp", (_word, number) => new Timestamp(1, tiny(number))],
  ["NameAddr.of, URI", "Contact", (word) => NameAddr.of({ uri: word })],
  ["NameAddr.of, URI of another scheme", "Contact", (word) => NameAddr.of({ uri: Uri.parse(`x:${word}`) })],
  ["NameAddr.of, display name", "Contact", (displayName) => NameAddr.of({ uri: "sip:a@b", displayName })],
  ["NameAddr.with, tag", "Contact", (tag) => base.with({ tag })],
  ["NameAddr.with, a parameter's name", "Contact", (word) => base.with({ params: { [word]: "c" } })],
  ["NameAddr.with, a parameter's value", "Contact", (word) => base.with({ params: { c: `x${word}` } })],
  [
    "NameAddr without brackets",
    "Trigger-Consent",
    (c) => NameAddr.of({ uri: "sip:a@b", params: { c: `x${c}` } }),
  ],
  ["Uri.of, port", "Contact", (_word, port) => NameAddr.of({ uri: Uri.of({ host: "b", port }) })],
  ["Uri.of, user", "Contact", (user) => NameAddr.of({ uri: Uri.of({ host: "b", user }) })],
  ["Uri.of, host", "Contact", (host) => NameAddr.of({ uri: Uri.of({ host }) })],
  ["Uri.of, a parameter", "Contact", (c) => NameAddr.of({ uri: Uri.of({ host: "b", params: { c } }) })],
  ["Uri.of, a header", "Contact", (c) => NameAddr.of({ uri: Uri.of({ host: "b", headers: { c } }) })],
  ["Via.of, host", "Via", (host) => Via.of({ host })],
  ["Via.of, port", "Via", (_word, port) => Via.of({ host: "a", port })],
  ["Via.with, transport", "Via", (transport) => via.with({ transport })],
  ["Via.with, branch", "Via", (branch) => via.with({ branch })],
  ["Via.with, received", "Via", (received) => via.with({ received })],
  ["Via.with, rport", "Via", (_word, rport) => via.with({ rport })],
  ["Via.with, a parameter's name", "Via", (word) => via.with({ params: { [word]: "c" } })],
  [
    "Params in a list, name",
    "P-Charging-Vector",
    (word) => Params.of({ "icid-value": "a", [word]: "c" }, "list"),
  ],
  ["Params in a list, value", "P-Charging-Vector", (word) => Params.of({ "icid-value": `x${word}` }, "list")],
  [
    "Params of credentials, name",
    "Authentication-Info",
    (word) => Params.of({ a: "b", [word]: "c" }, "credentials"),
  ],
  [
    "Params of credentials, value",
    "Authentication-Info",
    (word) => Params.of({ a: `x${word}` }, "credentials"),
  ],
];

describe("what is made is what is read", () => {
  it.each(ROWS)("%s", (_name, header, make) => {
    fc.assert(
      fc.property(words, numbers, (word, number) => {
        const value = made(() => make(word, number));
        const octets = value && made(() => written(header, value));
        if (octets) expect(plain(through(header, octets))).toEqual(plain(value));
      }),
      { numRuns: 400, seed: 5360 },
    );
  });
});
