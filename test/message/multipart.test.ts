// Multipart bodies: parts, boundaries, nesting, limits, and the way back to octets (RFC 2046 §5.1, RFC 5621).
import { describe, expect, it } from "vitest";
import { createMultipart } from "../../src/message/create-multipart.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { MediaType } from "../../src/message/media-type.ts";
import { type Multipart, readMultipart } from "../../src/message/multipart.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { Random } from "../../src/random.ts";
import { vectors } from "../vectors/rfc4475/index.ts";
import { thrown } from "./samples.ts";

const octets = (binary: string) => new Uint8Array(Buffer.from(binary, "latin1"));
const binary = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const read = (lines: readonly string[], type = "multipart/mixed;boundary=b", end = "\r\n") =>
  readMultipart(type, octets(lines.join(end)));
const bodies = ({ parts }: Multipart) => parts.map(({ body }) => binary(body));

describe("parts", () => {
  it("reads the binary part of RFC 4475 §3.1.1.11, NUL, CR and LF in it", () => {
    const { bytes } = vectors.find(({ name }) => name === "mpart01")!;
    const message = parseMessage(bytes);
    const multipart = readMultipart(message.headers.get("Content-Type"), message.body);
    expect(multipart.boundary).toBe("7a9cbec02ceef655");
    expect(multipart.closed).toBe(true);
    const [text, signature] = multipart.parts;
    expect(text?.contentType.essence).toBe("text/plain");
    expect(text?.headers.raw("Content-Transfer-Encoding")).toEqual(["binary"]);
    expect(text?.text).toBe("Hello");
    expect(signature?.contentType.essence).toBe("application/octet-stream");
    expect(signature?.body[0]).toBe(0x30);
    expect(signature?.body.length).toBe(342);
    expect(binary(multipart.toBytes())).toBe(binary(message.body));
  });

  it("reads header fields as those of a message: any case, compact, folded, typed", () => {
    const { parts } = read([
      "--b",
      "c: text/plain",
      "CONTENT-disposition: attachment;",
      ' filename="a b";handling=Optional',
      "Content-ID: <one@example.com>",
      "",
      "x",
      "--b--",
    ]);
    const [part] = parts;
    expect(part?.contentType.essence).toBe("text/plain");
    expect(part?.disposition?.params.get("filename")).toBe("a b");
    expect(part?.handling).toBe("optional");
    expect(part?.contentId).toBe("one@example.com");
    expect(part?.headers.size).toBe(3);
  });

  it("knows what a part without header fields is (RFC 2046 §5.1)", () => {
    const lines = ["--b", "", "x", "--b--", ""];
    const [part] = read(lines).parts;
    expect(part?.headers.size).toBe(0);
    expect(part?.contentType.essence).toBe("text/plain");
    expect(part?.disposition).toBeUndefined();
    expect(part?.handling).toBe("required");
    expect(part?.contentId).toBeUndefined();
    expect(part?.multipart).toBeUndefined();
    expect(read(lines, "multipart/digest;boundary=b").parts[0]?.contentType.essence).toBe("message/rfc822");
  });

  it("takes the line end before a boundary for the boundary's", () => {
    expect(bodies(read(["--b", "", "one", "", "--b", "", "", "--b", "", "--b", "--b--"]))).toEqual([
      "one\r\n",
      "",
      "",
      "",
    ]);
  });

  it("takes bare LF", () => {
    const multipart = read(["pre", "--b", "A: 1", "", "one\r", "--b--", "post"], undefined, "\n");
    expect(bodies(multipart)).toEqual(["one"]);
    expect(multipart.parts[0]?.headers.raw("a")).toEqual(["1"]);
    expect(binary(multipart.preamble)).toBe("pre");
    expect(binary(multipart.epilogue)).toBe("post");
  });

  it("takes a part that ends within its header fields for one without a body", () => {
    const { parts } = read(["--b", "A: 1", "B: 2", "--b--"]);
    expect([...parts[0]!.headers]).toEqual([
      ["A", "1"],
      ["B", "2"],
    ]);
    expect(parts[0]?.body.length).toBe(0);
  });

  it("keeps lines that are no header fields, and reads the others", () => {
    const { parts } = read(["--b", " folded before the first", "no colon", "A: 1", "", "x", "--b--"]);
    expect(parts[0]?.headers.raw("A")).toEqual(["1"]);
    expect(bodies(read(["--b", " folded", "A: 1", "", "x", "--b--"]))).toEqual(["x"]);
  });

  it("does not take a Content-Length in a part for its end", () => {
    const { parts } = read(["--b", "Content-Length: 1", "", "whole", "--b--"]);
    expect(binary(parts[0]!.body)).toBe("whole");
  });
});

describe("boundaries", () => {
  it("gives preamble and epilogue, white space behind a boundary notwithstanding", () => {
    const multipart = read(["This is", "a preamble", "--b \t", "", "one", "--b-- ", "and", "an epilogue"]);
    expect(binary(multipart.preamble)).toBe("This is\r\na preamble");
    expect(binary(multipart.epilogue)).toBe("and\r\nan epilogue");
    expect(bodies(multipart)).toEqual(["one"]);
    expect(binary(multipart.toBytes())).toBe(
      "This is\r\na preamble\r\n--b\r\n\r\none\r\n--b--\r\nand\r\nan epilogue",
    );
  });

  it("reads on to the end where the final boundary is missing", () => {
    const multipart = read(["--b", "", "one", "--b", "", "two", ""]);
    expect(multipart.closed).toBe(false);
    expect(bodies(multipart)).toEqual(["one", "two\r\n"]);
    expect(read(["--b", "", "one", "--b"]).parts).toHaveLength(2);
    expect(read(["--b--"]).parts).toHaveLength(0);
  });

  it("takes only whole lines for it, so that one boundary may begin with another", () => {
    const lines = ["--b", "", "x--b", "--bb", "-- b", "--b-", "--b--x", "--b---", "x", "--b--"];
    expect(bodies(read(lines))).toEqual([lines.slice(2, -1).join("\r\n")]);
  });

  it("takes it from quotes, with what only quotes may hold", () => {
    const boundary = "gc0 (p:J)q0,M/2?Y='t+_.-";
    const type = `multipart/mixed ; Boundary = "${boundary}"`;
    expect(bodies(read([`--${boundary}`, "", "one", `--${boundary}--`], type))).toEqual(["one"]);
    const padded = read(["--a b", "", "one", "--a b--"], 'multipart/mixed;boundary="a b  "');
    expect(padded.boundary).toBe("a b");
    expect(bodies(padded)).toEqual(["one"]);
  });

  it.each([
    ["no boundary", "multipart/mixed"],
    ["an empty one", 'multipart/mixed;boundary=""'],
    ["another type", "text/plain;boundary=b"],
  ])("refuses %s", (_what, type) => {
    expect(thrown(() => read(["--b", "", "--b--"], type))).toMatchObject({
      code: "body_invalid",
      status: 400,
      header: "Content-Type",
    });
  });

  it("refuses a body in which the boundary is nowhere, and no Content-Type", () => {
    for (const body of ["", "x", "--", "--B\r\n\r\n--B--", "x--b\r\n\r\ny"]) {
      expect(thrown(() => read([body])).code).toBe("body_invalid");
    }
    expect(thrown(() => readMultipart(undefined, octets("--b\r\n"))).code).toBe("body_invalid");
    expect(thrown(() => read(["--b"], "nonsense")).code).toBe("value_invalid");
  });
});

describe("nesting", () => {
  const nest = (levels: number): { type: string; body: string } => {
    let body = "core";
    let type = "text/plain";
    for (let level = 1; level <= levels; level++) {
      body = `--b${level}\r\nContent-Type: ${type}\r\n\r\n${body}\r\n--b${level}--`;
      type = `multipart/mixed;boundary=b${level}`;
    }
    return { type, body };
  };

  it("reads a multipart in a multipart, an outer boundary ending it", () => {
    const outer = read([
      "--b",
      'Content-Type: multipart/alternative;boundary="b2"',
      "",
      "--b2",
      "",
      "one",
      "--b2",
      "",
      "two",
      "--b",
      "",
      "three",
      "--b--",
    ]);
    expect(outer.parts).toHaveLength(2);
    const inner = outer.parts[0]?.multipart;
    expect(inner && bodies(inner)).toEqual(["one", "two"]);
    expect(inner?.closed).toBe(false);
    expect(inner).toBe(outer.parts[0]?.multipart);
    expect(bodies(outer)[1]).toBe("three");
  });

  it("goes as deep as the limit, and no deeper", () => {
    const { type, body } = nest(5);
    const descend = (depth: number | undefined) => {
      let multipart: Multipart | undefined = readMultipart(
        type,
        octets(body),
        depth === undefined ? {} : { depth },
      );
      let levels = 0;
      for (; multipart; multipart = multipart.parts[0]?.multipart) levels++;
      return levels;
    };
    expect(descend(5)).toBe(5);
    expect(thrown(() => descend(4))).toMatchObject({ code: "body_too_complex", status: 413 });
    expect(thrown(() => descend(undefined)).code).toBe("body_too_complex");
    expect(thrown(() => descend(0)).code).toBe("body_too_complex");
  });
});

describe("limits", () => {
  it("takes as many parts as told, and no more", () => {
    const lines = (count: number) => [...Array<string>(count).fill("--b\r\n\r\nx"), "--b--"];
    expect(read(lines(64)).parts).toHaveLength(64);
    expect(thrown(() => read(lines(65)))).toMatchObject({ code: "body_too_complex", status: 413 });
    const of = (count: number, parts: number) =>
      readMultipart("multipart/mixed;boundary=b", octets(lines(count).join("\r\n")), { parts });
    expect(of(3, 3).parts).toHaveLength(3);
    expect(thrown(() => of(3, 2)).code).toBe("body_too_complex");
    const open = octets("--b\r\n\r\nx\r\n--b\r\n\r\ny");
    expect(thrown(() => readMultipart("multipart/mixed;boundary=b", open, { parts: 1 })).code).toBe(
      "body_too_complex",
    );
  });

  it("refuses more header fields, and longer ones, than a message may have", () => {
    const many = ["--b", ...Array<string>(257).fill("A: 1"), "", "x", "--b--"];
    expect(thrown(() => read(many))).toMatchObject({ code: "body_too_complex", status: 413 });
    const long = ["--b", `A: ${"x".repeat(70_000)}`, "", "x", "--b--"];
    expect(thrown(() => read(long))).toMatchObject({ code: "body_too_complex", status: 413 });
  });

  it("is linear in lines that are nearly the boundary, line ends and dashes", () => {
    const boundary = "b".repeat(70);
    const type = `multipart/mixed;boundary=${boundary}`;
    const shapes = [
      `--${"b".repeat(69)}\r\n`,
      "\r\n",
      "\n",
      "-",
      "--b",
      `--${boundary}x\n`,
      `--${boundary} `,
    ];
    const began = performance.now();
    for (const shape of shapes) {
      const filler = shape.repeat(Math.ceil(1_000_000 / shape.length));
      const body = octets(`--${boundary}\r\n\r\n${filler}\r\n--${boundary}--`);
      expect(readMultipart(type, body).parts[0]?.body.length, shape).toBe(filler.length);
    }
    // Seven megabytes; a quadratic search would take minutes.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe("createMultipart", () => {
  const sdp = "v=0\r\n";
  const pidf = octets("<presence/>\xff\0");

  it("makes what readMultipart reads", () => {
    const made = createMultipart(
      [
        { headers: { "Content-Type": "application/sdp", "Content-Disposition": "session" }, body: sdp },
        { headers: { "Content-Type": new MediaType("application", "pidf+xml") }, body: pidf },
        { body: "Grüße" },
      ],
      { boundary: "b:1" },
    );
    const request = createRequest("INVITE", "sip:bob@example.com", {
      from: "<sip:alice@example.com>",
      headers: { "Content-Type": String(made.contentType) },
      body: made.toBytes(),
    });
    const message = parseMessage(request.toBytes());
    expect(message.headers.raw("Content-Type")).toEqual(['multipart/mixed;boundary="b:1"']);
    const multipart = readMultipart(message.headers.get("Content-Type"), message.body);
    expect(multipart.parts.map(({ contentType }) => contentType.essence)).toEqual([
      "application/sdp",
      "application/pidf+xml",
      "text/plain",
    ]);
    expect(multipart.parts[0]?.text).toBe(sdp);
    expect(binary(multipart.parts[1]!.body)).toBe(binary(pidf));
    expect(multipart.parts[2]?.text).toBe("Grüße");
    expect(multipart.toBytes()).toEqual(made.toBytes());
  });

  it("puts a multipart into a multipart, with its Content-Type", () => {
    const inner = createMultipart([{ body: "one" }, { body: "two" }], { subtype: "alternative" });
    const outer = createMultipart([{ headers: { "Content-ID": "<a@b>" }, body: inner }, { body: "three" }]);
    const again = readMultipart(outer.contentType, outer.toBytes());
    expect(again.parts[0]?.contentType.essence).toBe("multipart/alternative");
    expect(bodies(again.parts[0]!.multipart!)).toEqual(["one", "two"]);
    expect(again.byId("a@b")).toBe(again.parts[0]);
  });

  it("takes random boundaries from its source, always new ones", () => {
    const seeded = () => new Random((bytes) => bytes.fill(7));
    const boundary = (random?: Random) =>
      createMultipart([{ body: "" }], random === undefined ? {} : { random }).boundary;
    expect(boundary(seeded())).toBe(boundary(seeded()));
    expect(boundary()).not.toBe(boundary());
    expect(boundary().length).toBeLessThanOrEqual(70);
  });

  it("finds the root and parts of a related one (RFC 2387, RFC 2392)", () => {
    const related = createMultipart(
      [
        { headers: { "Content-ID": "<one@a>" }, body: "1" },
        { headers: { "Content-ID": "<two%@a>" }, body: "2" },
      ],
      { subtype: "related", params: { type: "text/plain", start: "<two%@a>" } },
    );
    expect(related.root).toBe(related.parts[1]);
    expect(related.byId("<one@a>")).toBe(related.parts[0]);
    expect(related.byId("cid:two%25@a")).toBe(related.parts[1]);
    // Schemes are the same in any case (RFC 3986 §3.1).
    expect(related.byId("CID:one@a")).toBe(related.parts[0]);
    expect(related.byId("cid:%zz")).toBeUndefined();
    expect(createMultipart([{ body: "1" }]).root?.text).toBe("1");
  });

  it("refuses a boundary that is none or stands in a part, no part, and injected header fields", () => {
    for (const boundary of ["", "a\r\n", "ä", "x ", "b".repeat(71), 'a"b']) {
      expect(thrown(() => createMultipart([{ body: "" }], { boundary })).code, boundary).toBe(
        "value_invalid",
      );
    }
    for (const body of ["--b", "x\r\n--b--", "x\n--bc"]) {
      expect(thrown(() => createMultipart([{ body }], { boundary: "b" })).code, body).toBe("value_invalid");
    }
    const outer = createMultipart([{ body: "x--b" }], { boundary: "a" });
    expect(thrown(() => createMultipart([{ body: outer }], { boundary: "a" })).code).toBe("value_invalid");
    expect(thrown(() => createMultipart([])).code).toBe("value_invalid");
    for (const options of [
      { subtype: "a b" },
      { subtype: "mixed;boundary=c" },
      { params: { Boundary: "c" } },
      { params: { 'x="y";boundary': "c" } },
      { params: { "x y": "z" } },
    ]) {
      const made = thrown(() => createMultipart([{ body: "" }], options));
      expect(made.code, JSON.stringify(options)).toBe("value_invalid");
    }
    expect(thrown(() => createMultipart([{ headers: { "X-A": "1\r\nX-B: 2" }, body: "" }])).code).toBe(
      "value_unsafe",
    );
  });

  it("is its octets as text, whole and in parts", () => {
    const body = createMultipart([{ body: "é" }], { boundary: "b" });
    expect(String(body)).toBe("--b\r\n\r\né\r\n--b--\r\n");
    expect(String(body.parts[0])).toBe("\r\né");
    expect(Buffer.from(`${body}`).equals(body.toBytes())).toBe(true);
  });

  it("writes edited header fields of a part, and the others as they stood", () => {
    const multipart = read(["--b", "c:  text/plain", "x-a : 1", "", "one", "--b--", ""]);
    const part = multipart.parts[0]!;
    expect(binary(part.toBytes())).toBe("c:  text/plain\r\nx-a : 1\r\n\r\none");
    part.headers.set("Content-ID", "<a@b>").set("X-A", "2");
    expect(binary(multipart.toBytes())).toBe(
      "--b\r\nc:  text/plain\r\nX-A: 2\r\nContent-ID: <a@b>\r\n\r\none\r\n--b--\r\n",
    );
  });
});
