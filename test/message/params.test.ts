// Params and CSeq: parameters of header fields and of URIs; sequence numbers.
import { describe, expect, it } from "vitest";
import { CSeq } from "../../src/message/cseq.ts";
import { Headers } from "../../src/message/headers.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { Params } from "../../src/message/params.ts";
import { Uri } from "../../src/message/uri.ts";
import { thrown } from "./samples.ts";

const header = (text: string) => NameAddr.parse(`<sip:a@b>${text}`).params;

describe("header parameters", () => {
  it("are found in any case, quotes off, flags as empty", () => {
    const params = header(';Q=0.5;flag;text="a \\"b\\"; c\\\\";empty=""');
    expect(params.size).toBe(4);
    expect(params.get("q")).toBe("0.5");
    expect(params.get("FLAG")).toBe("");
    expect(params.has("flag")).toBe(true);
    expect(params.get("text")).toBe('a "b"; c\\');
    expect(params.get("empty")).toBe("");
    expect(params.get("none")).toBeUndefined();
    expect(params.has("none")).toBe(false);
  });

  it("keep order and spelling, and are written as they came", () => {
    const text = ' ; Q = 0.5;flag ;x="y"';
    expect([...header(text)]).toEqual([
      ["Q", "0.5"],
      ["flag", ""],
      ["x", "y"],
    ]);
    expect(header(';Q=0.5;flag;x="y"').toString()).toBe(';Q=0.5;flag;x="y"');
  });

  it("are changed in place, in a copy", () => {
    const params = header(";a=1;b=2;c");
    expect(params.with("B", "3").toString()).toBe(";a=1;B=3;c");
    expect(params.with("d").toString()).toBe(";a=1;b=2;c;d");
    expect(params.with("c", "x y").toString()).toBe(';a=1;b=2;c="x y"');
    expect(params.with("a").toString()).toBe(";a;b=2;c");
    expect(params.without("A").without("c").toString()).toBe(";b=2");
    expect(params.without("nope").toString()).toBe(";a=1;b=2;c");
    expect(params.toString()).toBe(";a=1;b=2;c");
  });

  it("quote what is no token or host, and read it back", () => {
    for (const value of [
      "plain",
      "a b",
      'q"uote',
      "back\\slash",
      "semi;colon",
      "comma,",
      "[::1]:80",
      "ü",
      "",
      "=",
    ]) {
      const made = Params.of({ x: value });
      expect(header(made.toString()).get("x")).toBe(value);
    }
    expect(Params.of({ a: "[::1]", b: "x;y" }).toString()).toBe(';a=[::1];b="x;y"');
  });

  it("come of an object: true a flag, false and undefined nothing", () => {
    expect(Params.of({ lr: true, no: false, gone: undefined, n: 5, s: "t" }).toString()).toBe(";lr;n=5;s=t");
    expect(Params.empty().toString()).toBe("");
    expect(Params.empty().size).toBe(0);
  });

  it("refuse CR, LF and NUL in names and values", () => {
    for (const evil of ["a\r", "a\n", "a\0"]) {
      expect(thrown(() => Params.empty().with(evil, "1")).code).toBe("value_unsafe");
      expect(thrown(() => Params.empty().with("x", evil)).code).toBe("value_unsafe");
    }
  });

  it("are at most 256", () => {
    expect(header(";a".repeat(256)).size).toBe(256);
    expect(thrown(() => header(";a".repeat(257))).status).toBe(400);
  });
});

describe("URI parameters and headers", () => {
  it("are escaped, not quoted", () => {
    expect(Params.of({ x: "a;b c", y: true }, "uri").toString()).toBe(";x=a%3Bb%20c;y");
    expect(Params.of({ To: "sip:a@b", s: "x&y" }, "uri-headers").toString()).toBe("?To=sip:a%40b&s=x%26y");
    const uri = Uri.parse("sip:a;%78=%22q%22?Route=%3Csip:b%3Blr%3E&x=");
    expect(uri.params.get("x")).toBe('"q"');
    expect(uri.headers.get("route")).toBe("<sip:b;lr>");
    expect(uri.headers.get("x")).toBe("");
    expect(uri.headers.size).toBe(2);
  });

  it("are translated from one place to the other", () => {
    expect(Params.of(Params.of({ a: "x y", lr: true }), "uri").toString()).toBe(";a=x%20y;lr");
  });
});

describe("CSeq", () => {
  const cseq = (text: string) => new Headers().set("CSeq", text).get("CSeq");

  it("reads and writes number and method", () => {
    expect(cseq("4711 INVITE")).toMatchObject({ number: 4711, method: "INVITE" });
    expect(cseq("0009  \t INVITE")).toMatchObject({ number: 9 });
    expect(cseq("0 !x'~")).toMatchObject({ number: 0, method: "!x'~" });
    expect(String(new CSeq(1, "ACK"))).toBe("1 ACK");
    expect(JSON.stringify({ cseq: cseq("1 ACK") })).toBe('{"cseq":"1 ACK"}');
  });

  it("is below 2^31 (§8.1.1.5)", () => {
    expect(cseq("2147483647 A")?.number).toBe(2147483647);
    for (const text of [
      "2147483648 A",
      "36893488147419103232 REGISTER",
      "-1 A",
      "1",
      "A 1",
      "1A",
      "1 A B",
      "1 A,",
    ]) {
      expect(
        thrown(() => cseq(text)),
        text,
      ).toMatchObject({ code: "value_invalid", status: 400, header: "CSeq" });
    }
    for (const number of [-1, 2 ** 31, 1.5, Number.NaN]) {
      expect(thrown(() => new CSeq(number, "ACK")).code).toBe("value_invalid");
    }
    expect(thrown(() => new CSeq(1, "A B")).code).toBe("value_invalid");
    expect(thrown(() => new CSeq(1, "")).code).toBe("value_invalid");
  });
});
