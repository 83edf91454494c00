// A topmost Via in which the source was noted joins the list of fields only when somebody looks: whatever is done then
// comes to the same as if it had been there from the beginning.
import { describe, expect, it } from "vitest";
import type { Headers } from "../../src/message/headers.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import type { Via } from "../../src/message/via.ts";

const TEXT = [
  "INVITE sip:bob@example.com SIP/2.0",
  "Max-Forwards: 70",
  "v: SIP/2.0/UDP h.example.com:5062;branch=z9hG4bK2;rport",
  "Via: SIP/2.0/UDP other.example.com;branch=z9hG4bK1",
  "Route: <sip:p.example.com;lr>",
  "From: <sip:alice@example.com>;tag=1",
  "To: <sip:bob@example.com>",
  "Call-ID: c1@h",
  "CSeq: 1 INVITE",
  "Content-Length: 0\r\n\r\n",
].join("\r\n");

function noted(lazily: boolean): Request {
  const request = parseMessage(TEXT) as Request;
  const { headers } = request;
  const via = (headers.first("Via") as Via).seenFrom("192.0.2.9", 5070);
  if (lazily) {
    expect(headers.replaceVia(via)).toBe(true);
  } else {
    headers.shift("Via");
    headers.prepend("Via", via);
  }
  return request;
}

const SEEN = "SIP/2.0/UDP h.example.com:5062;branch=z9hG4bK2;rport=5070;received=192.0.2.9";

const looks: [string, (request: Request) => unknown][] = [
  ["first", ({ headers }) => `${headers.first("Via")}`],
  ["get", ({ headers }) => headers.get("Via").map(String)],
  ["first, then get", ({ headers }) => [headers.first("v")?.received, headers.get("Via").map(String)]],
  ["raw", ({ headers }) => headers.raw("Via")],
  ["has and size", ({ headers }) => [headers.has("Via"), headers.size]],
  [
    "iteration",
    ({ headers }) => [...headers].map(([name, value]) => `${name.replace("v", "Via")}: ${value}`),
  ],
  ["toString", (request) => request.toString().replace("\r\nv:", "\r\nVia:")],
  ["compact names", (request) => request.toString({ compact: true })],
  ["an edit of another field", edited((headers) => headers.set("Max-Forwards", 69))],
  ["another Via", edited((headers) => headers.prepend("Via", "SIP/2.0/TCP me;branch=z9hG4bK3"))],
  ["one behind it", edited((headers) => headers.append("Via", "SIP/2.0/TCP me;branch=z9hG4bK3"))],
  ["taking it", ({ headers }) => [`${headers.shift("Via")}`, headers.get("Via").map(String)]],
  ["taking the last", ({ headers }) => [`${headers.pop("Via")}`, headers.get("Via").map(String)]],
  ["deleting", edited((headers) => headers.delete("Via"))],
  ["replacing", edited((headers) => headers.set("Via", "SIP/2.0/TCP me;branch=z9hG4bK3"))],
  ["a response", (request) => request.createResponse(100).toString()],
  ["its octets", (request) => Buffer.from(request.answer(100)).toString()],
  [
    "a response after an edit",
    (request) => {
      request.headers.set("Max-Forwards", 3);
      return request.createResponse(100).toString();
    },
  ],
  [
    "a copy",
    (request) => {
      const copy = request.clone();
      copy.headers.prepend("Via", "SIP/2.0/TCP me;branch=z9hG4bK3");
      return [copy.headers.raw("Via"), request.headers.raw("Via")];
    },
  ],
];

function edited(edit: (headers: Headers) => unknown): (request: Request) => unknown {
  return (request) => {
    edit(request.headers);
    return [request.headers.get("Via").map(String), request.headers.raw("Via"), request.toBytes().length];
  };
}

describe("a Via that a source was noted in", () => {
  it.each(looks)("is there for %s", (_name, look) => {
    expect(look(noted(true))).toEqual(look(noted(false)));
  });

  it("reads as its text does", () => {
    const via = noted(true).headers.first("Via") as Via;
    expect(`${via}`).toBe(SEEN);
    expect([via.received, via.rport, via.hasRport, via.branch, via.host, via.port]).toEqual([
      "192.0.2.9",
      5070,
      true,
      "z9hG4bK2",
      "h.example.com",
      5062,
    ]);
    expect([...via.params].map(([name]) => name)).toEqual(["branch", "rport", "received"]);
    expect(`${via.with({ received: "192.0.2.10" })}`).toBe(SEEN.replace("2.9", "2.10"));
    expect(`${via.seenFrom("192.0.2.11", 9)}`).toBe(SEEN.replace("2.9", "2.11").replace("5070", "9"));
  });

  it("keeps what is not ASCII as it came, and reads it", () => {
    const request = parseMessage(Buffer.from(TEXT.replace(";rport", ';x="é";rport'))) as Request;
    const via = (request.headers.first("Via") as Via).seenFrom("192.0.2.9", 5070);
    expect(request.headers.replaceVia(via)).toBe(true);
    expect(via.params.get("x")).toBe("é");
    expect(request.toString()).toContain(';x="é";rport=5070;received=192.0.2.9');
    expect(Buffer.from(request.toBytes()).toString()).toContain(';x="é";rport=5070');
    expect(via.seenFrom("", 1).received).toBe("");
  });

  it("leaves a list of Vias in one field to the long way", () => {
    const request = parseMessage(TEXT.replace(";rport\r\nVia: ", ";rport, ")) as Request;
    const via = (request.headers.first("Via") as Via).seenFrom("192.0.2.9", 5070);
    expect(request.headers.replaceVia(via)).toBe(false);
    expect(request.toString()).toContain(";rport, SIP");
  });
});
