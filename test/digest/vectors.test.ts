// The arithmetic: RFC 7616 §3.9, draft-smith-sipping-auth-examples-01 §3, and Node's own hashes.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { DigestAlgorithm, DigestQop } from "../../src/digest/algorithm.ts";
import { DigestClient } from "../../src/digest/client.ts";
import { digestHa1, digestResponse } from "../../src/digest/response.ts";
import { Challenge } from "../../src/message/auth.ts";
import { createRequest } from "../../src/message/create-request.ts";

describe("RFC 7616 §3.9.1", () => {
  const input = {
    nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    method: "GET",
    uri: "/dir/index.html",
    qop: "auth",
    nc: "00000001",
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
  } as const;
  it.each([
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ] as const)("%s", (algorithm, response) => {
    const ha1 = digestHa1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life");
    expect(digestResponse({ ...input, algorithm, ha1 })).toBe(response);
  });
});

it("RFC 7616 §3.9.2, as erratum 4897 corrects it: SHA-512-256 and a user's name hashed", async () => {
  const client = new DigestClient({
    credentials: { username: "Jäsøn Doe", password: "Secret, or not?" },
    cnonce: () => "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
  });
  const nonce = "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK";
  const algorithm = "SHA-512-256";
  const ha1 = digestHa1(algorithm, "Jäsøn Doe", "api@example.org", "Secret, or not?");
  const [qop, nc, cnonce] = ["auth", "00000001", "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"] as const;
  expect(digestResponse({ algorithm, ha1, nonce, method: "GET", uri: "/doe.json", qop, nc, cnonce })).toBe(
    "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
  );

  const request = createRequest("OPTIONS", "sip:bob@example.com", { from: "<sip:a@example.com>" });
  const asked = request.createResponse(401);
  const realm = "api@example.org";
  asked.headers.set(
    "WWW-Authenticate",
    new Challenge("Digest", { realm, nonce, algorithm, qop, userhash: "true" }),
  );
  const again = await client.answer(request, asked);
  expect(again?.headers.raw("Authorization")[0]).toMatch(
    /^Digest username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b", .*, userhash=true$/,
  );
});

const SDP = `${[
  "v=0",
  "o=bob 2890844526 2890844526 IN IP4 media.biloxi.com",
  "s=-",
  "c=IN IP4 media.biloxi.com",
  "t=0 0",
  "m=audio 49170 RTP/AVP 0",
  "a=rtpmap:0 PCMU/8000",
  "m=video 51372 RTP/AVP 31",
  "a=rtpmap:31 H261/90000",
  "m=video 53000 RTP/AVP 32",
  "a=rtpmap:32 MPV/90000",
].join("\r\n")}\r\n`;

describe("the SIP examples of draft-smith-sipping-auth-examples-01, which Sippet's make_request passes", () => {
  it.each([
    [undefined, undefined, "bf57e4e0d0bffc0fbaedce64d59add5e"],
    [undefined, "auth", "89eb0059246c02b2f6ee02c7961d5ea3"],
    ["MD5", "auth", "89eb0059246c02b2f6ee02c7961d5ea3"],
    ["MD5-sess", "auth", "e4e4ea61d186d07a92c9e1f6919902e9"],
    ["MD5", "auth-int", "bdbeebb2da6adb6bca02599c2239e192"],
    ["MD5-sess", "auth-int", "91984da2d8663716e91554859c22ca70"],
  ])("algorithm %s, qop %s", async (algorithm, qop, response) => {
    const client = new DigestClient({
      credentials: { username: "bob", password: "zanzibar" },
      cnonce: () => "0a4f113b",
    });
    const [realm, nonce] = ["biloxi.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093"];
    const opaque = "5ccc069c403ebaf9f0171e9517f40e41";
    const request = createRequest("INVITE", "sip:bob@biloxi.com", { from: "<sip:a@biloxi.com>", body: SDP });
    const asked = request.createResponse(401);
    asked.headers.set("WWW-Authenticate", new Challenge("Digest", { realm, nonce, opaque, algorithm, qop }));
    const again = await client.answer(request, asked);
    const { params } = again!.headers.get("Authorization")[0]!;
    expect(Object.fromEntries(params)).toEqual({
      ...{ username: "bob", realm, nonce, uri: "sip:bob@biloxi.com", response, opaque },
      ...(algorithm && { algorithm }),
      ...(qop && { qop, nc: "00000001", cnonce: "0a4f113b" }),
    });
    expect(again!.headers.get("CSeq")?.number).toBe(2);
  });
});

describe("against node:crypto", () => {
  const names = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" } as const;
  const cases = Object.entries(names).flatMap(([name, node]) =>
    (["", "-sess"] as const).flatMap((sess) =>
      ([undefined, "auth", "auth-int"] as const).map((qop) => [name, sess, qop, node] as const),
    ),
  );
  it.each(cases)("%s%s, qop %s", (name, sess, qop: DigestQop | undefined, node) => {
    const h = (text: string) => createHash(node).update(text).digest("hex");
    const algorithm = `${name}${sess}` as DigestAlgorithm;
    const [nonce, cnonce, nc, method, uri] = ["n", "c", "0000000a", "MESSAGE", "sip:bøb@example.com"];
    const plain = h("bøb:example.com:geheim");
    const ha1 = sess ? h(`${plain}:${nonce}:${cnonce}`) : plain;
    const ha2 = h(`${method}:${uri}${qop === "auth-int" ? `:${h("grüße")}` : ""}`);
    const wanted = h(qop ? `${ha1}:${nonce}:${nc}:${cnonce}:${qop}:${ha2}` : `${ha1}:${nonce}:${ha2}`);
    const body = new TextEncoder().encode("grüße");
    expect(digestHa1(algorithm, "bøb", "example.com", "geheim")).toBe(plain);
    expect(digestResponse({ algorithm, ha1: plain, nonce, cnonce, nc, method, uri, qop, body })).toBe(wanted);
  });
});
