// Define header: types of a user's own for header fields that the library does not know.
import { describe, expect, it } from "vitest";
import { defineHeader } from "../../src/message/define-header.ts";
import { Headers } from "../../src/message/headers.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { thrown } from "./samples.ts";

const read = (...lines: string[]) =>
  parseMessage(["OPTIONS sip:bob@example.com SIP/2.0", ...lines, "", ""].join("\r\n")).headers;

interface Point {
  readonly x: number;
  readonly y: number;
}

function parsePoint(text: string): Point {
  const found = /^(-?\d+)\/(-?\d+)$/.exec(text);
  if (!found) throw new RangeError("no point");
  return { x: Number(found[1]), y: Number(found[2]) };
}

const point = { parse: parsePoint, format: ({ x, y }: Point) => `${x}/${y}` };
const note = {
  list: true,
  parse: (text: string) => ({ note: text }),
  format: (value: unknown) => (value as { note: string }).note,
};

describe("a header field that was not defined", () => {
  it("keeps its octets and is found in any case", () => {
    const text = 'OPTIONS sip:a SIP/2.0\r\nx-UNKNOWN :  a , "b"\t;c \r\nSubject: s\r\n\r\n';
    const message = parseMessage(text);
    expect(message.headers.get("X-Unknown")).toEqual(['a , "b"\t;c']);
    message.headers.set("Subject", "t");
    expect(message.toString()).toBe(text.replace("Subject: s", "Subject: t"));
  });
});

describe("a header field of one value", () => {
  const before = read("x-point:  1/-2 ");
  defineHeader("X-Point", point as never);

  it("has its type, in messages that were parsed before too", () => {
    expect(before.get("X-Point")).toEqual({ x: 1, y: -2 });
    expect(before.first("x-POINT")).toEqual({ x: 1, y: -2 });
    expect(before.get("x-point")).toBe(before.get("X-Point"));
    expect(before.raw("X-Point")).toEqual(["1/-2"]);
    expect(read("Via: SIP/2.0/UDP a").get("X-Point")).toBeUndefined();
    expect(read("X-Point: 3/4").shift("X-Point")).toEqual({ x: 3, y: 4 });
  });

  it("is written by its format, and refuses what would break out of the line", () => {
    const headers = new Headers().set("X-Point", { x: 5, y: 6 } as never);
    expect(headers.raw("X-Point")).toEqual(["5/6"]);
    expect(headers.set("X-Point", "7/8").get("X-Point")).toEqual({ x: 7, y: 8 });
    expect(thrown(() => headers.set("X-Point", { x: "1\r\nEvil: 1", y: 1 } as never)).code).toBe(
      "value_unsafe",
    );
  });

  it("is refused as others are, where it is malformed or there twice", () => {
    const error = thrown(() => read("X-Point: here").get("X-Point"));
    expect(error).toMatchObject({ code: "value_invalid", status: 400, header: "X-Point" });
    expect((error as unknown as Error).cause).toBeInstanceOf(RangeError);
    expect(thrown(() => read("X-Point: 1/1", "X-Point: 1/1").get("X-Point"))).toMatchObject({
      code: "value_duplicate",
      status: 400,
    });
  });
});

describe("a header field that is a list", () => {
  defineHeader("X-Notes", note as never);

  it("is split at commas that stand in no quotes and no brackets, over lines", () => {
    const headers = read('X-Notes: a, "b,\\",c" , <d,e>;f=1,,', "x-notes: Größe,\r\n ü");
    expect(headers.get("X-Notes")).toEqual([
      { note: "a" },
      { note: '"b,\\",c"' },
      { note: "<d,e>;f=1" },
      { note: "Größe" },
      { note: "ü" },
    ]);
    expect(headers.first("X-Notes")).toEqual({ note: "a" });
    expect(read("Via: SIP/2.0/UDP a").get("X-Notes")).toEqual([]);
  });

  it("gives values at both ends", () => {
    const headers = read("X-Notes: ü, b ,c", "X-Notes: ,");
    expect(headers.shift("X-Notes")).toEqual({ note: "ü" });
    expect(headers.pop("x-notes")).toEqual({ note: "c" });
    expect(headers.raw("X-Notes")).toEqual(["b"]);
    expect(headers.pop("X-Notes")).toEqual({ note: "b" });
    expect(headers.pop("X-Notes")).toBeUndefined();
    expect(headers.size).toBe(0);
  });

  it("takes a long one in a time that grows with it", () => {
    const headers = read(`X-Notes: ${" ,".repeat(15_000)}${"a,".repeat(15_000)}`);
    const start = performance.now();
    expect(headers.get("X-Notes")).toHaveLength(15_000);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe("definitions", () => {
  it("may be said again, and not otherwise", () => {
    defineHeader("X-Same", { parse: parsePoint } as never);
    defineHeader("x-same", { parse: parsePoint, list: false } as never);
    const refused = { code: "unsupported" };
    expect(thrown(() => defineHeader("X-Same", { parse: (text) => text }))).toMatchObject(refused);
    expect(thrown(() => defineHeader("X-Same", { parse: parsePoint, list: true } as never))).toMatchObject(
      refused,
    );
  });

  it("leave the library's own alone, compact forms too", () => {
    for (const name of ["Via", "v", "call-id", "Retry-After"]) {
      expect(thrown(() => defineHeader(name, { parse: (text) => text })).code).toBe("unsupported");
    }
    expect(thrown(() => defineHeader("a b", { parse: (text) => text })).code).toBe("value_invalid");
  });
});

it("writes nothing of a codec's that would be another header field, whatever it was made of", () => {
  defineHeader("X-Lines", {
    parse: Number,
    format: (count: unknown) => "x\r\n".repeat(Number(count)),
  } as never);
  const headers = new Headers();
  expect(thrown(() => headers.set("X-Lines", 2 as never)).code).toBe("value_unsafe");
  expect(headers.size).toBe(0);
});
