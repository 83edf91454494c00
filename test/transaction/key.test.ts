// Keys: which messages belong together, and keys as text and back.

import { describe, expect, it } from "vitest";
import {
  clientKey,
  formatKey,
  parseKey,
  requestKey,
  responseKey,
  serverKey,
  type TransactionKey,
} from "../../src/transaction/key.ts";
import { answer, bench, parseRequest, request, requestText, udp } from "./support.ts";

describe("key text", () => {
  const keys: [string, TransactionKey][] = [
    ["z9hG4bKabc|INVITE", { kind: "client", branch: "z9hG4bKabc", method: "INVITE" }],
    [
      "z9hG4bKabc|OPTIONS|host.example.com:5060",
      { kind: "server", branch: "z9hG4bKabc", method: "OPTIONS", host: "host.example.com", port: 5060 },
    ],
    [
      "z9hG4bK%7C%25|BYE|[2001:db8::1]:5061",
      { kind: "server", branch: "z9hG4bK|%", method: "BYE", host: "2001:db8::1", port: 5061 },
    ],
    [
      "|INVITE|sip:bob@example.com|call%7C1|7|a1||UDP old.example.com:5060 1",
      {
        kind: "server-2543",
        method: "INVITE",
        uri: "sip:bob@example.com",
        callId: "call|1",
        cseq: 7,
        fromTag: "a1",
        toTag: "",
        via: "UDP old.example.com:5060 1",
      },
    ],
  ];

  it.each(keys)("goes there and back: %s", (text, key) => {
    expect(formatKey(key)).toBe(text);
    expect(parseKey(text)).toEqual(key);
    expect(formatKey(parseKey(text))).toBe(text);
  });

  it.each(["", "|", "a", "a|", "|INVITE", "a|b|c", "a|b|c:x", "a|b|c:1|d", "|a|b|c|x|e|f|g"])(
    "refuses %j",
    (text) => {
      expect(() => parseKey(text)).toThrow(expect.objectContaining({ code: "value_invalid" }));
    },
  );

  it("never lets two keys meet by accident", () => {
    expect(clientKey("a|INVITE", "x")).not.toBe(serverKey("a", "INVITE", "x", 5060));
    expect(clientKey("a|b", "c")).not.toBe(clientKey("a", "b|c"));
    expect(clientKey("a%7Cb", "c")).not.toBe(clientKey("a|b", "c"));
  });
});

describe("requestKey (RFC 3261 §17.2.3)", () => {
  const key = (...args: Parameters<typeof requestText>) => requestKey(request(...args));

  it("is made of branch, sent-by and method", () => {
    expect(key("INVITE")).toBe("z9hG4bK-1|INVITE|client.example.com:5070");
    expect(key("INVITE", "z9hG4bK-2")).not.toBe(key("INVITE"));
    expect(key("INVITE", "z9hG4bK-1", [], "client.example.com:5071")).not.toBe(key("INVITE"));
    expect(key("INVITE", "z9hG4bK-1", [], "other.example.com:5070")).not.toBe(key("INVITE"));
    expect(key("OPTIONS")).not.toBe(key("INVITE"));
  });

  it("is the INVITE's for an ACK, and on demand for a CANCEL", () => {
    expect(key("ACK")).toBe(key("INVITE"));
    expect(key("CANCEL")).not.toBe(key("INVITE"));
    expect(requestKey(request("CANCEL"), "INVITE")).toBe(key("INVITE"));
  });

  it("does not care for the host's case, nor for a port that is the default", () => {
    expect(key("INVITE", "z9hG4bK-1", [], "CLIENT.example.COM:5070")).toBe(key("INVITE"));
    expect(key("INVITE", "z9hG4bK-1", [], "h.example.com")).toBe(
      key("INVITE", "z9hG4bK-1", [], "h.example.com:5060"),
    );
    expect(key("INVITE", "z9hG4bK-1", [], "[2001:db8::1]")).toBe("z9hG4bK-1|INVITE|[2001:db8::1]:5060");
  });

  it.each([
    ["UDP", 5060],
    ["tcp", 5060],
    ["TLS", 5061],
    ["TLS-SCTP", 5061],
    ["WS", 80],
    ["wss", 443],
  ])(
    "takes a Via of %s without a port for one with %i (RFC 3261 §18.1.1, RFC 7118 §5)",
    (transport, port) => {
      for (const branch of ["z9hG4bK-1", "1"]) {
        const over = (sentBy: string) =>
          requestKey(
            parseRequest(
              requestText("INVITE", branch, [], sentBy).replace("SIP/2.0/UDP", `SIP/2.0/${transport}`),
            ),
          );
        expect(over("df7jal23ls0d.invalid")).toContain(`df7jal23ls0d.invalid:${port}`);
        expect(over("df7jal23ls0d.invalid")).toBe(over(`df7jal23ls0d.invalid:${port}`));
      }
    },
  );

  it("is all of the older rules' without the magic cookie", () => {
    const old = (change: (text: string) => string = (text) => text, method = "INVITE") =>
      requestKey(parseRequest(change(requestText(method, "1"))));
    expect(parseKey(old())).toMatchObject({
      kind: "server-2543",
      method: "INVITE",
      cseq: 7,
      fromTag: "a1",
      toTag: "",
    });
    expect(old()).toBe(old());
    const changes: [string, string][] = [
      ["INVITE sip:bob@", "INVITE sip:bobby@"],
      ["tag=a1", "tag=a2"],
      ["call-1", "call-2"],
      ["CSeq: 7", "CSeq: 8"],
      [":5070", ":5071"],
      ["branch=1", "branch=2"],
      ["To: Bob <sip:bob@example.com>", "To: Bob <sip:bob@example.com>;tag=x"],
    ];
    for (const [from, to] of changes)
      expect(
        old((text) => text.replace(from, to)),
        to,
      ).not.toBe(old());
    expect(old((text) => text.replace(";branch=1", ""))).toMatch(/^\|/);
  });

  it("refuses a request that lacks what it takes, with the status that answers it", () => {
    const without = (name: string, branch?: string) => {
      const one = request("INVITE", branch);
      one.headers.delete(name);
      return () => requestKey(one);
    };
    const missing = (header: string) =>
      expect.objectContaining({ code: "header_missing", status: 400, header });
    expect(without("Via")).toThrow(missing("Via"));
    for (const name of ["From", "To", "Call-ID", "CSeq"])
      expect(without(name, "1"), name).toThrow(missing(name));
  });
});

describe("responseKey (RFC 3261 §17.1.3)", () => {
  it("is made of the top Via's branch and the method of CSeq", () => {
    expect(responseKey(answer(requestText("CANCEL", "z9hG4bKx"), 200))).toBe("z9hG4bKx|CANCEL");
  });
});

describe("an RFC 2543 peer", () => {
  const old = (method: string, more = "", toTag = "") =>
    parseRequest(
      requestText(method, "1")
        .replace("To: Bob <sip:bob@example.com>", `To: Bob <sip:bob@example.com>${toTag && `;tag=${toTag}`}`)
        .replace(";branch=1;rport", more),
    );

  it("has its INVITEs, ACKs and CANCELs matched", () => {
    const on = bench();
    on.layer.receive(old("INVITE"), udp);
    on.layer.receive(old("INVITE"), udp);
    const transaction = on.server();
    on.layer.receive(old("CANCEL"), udp);
    expect(on.log()).toEqual(["0 200 OK", "0 487 Request Terminated"]);
    const tag = /\r\nTo: .*;tag=(.*)\r\n/.exec(on.sent[1]!.text)![1]!;
    on.layer.receive(old("ACK", "", "someone-else"), udp);
    expect(transaction.state).toBe("completed");
    on.layer.receive(old("ACK", "", tag), udp);
    on.layer.receive(old("ACK", "", tag), udp);
    expect(transaction.state).toBe("confirmed");
    expect(on.requests.map(({ request: one, transaction: to }) => [one.method, to])).toEqual([
      ["INVITE", transaction],
      ["ACK", undefined],
    ]);
    on.clock.advance(32_000);
    on.layer.receive(old("ACK", "", tag), udp);
    expect(on.requests).toHaveLength(3);
  });

  it("is passed its ACK to a 2xx", () => {
    const on = bench();
    on.layer.receive(old("INVITE"), udp);
    on.server().respond(200);
    const tag = /\r\nTo: .*;tag=(.*)\r\n/.exec(on.sent[0]!.text)![1]!;
    on.layer.receive(old("ACK", "", tag), udp);
    expect(on.requests.at(-1)).toMatchObject({ request: { method: "ACK" }, transaction: undefined });
    on.clock.advance(32_000);
  });

  it("has its other requests matched with their method", () => {
    const on = bench();
    on.layer.receive(old("OPTIONS", ";branch=1"), udp);
    on.server().respond(200);
    on.layer.receive(old("OPTIONS", ";branch=1"), udp);
    on.layer.receive(old("INFO", ";branch=1"), udp);
    expect(on.requests.map(({ request: one }) => one.method)).toEqual(["OPTIONS", "INFO"]);
    expect(on.log()).toEqual(["0 200 OK", "0 200 OK"]);
    on.requests[1]!.transaction!.respond(200);
    on.clock.advance(32_000);
  });
});
