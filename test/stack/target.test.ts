// Targets: where URIs lead without DNS, and what a strict router does to a request.

import { describe, expect, it } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Response } from "../../src/message/response.ts";
import { Uri } from "../../src/message/uri.ts";
import { ownAddress } from "../../src/stack/own-address.ts";
import { strictRouted } from "../../src/stack/route-set.ts";
import { responseTarget, uriTarget } from "../../src/stack/target.ts";
import { MemoryNetwork } from "../../src/transport/memory.ts";

describe("a URI leads, without DNS (RFC 3263 §4.1, RFC 7118 §5)", () => {
  it.each([
    ["sip:h.example.com", "UDP h.example.com 5060"],
    ["sip:h.example.com:5070;transport=Tcp", "TCP h.example.com 5070"],
    ["sip:h.example.com;transport=tls", "TLS h.example.com 5061"],
    ["sip:h.example.com;transport=ws", "WS h.example.com 80"],
    ["sip:h.example.com;transport=wss", "WSS h.example.com 443"],
    ["sips:h.example.com", "TLS h.example.com 5061"],
    ["sips:h.example.com;transport=tcp", "TLS h.example.com 5061"],
    ["sips:h.example.com;transport=ws", "WSS h.example.com 443"],
    ["sips:h.example.com;transport=wss", "WSS h.example.com 443"],
    ["sip:h.example.com;maddr=[2001:db8::1]", "UDP 2001:db8::1 5060"],
    ["sip:[2001:db8::2]:7", "UDP 2001:db8::2 7"],
  ])("%s: %s", (uri, expected) => {
    const { protocol, host, port } = uriTarget(Uri.parse(uri), "UDP");
    expect(`${protocol} ${host} ${port}`).toBe(expected);
  });

  it("to maddr, and a certificate has to be the host's all the same (RFC 5922 §4)", () => {
    const target = uriTarget(Uri.parse("sips:h.example.com;maddr=192.0.2.1"), "UDP");
    expect(target).toEqual({ protocol: "TLS", host: "192.0.2.1", port: 5061, domain: "h.example.com" });
  });

  it("over the stack's usual transport where it asks for none, over TLS or its like for sips", () => {
    const protocol = (uri: string, usual: string) => uriTarget(Uri.parse(uri), usual).protocol;
    expect([protocol("sip:a", "WS"), protocol("sips:a", "WS"), protocol("sips:a", "WSS")]).toEqual([
      "WS",
      "WSS",
      "WSS",
    ]);
    expect([protocol("sip:a", "TCP"), protocol("sips:a", "TCP")]).toEqual(["TCP", "TLS"]);
  });
});

it("a response leads by its Via's transport, in any case", () => {
  const lines = ["SIP/2.0 200 OK", "Via: SIP/2.0/udp 10.1.1.1;rport=4000;received=10.2.2.2;branch=z9hG4bK1"];
  const response = parseMessage(`${lines.join("\r\n")}\r\n\r\n`) as Response;
  expect(responseTarget(response)).toEqual({ protocol: "UDP", host: "10.2.2.2", port: 4000 });
});

it.each([
  ["TLS", false, "sip:alice@10.1.1.1:5061;transport=tls"],
  ["TLS", true, "sips:alice@10.1.1.1:5061;transport=tcp"],
  ["WSS", true, "sips:alice@10.1.1.1:443;transport=ws"],
  ["UDP", false, "sip:alice@10.1.1.1:5060;transport=udp"],
])("we are reached over %s, secure: %s, by %s", (protocol, secure, uri) => {
  const port = { TLS: 5061, WSS: 443, UDP: 5060 }[protocol as "TLS"];
  const transport = new MemoryNetwork().transport({ protocol, host: "10.1.1.1", port });
  expect(String(ownAddress(transport, "alice", secure).uri)).toBe(uri);
});

describe("a request whose first Route", () => {
  const routed = (...routes: string[]) => {
    const request = createRequest("OPTIONS", "sip:bob@example.com", { from: "<sip:a@b>;tag=1" });
    request.headers.set("Route", routes);
    return request;
  };

  it.each(["<sip:p.example.com;lr>", "<sip:p.example.com>;lr", "<tel:+123>"])(
    "is %s stays as it is",
    (route) => {
      const request = routed(route, "<sip:q.example.com>");
      expect(strictRouted(request)).toBe(request);
    },
  );

  it("is a strict router's has that as Request-URI, and its own as the last Route", () => {
    const request = routed("<sip:p.example.com;method=INVITE;x=1?Subject=hi>", "<sip:q.example.com;lr>");
    const formed = strictRouted(request);
    // Without what no Request-URI has (RFC 3261 §12.2.1.1, §19.1.1).
    expect(`${formed.uri}`).toBe("sip:p.example.com;x=1");
    expect(formed.headers.get("Route").map(String)).toEqual([
      "<sip:q.example.com;lr>",
      "<sip:bob@example.com>",
    ]);
    expect(`${request.uri}`).toBe("sip:bob@example.com");
  });
});
