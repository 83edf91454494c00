// Targets: where URIs lead without DNS, and what a strict router does to a request.

import { describe, expect, it } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import { Uri } from "../../src/message/uri.ts";
import { strictRouted } from "../../src/stack/route-set.ts";
import { uriTarget } from "../../src/stack/target.ts";

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
    const request = routed("<sip:p.example.com>", "<sip:q.example.com;lr>");
    const formed = strictRouted(request);
    expect(`${formed.uri}`).toBe("sip:p.example.com");
    expect(formed.headers.get("Route").map(String)).toEqual([
      "<sip:q.example.com;lr>",
      "<sip:bob@example.com>",
    ]);
    expect(`${request.uri}`).toBe("sip:bob@example.com");
  });
});
