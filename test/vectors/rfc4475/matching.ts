// RFC 4475 §3.2 and §3.4: what transaction matching has to do with elements before RFC 3261.
import type { Row } from "../vector.ts";

/** The messages of §3.2.1 and §3.4.1. */
export const matching: readonly Row[] = [
  {
    name: "badbranch",
    section: "3.2.1",
    verdict: "must-not-crash",
    response: 400,
    sha256: "cb049c727f16b5ec49e822f9e8b7d0ee20ca2d20ffb50baecd0b411a5e64fa7d",
    tests: "A branch that is the magic cookie and nothing else; matching as RFC 2543 did is right too",
    expect: {
      method: "OPTIONS",
      via: [{ host: "192.0.2.1", branch: "z9hG4bK" }],
      from: { tag: "33242" },
      callId: "badbranch.sadonfo23i420jv0as0derf3j3n",
      cseq: [8, "OPTIONS"],
      maxForwards: 3,
    },
  },
  {
    name: "inv2543",
    section: "3.4.1",
    verdict: "must-accept",
    response: undefined,
    sha256: "76fac8afe22dee49ea696b511621946694897ac7030fc5d07f57c8b487ce0521",
    tests: "An INVITE of RFC 2543: no branch, no From tag, no Max-Forwards, no Content-Length",
    expect: {
      method: "INVITE",
      uri: { user: "UserB", host: "example.com" },
      vias: 1,
      via: [{ transport: "UDP", host: "iftgw.example.com", branch: undefined }],
      from: {
        uri: { user: "+13035551111", host: "ift.client.example.net", params: { user: "phone" } },
        tag: undefined,
      },
      to: { uri: { user: "+16505552222", host: "ss1.example.net", params: {} }, params: { user: "phone" } },
      recordRoute: [{ uri: { user: "UserB", host: "example.com", params: { maddr: "ss1.example.com" } } }],
      callId: "inv2543.1717@ift.client.example.com",
      cseq: [56, "INVITE"],
      maxForwards: undefined,
      absent: ["Content-Length", "Max-Forwards"],
      body: 105,
    },
  },
];
