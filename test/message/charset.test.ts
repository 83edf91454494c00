// The text of a body, by the charset of its Content-Type.
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../src/message/parse.ts";
import { thrown } from "./samples.ts";

function message(type: string | undefined, body: readonly number[]) {
  const head = `MESSAGE sip:a@b SIP/2.0\r\n${type === undefined ? "" : `Content-Type: ${type}\r\n`}\r\n`;
  return parseMessage(Uint8Array.from([...Buffer.from(head), ...body]));
}

describe("bodyText", () => {
  const utf8 = [0x47, 0x72, 0xc3, 0xbc, 0xc3, 0x9f, 0x65];

  it.each([
    ["no Content-Type", undefined],
    ["no charset", "text/plain"],
    ["utf-8", "text/plain;charset=UTF-8"],
    ["utf8, in quotes", 'text/plain;charset="utf8"'],
    ["US-ASCII, which is a part of it", "text/plain;charset=us-ascii"],
    ["a flag", "text/plain;charset"],
    ["a Content-Type that cannot be read", "nonsense"],
    ["two that differ", "text/plain;charset=latin1\r\nContent-Type: text/html"],
  ])("is UTF-8 for %s", (_what, type) => {
    expect(message(type, utf8).bodyText).toBe("Grüße");
  });

  it.each([
    ["ISO-8859-1", [0x47, 0x72, 0xfc, 0xdf, 0x65], "Grüße"],
    ["windows-1251", [0xcf, 0xf0], "Пр"],
    ["utf-16be", [0x00, 0x47, 0x00, 0xfc], "Gü"],
    ["Shift_JIS", [0x93, 0xfa, 0x96, 0x7b], "日本"],
  ])("is read as %s where Content-Type says so", (charset, octets, text) => {
    expect(message(`text/plain;charset=${charset}`, octets).bodyText).toBe(text);
  });

  it("has U+FFFD for what is not in the charset", () => {
    expect(message("text/plain", [0x61, 0xff]).bodyText).toBe("a\ufffd");
  });

  it("throws for a charset that nobody knows, unless there is no body; the octets are still there", () => {
    const odd = message("text/plain;charset=klingon", [0x61]);
    expect(thrown(() => odd.bodyText)).toMatchObject({
      code: "unsupported",
      status: 415,
      header: "Content-Type",
    });
    expect([...odd.body]).toEqual([0x61]);
    expect(message("text/plain;charset=klingon", []).bodyText).toBe("");
  });

  it("follows an edit of Content-Type", () => {
    const edited = message("text/plain;charset=klingon", [0xfc]);
    edited.headers.set("Content-Type", "text/plain;charset=latin1");
    expect(edited.bodyText).toBe("ü");
  });
});
