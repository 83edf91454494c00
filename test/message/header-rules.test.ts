// Header rules: what holds of all header fields, whatever their grammar: compact forms, lists and single
// values, folding and white space, limits, and what a value made here is written as.
import { describe, expect, it } from "vitest";
import { headerById, headerInfo } from "../../src/message/header-table.ts";
import { Headers } from "../../src/message/headers.ts";
import { Interval } from "../../src/message/interval.ts";
import { MediaType, TokenParams } from "../../src/message/media-type.ts";
import { MimeVersion } from "../../src/message/mime-version.ts";
import { Params } from "../../src/message/params.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { Privacy } from "../../src/message/privacy.ts";
import { RAck } from "../../src/message/rack.ts";
import { SipDate, Timestamp } from "../../src/message/times.ts";
import { Warning } from "../../src/message/warning.ts";
import { headerValues } from "../vectors/headers.ts";
import { plain } from "./plain.ts";
import { thrown } from "./samples.ts";

const START = "OPTIONS sip:bob@example.com SIP/2.0\r\n";
const read = (...lines: string[]) => parseMessage([START.trimEnd(), ...lines, "", ""].join("\r\n")).headers;
/** A valid value of each header field, the shortest that is neither empty nor folded. */
const samples = new Map<string, string>();
for (const { header, value, valid } of headerValues) {
  const before = samples.get(header);
  if (
    valid &&
    value !== "" &&
    !value.includes("\n") &&
    (before === undefined || value.length < before.length)
  )
    samples.set(header, value);
}
const singles = [...samples].filter(([header]) => !headerInfo(header)?.list);
const lists = [...samples].filter(([header]) => headerInfo(header)?.list);

/** The IANA registry's compact forms. */
const COMPACT: Readonly<Record<string, string>> = {
  a: "Accept-Contact",
  b: "Referred-By",
  c: "Content-Type",
  d: "Request-Disposition",
  e: "Content-Encoding",
  f: "From",
  i: "Call-ID",
  j: "Reject-Contact",
  k: "Supported",
  l: "Content-Length",
  m: "Contact",
  n: "Identity-Info",
  o: "Event",
  r: "Refer-To",
  s: "Subject",
  t: "To",
  u: "Allow-Events",
  v: "Via",
  x: "Session-Expires",
  y: "Identity",
};

describe("compact forms", () => {
  it.each(Object.entries(COMPACT))("%s is %s, in any case", (compact, name) => {
    const value = samples.get(name) ?? "<https://example.com/a>";
    for (const written of [compact, compact.toUpperCase(), name, name.toUpperCase()]) {
      const headers = read(`${written}: ${value}`);
      expect(headers.raw(name)).toEqual([value]);
      expect(headers.raw(compact)).toEqual([value]);
      expect(String(headers.get(name))).toBe(String(headers.get(compact)));
    }
  });

  it("are those alone", () => {
    for (const letter of "abcdefghijklmnopqrstuvwxyz") expect(headerInfo(letter)?.name).toBe(COMPACT[letter]);
  });

  it("are written by option, and only the names change", () => {
    const text = `${START}VIA : SIP/2.0/UDP a\r\nx-other: 1\r\nSubject: a:\r\n\tb\r\nk: 100rel\r\nno field\r\n\r\n`;
    const message = parseMessage(text);
    const compact = `${START}v: SIP/2.0/UDP a\r\nx-other: 1\r\ns: a:\r\n\tb\r\nk: 100rel\r\nno field\r\n\r\n`;
    expect(message.toString({ compact: true })).toBe(compact);
    expect(message.toString()).toBe(text);
    expect(new TextDecoder().decode(message.toBytes({ compact: true }))).toBe(compact);
    message.headers.set("Session-Expires", "90").set("CSeq", "1 OPTIONS").delete("Via");
    expect(message.toString({ compact: true })).toBe(
      `${compact.replace("v: SIP/2.0/UDP a\r\n", "").slice(0, -2)}x: 90\r\nCSeq: 1 OPTIONS\r\n\r\n`,
    );
    expect(message.toString({ compact: false })).toMatch(/\r\nSession-Expires: 90\r\n/);
    expect(parseMessage(message.toBytes({ compact: true })).headers.get("Subject")).toBe("a: b");
  });
});

describe("single header fields", () => {
  it.each(singles)("%s is refused where it comes twice", (header, value) => {
    expect(thrown(() => read(`${header}: ${value}`, `${header}: ${value}`).get(header))).toMatchObject({
      code: "value_duplicate",
      status: 400,
      header,
    });
  });
});

describe("lists", () => {
  it.each(lists.filter(([header]) => header !== "Contact"))(
    "%s goes over lines and commas",
    (header, value) => {
      const members = read(`${header}: ${value}`).get(header) as readonly unknown[];
      const all = read(`${header}: ${value} \t,\r\n ${value}`, "Q: 1", `${header}:${value}`).get(header);
      expect((all as readonly unknown[]).map(String)).toEqual(
        [...members, ...members, ...members].map(String),
      );
      expect(String(read(`${header}: ${value},${value}`).first(header))).toBe(String(members[0]));
    },
  );
});

describe("white space", () => {
  it.each([
    ["Retry-After", " 120\r\n\t( a\r\n b ) ;\r\n duration = 5"],
    ["Replaces", "a@b ; to-tag\r\n = 1 ;from-tag= 2"],
    ["Warning", '399\r\n a\t "x\r\n y" , 300 b\r\n "z"'],
    ["Security-Client", "tls ; q = 0.1 ,\r\n digest ; d-qop = auth"],
    ["Authorization", 'Digest\r\n username = "a" ,\r\n\trealm = "b"'],
    ["Call-Info", "<sip:a> ; purpose = icon\r\n , <sip:b>"],
  ])("is allowed about the separators of %s", (header, value) => {
    const list = headerInfo(header)?.list === true;
    const folded = plain(read(`${header}: ${value}`).get(header), list);
    const line = plain(read(`${header}: ${value.replace(/\r\n[ \t]/g, " ")}`).get(header), list);
    expect(folded).toEqual(line);
    // A line may end in LF alone.
    const bare = parseMessage(`${START}${header}: ${value}\r\n\r\n`.replaceAll("\r\n", "\n")).headers.get(
      header,
    );
    expect(plain(bare, list)).toEqual(line);
  });

  it("is one SP where a comment or text is folded", () => {
    expect(read("Retry-After: 1 (a\r\n   b)").get("Retry-After")?.comment).toBe("a b");
    expect(read('Warning: 399 a "b\r\n\tc"').get("Warning")[0]?.text).toBe("b c");
  });
});

describe("values made here", () => {
  it.each([
    ["RAck", new RAck(1, 2, "INVITE"), "1 2 INVITE"],
    ["Retry-After", new Interval(5, { duration: 6 }, "a (b\\"), "5 (a \\(b\\\\);duration=6"],
    ["Session-Expires", new Interval(90, { refresher: "uac" }), "90;refresher=uac"],
    ["Timestamp", new Timestamp(54.21, 0.5), "54.21 0.5"],
    ["Timestamp", new Timestamp(1e-6, 0.30000000000000004), "0.000001 0.30000000000000004"],
    ["Date", new SipDate(Date.UTC(2010, 10, 13, 23, 29)), "Sat, 13 Nov 2010 23:29:00 GMT"],
    ["MIME-Version", new MimeVersion(1, 0), "1.0"],
    ["Privacy", new Privacy(["id", "critical"]), "id;critical"],
    ["Warning", new Warning(399, "a:5060", 'b "c"'), '399 a:5060 "b \\"c\\""'],
    ["P-Visited-Network-ID", new TokenParams("a b"), '"a b"'],
    ["Event", new TokenParams("presence", { id: 7 }), "presence;id=7"],
    ["Content-Type", new MediaType("text", "plain", { charset: "utf-8" }), "text/plain;charset=utf-8"],
  ] as const)("%s %s", (header, value, text) => {
    const headers = new Headers().set(header, value as never);
    expect(headers.raw(header)).toEqual([text]);
    const back = headers.get(header) as unknown;
    expect(plain(Array.isArray(back) ? back[0] : back, false)).toEqual(plain(value, false));
  });

  it("of Date have a year of four digits, as the grammar has it (RFC 3261 §25.1)", () => {
    const last = Date.UTC(9999, 11, 31);
    expect(read(`Date: ${new SipDate(last)}`).get("Date")?.time).toBe(last);
    for (const time of [last + 86_400_000, Date.parse("-000001-01-01"), Number.NaN])
      expect(thrown(() => new SipDate(time)).code).toBe("value_invalid");
  });

  it("of Timestamp have no exponent", () => {
    expect(String(new Timestamp(54.21, 1e-7))).toBe("54.21");
    expect(String(new Timestamp(0.1 + 0.2 - 0.3, -1e-17))).toBe("0");
    expect(read(`Timestamp: 1.${"0".repeat(40)}1 0.${"5".repeat(40)}`).get("Timestamp")?.delay).toBeCloseTo(
      0.556,
      3,
    );
  });

  it("are read back without what was escaped", () => {
    expect(read("Retry-After: 5 (a \\(b\\\\)").get("Retry-After")?.comment).toBe("a (b\\");
    expect(read("Privacy: ID;x").get("Privacy")?.has("id")).toBe(true);
    expect(read("Retry-After: 4294967295").get("Retry-After")?.seconds).toBe(4294967295);
  });

  it("are read with the control characters that quoted-pairs have (RFC 3261 §25.1), and not written with a NUL", () => {
    const headers = read('Warning: 399 a "b\\\0c"').set("X", "y");
    expect(headers.get("Warning")[0]?.text).toBe("b\0c");
    expect(thrown(() => headers.set("Warning", headers.get("Warning"))).code).toBe("value_unsafe");
    expect(read("Retry-After: 5 (a\\\0b)").get("Retry-After")?.comment).toBe("a\0b");
    for (const [name, value] of [
      ["Warning", '399 a "b\0c"'],
      ["Retry-After", "5 (a\0b)"],
      ["Retry-After", "5 (a\x7fb)"],
      ["Identity", "a;info=<https://a\0b>"],
      ["Identity", "a;info=<https://a b>"],
    ] as const) {
      const error = thrown(() => read(`${name}: ${value}`).get(name));
      expect([name, error.code, error.status, error.header]).toEqual([name, "value_invalid", 400, name]);
    }
  });

  it("may have a NUL that came in behind a backslash, in an address or a Via, when they are set again", () => {
    const from = '"a\\\0b" <sip:a@example.com>;x="\\\0"';
    const headers = read(`From: ${from}`);
    const changed = headers.get("From")!.with({ tag: "1" });
    expect(headers.set("To", changed).raw("To")).toEqual([`${from};tag=1`]);
    expect(headers.get("To")?.displayName).toBe("a\0b");
    expect(thrown(() => changed.with({ displayName: "\0" })).code).toBe("value_unsafe");
    expect(thrown(() => headers.set("To", from)).code).toBe("value_unsafe");
    const via = read('Via: SIP/2.0/UDP a;x="\\\0"').get("Via")[0]!.with({ received: "192.0.2.1" });
    expect(headers.set("Via", via).raw("Via")).toEqual(['SIP/2.0/UDP a;x="\\\0";received=192.0.2.1']);
    expect(thrown(() => via.with({ transport: "A\\\0" })).code).toMatch(/^value_/);
    expect(thrown(() => headers.set("Subject", { toString: () => "a\0" } as never)).code).toBe(
      "value_unsafe",
    );
  });

  it("are refused where they would break out of the line", () => {
    for (const make of [
      () => new RAck(1, 1, "A\r\nB"),
      () => new Interval(1, {}, "a\n"),
      () => new Privacy(["a\0"]),
      () => new Warning(399, "a\r", "b"),
    ]) {
      expect(thrown(make).code).toBe("value_unsafe");
    }
  });

  it("that are parameters alone are written with the separators of their header field, however they were made", () => {
    const headers = new Headers()
      .set("P-Charging-Vector", Params.of({ "icid-value": "1 2", x: true }))
      .set("P-Charging-Function-Addresses", [Params.of({ ccf: "a" }), Params.of({ ecf: "[::1]" }, "list")])
      .set("Authentication-Info", Params.of({ nextnonce: "a", qop: "auth" }));
    expect([...headers].map((field) => field.join(": "))).toEqual([
      'P-Charging-Vector: icid-value="1 2";x',
      "P-Charging-Function-Addresses: ccf=a",
      "P-Charging-Function-Addresses: ecf=[::1]",
      'Authentication-Info: nextnonce="a", qop=auth',
    ]);
  });

  it("are refused where they come twice, and the second is named", () => {
    const { headers } = parseMessage("OPTIONS sip:a SIP/2.0\r\nExpires: 1\r\nX: y\r\nexpires:  2\r\n\r\n");
    const twice = { code: "value_duplicate", status: 400, header: "Expires", index: 1 };
    expect(thrown(() => headers.get("Expires"))).toMatchObject({ ...twice, offset: 51 });
    headers.set("X", "z");
    expect(thrown(() => headers.get("Expires"))).toMatchObject({ ...twice, offset: 51 });
  });

  it("are refused where they are longer than any head", () => {
    const headers = new Headers().set("Subject", "x".repeat(70_000)).set("Route", "<".repeat(400_000));
    for (const name of ["Subject", "Route"]) {
      expect(thrown(() => headers.get(name)).code).toBe("value_invalid");
    }
  });
});

describe("the table", () => {
  it("has ids of one byte, names that the core can keep, and none twice", () => {
    const names: string[] = [];
    for (let id = 1; headerById(id) !== undefined; id++) {
      const info = headerById(id);
      expect(info.id).toBe(id);
      expect(headerInfo(info.name)).toBe(info);
      expect(info.name.length).toBeLessThanOrEqual(32);
      names.push(info.name.toLowerCase());
      if (info.compact) names.push(info.compact);
    }
    expect(names.length).toBeLessThan(256);
    expect(new Set(names).size).toBe(names.length);
    expect(names.slice(0, 8)).toEqual(["via", "v", "from", "f", "to", "t", "call-id", "i"]);
  });

  it("is read in a time that grows with the value", () => {
    const hostile = ["(", "((", "\\", '"', "<", ",", ";", " ", "a=b,", "%41", "a@", "a ", ";a=", "1 "];
    for (const [header] of samples) {
      for (const piece of hostile) {
        const headers = read(`${header}: ${samples.get(header)} ${piece.repeat(60_000 / piece.length)}`);
        const start = performance.now();
        try {
          headers.get(header);
        } catch {
          // Most of these are no values.
        }
        expect(performance.now() - start, `${header} ${piece}`).toBeLessThan(250);
      }
    }
  }, 60_000);
});
