// Percent escapes: what any text with them stands for, well-formed or not.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeExcept, HEADER, PARAM, PASSWORD, percentDecode, USER } from "../../src/message/escape.ts";

/** The same, an octet at a time. */
function slowly(text: string): string {
  const octets: number[] = [];
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    const escaped = /^%[0-9a-f]{2}/i.test(rest.toString("latin1", 0, 3));
    octets.push(escaped ? Number.parseInt(rest.toString("latin1", 1, 3), 16) : rest.readUInt8(0));
    rest = rest.subarray(escaped ? 3 : 1);
  }
  return Buffer.from(octets).toString("utf8");
}

describe("percentDecode", () => {
  it.each([
    ["100%25", "100%"],
    ["%", "%"],
    ["%4", "%4"],
    ["%zz%41", "%zzA"],
    ["%4g%g4%4F%", "%4g%g4O%"],
    ["%C3%a9", "é"],
    ["%C3é", "\ufffdé"],
    ["%ED%A0%80", "\ufffd\ufffd\ufffd"],
    ["%2541", "%41"],
    ["%00", "\0"],
  ])("%j is %j", (escaped, text) => {
    expect(percentDecode(escaped)).toBe(text);
  });

  it("reads the octets that the escapes and the text make together as UTF-8", () => {
    const piece = fc.constantFrom(
      "%",
      "4",
      "z",
      "%41",
      "%25",
      "%C3",
      "%a9",
      "%f0%9f%98%80",
      "%ef%bb%bf",
      "é",
      "😀",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        expect(percentDecode(pieces.join(""))).toBe(slowly(pieces.join("")));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("escapeExcept", () => {
  it.each([
    ["user", USER, "&=+$,;?/"],
    ["password", PASSWORD, "&=+$,"],
    ["a parameter", PARAM, "[]/:&+$"],
    ["a header", HEADER, "[]/?:+$"],
  ])("leaves in %s what RFC 3261 §25.1 lets stand there, and nothing else", (_what, allowed, more) => {
    const unescaped = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
      .filter((character) => escapeExcept(character, allowed) === character)
      .join("");
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    expect([...unescaped].sort()).toEqual([...letters, ..."-_.!~*'()", ...more].sort());
    expect(escapeExcept("\n%é", allowed)).toBe("%0A%25%C3%A9");
  });
});
