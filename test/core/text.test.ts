// Text: bytes and strings both ways, with Node's Buffer and as a host without it does it.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const ALL = Uint8Array.from({ length: 256 }, (_, octet) => octet);

/** Octets as numbers, whatever kind of array they are in. */
const octets = (bytes: Uint8Array) => [...bytes];

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each([
  ["with Buffer", true],
  ["without Buffer", false],
])("%s", (_name, withBuffer) => {
  let text: typeof import("../../src/core/text.ts");
  beforeEach(async () => {
    vi.resetModules();
    if (!withBuffer) vi.stubGlobal("Buffer", undefined);
    text = await import("../../src/core/text.ts");
  });

  it("knows which it is", () => {
    expect(text.latin1Slice !== undefined).toBe(withBuffer);
  });

  it("makes one character of each octet, and back", () => {
    const binary = text.binaryFrom(ALL);
    expect(binary).toHaveLength(256);
    for (let octet = 0; octet < 256; octet++) expect(binary.charCodeAt(octet)).toBe(octet);
    expect(octets(text.bytesFrom(binary))).toEqual(octets(ALL));
  });

  it("does so for long texts and for a part of a larger array", () => {
    const long = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7);
    const back = text.bytesFrom(text.binaryFrom(long));
    expect(back).toHaveLength(long.length);
    expect(back.every((octet, i) => octet === long[i])).toBe(true);
    const ascii = long.map((octet) => octet & 0x7f);
    expect(text.binaryFrom(ascii, true)).toBe(text.binaryFrom(ascii));
    expect(text.binaryFrom(ALL.subarray(65, 68))).toBe("ABC");
    expect(text.binaryFrom(new Uint8Array())).toBe("");
  });

  it("gives bytes that nobody else has", () => {
    const first = text.bytesFrom("abc");
    const second = text.bytesFrom("xyz");
    first.fill(0x21);
    expect(text.binaryFrom(second)).toBe("xyz");
    expect(first).toBeInstanceOf(Uint8Array);
  });

  it("writes a binary string, or its beginning, to the start of an array", () => {
    const target = new Uint8Array(6);
    text.writeBinary("a\xe9\xff!", target, 3);
    expect(octets(target.subarray(0, 3))).toEqual([0x61, 0xe9, 0xff]);
    text.writeBinary("bcdefgh", target, 2);
    expect(octets(target.subarray(0, 3))).toEqual([0x62, 0x63, 0xff]);
  });

  it("encodes ASCII alone, and only where it fits", () => {
    const target = new Uint8Array(4);
    expect(text.encodeAscii("abcd", target)).toBe(true);
    expect(target).toEqual(Uint8Array.of(0x61, 0x62, 0x63, 0x64));
    expect(text.encodeAscii("abcde", target)).toBe(false);
    expect(text.encodeAscii("é", target)).toBe(false);
    expect(text.encodeAscii("abc\x80", target)).toBe(false);
    expect(text.encodeAscii("", target)).toBe(true);
  });

  it("reads and writes UTF-8 through binary strings", () => {
    for (const each of ["", "Bob", "Grüße", "日本語", "😀", "\ufeffmark", "a\0b"]) {
      const binary = text.toBinary(each);
      expect(octets(text.bytesFrom(binary))).toEqual(octets(new TextEncoder().encode(each)));
      expect(text.fromBinary(binary)).toBe(each);
    }
  });

  it("puts U+FFFD where there is no UTF-8", () => {
    expect(text.fromBinary("a\xe9b")).toBe("a\ufffdb");
    expect(text.fromBinary("\xc3")).toBe("\ufffd");
    // A surrogate half in UTF-8 is none (RFC 3629 §3).
    expect(text.fromBinary("\xed\xa0\x80")).toMatch(/^\ufffd+$/);
  });

  it("tells ASCII from the rest", () => {
    expect(text.isAscii("\0 ~\x7f")).toBe(true);
    expect(text.isAscii("\x80")).toBe(false);
    expect(text.isAscii("")).toBe(true);
    for (const other of [
      "\x80",
      "\xff",
      "\u0100",
      "\u2028",
      "\ud800",
      "\udfff",
      "\udc00\ud800",
      "😀",
      "\uffff",
    ]) {
      for (const each of [other, `${other}a`, `a${other}`, other.repeat(3)]) {
        expect(text.isAscii(each), each).toBe(false);
      }
    }
  });

  it("writes U+FFFD for half of a surrogate pair, which UTF-8 has not", () => {
    expect(text.toBinary("a\ud800b\udc00")).toBe("a\xef\xbf\xbdb\xef\xbf\xbd");
  });

  it("carries a message with octets of any kind, there and back", async () => {
    const { useInline } = await import("../../src/core/init.ts");
    const { bytes } = await import("../../src/core/bytes.ts");
    const { parseMessage } = await import("../../src/message/parse.ts");
    useInline(bytes);
    const head = text.bytesFrom(
      text.toBinary('MESSAGE sip:bob@example.com SIP/2.0\r\nFrom: "Zoë" <sip:z@example.com>;tag=1\r\n\r\n'),
    );
    const data = new Uint8Array(head.length + ALL.length);
    data.set(head);
    data.set(ALL, head.length);
    const message = parseMessage(data);
    expect(message.headers.get("From")?.displayName).toBe("Zoë");
    expect(octets(message.body)).toEqual(octets(ALL));
    expect(octets(message.toBytes())).toEqual(octets(data));
    const edited = message.clone();
    edited.headers.append("Subject", "Ça va");
    expect(parseMessage(edited.toBytes()).headers.get("Subject")).toBe("Ça va");
    expect(octets(edited.toBytes().subarray(-256))).toEqual(octets(ALL));
  });
});
