// Parse: what is a message, where it ends, and what is refused.
import { describe, expect, it } from "vitest";
import { parseMessage, tryParseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import { vectors as rfc4475 } from "../vectors/rfc4475/index.ts";
import { vectors as rfc5118 } from "../vectors/rfc5118/index.ts";
import { invite, ok, thrown } from "./samples.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const code = (data: string | Uint8Array, limits?: Parameters<typeof tryParseMessage>[1]) => {
  const parsed = tryParseMessage(data, limits);
  return parsed.kind === "failure" ? parsed.code : parsed.kind;
};

describe("start lines", () => {
  it("of requests (RFC 3261 §7.1)", () => {
    const one = parseMessage("REGISTER sip:registrar.example.com SIP/2.0\r\n\r\n") as Request;
    expect([one.kind, one.method, String(one.uri), one.version]).toEqual([
      "request",
      "REGISTER",
      "sip:registrar.example.com",
      "SIP/2.0",
    ]);
    expect((parseMessage("invite sip:a SIP/2.0\r\n\r\n") as Request).method).toBe("invite");
    expect(parseMessage("OPTIONS sip:a SIP/7.0\r\n\r\n").version).toBe("SIP/7.0");
    expect(parseMessage("OPTIONS sip:a sip/2.0\r\n\r\n").version).toBe("sip/2.0");
  });

  it.each([
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "REGISTER",
    "OPTIONS",
    "SUBSCRIBE",
    "NOTIFY",
    "INFO",
    "UPDATE",
    "MESSAGE",
    "PRACK",
    "REFER",
    "PUBLISH",
    "SUBSCRIBED",
    "AC",
    "INVITES",
    "Bye",
    "PUBLISX",
    "X",
  ])("knows %s", (method) => {
    expect((parseMessage(`${method} sip:a SIP/2.0\r\n\r\n`) as Request).method).toBe(method);
  });

  it("of responses (§7.2)", () => {
    const one = parseMessage(ok()) as Response;
    expect([one.kind, one.status, one.reason, one.version]).toEqual(["response", 200, "OK", "SIP/2.0"]);
    expect((parseMessage("SIP/2.0 486 \r\n\r\n") as Response).reason).toBe("");
    expect((parseMessage("SIP/2.0 486\r\n\r\n") as Response).status).toBe(486);
    expect((parseMessage("SIP/2.0 183 In Bearbeitung, größer\r\n\r\n") as Response).reason).toBe(
      "In Bearbeitung, größer",
    );
  });
});

describe("failures", () => {
  it.each([
    ["", "message_empty"],
    ["\r\n\r\n", "message_empty"],
    ["\r\n", "message_empty"],
    ["OPTIONS sip:a SIP/2.0", "head_incomplete"],
    ["OPTIONS sip:a SIP/2.0\r\nX: y\r\n", "head_incomplete"],
    ["OPTIONS sip:a SIP/2.0\r\nX: y\r\n ", "head_incomplete"],
    ["GET / HTTP/1.1\r\n\r\n", "start_line_invalid"],
    ["OPTIONS\r\n\r\n", "start_line_invalid"],
    ["OPTIONS sip:a\r\n\r\n", "start_line_invalid"],
    ["OPTIONS SIP/2.0\r\n\r\n", "start_line_invalid"],
    [" OPTIONS sip:a SIP/2.0\r\n\r\n", "start_line_invalid"],
    ["OPT(ONS sip:a SIP/2.0\r\n\r\n", "start_line_invalid"],
    ["OPTIONS sip:a SIP/2\r\n\r\n", "start_line_invalid"],
    ["SIP/2.0 99 Low\r\n\r\n", "start_line_invalid"],
    ["SIP/2.0 700 High\r\n\r\n", "start_line_invalid"],
    ["SIP/2.0 2000 Long\r\n\r\n", "start_line_invalid"],
    ["SIP/2.0 abc\r\n\r\n", "start_line_invalid"],
  ])("%j is %s", (text, expected) => {
    expect(code(text)).toBe(expected);
    expect(code(utf8(text))).toBe(expected);
    const error = thrown(() => parseMessage(text));
    expect(error).toMatchObject({ code: expected, status: 400 });
  });

  it("throw nothing and cost no Error in tryParseMessage", () => {
    expect(tryParseMessage("junk\r\n\r\n")).not.toBeInstanceOf(Error);
    expect(tryParseMessage("junk\r\n\r\n")).toEqual({ kind: "failure", code: "start_line_invalid" });
  });

  it("leave the next message as it is", () => {
    for (const bad of ["", "junk\r\n\r\n", "OPTIONS sip:a SIP/2.0\r\n"]) {
      expect(code(bad)).not.toBe("request");
      expect(parseMessage(invite()).headers.get("CSeq")?.number).toBe(314159);
    }
  });
});

describe("limits", () => {
  const start = "OPTIONS sip:a SIP/2.0\r\n";
  it("on the message, in octets", () => {
    expect(code(`${start}\r\n`, { messageSize: 25 })).toBe("request");
    expect(code(`${start}\r\n`, { messageSize: 24 })).toBe("message_too_large");
    expect(code(utf8(`${start}\r\n`), { messageSize: 24 })).toBe("message_too_large");
    expect(code(`${start}\r\né`, { messageSize: 26 })).toBe("message_too_large");
    expect(code(`${start}\r\né`, { messageSize: 27 })).toBe("request");
    expect(code(`${start}\r\n${"x".repeat(1_048_576 - 25)}`)).toBe("request");
    expect(code(`${start}\r\n${"x".repeat(1_048_576 - 24)}`)).toBe("message_too_large");
  });

  it("on the head", () => {
    const head = `${start}X: y\r\n\r\n`;
    expect(code(`${head}body`, { headSize: head.length })).toBe("request");
    expect(code(`${head}body`, { headSize: head.length - 1 })).toBe("head_too_large");
    expect(code(`${start}X: ${"y".repeat(65_600)}\r\n\r\n`)).toBe("head_too_large");
    expect(code(utf8(`${start}X: ${"y".repeat(65_600)}\r\n\r\n`))).toBe("head_too_large");
    expect(code(`${start}X: ${"y".repeat(65_000)}\r\n\r\n${"z".repeat(100_000)}`)).toBe("request");
  });

  it("on the number of header fields", () => {
    const fields = (count: number) => `${start}${"X: y\r\n".repeat(count)}\r\n`;
    expect(code(fields(256))).toBe("request");
    expect(code(fields(257))).toBe("too_many_headers");
    expect(code(fields(3), { headers: 2 })).toBe("too_many_headers");
    expect(code(fields(2048), { headers: 5000 })).toBe("request");
    expect(code(fields(2049), { headers: 5000 })).toBe("too_many_headers");
  });
});

describe("framing", () => {
  it("passes over CRLFs before the start line (§7.5)", () => {
    const one = parseMessage(`\r\n\r\n${invite()}`);
    expect(one.headers.get("CSeq")?.number).toBe(314159);
    expect(one.toString()).toBe(`\r\n\r\n${invite()}`);
  });

  it("takes lines that end in a bare LF", () => {
    const one = parseMessage(invite().replaceAll("\r\n", "\n")) as Request;
    expect(one.headers.get("Via")).toHaveLength(2);
    expect(one.headers.get("Contact")[0]?.uri.host).toBe("pc33.atlanta.example.com");
    expect(one.headers.raw("CSeq")).toEqual(["314159 INVITE"]);
  });

  it("joins folded lines (§7.3.1), and ends a value before the next name", () => {
    const one = parseMessage("OPTIONS sip:a SIP/2.0\r\nSubject: a\r\n b\r\n\tc\r\nX:\r\n  d\r\n\r\n");
    expect([...one.headers]).toEqual([
      ["Subject", "a b c"],
      ["X", "d"],
    ]);
  });

  it("takes white space before the colon, and trims values", () => {
    const one = parseMessage("OPTIONS sip:a SIP/2.0\r\nCSeq  :  1 OPTIONS  \r\nX\t:\ty \r\n\r\n");
    expect(one.headers.get("CSeq")?.number).toBe(1);
    expect(one.headers.raw("X")).toEqual(["y"]);
  });

  it("leaves out what stands behind the body that Content-Length tells of (§18.3)", () => {
    const one = parseMessage(`${invite([], "body")}NOISE`);
    expect(one.bodyText).toBe("body");
    expect(one.toString()).toBe(invite([], "body"));
    expect(latin1(parseMessage(utf8(`${invite([], "é")}\u00ff`)).toBytes())).toBe(
      latin1(utf8(invite([], "é"))),
    );
    expect(parseMessage(`${invite([], "é")}ü`).bodyText).toBe("é");
  });

  it("takes all there is where Content-Length is missing, wrong or larger", () => {
    const head = "OPTIONS sip:a SIP/2.0\r\n";
    expect(parseMessage(`${head}\r\nall of it`).bodyText).toBe("all of it");
    expect(parseMessage(`${head}\r\nx`).announcedLength).toBeUndefined();
    const longer = parseMessage(`${head}Content-Length: 9\r\n\r\nfour`);
    expect([longer.bodyText, longer.announcedLength, longer.bodyLength]).toEqual(["four", 9, 4]);
    const wrong = parseMessage(`${head}Content-Length: x\r\n\r\nfour`);
    expect([wrong.bodyText, wrong.announcedLength]).toEqual(["four", Number.NaN]);
    const negative = parseMessage(`${head}Content-Length: -1\r\n\r\nfour`);
    expect([negative.bodyText, negative.announcedLength]).toEqual(["four", Number.NaN]);
    const twice = parseMessage(`${head}l: 2\r\nContent-Length: 2\r\n\r\nfour`);
    expect([twice.bodyText, twice.announcedLength]).toEqual(["fo", 2]);
    const differ = parseMessage(`${head}l: 2\r\nContent-Length: 3\r\n\r\nfour`);
    expect([differ.bodyText, differ.announcedLength]).toEqual(["four", Number.NaN]);
  });

  it("does not keep the data it was given", () => {
    const data = utf8(invite([], "body"));
    const one = parseMessage(data);
    data.fill(0x21);
    expect(one.bodyText).toBe("body");
    expect(one.toString()).toBe(invite([], "body"));
    expect(one.headers.get("From")?.uri.user).toBe("alice");
  });

  it("keeps messages apart that are read in turns", () => {
    const one = parseMessage(invite());
    const two = parseMessage(invite().replaceAll("alice", "zelda").replaceAll("314159", "7"));
    expect(one.headers.get("From")?.uri.user).toBe("alice");
    expect(two.headers.get("From")?.uri.user).toBe("zelda");
    expect(one.headers.get("CSeq")?.number).toBe(314159);
    expect(two.headers.get("CSeq")?.number).toBe(7);
    expect(one.headers.get("Contact")[0]?.uri.user).toBe("alice");
  });
});

describe("string and bytes", () => {
  const same = (text: string) => {
    const one = parseMessage(text);
    const two = parseMessage(utf8(text));
    expect([...one.headers]).toEqual([...two.headers]);
    expect(latin1(one.toBytes())).toBe(latin1(two.toBytes()));
    expect(latin1(one.body)).toBe(latin1(two.body));
    expect(one.toString()).toBe(two.toString());
    return [one, two] as const;
  };

  it("give the same message", () => {
    same(invite([], "v=0\r\n"));
    same(ok());
  });

  it("give the same message where the head or body is not ASCII", () => {
    for (const one of same(invite(['Reply-To: "Zoë 😀" <sip:z@example.com>', "Subject: Ünïcode"], "größe"))) {
      expect(one.headers.get("Reply-To")?.displayName).toBe("Zoë 😀");
      expect(one.headers.get("Subject")).toBe("Ünïcode");
      expect(one.headers.get("Contact")[0]?.uri.user).toBe("alice");
      expect(one.headers.get("Content-Length")).toBe(7);
      expect(one.bodyText).toBe("größe");
    }
    for (const one of same(invite([], "😀"))) expect(one.bodyLength).toBe(4);
    for (const one of same(`SIP/2.0 200 Très bien\r\nX: y\r\n\r\n`))
      expect((one as Response).reason).toBe("Très bien");
  });

  it.each(
    [...rfc4475, ...rfc5118]
      .filter(({ bytes }) => bytes.every((octet) => octet < 0x80))
      .map(({ name, bytes }) => [name, bytes] as const),
  )("%s", (_name, bytes) => {
    const text = latin1(bytes);
    expect(code(text)).toBe(code(bytes));
    if (code(bytes) !== "start_line_invalid" && code(bytes) !== "head_incomplete") same(text);
  });
});

describe("hostile input", () => {
  it.each([
    ["colons", ":".repeat(60_000)],
    ["commas", `Via: ${",".repeat(60_000)}`],
    ["folds", `X: y${"\r\n ".repeat(20_000)}`],
    ["semicolons", `From: <sip:a@b>${";".repeat(60_000)}`],
    ["quotes", `Contact: ${'"'.repeat(60_001)}`],
    ["backslashes", `Contact: "${"\\".repeat(60_001)}`],
    ["brackets", `Route: ${"<".repeat(60_000)}`],
    ["blanks", `CSeq: ${" ".repeat(60_000)}1`],
  ])("of %s takes linear time and breaks nothing", (_name, line) => {
    const started = performance.now();
    const one = parseMessage(`OPTIONS sip:a SIP/2.0\r\n${line}\r\n\r\n`);
    for (const name of ["Via", "From", "Contact", "Route", "CSeq", "X"]) {
      try {
        one.headers.get(name);
      } catch (error) {
        expect((error as Error).name).toBe("SipError");
      }
    }
    void [...one.headers];
    // Milliseconds where it is linear; minutes where it is quadratic.
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
