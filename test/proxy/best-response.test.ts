// The best of several final responses (RFC 3261 §16.7 steps 6 and 7).

import { describe, expect, it } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Response } from "../../src/message/response.ts";
import { answerOf, bestResponse, verdict } from "../../src/proxy/best-response.ts";

const invite = createRequest("INVITE", "sip:bob@example.com", { from: "<sip:a@b>;tag=1" });

const response = (status: number, headers: Readonly<Record<string, string>> = {}): Response => {
  const made = invite.createResponse(status);
  for (const [name, value] of Object.entries(headers)) made.headers.set(name, value);
  return made;
};

describe("bestResponse", () => {
  it.each([
    [[486], 486],
    [[404, 302], 302],
    [[500, 404], 404],
    [[302, 404, 603], 603],
    [[604, 600], 604],
    // Those that say how to do better go before others of their class, and before no lower class.
    [[404, 401], 401],
    [[404, 407], 407],
    [[404, 415], 415],
    [[404, 420], 420],
    [[404, 484], 484],
    [[484, 302], 302],
    // The first of those that say as much.
    [[480, 404, 486], 480],
    // Nobody there, or cancelled by us: any other says more.
    [[408, 404], 404],
    [[487, 404], 404],
    [[487, 500], 487],
    [[503, 500], 500],
    [[503, 513], 513],
    [[503], 503],
  ])("of %j is %i", (statuses, expected) => {
    expect(bestResponse(statuses.map((status) => response(status)))?.status).toBe(expected);
  });

  it.each([
    [[408, 500], 500],
    [[500, 408, 503], 500],
    [[408, 603], 603],
    [[408], 408],
  ])(
    "of %j to another request than an INVITE, which cannot be answered 408 (RFC 4320 §4.2), is %i",
    (statuses, expected) => {
      const options = createRequest("OPTIONS", "sip:bob@example.com", { from: "<sip:a@b>;tag=1" });
      const finals = statuses.map((status) => options.createResponse(status));
      expect(verdict(finals, options, false).status).toBe(expected);
    },
  );

  it("of none is none", () => {
    expect(bestResponse([])).toBeUndefined();
  });

  it.each([
    ["INVITE", false, 408],
    ["INVITE", true, 487],
    // Which cannot be answered 408 (RFC 4320 §4.2).
    ["OPTIONS", false, 480],
  ])(
    "a %s is answered where there is none, canceled: %s, with %i (§16.7 step 6)",
    (method, canceled, status) => {
      const request = createRequest(method, "sip:bob@example.com", { from: "<sip:a@b>;tag=1" });
      expect(verdict([], request, canceled).status).toBe(status);
    },
  );

  it("asks nobody to stay away for a server behind the proxy", () => {
    const told = (status: number) => {
      const best = answerOf([response(status, { "Retry-After": "60" })], invite, false);
      return [best.status, best.headers.has("Retry-After")];
    };
    expect([told(503), told(404)]).toEqual([
      [500, false],
      [404, true],
    ]);
  });

  it("carries the challenges of all that have asked, and of nobody else", () => {
    const of = (realm: string) => `Digest realm="${realm}",nonce="1"`;
    const best = bestResponse([
      response(407, { "Proxy-Authenticate": of("a") }),
      response(401, { "WWW-Authenticate": of("b") }),
      response(407, { "Proxy-Authenticate": of("c") }),
      response(404, { "WWW-Authenticate": of("d") }),
    ]);
    expect(best?.status).toBe(407);
    expect(best?.headers.raw("Proxy-Authenticate")).toEqual([of("a"), of("c")]);
    expect(best?.headers.raw("WWW-Authenticate")).toEqual([of("b")]);
  });

  it("carries a challenge as it came, an escaped NUL in it and all (RFC 3261 §25.1, quoted-pair)", () => {
    const line = 'WWW-Authenticate: Digest realm="b\\\0", nonce="1"\r\n';
    const asked = parseMessage(response(401).toString().replace(/^To:/m, `${line}To:`)) as Response;
    const best = bestResponse([response(401, { "WWW-Authenticate": 'Digest realm="a",nonce="1"' }), asked]);
    expect(best?.headers.get("WWW-Authenticate").map(({ params }) => params.get("realm"))).toEqual([
      "a",
      "b\0",
    ]);
    expect(String(best)).toContain(line);
  });
});
