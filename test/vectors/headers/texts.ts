// Header fields whose values are texts, products, comments, URIs in brackets, reasons and warnings.
import { type HeaderRow, rows } from "./rows.ts";

const text = (header: string, section: string, sample: string) =>
  rows(
    header,
    section,
    [
      [sample, { text: sample }],
      ["", { text: "" }],
      ["Größe: 5 – 7; „zwei“", { text: "Größe: 5 – 7; „zwei“" }],
      ["one\r\n two", { text: "one two" }],
    ],
    [
      ["a\u0000b", "no NUL in a text", "RFC 3261 §25.1"],
      ["a\u0007b", "no control characters in a text", "RFC 3261 §25.1"],
    ],
  );

const product = (header: string, section: string) =>
  rows(
    header,
    section,
    [
      ["Softphone Beta1.5", { text: "Softphone Beta1.5" }],
      ["HomeServer v2", { text: "HomeServer v2" }],
      ["SIPimp.org/0.2.5 (curses (5.9; \\) x))", { text: "SIPimp.org/0.2.5 (curses (5.9; \\) x))" }],
      ["(only a comment)", { text: "(only a comment)" }],
    ],
    [
      ["", "a product or comment is needed"],
      ["a/", "no version after the slash"],
      ["a (b", "the comment has no end"],
      ["a, b", "no comma between products"],
    ],
  );

const bracketed = (header: string, section: string) =>
  rows(
    header,
    section,
    [
      [
        "<http://www.example.com/sounds/moo.wav>",
        { values: [{ uri: "http://www.example.com/sounds/moo.wav", params: {} }] },
      ],
      [
        "<cid:a,b;c@example.com>;x=y, <sip:a@b.example.com>",
        { values: [{ uri: "cid:a,b;c@example.com", params: { x: "y" } }, {}] },
      ],
    ],
    [
      ["", "at least one URI"],
      ["http://www.example.com/moo.wav", "the URI stands in brackets"],
      ["<http://www.example.com/moo.wav", "the bracket is not closed"],
      ["<www.example.com>", "the URI is absolute"],
    ],
  );

/** Subject to Warning. */
export const texts: readonly HeaderRow[] = [
  ...text("Subject", "RFC 3261 §20.36, §25.1", 'Need more boxes, "quick"; (please) <now>'),
  ...text("Organization", "RFC 3261 §20.25, §25.1", "Boxes by Bob"),
  ...product("User-Agent", "RFC 3261 §20.41, §25.1"),
  ...product("Server", "RFC 3261 §20.35, §25.1"),
  ...bracketed("Alert-Info", "RFC 3261 §20.4, §25.1"),
  ...bracketed("Error-Info", "RFC 3261 §20.18, §25.1"),
  ...bracketed("Call-Info", "RFC 3261 §20.9, §25.1"),
  ...rows(
    "Call-Info",
    "RFC 3261 §20.9, §25.1",
    [
      [
        "<http://www.example.com/alice/photo.jpg> ;purpose=icon,\r\n <http://www.example.com/alice/> ;purpose=info",
        { values: [{ params: { purpose: "icon" } }, { params: { purpose: "info" } }] },
      ],
    ],
    [["<http://www.example.com/>;purpose=", "no value after the equals sign"]],
  ),
  ...bracketed("Geolocation", "RFC 6442 §4.1"),
  ...bracketed("Policy-Contact", "RFC 6794 §4.1"),
  ...rows(
    "Policy-Contact",
    "RFC 6794 §4.1",
    [["<sip:policy@example.com>;non-cacheable", { values: [{ params: { "non-cacheable": "" } }] }]],
    [],
  ),
  ...rows(
    "Priority",
    "RFC 3261 §20.26, §25.1",
    [
      ["emergency", { text: "emergency" }],
      ["non-urgent", { text: "non-urgent" }],
      ["x-later", { text: "x-later" }],
    ],
    [
      ["", "a token is needed"],
      ["very urgent", "one token only"],
    ],
  ),
  ...rows(
    "Reason",
    "RFC 3326 §2",
    [
      [
        'SIP ;cause=200 ;text="Call completed elsewhere"',
        { values: [{ token: "SIP", params: { cause: "200", text: "Call completed elsewhere" } }] },
      ],
      [
        'Q.850;cause=16;text="Terminated, \\"normally\\"",SIP;cause=600;x',
        {
          values: [
            { token: "Q.850", params: { cause: "16", text: 'Terminated, "normally"' } },
            { params: { cause: "600", x: "" } },
          ],
        },
      ],
      ["preemption", { values: [{ token: "preemption", params: {} }] }],
    ],
    [
      ["", "at least one reason"],
      ["SIP cause=200", "no semicolon before the parameter"],
      ["SIP;text=Call completed", "a text with spaces needs quotes"],
      ['SIP;text="open', "the quoted string has no end"],
    ],
  ),
  ...rows(
    "Warning",
    "RFC 3261 §20.43, §25.1",
    [
      [
        "307 isi.example.edu \"Session parameter 'foo' not understood\"",
        { values: [{ code: 307, agent: "isi.example.edu", text: "Session parameter 'foo' not understood" }] },
      ],
      [
        '301 isi.example.edu:5060 "Incompatible \\"E.164\\"", 399 [2001:db8::1]:5060 "a, b"',
        {
          values: [
            { code: 301, agent: "isi.example.edu:5060", text: 'Incompatible "E.164"' },
            { code: 399, agent: "[2001:db8::1]:5060", text: "a, b" },
          ],
        },
      ],
      ['399 overture ""', { values: [{ code: 399, agent: "overture", text: "" }] }],
    ],
    [
      ["", "at least one warning"],
      ["399 overture", "no text"],
      ["399 overture text", "the text stands in quotes"],
      ['1812 overture "In Progress"', "the code has three digits", "RFC 4475 §3.1.2.5"],
      ['39 overture "x"', "the code has three digits"],
      ['overture "x"', "no code"],
      ['399 "x"', "no agent"],
      ['399 overture "open', "the quoted string has no end"],
    ],
  ),
  ...rows(
    "Identity",
    "RFC 8224 §4",
    [
      [
        "eyJhbGciOiJFUzI1NiJ9.eyJkZXN0Ijp7fX0.c2ln;info=<https://biloxi.example.org/biloxi.cer>;alg=ES256",
        { values: [{ info: "https://biloxi.example.org/biloxi.cer", params: { alg: "ES256" } }] },
      ],
      [
        "..c2ln;info=<https://cert.example.org/a,b.cer>;alg=ES256;ppt=shaken, ..c2ln;info=<https://other.example/c.cer>;ppt=div",
        {
          values: [
            { info: "https://cert.example.org/a,b.cer", params: { ppt: "shaken" } },
            { params: { ppt: "div" } },
          ],
        },
      ],
    ],
    [
      ["", "a signature is needed"],
      ["..c2ln", "no info parameter"],
      ["..c2ln;info=https://biloxi.example.org/biloxi.cer", "the info URI stands in brackets"],
      [";info=<https://biloxi.example.org/biloxi.cer>", "no signature"],
    ],
  ),
  ...rows(
    "Identity-Info",
    "RFC 4474 §9",
    [["<https://example.com/a.cer>;alg=rsa-sha1", { uri: { scheme: "https" }, params: { alg: "rsa-sha1" } }]],
    [
      ["https://example.com/a.cer", "the URI stands in brackets"],
      ["", "a URI is needed"],
    ],
  ),
];
