// Write: what nobody edited goes out as it came in; what somebody edited changes that and nothing else.
import { describe, expect, it } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import { parseMessage, tryParseMessage } from "../../src/message/parse.ts";
import { vectors as rfc4475 } from "../vectors/rfc4475/index.ts";
import { vectors as rfc5118 } from "../vectors/rfc5118/index.ts";
import { invite, ok } from "./samples.ts";

const vectors = [...rfc4475, ...rfc5118];
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Head and body; the body is what Content-Length says, if it says so and there is as much. */
function framed(bytes: Uint8Array): string {
  const text = latin1(bytes);
  const end = text.indexOf("\r\n\r\n") + 4;
  const length = /^(?:Content-Length|l)[ \t]*:\s*(\d+)\s*$/im.exec(text.slice(0, end))?.[1];
  return length === undefined ? text : text.slice(0, end + Number(length));
}

describe("an untouched message", () => {
  const parsable = vectors.filter(({ bytes }) => tryParseMessage(bytes).kind !== "failure");

  it("is what most vectors are", () => {
    expect(parsable.length).toBeGreaterThanOrEqual(55);
    const accepted = vectors.filter(({ verdict }) => verdict === "must-accept");
    expect(accepted.filter((each) => !parsable.includes(each)).map(({ name }) => name)).toEqual([]);
  });

  it.each(parsable.map(({ name, bytes }) => [name, bytes] as const))(
    "%s goes out as it came",
    (name, bytes) => {
      // mcl01 has two lengths that differ: nobody can say where it ends, so nothing is cut off.
      const expected = name === "mcl01" ? latin1(bytes) : framed(bytes);
      expect(latin1(parseMessage(bytes).toBytes())).toBe(expected);
      expect(latin1(parseMessage(bytes).clone().toBytes())).toBe(expected);
    },
  );

  it.each(parsable.map(({ name, bytes }) => [name, bytes] as const))(
    "%s keeps every line beside one that is added",
    (_n, bytes) => {
      const before = parseMessage(bytes);
      const after = parseMessage(bytes);
      after.headers.append("X-Added-Here", "1");
      const written = latin1(after.toBytes());
      const added = "X-Added-Here: 1\r\n";
      expect(written).toContain(added);
      expect(written.replace(added, "")).toBe(latin1(before.toBytes()));
    },
  );

  it("is not changed by being read", () => {
    const text = invite(["Route:   <sip:a.example.com;lr> ,", "   <sip:b.example.com>", "S: odd  spacing "]);
    const message = parseMessage(text);
    for (const name of ["Via", "From", "To", "CSeq", "Contact", "Route", "Subject", "Max-Forwards"]) {
      message.headers.get(name);
    }
    void message.body;
    expect(message.toString()).toBe(text);
    expect(latin1(message.toBytes())).toBe(latin1(utf8(text)));
  });

  it("gives a fresh copy each time", () => {
    const message = parseMessage(invite());
    const first = message.toBytes();
    first.fill(0);
    expect(latin1(message.toBytes())).toBe(invite());
  });
});

describe("an edited message", () => {
  const odd = [
    "INVITE sip:bob@example.com SIP/2.0",
    "v:SIP/2.0/UDP a.example.com;branch=z9hG4bK1",
    "MAX-FORWARDS :  70",
    "x-odd:   kept\tas it is  ",
    "Route: <sip:r1.example.com;lr>,  <sip:r2.example.com;lr>",
    "Subject: one",
    "  two",
    "f: <sip:a@example.com>;tag=1",
    "no colon",
    "l: 4",
    "",
    "body",
  ];

  it("changes the line that was set, in its place, and no other", () => {
    const message = parseMessage(odd.join("\r\n"));
    message.headers.set("Max-Forwards", 69);
    expect(message.toString()).toBe(replaced(2, "Max-Forwards: 69"));
  });

  function replaced(at: number, ...lines: string[]): string {
    const copy = [...odd];
    copy.splice(at, 1, ...lines);
    return copy.join("\r\n");
  }

  it("puts a Via on top", () => {
    const message = parseMessage(odd.join("\r\n"));
    message.headers.prepend("Via", "SIP/2.0/UDP proxy.example.com;branch=z9hG4bK2");
    expect(message.toString()).toBe(
      replaced(1, "Via: SIP/2.0/UDP proxy.example.com;branch=z9hG4bK2", odd[1]!),
    );
  });

  it("takes a route out of its list", () => {
    const message = parseMessage(odd.join("\r\n"));
    expect(message.headers.shift("Route")?.uri.host).toBe("r1.example.com");
    expect(message.toString()).toBe(replaced(4, "Route: <sip:r2.example.com;lr>"));
  });

  it("drops a folded line whole", () => {
    const message = parseMessage(odd.join("\r\n"));
    message.headers.delete("Subject");
    const copy = [...odd];
    copy.splice(5, 2);
    expect(message.toString()).toBe(copy.join("\r\n"));
  });

  it("changes the start line alone", () => {
    const request = parseMessage(odd.join("\r\n"));
    if (request.kind !== "request") throw new Error("not a request");
    request.uri = "sip:carol@example.net;transport=tcp";
    expect(request.toString()).toBe(replaced(0, "INVITE sip:carol@example.net;transport=tcp SIP/2.0"));
    request.method = "OPTIONS";
    expect(request.toString()).toBe(replaced(0, "OPTIONS sip:carol@example.net;transport=tcp SIP/2.0"));
    const response = parseMessage(ok());
    if (response.kind !== "response") throw new Error("not a response");
    response.status = 486;
    expect(response.toString()).toBe(ok().replace("200 OK", "486 Busy Here"));
    response.reason = "Nicht jetzt, später";
    expect(response.toString()).toBe(ok().replace("200 OK", "486 Nicht jetzt, später"));
  });

  it("keeps lines that end in a bare LF as they are, and ends its own with CRLF", () => {
    const message = parseMessage("OPTIONS sip:a@example.com SIP/2.0\nCSeq: 1 OPTIONS\nX: y\n\nrest");
    expect(message.toString()).toBe("OPTIONS sip:a@example.com SIP/2.0\nCSeq: 1 OPTIONS\nX: y\n\nrest");
    message.headers.set("CSeq", "2 OPTIONS");
    expect(message.toString()).toBe("OPTIONS sip:a@example.com SIP/2.0\nCSeq: 2 OPTIONS\r\nX: y\n\nrest");
  });

  it("keeps octets that are no UTF-8", () => {
    const bytes = Uint8Array.from(
      Buffer.from("OPTIONS sip:a SIP/2.0\r\nX: \xff\xfe\r\nZ: 1\r\n\r\n\x80\x00", "latin1"),
    );
    const message = parseMessage(bytes);
    message.headers.set("Z", "2");
    expect(latin1(message.toBytes())).toBe("OPTIONS sip:a SIP/2.0\r\nX: \xff\xfe\r\nZ: 2\r\n\r\n\x80\x00");
  });
});

describe("a body", () => {
  it("brings its Content-Length, in octets (RFC 3261 §20.14)", () => {
    const message = parseMessage(invite());
    message.body = "Grüße 😀";
    expect(message.headers.get("Content-Length")).toBe(12);
    expect(message.bodyLength).toBe(12);
    expect(message.bodyText).toBe("Grüße 😀");
    expect(latin1(message.body)).toBe(latin1(utf8("Grüße 😀")));
    expect(message.toString()).toBe(invite([], "Grüße 😀"));
    message.body = Uint8Array.of(0, 255);
    expect(message.headers.get("Content-Length")).toBe(2);
    expect(latin1(message.toBytes()).slice(-6)).toBe("\r\n\r\n\0\xff");
    message.body = "";
    expect(message.toString()).toBe(invite());
  });

  it("is taken as a copy, and given as one", () => {
    const message = parseMessage(invite());
    const mine = Uint8Array.of(1, 2, 3);
    message.body = mine;
    mine.fill(9);
    message.body.fill(8);
    expect([...message.body]).toEqual([1, 2, 3]);
  });

  it("sets the length where a compact form stood, and adds it where none was", () => {
    const compact = parseMessage("MESSAGE sip:a SIP/2.0\r\nl: 2\r\nX: y\r\n\r\nhi");
    compact.body = "hello";
    expect(compact.toString()).toBe("MESSAGE sip:a SIP/2.0\r\nContent-Length: 5\r\nX: y\r\n\r\nhello");
    const none = parseMessage("MESSAGE sip:a SIP/2.0\r\nX: y\r\n\r\nhi");
    none.body = "hello";
    expect(none.toString()).toBe("MESSAGE sip:a SIP/2.0\r\nX: y\r\nContent-Length: 5\r\n\r\nhello");
  });
});

describe("a message made here", () => {
  it("is written from nothing", () => {
    const request = createRequest("MESSAGE", "sip:bob@example.com", {
      from: "<sip:alice@example.com>;tag=88",
      callId: "abc",
      cseq: 3,
      headers: { "Content-Type": "text/plain" },
      body: "hej på dig",
    });
    expect(request.toString()).toBe(
      [
        "MESSAGE sip:bob@example.com SIP/2.0",
        "Max-Forwards: 70",
        "From: <sip:alice@example.com>;tag=88",
        "To: <sip:bob@example.com>",
        "Call-ID: abc",
        "CSeq: 3 MESSAGE",
        "Content-Type: text/plain",
        "Content-Length: 11",
        "",
        "hej på dig",
      ].join("\r\n"),
    );
    expect(latin1(request.toBytes())).toBe(latin1(utf8(request.toString())));
    expect(parseMessage(request.toBytes()).bodyText).toBe("hej på dig");
  });

  it("is ended by a Content-Length even where somebody took it away", () => {
    const request = createRequest("OPTIONS", "sip:bob@example.com", { from: "<sip:a@example.com>" });
    request.headers.delete("Content-Length");
    expect(request.toString()).toMatch(/\r\nContent-Length: 0\r\n\r\n$/);
  });
});
