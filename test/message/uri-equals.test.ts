// URI equality beyond RFC 3261: IPv6 hosts, tel and urn.
import { expect, it } from "vitest";
import { Uri } from "../../src/message/uri.ts";

const equal = (a: string, b: string) => [
  Uri.parse(a).equals(Uri.parse(b)),
  Uri.parse(b).equals(Uri.parse(a)),
];

it.each([
  // RFC 5954 §4.2
  ["sip:bob@[2001:db8::9:1]", "sip:bob@[2001:db8::9:01]"],
  ["sip:bob@[2001:db8::9:1]", "sip:bob@[2001:DB8:0:0:0:0:9:1]"],
  ["sip:[::ffff:192.0.2.1]:5060", "sip:[::FFFF:c000:201]:5060"],
  ["sip:[::]", "sip:[0:0:0:0:0:0:0:0]"],
  ["sip:[::ffff:192.0.2.1]", "sip:[::ffff:192.000.002.001]"],
  // RFC 3261 §19.1.4, §25.1: the digits of an escape are in any case
  ["sip:b%c3%a9@example.com", "sip:b%C3%A9@example.com"],
  // RFC 3966 §4
  ["tel:+1-201-555-0123", "TEL:+1(201)555.0123"],
  ["tel:+12015550123;isub=A;ext=1-2", "tel:+12015550123;EXT=12;isub=a"],
  ["tel:7042;phone-context=+1-201", "tel:70-42;phone-context=+1201"],
  ["tel:7042;phone-context=example.com", "tel:7042;phone-context=EXAMPLE.com"],
  // RFC 8141 §3.2
  ["urn:example:a123,z456", "URN:EXAMPLE:a123,z456"],
  ["urn:example:a%2cb", "urn:example:a%2Cb"],
  ["urn:service:sos", "urn:service:sos?=x"],
])("%s is %s", (a, b) => {
  expect(equal(a, b)).toEqual([true, true]);
});

it.each([
  ["sip:bob@[2001:db8::9:1]", "sip:bob@[2001:db8::1:9]"],
  ["sip:[::1]", "sip:[1::]"],
  ["tel:+12015550123", "tel:12015550123"],
  ["tel:+12015550123", "tel:+12015550124"],
  ["tel:+12015550123;ext=1", "tel:+12015550123"],
  ["tel:7042;phone-context=a-b.example.com", "tel:7042;phone-context=ab.example.com"],
  ["tel:+12015550123", "sip:+12015550123@example.com"],
  ["urn:example:a123", "urn:example:A123"],
  ["urn:example:a", "urn:example2:a"],
  ["mailto:a@example.com", "mailto:A@example.com"],
])("%s is not %s", (a, b) => {
  expect(equal(a, b)).toEqual([false, false]);
});

it("looks at the first parameter of a name, in either order", () => {
  expect(equal("sip:a@b;x=1;x=2", "sip:a@b;X=1")).toEqual([true, true]);
  expect(equal("sip:a@b;x=2;x=1", "sip:a@b;x=1")).toEqual([false, false]);
});

it("takes time in proportion to the parameters", () => {
  const many = Array.from({ length: 250 }, (_, i) => `;p${i}=${i}`).join("");
  const [one, other] = [Uri.parse(`sip:a@b${many};z=1`), Uri.parse(`sip:a@b${many};z=2`)];
  const began = performance.now();
  for (let i = 0; i < 500; i++) expect(one.equals(other)).toBe(false);
  // A second and a half where each is looked for among all others.
  expect(performance.now() - began).toBeLessThan(600);
});
