// Header fields of authentication, privacy and the security agreement.
import { type HeaderRow, rows } from "./rows.ts";

const nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
const response = "6629fae49393a05397450978507c4ef1";

const credentials = (header: string, section: string) =>
  rows(
    header,
    section,
    [
      [
        `Digest username="Alice", realm="atlanta.example.com", nonce="${nonce}", uri="sip:bob@biloxi.example.com", response="${response}"`,
        {
          scheme: "Digest",
          params: {
            username: "Alice",
            realm: "atlanta.example.com",
            nonce,
            uri: "sip:bob@biloxi.example.com",
            response,
          },
        },
      ],
      [
        `Digest username="A \\"x\\", B",realm="r",nonce="n",uri="sip:a",response="${response}",algorithm=SHA-256,cnonce="0a4f113b",opaque="",qop=auth,nc=00000001`,
        {
          params: {
            username: 'A "x", B',
            algorithm: "SHA-256",
            cnonce: "0a4f113b",
            opaque: "",
            qop: "auth",
            nc: "00000001",
          },
        },
      ],
      [
        `digest  username = "Alice" , realm="a" ,nonce="b",uri="sip:c",response="${response}"`,
        { scheme: "digest", params: { realm: "a" } },
      ],
      [
        "NoOneKnowsThisScheme opaque-data=here",
        { scheme: "NoOneKnowsThisScheme", params: { "opaque-data": "here" } },
      ],
      ["Bearer eyJhbGciOi.eyJpc3Mi/Q+~_-x==", { scheme: "Bearer", token: "eyJhbGciOi.eyJpc3Mi/Q+~_-x==" }],
      // RFC 7235 §2.1: neither SIP nor safe, but no reason for a 400 (RFC 3261 §22.4).
      ["Basic Ym9iOnNlY3JldA==", { scheme: "Basic", token: "Ym9iOnNlY3JldA==" }],
    ],
    [
      ["", "a scheme is needed"],
      ["Digest", "no parameters"],
      ["Bearer", "no token"],
      ["Bearer a b", "one token", "RFC 8898 §5"],
      ["Bearer a:b", "a colon is none of its characters", "RFC 8898 §5"],
      ["Digest abc", "Digest has parameters"],
      ['Digest username="Alice" realm="a"', "no comma between the parameters"],
      ['Digest username="Alice', "the quoted string has no end"],
      ["Digest username=", "no value after the equals sign"],
      ['Digest "Alice"', "a parameter has a name"],
      ['Digest username="Alice",', "nothing after the comma"],
      ['Digest, username="Alice"', "white space stands between scheme and parameters"],
    ],
  );

const challenge = (header: string, section: string) =>
  rows(
    header,
    section,
    [
      [
        `Digest realm="atlanta.example.com", domain="sip:boxesbybob.example.com", qop="auth,auth-int", nonce="${nonce}", opaque="", stale=FALSE, algorithm=MD5`,
        {
          scheme: "Digest",
          params: {
            realm: "atlanta.example.com",
            qop: "auth,auth-int",
            opaque: "",
            stale: "FALSE",
            algorithm: "MD5",
          },
        },
      ],
      [
        'Digest realm="a, \\"b\\"",nonce="c",algorithm=SHA-512-256',
        { params: { realm: 'a, "b"', algorithm: "SHA-512-256" } },
      ],
      [
        'Bearer authz_server="https://as.example.org",scope="sip"',
        { scheme: "Bearer", params: { scope: "sip" } },
      ],
    ],
    [
      ["", "a scheme is needed"],
      ["Digest", "no parameters"],
      ['Digest realm="a";nonce="b"', "parameters stand between commas"],
      ['Digest realm="a', "the quoted string has no end"],
    ],
  );

const mechanism = (header: string) =>
  rows(
    header,
    "RFC 3329 §2.2",
    [
      ["tls;q=0.2", { values: [{ token: "tls", params: { q: "0.2" } }] }],
      [
        "ipsec-ike;q=0.1, digest;d-alg=MD5;d-qop=auth",
        {
          values: [{ token: "ipsec-ike" }, { token: "digest", params: { "d-alg": "MD5", "d-qop": "auth" } }],
        },
      ],
    ],
    [
      ["", "at least one mechanism"],
      ["tls;q=0.2,", "nothing after the comma"],
      ["tls;q=1.1", "q is not above 1"],
    ],
  );

/** The credentials, the challenges, and Privacy, P-Asserted-Identity and the Security fields. */
export const security: readonly HeaderRow[] = [
  ...credentials("Authorization", "RFC 3261 §20.7, §25.1"),
  ...credentials("Proxy-Authorization", "RFC 3261 §20.28, §25.1"),
  ...challenge("WWW-Authenticate", "RFC 3261 §20.44, §25.1"),
  ...challenge("Proxy-Authenticate", "RFC 3261 §20.27, §25.1"),
  ...rows(
    "Authentication-Info",
    "RFC 3261 §20.6, §25.1",
    [
      ['nextnonce="47364c23432d2e131a5fb210812c"', { params: { nextnonce: "47364c23432d2e131a5fb210812c" } }],
      [
        `qop=auth, rspauth="${response}", cnonce="0a4f113b", nc=00000001`,
        { params: { qop: "auth", rspauth: response, cnonce: "0a4f113b", nc: "00000001" } },
      ],
    ],
    [
      ["", "at least one parameter"],
      ['nextnonce="a" qop=auth', "no comma between the parameters"],
      ['nextnonce="a', "the quoted string has no end"],
    ],
  ),
  ...rows(
    "P-Asserted-Identity",
    "RFC 3325 §9.1",
    [
      [
        '"Cullen Jennings" <sip:fluffy@cisco.example.com>, tel:+14085264000',
        { values: [{ displayName: "Cullen Jennings", uri: { user: "fluffy" } }, { uri: { scheme: "tel" } }] },
      ],
      ["<tel:+14085264000;phone-context=example.com>", { values: [{ uri: { scheme: "tel" } }] }],
    ],
    [
      ["", "at least one address"],
      ["<sip:fluffy@cisco.example.com>,", "nothing after the comma"],
    ],
  ),
  ...rows(
    "P-Preferred-Identity",
    "RFC 3325 §9.2",
    [['"Cullen Jennings" <sip:fluffy@cisco.example.com>', { values: [{ displayName: "Cullen Jennings" }] }]],
    [
      ["", "at least one address"],
      ['"Cullen Jennings" sip:fluffy@cisco.example.com', "after a display name the URI stands in brackets"],
    ],
  ),
  ...rows(
    "Privacy",
    "RFC 3323 §4.2",
    [
      ["id", { values: ["id"] }],
      ["header;session; user ;critical", { values: ["header", "session", "user", "critical"] }],
      ["none", { values: ["none"] }],
    ],
    [
      ["", "at least one value"],
      ["id, user", "values stand between semicolons"],
      ["id;", "nothing after the semicolon"],
    ],
  ),
  ...mechanism("Security-Client"),
  ...mechanism("Security-Server"),
  ...mechanism("Security-Verify"),
  ...rows(
    "Security-Verify",
    "RFC 3329 §2.2",
    [[`digest;d-ver="${response}"`, { values: [{ params: { "d-ver": response } }] }]],
    [],
  ),
];
