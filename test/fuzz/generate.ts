// Generate: messages by the grammar of RFC 3261 §25, with what is odd in it, and now and then what is not of it.

import type { Rng } from "../core/rng.ts";
import { headerValues } from "../vectors/headers.ts";

const METHODS = ["INVITE", "ACK", "BYE", "OPTIONS", "REGISTER", "SUBSCRIBE", "NOTIFY", "X-odd.m~thod!"];
const HOSTS = [
  "a",
  "example.com",
  "192.0.2.1",
  "[2001:db8::9:1]",
  "[::ffff:192.0.2.128]",
  "[::]",
  "a.-b",
  "1.2",
];
const TRANSPORTS = ["UDP", "TCP", "TLS", "WS", "WSS", "udp", "SCTP", "x!y"];
const TOKENS = [
  "a",
  "tag",
  "branch",
  "z9hG4bK776asdhds",
  "lr",
  "expires",
  "q",
  "rport",
  "received",
  "%25~'`*",
  "0",
];
const SPACES = ["", "", "", " ", "\t", "  ", "\r\n ", " \r\n\t ", "\n "];
const UTF8 = Buffer.from("Grüße ⚡").toString("latin1");

/** A message as a binary string. */
export function generate(random: Rng): string {
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  const maybe = (one: number, make: () => string): string => (random.below(one) === 0 ? make() : "");
  const many = (most: number, make: () => string, separator = ""): string =>
    Array.from({ length: random.below(most + 1) }, make).join(separator);
  const space = (): string => pick(SPACES);
  const token = (): string => pick(TOKENS) + maybe(8, token);
  const quoted = (): string =>
    `"${many(4, () => pick(["a", " ", '\\"', "\\\\", ",", ";", "<", ">", "=", UTF8, "\\\0", "\r\n "]))}"`;
  const port = (): string =>
    maybe(2, () => `:${pick(["5060", "0", "65535", "65536", "00005060", "4294967296", ""])}`);
  const host = (): string => pick(HOSTS) + port();
  const value = (): string => pick([token, host, quoted, () => pick(HOSTS)])();
  const param = (): string =>
    `${space()};${space()}${token()}${maybe(2, () => `${space()}=${space()}${value()}`)}`;
  const escaped = (): string => pick(["a", "%41", "%00", "%zz", "%e2%9a%a1", "&=+$,;?/", "-_.!~*'()", UTF8]);
  const user = (): string => `${many(4, escaped)}${maybe(6, () => `:${many(2, escaped)}`)}@`;
  const uriParam = (): string =>
    `;${pick(["lr", "transport", "maddr", "ttl", "a%3bb"])}${maybe(2, () => `=${escaped()}`)}`;
  const uri = (): string =>
    random.below(8) === 0
      ? pick([
          "tel:+1-201-555-0123;phone-context=a",
          "urn:service:sos",
          "http://a/b?c;d",
          "x:",
          "*",
          "mailto:a@b",
        ])
      : `${pick(["sip", "sips", "SIP", "sIpS"])}:${maybe(2, user)}${host()}${many(2, uriParam)}${maybe(6, () => `?a=${escaped()}&b=`)}`;
  const address = (): string =>
    random.below(3) === 0
      ? uri() + many(2, param)
      : `${pick(["", "A. Name ", quoted(), `${quoted()} `, UTF8])}${space()}<${uri()}>${many(3, param)}`;
  const via = (): string =>
    `SIP${space()}/${space()}2.0${space()}/${space()}${pick(TRANSPORTS)} ${space()}${host()}${many(4, param)}`;
  const comma = (make: () => string) => (): string =>
    make() + many(2, () => `${space()},${space()}${make()}`);
  const number = (): string =>
    pick(["0", "70", "255", "256", "4294967295", "4294967296", "007", "2147483648", "-1", ""]);
  const method = pick(METHODS);

  const fields: (() => string)[] = [
    () => `${pick(["Via", "v", "VIA"])}${pick(["", " ", "\t"])}: ${comma(via)()}`,
    () => `${pick(["From", "f"])}: ${address()}`,
    () => `${pick(["To", "t"])}:${space()}${address()}`,
    () => `${pick(["Call-ID", "i"])}: ${token()}@${token()}`,
    () => `CSeq:${space()} ${number()} ${space()}${pick([method, token()])}`,
    () => `${pick(["Contact", "m"])}: ${pick([comma(address), () => "*"])()}`,
    () => `${pick(["Route", "Record-Route", "Path", "Service-Route"])}: ${comma(address)()}`,
    () => `${pick(["Max-Forwards", "Expires", "Min-Expires", "l", "Content-Length"])}: ${number()}`,
    () =>
      `${pick(["Content-Type", "c", "Accept"])}: ${token()}${space()}/${space()}${token()}${many(2, param)}`,
    () => `${pick(["Supported", "k", "Require", "Allow"])}: ${comma(token)()}`,
    () => {
      const row = pick(headerValues);
      return `${row.header}: ${Buffer.from(row.value).toString("latin1")}`;
    },
    () => `${token()}:${space()}${quoted()}`,
    () => pick(["no colon", ": no name", "a b: c", "", `${UTF8}: x`]) || "X:",
  ];
  const end = pick(["\r\n", "\r\n", "\r\n", "\n"]);
  const start =
    random.below(3) === 0
      ? `SIP/2.0 ${pick(["100", "180", "200", "404", "699", "099", "700"])} ${pick(["OK", "", UTF8])}`
      : `${method} ${uri()} SIP/2.0`;
  const body = maybe(2, () =>
    pick(["v=0\r\no=- 1 1 IN IP4 a\r\n", "\r\n\r\n", UTF8, "\0", "--b\r\n\r\nx\r\n--b--"]),
  );
  const lines = [start, ...fields.slice(0, 5).map((make) => maybe(1, make))];
  for (let left = random.below(8); left > 0; left--) lines.push(pick(fields)());
  return `${maybe(16, () => "\r\n")}${lines.join(end)}${end}${end}${body}`;
}
