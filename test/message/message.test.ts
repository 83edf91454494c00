// Request and Response: making them, answering, copying (RFC 3261 §8.1.1, §8.2.6, §13.2.2.4).
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createAck } from "../../src/message/create-ack.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { parseMessage, tryParseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import { Uri } from "../../src/message/uri.ts";
import { vectors } from "../vectors/rfc4475/index.ts";
import { invite, ok, thrown } from "./samples.ts";

const request = (text: string | Uint8Array) => parseMessage(text) as Request;
const response = (text: string) => parseMessage(text) as Response;

describe("createRequest", () => {
  it.each([undefined, {}, { from: undefined }, { from: "" }])("refuses %j: a request has a From", (init) => {
    const refused = expect.objectContaining({ name: "SipError", code: "value_invalid", header: "From" });
    expect(() => createRequest("OPTIONS", "sip:bob@example.com", init as { from: string })).toThrow(refused);
  });

  it("puts in what is mandatory (§8.1.1), but no Via", () => {
    const made = createRequest("OPTIONS", "sip:bob@example.com", { from: "Alice <sip:alice@example.com>" });
    expect(made.kind).toBe("request");
    expect(made.method).toBe("OPTIONS");
    expect(String(made.uri)).toBe("sip:bob@example.com");
    expect(made.version).toBe("SIP/2.0");
    expect(made.headers.get("Max-Forwards")).toBe(70);
    expect(made.headers.get("From")?.displayName).toBe("Alice");
    expect(made.headers.get("From")?.tag).toMatch(/^[\w-]{10,}$/);
    expect(String(made.headers.get("To"))).toBe("<sip:bob@example.com>");
    expect(made.headers.get("To")?.tag).toBeUndefined();
    expect(made.headers.get("Call-ID")).toMatch(/^[\w-]{16,}$/);
    expect(String(made.headers.get("CSeq"))).toBe("1 OPTIONS");
    expect(made.headers.get("Content-Length")).toBe(0);
    expect(made.headers.has("Via")).toBe(false);
    expect(made.headers.has("Contact")).toBe(false);
  });

  it("takes what it is given", () => {
    const made = createRequest("INVITE", Uri.parse("sips:bob@example.com"), {
      from: NameAddr.parse("<sip:alice@example.com>;tag=mine"),
      to: "Bob <sip:bob@example.com>;tag=his",
      callId: "id-1",
      cseq: 42,
      contact: "<sip:alice@pc.example.com>",
      maxForwards: 10,
      headers: { Supported: ["100rel", "timer"], "X-One": 1 },
      body: Uint8Array.of(1, 2),
    });
    expect(made.headers.get("From")?.tag).toBe("mine");
    expect(made.headers.get("To")?.tag).toBe("his");
    expect(made.headers.get("Call-ID")).toBe("id-1");
    expect(made.headers.get("CSeq")?.number).toBe(42);
    expect(made.headers.get("Contact")[0]?.uri.host).toBe("pc.example.com");
    expect(made.headers.get("Max-Forwards")).toBe(10);
    expect(made.headers.get("Supported")).toEqual(["100rel", "timer"]);
    expect(made.headers.get("X-One")).toEqual(["1"]);
    expect(made.headers.get("Content-Length")).toBe(2);
  });

  it("puts single header fields in the place of those that it makes itself", () => {
    const headers = { "Max-Forwards": 5, i: "id-1", Contact: "<sip:alice@192.0.2.2>" };
    const made = createRequest("OPTIONS", "sip:b@c", { from: "<sip:a@b>", contact: "<sip:a@b>", headers });
    expect(made.headers.raw("Max-Forwards")).toEqual(["5"]);
    expect(made.headers.raw("Call-ID")).toEqual(["id-1"]);
    expect(made.headers.raw("Contact")).toEqual(["<sip:alice@192.0.2.2>"]);
  });

  it("takes typed values and lists of them, and leaves out what is undefined", () => {
    const who = NameAddr.parse("<sip:who@example.com>");
    const headers = { "Reply-To": who, "History-Info": [who, who], Subject: undefined, Expires: 60 };
    const made = createRequest("OPTIONS", "sip:b@c", { from: "<sip:a@b>", headers });
    expect([...made.headers].slice(5)).toEqual([
      ["Reply-To", `${who}`],
      ["History-Info", `${who}`],
      ["History-Info", `${who}`],
      ["Expires", "60"],
      ["Content-Length", "0"],
    ]);
  });

  it("makes other tags and Call-IDs each time", () => {
    const made = Array.from({ length: 50 }, () => createRequest("OPTIONS", "sip:b@c", { from: "<sip:a@b>" }));
    expect(new Set(made.map(({ headers }) => headers.get("Call-ID"))).size).toBe(50);
    expect(new Set(made.map(({ headers }) => headers.get("From")?.tag)).size).toBe(50);
  });

  it("refuses what may not stand there", () => {
    const from = "<sip:a@b>";
    expect(() => createRequest("BAD METHOD", "sip:a@b", { from })).toThrow(
      'against the grammar: "BAD METHOD"',
    );
    expect(thrown(() => createRequest("OPTIONS", "bob", { from })).code).toBe("uri_invalid");
    expect(thrown(() => createRequest("OPTIONS", "sip:b", { from: "<a" })).code).toMatch(/invalid$/);
    expect(thrown(() => createRequest("OPTIONS", "sip:b", { from, callId: "a\r\nX: y" })).code).toBe(
      "value_unsafe",
    );
    expect(thrown(() => createRequest("OPTIONS", "sip:b", { from, headers: { X: "a\n" } })).code).toBe(
      "value_unsafe",
    );
    expect(thrown(() => createRequest("OPTIONS", "sip:b", { from, cseq: -1 })).code).toBe("value_invalid");
  });
});

describe("createResponse", () => {
  const full = invite(
    ["Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>", "Timestamp: 54", "Subject: no"],
    "v=0",
  );

  it("copies Via, From, To, Call-ID and CSeq in order, and nothing that is not its own (§8.2.6.2)", () => {
    const made = request(full).createResponse(404);
    expect([made.status, made.reason, made.version, made.statusClass]).toEqual([
      404,
      "Not Found",
      "SIP/2.0",
      4,
    ]);
    expect(made.headers.raw("Via")).toEqual(request(full).headers.raw("Via"));
    expect(made.headers.raw("From")).toEqual(["Alice <sip:alice@atlanta.example.com>;tag=1928301774"]);
    expect(made.headers.raw("Call-ID")).toEqual(["a84b4c76e66710@pc33.atlanta.example.com"]);
    expect(made.headers.raw("CSeq")).toEqual(["314159 INVITE"]);
    for (const name of ["Subject", "Contact", "Record-Route", "Max-Forwards", "Timestamp"]) {
      expect(made.headers.has(name), name).toBe(false);
    }
    expect(made.bodyLength).toBe(0);
    expect(made.toString()).toMatch(/^SIP\/2\.0 404 Not Found\r\nVia: .*\r\nContent-Length: 0\r\n\r\n$/s);
    expect(request(full).createResponse(404, "Nobody Here").reason).toBe("Nobody Here");
  });

  it("adds a To tag above 100, the same for every response of one request (§8.2.6.2)", () => {
    const one = request(full);
    const ringing = one.createResponse(180);
    const tag = ringing.headers.get("To")?.tag;
    expect(tag).toMatch(/^[\w-]{10,}$/);
    expect(ringing.headers.get("To")?.displayName).toBe("Bob");
    expect(one.createResponse(200).headers.get("To")?.tag).toBe(tag);
    expect(one.createResponse(500).headers.get("To")?.tag).toBe(tag);
    expect(one.clone().createResponse(500).headers.get("To")?.tag).toBe(tag);
    expect(request(full).createResponse(180).headers.get("To")?.tag).not.toBe(tag);
    expect(one.headers.get("To")?.tag).toBeUndefined();
  });

  it("leaves a 100 without a tag, and copies Timestamp into it (§8.2.6.1)", () => {
    const trying = request(full).createResponse(100);
    expect(trying.reason).toBe("Trying");
    expect(trying.headers.get("To")?.tag).toBeUndefined();
    expect(trying.headers.get("Timestamp")?.time).toBe(54);
    expect(trying.headers.has("Record-Route")).toBe(false);
  });

  it("keeps a To tag that is there", () => {
    const again = request(
      full.replace("To: Bob <sip:bob@biloxi.example.com>", "To: Bob <sip:bob@biloxi.example.com>;tag=his"),
    );
    expect(again.createResponse(200).headers.raw("To")).toEqual(["Bob <sip:bob@biloxi.example.com>;tag=his"]);
  });

  it.each([
    ["To: <sip:bob@example.com;x>;y=1", "bob"],
    ["To: sip:carl@example.com", "carl"],
    ['t: "B\\\\ob"   <sip:dave@example.com>', "dave"],
  ])("adds the tag to %s as a parameter of the header field", (line, user) => {
    const to = request(full.replace(/To: .*/, line))
      .createResponse(200)
      .headers.get("To");
    expect(to?.tag).toMatch(/^[\w-]{10,}$/);
    expect(to?.uri.user).toBe(user);
    expect(to?.uri.params.has("tag")).toBe(false);
  });

  it.each([
    [180, true],
    [200, true],
    [299, true],
    [302, false],
    [404, false],
    [100, false],
  ])("copies Record-Route into a %d: %s (§12.1.1, §16.6)", (status, copied) => {
    expect(request(full).createResponse(status).headers.get("Record-Route")).toHaveLength(copied ? 2 : 0);
  });

  it("copies no Record-Route where no dialog can come of it", () => {
    const options = full.replace(/^INVITE/, "OPTIONS").replace("314159 INVITE", "314159 OPTIONS");
    expect(request(options).createResponse(200).headers.has("Record-Route")).toBe(false);
  });

  it("answers requests that lack what should be copied", () => {
    const made = request("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nTo: <broken\r\n\r\n").createResponse(
      400,
    );
    expect(made.headers.raw("Via")).toEqual(["SIP/2.0/UDP a"]);
    expect(made.headers.raw("To")).toEqual(["<broken"]);
    expect(made.headers.has("From")).toBe(false);
  });

  it("has a To tag for every request of RFC 4475 that must be accepted", () => {
    let answered = 0;
    for (const { name, bytes, verdict } of vectors) {
      const message = tryParseMessage(bytes);
      if (verdict !== "must-accept" || message.kind !== "request" || message.method === "ACK") continue;
      const made = message.createResponse(200);
      const back = parseMessage(made.toBytes());
      expect(back.headers.get("To")?.tag, name).toBeTypeOf("string");
      expect(back.headers.get("To")?.uri.equals(message.headers.get("To")!.uri), name).toBe(true);
      expect(back.headers.get("Via").map(String), name).toEqual(message.headers.get("Via").map(String));
      answered++;
    }
    expect(answered).toBeGreaterThan(15);
  });

  it("goes back on the request's flow", () => {
    const one = request(full);
    expect(one.flow).toBeUndefined();
    const flow = { id: "x" } as unknown as NonNullable<Request["flow"]>;
    one.flow = flow;
    expect(one.createResponse(200).flow).toBe(flow);
    expect(one.clone().flow).toBe(flow);
  });

  it("refuses an ACK, and status codes that are none", () => {
    expect(thrown(() => request(full.replace(/INVITE/g, "ACK")).createResponse(200)).code).toBe(
      "value_invalid",
    );
    for (const status of [0, 99, 700, 200.5, Number.NaN]) {
      expect(thrown(() => request(full).createResponse(status)).code).toBe("value_invalid");
    }
    expect(thrown(() => request(full).createResponse(200, "a\r\nX: y")).code).toBe("value_unsafe");
  });
});

describe("createAck", () => {
  it("goes to the Contact by the reversed Record-Route, with the INVITE's number (§13.2.2.4)", () => {
    const sent = request(
      invite([
        'Authorization: Digest username="a"',
        "Proxy-Authorization: Digest x=1",
        "Proxy-Authorization: Digest x=2",
      ]),
    );
    const ack = createAck(
      sent,
      response(
        ok([
          "Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr>",
          "Contact: <sip:bob@192.0.2.4;ob>",
        ]),
      ),
    );
    expect(ack.method).toBe("ACK");
    expect(String(ack.uri)).toBe("sip:bob@192.0.2.4;ob");
    expect(ack.headers.get("Route").map(({ uri }) => uri.host)).toEqual(["p1.example.com", "p2.example.com"]);
    expect(String(ack.headers.get("CSeq"))).toBe("314159 ACK");
    expect(ack.headers.get("To")?.tag).toBe("a6c85cf");
    expect(ack.headers.get("From")?.tag).toBe("1928301774");
    expect(ack.headers.get("Call-ID")).toBe("a84b4c76e66710@pc33.atlanta.example.com");
    expect(ack.headers.get("Max-Forwards")).toBe(70);
    expect(ack.headers.raw("Authorization")).toEqual(['Digest username="a"']);
    expect(ack.headers.raw("Proxy-Authorization")).toEqual(["Digest x=1", "Digest x=2"]);
    expect(ack.headers.has("Via")).toBe(false);
    expect(ack.bodyLength).toBe(0);
  });

  it("goes to the INVITE's URI where the response has no Contact", () => {
    const ack = createAck(request(invite()), response(ok()));
    expect(String(ack.uri)).toBe("sip:bob@192.0.2.4");
    expect(ack.headers.has("Route")).toBe(false);
  });
});

describe("clone", () => {
  it("of a request is independent in every part", () => {
    const one = request(invite([], "body"));
    const two = one.clone();
    two.method = "OPTIONS";
    two.uri = "sip:carol@example.com";
    two.headers.set("Max-Forwards", 1);
    two.body = "other";
    expect(one.toString()).toBe(invite([], "body"));
    expect(two.toString()).toMatch(/^OPTIONS sip:carol@example.com SIP\/2.0\r\n/);
    const three = two.clone();
    two.uri = "sip:dave@example.com";
    two.body = "more";
    expect(String(three.uri)).toBe("sip:carol@example.com");
    expect(three.bodyText).toBe("other");
    expect(three.headers.get("Max-Forwards")).toBe(1);
  });

  it("of a response too", () => {
    const one = response(ok());
    const two = one.clone();
    two.status = 486;
    two.headers.delete("Contact");
    expect(one.toString()).toBe(ok());
    expect([two.status, two.reason, two.clone().reason]).toEqual([486, "Busy Here", "Busy Here"]);
  });
});

describe("the parts of a start line", () => {
  it("are checked when they are set", () => {
    const one = request(invite());
    expect(thrown(() => (one.method = "A B")).code).toBe("value_invalid");
    expect(thrown(() => (one.method = "")).code).toBe("value_invalid");
    expect(thrown(() => (one.uri = "sip:a\r\nX: y")).code).toBe("value_unsafe");
    expect(thrown(() => (one.uri = "nothing")).code).toBe("uri_invalid");
    expect(one.toString()).toBe(invite());
    const two = response(ok());
    expect(thrown(() => (two.status = 99)).code).toBe("value_invalid");
    expect(thrown(() => (two.reason = "a\nb")).code).toBe("value_unsafe");
    expect(two.toString()).toBe(ok());
  });

  it("give a Request-URI that is none only when it is asked for", () => {
    const one = request("OPTIONS sip:@ SIP/2.0\r\n\r\n");
    expect(one.method).toBe("OPTIONS");
    expect(thrown(() => one.uri)).toMatchObject({ code: "uri_invalid", status: 400 });
    expect(one.toString()).toBe("OPTIONS sip:@ SIP/2.0\r\n\r\n");
  });
});

it("clones a response whose reason phrase came in with a NUL", () => {
  const response = parseMessage("SIP/2.0 100 \0\r\n\n");
  void (response as Response).reason;
  expect(response.clone().toString()).toBe(response.toString());
});

it("takes for a Request-URI what is a URI as text", () => {
  const like = (text: string) => ({ toString: () => text }) as Uri;
  const from = "<sip:a@b>";
  const made = createRequest("OPTIONS", like("sip:b@c"), { from });
  made.uri = like("sip:d@e");
  expect(made.toString().split("\r\n")[0]).toBe("OPTIONS sip:d@e SIP/2.0");
  expect(thrown(() => createRequest("OPTIONS", like("sip:b@c SIP/2.0\r\nX: y"), { from })).code).toMatch(
    "invalid",
  );
  expect(thrown(() => (made.uri = like("sip:b@c SIP/2.0\r\nX: y"))).code).toBe("value_unsafe");
});

describe("shown in a console, and in JSON,", () => {
  const text = createRequest("OPTIONS", "sip:b@c", { from: "<sip:a@b>;tag=1", callId: "secret" }).toString();
  const came = parseMessage(text.replace("To:", "Content-Type: a/b;c=d\r\nEvent: e;id=1\r\nTo:"));

  it("a message is its text", () => {
    expect(inspect(came)).toBe(`Message<${came}>`);
    expect(JSON.parse(JSON.stringify({ came }))).toEqual({ came: came.toString() });
  });

  it("its values are theirs, and nothing else of the message", () => {
    const [type, event] = [came.headers.get("Content-Type"), came.headers.get("Event")];
    const values = [type, event, type?.params];
    expect(values.map((value) => inspect(value))).toEqual([
      "MediaType<a/b;c=d>",
      "TokenParams<e;id=1>",
      "Params<;c=d>",
    ]);
    expect(JSON.stringify(values)).toBe('["a/b;c=d","e;id=1",";c=d"]');
  });
});
