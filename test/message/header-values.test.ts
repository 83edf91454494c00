// Header values: every row of the vectors for header fields of the table: what follows the RFC's grammar reads,
// with the parts that the row tells, and what does not throws. Where the library is more lenient than the
// grammar, it says so here.
import { describe, expect, it } from "vitest";
import { TEXT } from "../../src/message/codec.ts";
import { CSeq } from "../../src/message/cseq.ts";
import { type HeaderInfo, headerInfo } from "../../src/message/header-table.ts";
import { MediaType, TokenParams } from "../../src/message/media-type.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import type { Params } from "../../src/message/params.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Uri } from "../../src/message/uri.ts";
import { Via } from "../../src/message/via.ts";
import { type HeaderRow, headerValues } from "../vectors/headers.ts";
import { thrown } from "./samples.ts";

/** Ill-formed values that are taken all the same, since they are frequent and do no harm. */
const LENIENT: readonly string[] = [
  "To: <sip:a@b_c.example.com>", // names of hosts that are no host names: Docker, Windows
];

/** Text is given as it stands: what it is made of (product, comment) is for whom it may concern. */
function isLenient({ header, value }: HeaderRow, info: HeaderInfo): boolean {
  if (info.kind === TEXT) return ![...value].some((character) => character < " " && !/\s/.test(character));
  return LENIENT.includes(`${header}: ${value}`);
}

const known = headerValues.flatMap((row) => {
  const info = headerInfo(row.header);
  return info ? [{ row, info }] : [];
});
const valid = known.filter(({ row }) => row.valid);
const lenient = known.filter(({ row, info }) => !row.valid && isLenient(row, info));
const invalid = known.filter(({ row, info }) => !row.valid && !isLenient(row, info));
const named = (rows: typeof known) =>
  rows.map(({ row, info }) => [`${row.header}: ${JSON.stringify(row.value)}`, row, info] as const);

function read({ header, value }: HeaderRow): unknown {
  const text = `OPTIONS sip:a SIP/2.0\r\n${header}: ${value}\r\n\r\n`;
  return parseMessage(new TextEncoder().encode(text)).headers.get(header as string);
}

const plain = (params: Params) =>
  Object.fromEntries([...params].map(([name, value]) => [name.toLowerCase(), value]));

function uriParts(uri: Uri): Record<string, unknown> {
  const { scheme, user, password, host, port } = uri;
  const headers = Object.fromEntries(uri.headers);
  return { scheme, user, password, host, port, text: String(uri), params: plain(uri.params), headers };
}

/** A typed value as the rows write it; undefined for a type that this test does not know. */
function parts(value: unknown): unknown {
  if (value instanceof Via)
    return {
      ...copy(value, "version", "transport", "host", "port", "branch", "received"),
      params: plain(value.params),
    };
  if (value instanceof NameAddr)
    return { ...copy(value, "displayName", "tag"), uri: uriParts(value.uri), params: plain(value.params) };
  if (value instanceof CSeq) return copy(value, "number", "method");
  if (value instanceof MediaType) return { ...copy(value, "type", "subtype"), params: plain(value.params) };
  if (value instanceof TokenParams) return { token: value.token, params: plain(value.params) };
  if (typeof value === "number") return { number: value };
  return typeof value === "string" ? value : undefined;
}

const copy = <T extends object, K extends keyof T>(from: T, ...names: K[]) =>
  Object.fromEntries(names.map((name) => [name, from[name]]));

describe("well-formed values read", () => {
  it.each(named(valid))("%s", (_name, row, info) => {
    const value = read(row);
    expect(value).not.toBeUndefined();
    if (row.expect === undefined) return;
    if (info.kind === TEXT) {
      expect(value).toBe(row.expect.text ?? row.value);
      return;
    }
    const found = info.list ? { values: (value as unknown[]).map(parts) } : parts(value);
    if (typeof found === "string") expect({ text: found }).toMatchObject(row.expect);
    else if (found !== undefined) expect(found).toMatchObject(row.expect);
  });
});

describe("ill-formed values throw", () => {
  it.each(named(invalid))("%s", (_name, row, info) => {
    const error = thrown(() => read(row));
    expect(error.code).toMatch(/^(value|uri)_invalid$/);
    expect(error).toMatchObject({ status: 400, header: info.name });
  });
});

describe("ill-formed values that are taken", () => {
  it.each(named(lenient))("%s", (_name, row) => {
    expect(read(row)).not.toBeUndefined();
  });

  it("are all in the vectors", () => {
    const rows = known.map(({ row }) => `${row.header}: ${row.value}`);
    expect(LENIENT.filter((value) => !rows.includes(value))).toEqual([]);
  });
});

describe("beyond the vectors", () => {
  const throws = (header: string, value: string) =>
    thrown(() => read({ header, value, valid: false, why: "" })).code;
  const reads = (header: string, value: string) => read({ header, value, valid: true, why: "" });

  it("`rport=` is taken as a flag, as many devices send it; `branch=` is not (RFC 3581 §3)", () => {
    const [via] = reads("Via", "SIP/2.0/UDP a.example.com;rport=;branch=z9hG4bK1") as Via[];
    expect([via?.hasRport, via?.rport, via?.branch]).toEqual([true, undefined, "z9hG4bK1"]);
    expect(throws("Via", "SIP/2.0/UDP a.example.com;xport=")).toBe("value_invalid");
  });

  it("`*` is a Contact, and nobody else's address (§20.10)", () => {
    for (const header of ["From", "To", "Route", "Reply-To", "P-Asserted-Identity"]) {
      expect(throws(header, "*"), header).toMatch(/_invalid$/);
    }
    expect((reads("Contact", "*") as NameAddr[])[0]?.isStar).toBe(true);
  });

  it.each([
    ["0", true],
    ["1", true],
    ["0.", true],
    ["1.", true],
    ["0.999", true],
    ["1.000", true],
    ["1.001", false],
    ["0.0000", false],
    ["2", false],
    [".5", false],
    ["0,5", false],
    ["0x", false],
    ["00", false],
    ['"1"', false],
  ])("q=%s is a qvalue: %s (§25.1)", (q, good) => {
    for (const [header, value] of [
      ["Contact", "<sip:a@example.com>"],
      ["Accept", "text/plain"],
    ] as const) {
      const act = () => reads(header, `${value};Q=${q}`);
      if (good) expect(act()).toHaveLength(1);
      else expect(thrown(act).code).toBe("value_invalid");
    }
  });

  it("q is anything in what has no qvalue", () => {
    expect((reads("From", "<sip:a@example.com>;q=high") as NameAddr).params.get("q")).toBe("high");
    expect((reads("Content-Type", "text/plain;q=high") as MediaType).params.get("q")).toBe("high");
  });

  it.each([".example.com", "a..b", "a.b..", "..", `${"a".repeat(20)}..b`, `${"a.".repeat(40)}.b`])(
    "no host is %s",
    (host) => {
      expect(throws("To", `<sip:${host}>`)).toBe("uri_invalid");
      expect(throws("Via", `SIP/2.0/UDP ${host}`)).toBe("value_invalid");
    },
  );

  it.each(["a", "a.", "example.com.", `${"a.".repeat(40)}b`])("a host is %s", (host) => {
    // What follows the host must not be taken for a part of it.
    expect((reads("To", `<sip:${host};p=..>`) as NameAddr).uri.host).toBe(host);
    expect((reads("Via", `SIP/2.0/UDP ${host};p=..`) as Via[])[0]?.host).toBe(host);
  });

  it("a Call-ID is a word, or two (§25.1)", () => {
    const words = "a-.!%*_+`'~()<>:\\\"/[]?{}";
    for (const value of [words, `${words}@${words}`, "("]) expect(reads("Call-ID", value)).toBe(value);
    for (const value of ["a@b@c", "@", "a@", "a b", "a\r\n b", "a\u007f"]) {
      expect(throws("Call-ID", value), value).toBe("value_invalid");
    }
  });
});
