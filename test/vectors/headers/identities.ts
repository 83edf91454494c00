// Via and the header fields that name a dialog or a message: Call-ID and its kin.
import { type HeaderRow, rows } from "./rows.ts";

const dialog = (header: string, section: string, to: string, from: string) =>
  rows(
    header,
    section,
    [
      [
        `98732@sip.example.com;${from}=r33th4x0r;${to}=ff87ff`,
        { callId: "98732@sip.example.com", params: { [from]: "r33th4x0r", [to]: "ff87ff" } },
      ],
      [`12adf2f34456gs5 ; ${to}=12345 ; ${from}=54321;x`, { callId: "12adf2f34456gs5", params: { x: "" } }],
    ],
    [
      ["", "a Call-ID is needed"],
      [`98732@sip.example.com;${to}=ff87ff`, `no ${from}`],
      [`98732@sip.example.com;${from}=1`, `no ${to}`],
      [`98732@sip.example.com;${from}=1;${from}=2;${to}=3`, `two of ${from}`],
      [`;${from}=1;${to}=2`, "no Call-ID before the parameters"],
    ],
  );

/** Via, Call-ID, In-Reply-To, Replaces, Join, Target-Dialog, and the entity tags of PUBLISH. */
export const identities: readonly HeaderRow[] = [
  ...rows(
    "Via",
    "RFC 3261 §20.42, §25.1",
    [
      [
        "SIP/2.0/UDP erlang.bell-telephone.example.com:5060;branch=z9hG4bK87asdks7",
        {
          values: [
            {
              version: "2.0",
              transport: "UDP",
              host: "erlang.bell-telephone.example.com",
              port: 5060,
              branch: "z9hG4bK87asdks7",
            },
          ],
        },
      ],
      [
        "SIP / 2.0 / UDP first.example.com: 4000;ttl=16\r\n  ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1",
        { values: [{ host: "first.example.com", port: 4000, params: { ttl: "16", maddr: "224.2.0.1" } }] },
      ],
      [
        "SIP/2.0/TCP a.example.com;branch=z9hG4bK1, SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK2",
        {
          values: [
            { transport: "TCP", branch: "z9hG4bK1" },
            { transport: "WSS", host: "df7jal23ls0d.invalid", port: undefined },
          ],
        },
      ],
      [
        "SIP/2.0/UDP [2001:db8::9:1]:5060;received=2001:db8::9:255;branch=z9hG4bKas3",
        { values: [{ host: "2001:db8::9:1", port: 5060, received: "2001:db8::9:255" }] },
      ],
      [
        "SIP/2.0/UDP 192.0.2.1;received=[2001:db8::9:255];branch=z9hG4bK1",
        { values: [{ host: "192.0.2.1" }] },
      ],
      [
        "SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1",
        { values: [{ params: { rport: "", branch: "z9hG4bK1" } }] },
      ],
      [
        "SIP/2.0/UDP 192.0.2.1;rport=5070;received=192.0.2.7",
        { values: [{ params: { rport: "5070" }, received: "192.0.2.7" }] },
      ],
      ["SIP/2.0/UDP iftgw.example.com", { values: [{ host: "iftgw.example.com", branch: undefined }] }],
      ["sip/2.0/udp a.example.com;BRANCH=z9hG4bK1", { values: [{ transport: "udp", branch: "z9hG4bK1" }] }],
      [
        'SIP/2.0/TLS-SCTP a.example.com;x="q;,v";keep;branch=z9hG4bK1',
        { values: [{ transport: "TLS-SCTP", params: { x: "q;,v", keep: "" } }] },
      ],
      [
        "SIP/2.0/UDP host:5060 ; branch = z9hG4bK1",
        { values: [{ host: "host", port: 5060, branch: "z9hG4bK1" }] },
      ],
    ],
    [
      ["", "at least one value"],
      ["SIP/2.0/UDP", "no sent-by"],
      ["SIP/2.0 a.example.com", "no transport"],
      ["2.0/UDP a.example.com", "no protocol name"],
      ["SIP/2.0/UDP a.example.com;;branch=z9hG4bK1", "nothing between the semicolons", "RFC 4475 §3.1.2.1"],
      ["SIP/2.0/UDP a.example.com;branch=z9hG4bK1,", "nothing after the comma", "RFC 4475 §3.1.2.1"],
      ["SIP/2.0/UDP a.example.com;branch=", "no value after the equals sign"],
      ["SIP/2.0/UDP a.example.com:;branch=z9hG4bK1", "no port after the colon"],
      ["SIP/2.0/UDP a.example.com:65536;branch=z9hG4bK1", "no port is above 65535", "RFC 3261 §19.1.1"],
      ["SIP/2.0/UDP 2001:db8::1;branch=z9hG4bK1", "an IPv6 address needs brackets"],
      ["SIP/2.0/UDP [2001:db8::1;branch=z9hG4bK1", "the IPv6 reference is not closed"],
      ["SIP/2.0/UDP a@b.example.com;branch=z9hG4bK1", "no user in a sent-by"],
      ["SIP/2.0/UDP a.example.com b.example.com", "one host only"],
      ["SIP/2.0/UDP a.example.com branch=z9hG4bK1", "no semicolon before the parameter"],
    ],
  ),
  ...rows(
    "Call-ID",
    "RFC 3261 §20.8, §25.1",
    [
      [
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6@biloxi.example.com",
        { text: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6@biloxi.example.com" },
      ],
      ["a84b4c76e66710", { text: "a84b4c76e66710" }],
      ["word%ZK-!.*_+'@word`~)(><:\\/\"][?}{", { text: "word%ZK-!.*_+'@word`~)(><:\\/\"][?}{" }],
    ],
    [
      ["", "a word is needed"],
      ["a b", "no space in a word"],
      ["a@b@c", "one @ only"],
      ["a@", "a word after the @ is needed"],
      ["@a", "a word before the @ is needed"],
      ["a;b", "no semicolon in a word"],
      ["a,b", "no comma in a word"],
      ["é@example.com", "ASCII only"],
    ],
  ),
  ...rows(
    "In-Reply-To",
    "RFC 3261 §20.21, §25.1",
    [
      [
        "70710@saturn.bell-tel.example.com, 17320@saturn.bell-tel.example.com",
        { values: ["70710@saturn.bell-tel.example.com", "17320@saturn.bell-tel.example.com"] },
      ],
      ["70710", { values: ["70710"] }],
    ],
    [
      ["", "at least one Call-ID"],
      ["70710@a,", "nothing after the comma"],
      ["70710@a@b", "one @ only"],
    ],
  ),
  ...dialog("Replaces", "RFC 3891 §6.1", "to-tag", "from-tag"),
  ...rows(
    "Replaces",
    "RFC 3891 §6.1",
    [["98732@sip.example.com;from-tag=1;to-tag=2;early-only", { params: { "early-only": "" } }]],
    [],
  ),
  ...dialog("Join", "RFC 3911 §7.1", "to-tag", "from-tag"),
  ...dialog("Target-Dialog", "RFC 4538 §7", "remote-tag", "local-tag"),
  ...rows(
    "SIP-ETag",
    "RFC 3903 §11.3.1",
    [["dx200xyz", { text: "dx200xyz" }]],
    [
      ["", "a tag is needed"],
      ["a b", "one tag only"],
    ],
  ),
  ...rows(
    "SIP-If-Match",
    "RFC 3903 §11.3.2",
    [["dx200xyz", { text: "dx200xyz" }]],
    [
      ["", "a tag is needed"],
      ["a, b", "one tag only"],
    ],
  ),
  ...rows(
    "Suppress-If-Match",
    "RFC 5839 §7.2",
    [
      ["*", { text: "*" }],
      ["b4cf7", { text: "b4cf7" }],
    ],
    [
      ["", "a tag or * is needed"],
      ['"b4cf7"', "a tag is a token, without quotes"],
    ],
  ),
  ...rows(
    "Session-ID",
    "RFC 7989 §5",
    [
      [
        "ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2",
        {
          token: "ab30317f1a784dc48ff824d0d3715d86",
          params: { remote: "47755a9de7794ba387653f2099600ef2" },
        },
      ],
    ],
    [
      ["", "a UUID is needed"],
      ["a b", "one UUID only"],
    ],
  ),
  ...rows(
    "User-to-User",
    "RFC 7433 §4.1",
    [
      [
        '56a390f3d2b7310023a2;encoding=hex;purpose=foo, "a b";content=bar',
        {
          values: [
            { token: "56a390f3d2b7310023a2", params: { encoding: "hex", purpose: "foo" } },
            { token: "a b", params: { content: "bar" } },
          ],
        },
      ],
    ],
    [
      ["a b", "a text with spaces needs quotes"],
      ['"a', "the quoted string has no end"],
    ],
  ),
];
