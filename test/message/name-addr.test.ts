// NameAddr: RFC 3261 §20.10, §20.20, §25.1.
import { describe, expect, it } from "vitest";
import { NameAddr } from "../../src/message/name-addr.ts";
import { Uri } from "../../src/message/uri.ts";
import { thrown } from "./samples.ts";

describe("parse", () => {
  it("reads a quoted display name, unescaped", () => {
    const one = NameAddr.parse(
      '"Mr. \\"W\\\\atson\\"" <sip:watson@worcester.example.org>;q=0.7; expires=3600',
    );
    expect(one.displayName).toBe('Mr. "W\\atson"');
    expect(one.uri.user).toBe("watson");
    expect([...one.params]).toEqual([
      ["q", "0.7"],
      ["expires", "3600"],
    ]);
    expect(one.tag).toBeUndefined();
  });

  it("reads a display name of tokens, or none", () => {
    expect(NameAddr.parse("T. A. Watson <sip:w@example.org>").displayName).toBe("T. A. Watson");
    expect(NameAddr.parse("Bob<sip:w@example.org>").displayName).toBe("Bob");
    expect(NameAddr.parse("<sip:w@example.org>").displayName).toBe("");
    expect(NameAddr.parse('""<sip:w@example.org>').displayName).toBe("");
    expect(NameAddr.parse('"Zoë ☎" <sip:w@example.org>').displayName).toBe("Zoë ☎");
  });

  it("gives parameters behind a bare URI to the header field (§20.10)", () => {
    const bare = NameAddr.parse("sip:c8oqz84zk7z@privacy.org;tag=hyh8;transport=tcp");
    expect(bare.uri.params.size).toBe(0);
    expect(bare.tag).toBe("hyh8");
    expect(bare.params.get("transport")).toBe("tcp");
    const bracketed = NameAddr.parse("<sip:c8oqz84zk7z@privacy.org;tag=no;transport=tcp>;tag=yes");
    expect(bracketed.uri.params.get("transport")).toBe("tcp");
    expect(bracketed.tag).toBe("yes");
    expect([...bracketed.params]).toEqual([["tag", "yes"]]);
  });

  it("takes other schemes", () => {
    expect(NameAddr.parse("<tel:+1-201-555-0123;phone-context=x>;tag=1").uri.opaque).toBe(
      "+1-201-555-0123;phone-context=x",
    );
    expect(NameAddr.parse("<urn:service:sos>").uri.scheme).toBe("urn");
  });

  it("takes the first of two tags, everywhere", () => {
    const one = NameAddr.parse("<sip:a@b>;tag=one;tag=two");
    expect(one.tag).toBe("one");
    expect(one.params.get("tag")).toBe("one");
    expect(one.with({ displayName: "A" }).tag).toBe("one");
  });

  it.each([
    "",
    "<sip:a@b",
    '"A <sip:a@b>',
    '"A" sip:a@b',
    "A, B <sip:a@b>",
    "<sip:a@b> x",
    "<sip:a@b>;tag=1 2",
    "<>",
    "sip:a@b?x=y",
    "<sip:a@b>,",
    "a@b",
  ])("refuses %j", (text) => {
    const error = thrown(() => NameAddr.parse(text));
    expect(["value_invalid", "uri_invalid"]).toContain(error.code);
    expect(error.status).toBe(400);
  });
});

describe("of, with and writing", () => {
  it("always writes brackets, and quotes the display name", () => {
    expect(String(NameAddr.parse("Bob <sip:b@example.com>;tag=1"))).toBe('"Bob" <sip:b@example.com>;tag=1');
    expect(String(NameAddr.parse("sip:b@example.com;tag=1"))).toBe("<sip:b@example.com>;tag=1");
    expect(String(NameAddr.of({ uri: "sip:b@example.com", displayName: 'a "b" \\', tag: "x" }))).toBe(
      '"a \\"b\\" \\\\" <sip:b@example.com>;tag=x',
    );
    expect(JSON.stringify(NameAddr.parse("*"))).toBe('"*"');
  });

  it("reads back what it wrote", () => {
    for (const displayName of ["", "Bob", 'q"u\\o', "Zoë", "a,b;c<d>", " lead", "\\"]) {
      const made = NameAddr.of({ uri: "sip:a@b;lr", displayName, tag: "t", params: { x: "1" } });
      const back = NameAddr.parse(String(made));
      expect(back.displayName).toBe(displayName);
      expect(back.uri.params.has("lr")).toBe(true);
      expect(back.tag).toBe("t");
    }
  });

  it("changes a copy and nothing else", () => {
    const one = NameAddr.parse('"Bob" <sip:b@example.com>;q=0.5');
    expect(String(one.with({ tag: "7" }))).toBe('"Bob" <sip:b@example.com>;q=0.5;tag=7');
    expect(one.with({ tag: "7" }).tag).toBe("7");
    expect(String(one.with({ tag: "7" }).with({ tag: undefined }))).toBe('"Bob" <sip:b@example.com>;q=0.5');
    expect(String(one.with({ uri: Uri.parse("sip:c@d"), displayName: "" }))).toBe("<sip:c@d>;q=0.5");
    expect(String(one.with({ params: { expires: 60 } }))).toBe('"Bob" <sip:b@example.com>;expires=60');
    expect(String(one)).toBe('"Bob" <sip:b@example.com>;q=0.5');
  });

  it("refuses what would break out of the line", () => {
    expect(thrown(() => NameAddr.of({ uri: "sip:a@b", displayName: "a\r\nb" })).code).toBe("value_unsafe");
    expect(thrown(() => NameAddr.of({ uri: "sip:a@b", tag: "a\n" })).code).toBe("value_unsafe");
    expect(thrown(() => NameAddr.of({ uri: "sip:a@b>\r\nX: y" })).code).toMatch(/^(value|uri)_invalid$/);
  });
});
