// Properties of with(), of() and set(), given anything: a part that has no place in the grammar is refused, or what is
// written reads as the same parts. It may not become other parts: a host that brings a user along, a parameter
// that brings another.
import fc from "fast-check";
import { expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { Headers } from "../../src/message/headers.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { Params } from "../../src/message/params.ts";
import { Uri } from "../../src/message/uri.ts";
import { Via } from "../../src/message/via.ts";
import { plain } from "../fuzz/plain.ts";
import { text } from "./arbitrary.ts";

/** The value, or undefined where a SipError refuses it. */
function made<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof SipError) return undefined;
    throw error;
  }
}

/** What the value reads as; in words where it does not. */
function again(read: () => unknown): unknown {
  try {
    return plain(read());
  } catch (error) {
    if (error instanceof SipError) return `cannot be read: ${error.message}`;
    throw error;
  }
}

const uri = Uri.parse("sip:u:p@example.com:5060;a=b?c=d");
const via = Via.of({ host: "example.com", branch: "z9hG4bK1" });
const any = fc.oneof(
  text,
  fc.constantFrom("evil@host", "a;lr", "a?b", "[::1]", "::1", "::1]", "", " ", "a b", "a,b", "a=b", "a/b"),
);

const uris: Record<string, (value: string) => Uri> = {
  "Uri.with host": (host) => uri.with({ host }),
  "Uri.with scheme": (scheme) => uri.with({ scheme }),
  "Uri.with user": (user) => uri.with({ user }),
  "Uri.with password": (password) => uri.with({ password }),
  "Uri.with a parameter's name": (name) => uri.with({ params: { [name]: "x" } }),
  "Uri.with a parameter's value": (value) => uri.with({ params: { x: value } }),
  "Uri.with a header's name": (name) => uri.with({ headers: { [name]: "x" } }),
  "Uri.with a header's value": (value) => uri.with({ headers: { x: value } }),
};
const vias: Record<string, (value: string) => Via> = {
  "Via.with host": (host) => via.with({ host }),
  "Via.with transport": (transport) => via.with({ transport }),
  "Via.with branch": (branch) => via.with({ branch }),
  "Via.with received": (received) => via.with({ received }),
};
const params: Record<string, (value: string) => Params> = {
  "Params.with name": (name) => Params.empty().with(name, "x"),
  "Params.with value": (value) => Params.empty().with("x", value),
};

const check = (write: (value: string) => { toString(): string }, read: (value: string) => unknown): void =>
  fc.assert(
    fc.property(any, (value) => {
      const changed = made(() => write(value));
      if (changed !== undefined) expect(again(() => read(String(changed)))).toEqual(plain(changed));
    }),
    { numRuns: 200, seed: 3261 },
  );

const readVia = (value: string) => new Headers().set("Via", value).get("Via")[0];
const readParams = (value: string) => NameAddr.parse(`<sip:a>${value}`).params;

const all: [string, () => void][] = [
  ...Object.entries(uris).map(([name, write]): [string, () => void] => [name, () => check(write, Uri.parse)]),
  ...Object.entries(vias).map(([name, write]): [string, () => void] => [name, () => check(write, readVia)]),
  ...Object.entries(params).map(([name, write]): [string, () => void] => [
    name,
    () => check(write, readParams),
  ]),
];

for (const [name, run] of all) it(name, run);
