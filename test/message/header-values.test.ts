// Header values: every row of the vectors, read through Headers by its header field's name. Where the library
// takes more than the grammar has, `tolerated` says what it reads, and why.
import { describe, expect, it } from "vitest";
import { headerById, headerInfo } from "../../src/message/header-table.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { type HeaderRow, headerValues } from "../vectors/headers.ts";
import { plain } from "./plain.ts";
import { thrown } from "./samples.ts";

const headersOf = (name: string, value: string) =>
  parseMessage(`OPTIONS sip:bob@example.com SIP/2.0\r\n${name}: ${value}\r\n\r\n`).headers;
const read = (name: string, value: string): unknown => headersOf(name, value).get(name);
const plainOf = (name: string, value: unknown) => plain(value, headerInfo(name)!.list);
const label = (row: HeaderRow) => `${row.header}: ${row.value}`;
const cases = (valid: boolean) =>
  headerValues.filter((row) => row.valid === valid).map((row) => [label(row), row] as const);

/** Credentials and challenges are lists of one: the RFC has one a line, the library takes more (RFC 7235). */
const AUTH = /^(?:Proxy-)?Authorization$|-Authenticate$/;
/** Rows of these name the text of the URI alone. */
const URI_TEXT = /^(?:Alert|Call|Error)-Info$|^Geolocation$|^Policy-Contact$/;

/** What is read of a value that the grammar does not have; undefined where it is refused. */
function tolerated(row: HeaderRow): unknown {
  const { header, value } = row;
  // Members of a list that are empty count for nothing, and so a list may be empty (as RFC 9110 §5.6.1 has
  // it): some stacks write them, and nothing can be meant by them. A list without a value is as one that is
  // not there, so that what needs one misses it.
  if (headerInfo(header)?.list && !AUTH.test(header) && /^(?:\s*$|,)|,\s*(?:,|$)/.test(value)) {
    const members = value.split(",").filter((member) => member !== "").length;
    return { values: { length: members } };
  }
  if (value === "" && AUTH.test(header)) return { values: [] };
  // Products and comments are for people's eyes; what is in use seldom follows the grammar.
  if (header === "User-Agent" || header === "Server") return { text: value };
  // Names that the DNS has, or will never find.
  if (value === "<sip:a@b..example.com>") return { uri: { host: "b..example.com" } };
  if (value === "<sip:a@b_c.example.com>") return { uri: { host: "b_c.example.com" } };
  return undefined;
}

it("knows every header field of the vectors, and no other", () => {
  const names = new Set(headerValues.map(({ header }) => header));
  expect([...names].filter((name) => headerInfo(name)?.name !== name)).toEqual([]);
  const known = Array.from({ length: names.size }, (_, index) => headerById(index + 1)?.name);
  expect(known.filter((name) => name === undefined || !names.has(name))).toEqual([]);
  expect(headerById(names.size + 1)).toBeUndefined();
});

describe("a valid value", () => {
  it.each(cases(true))("%s", (_label, row) => {
    const value = plainOf(row.header, read(row.header, row.value)) as { values?: readonly unknown[] };
    expect(value).toBeDefined();
    if (!row.expect) return;
    if (AUTH.test(row.header)) expect(value, row.why).toMatchObject({ values: [row.expect] });
    else if (URI_TEXT.test(row.header)) expect(texts(value), row.why).toMatchObject(row.expect);
    else expect(value, row.why).toMatchObject(row.expect);
  });

  it.each(cases(true))("%s, written and read again", (_label, { header, value }) => {
    const headers = headersOf(header, value);
    const before = headers.get(header);
    const after = headersOf("X", "y")
      .set(header, before as string)
      .get(header);
    expect(plainOf(header, after)).toEqual(plainOf(header, before));
  });
});

/** The value with each URI as its text. */
function texts(value: { values?: readonly unknown[] }): unknown {
  return { values: value.values?.map((each) => ({ ...(each as object), uri: (each as Address).uri.text })) };
}

interface Address {
  readonly uri: { readonly text: string };
}

describe("a value that is not valid", () => {
  it.each(cases(false))("%s", (_label, row) => {
    const taken = tolerated(row);
    if (taken !== undefined) {
      expect(plainOf(row.header, read(row.header, row.value))).toMatchObject(taken as object);
      return;
    }
    const error = thrown(() => read(row.header, row.value));
    expect(error.code, row.why).toMatch(/^(?:value|uri)_invalid$/);
    expect(error).toMatchObject({ status: 400, header: row.header });
  });
});
