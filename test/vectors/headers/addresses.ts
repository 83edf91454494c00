// Header fields that say who: name-addr or addr-spec with parameters.
import { type HeaderRow, rows } from "./rows.ts";

const bell = { scheme: "sip", user: "agb", host: "bell-telephone.example.com" };
const a = { scheme: "sip", user: "a", host: "b.example.com" };

/** From, To, Reply-To, Contact. */
export const addresses: readonly HeaderRow[] = [
  ...rows(
    "From",
    "RFC 3261 §20.20, §25.1",
    [
      [
        '"A. G. Bell" <sip:agb@bell-telephone.example.com> ;tag=a48s',
        { displayName: "A. G. Bell", uri: bell, tag: "a48s" },
      ],
      [
        "sip:+12125551212@server.phone2net.example.com;tag=887s",
        { displayName: "", uri: { user: "+12125551212", params: {} }, tag: "887s" },
      ],
      ["Anonymous <sip:c8oqz84zk7z@privacy.example.org>;tag=hyh8", { displayName: "Anonymous", tag: "hyh8" }],
      ['"" <sip:a@b.example.com>;tag=1', { displayName: "", uri: a }],
      [
        "<sip:a@b.example.com;transport=tcp;lr>;tag=1",
        { uri: { ...a, params: { transport: "tcp", lr: "" } }, params: { tag: "1" } },
      ],
      ['<sip:a@b.example.com>;tag=1;x="a;b,c \\"d\\""', { tag: "1", params: { x: 'a;b,c "d"' } }],
      ["<sip:a@b.example.com>\r\n ;tag=1\r\n\t;x", { tag: "1", params: { x: "" } }],
      ["<tel:+1-201-555-0123;phone-context=example.com>;tag=1", { uri: { scheme: "tel" }, tag: "1" }],
      ["tel:+1-201-555-0123;tag=1", { uri: { scheme: "tel", text: "tel:+1-201-555-0123" }, tag: "1" }],
      [
        "sips:bob@192.0.2.4:5061;tag=1",
        { uri: { scheme: "sips", user: "bob", host: "192.0.2.4", port: 5061 } },
      ],
      ["<sip:[2001:db8::1]:5070>;tag=1", { uri: { user: undefined, host: "2001:db8::1", port: 5070 } }],
      ["<SIP:a@b.example.com>;TAG=1", { uri: a, tag: "1" }],
      [
        "Ann B. <sip:a:secret@b.example.com>;tag=1",
        { displayName: "Ann B.", uri: { user: "a", password: "secret" } },
      ],
      [
        "<sip:a%40x;y=z@b.example.com>",
        { uri: { user: "a@x;y=z", host: "b.example.com", params: {} }, tag: undefined },
      ],
      ['"Зоя" <sip:a@b.example.com>;tag=1', { displayName: "Зоя" }],
      [
        '"a\\\u0000\\\u0007\tb" <sip:a@b.example.com>;tag=1;x="\\\u0000"',
        { displayName: "a\u0000\u0007\tb", tag: "1", params: { x: "\u0000" } },
      ],
    ],
    [
      ["", "an address is needed"],
      ['"Bob <sip:b@c.example.com>;tag=1', "the quoted string has no end"],
      ['"Bob" sip:b@c.example.com;tag=1', "after a display name the URI stands in brackets"],
      [
        "Bell, Alexander <sip:a@b.example.com>;tag=1",
        "a comma in a display name needs quotes",
        "RFC 4475 §3.1.2.15",
      ],
      ["<sip:a@b.example.com;tag=1", "the bracket is not closed"],
      ["sip:a@b.example.com>;tag=1", "no bracket was opened"],
      ["<>;tag=1", "no URI within the brackets"],
      ["< sip:a@b.example.com >;tag=1", "no white space within the brackets", "RFC 4475 §3.1.2.14"],
      ["<sip:a@b.example.com>;", "no parameter after the semicolon"],
      ["<sip:a@b.example.com>;;tag=1", "no parameter between the semicolons"],
      ["<sip:a@b.example.com>;tag=", "no value after the equals sign"],
      ["<sip:a@b.example.com>;=1", "no name before the equals sign"],
      ["<sip:a@b.example.com> tag=1", "no semicolon before the parameter"],
      ["<sip:a@b.example.com>, <sip:c@d.example.com>", "there is one From only", "RFC 3261 §7.3.1"],
      ["sip:a@b.example.com?Subject=x;tag=1", "a URI with a question mark needs brackets", "RFC 3261 §20"],
      ["*", "the asterisk is a Contact's", "RFC 3261 §20.10"],
      [
        '"a\u0007b" <sip:a@b.example.com>;tag=1',
        "no control character in a quoted string but behind a backslash",
      ],
      ['"a\u0000b" <sip:a@b.example.com>;tag=1', "no NUL in a quoted string but behind a backslash"],
      ['<sip:a@b.example.com>;tag=1;x="\u007f"', "no DEL in a quoted string but behind a backslash"],
      ["<sip:a@b.example.com>;tag=1;x=<\u0000>", "no NUL in a URI"],
    ],
  ),
  ...rows(
    "To",
    "RFC 3261 §20.39, §25.1",
    [
      [
        "The Operator <sip:operator@cs.columbia.example.edu>;tag=287447",
        { displayName: "The Operator", uri: { user: "operator" }, tag: "287447" },
      ],
      ["sip:+12125551212@server.phone2net.example.com", { uri: { user: "+12125551212" }, tag: undefined }],
      ["caller<sip:caller@example.com>", { displayName: "caller" }],
      ["<urn:service:sos>", { uri: { scheme: "urn", text: "urn:service:sos" } }],
      ["<sip:a@b.example.com:5060>", { uri: { port: 5060 } }],
      ["<sip:a@b.example.com.>", { uri: { user: "a", host: "b.example.com." } }],
      ["<sip:%00@b.example.com>", { uri: { user: "\u0000" } }],
    ],
    [
      ["Bob", "an address is needed"],
      ["*", "the asterisk is a Contact's", "RFC 3261 §20.10"],
      ["<sip:>", "no host"],
      ["<sip:a@>", "no host"],
      ["<sip:@b.example.com>", "no user before the @"],
      ["<sip:a b@c.example.com>", "no space in a user part"],
      ["<sip:a@b..example.com>", "a label of no characters"],
      ["<sip:a@b_c.example.com>", "no underscore in a host name"],
      ["<sip:a@b.example.com:>", "no port after the colon"],
      ["<sip:a@b.example.com:5x>", "a port has digits only"],
      ["<sip:a@b.example.com:65536>", "no port is above 65535", "RFC 3261 §19.1.1"],
      ["<sip:%4@b.example.com>", "an escape has two hexadecimal digits"],
      ["<sip:a@[2001:db8::1>", "the IPv6 reference is not closed"],
      ["<sip:a@2001:db8::1>", "an IPv6 address needs brackets", "RFC 5118 §4.2"],
      ["<sip:a@[2001:db8:::192.0.2.1]>", "three colons", "RFC 5954 §4.1"],
      ["<sip:a@[fe80::1%25eth0]>", "no zone in an IPv6 reference"],
      ["<a@b.example.com>", "no scheme"],
    ],
  ),
  ...rows(
    "Reply-To",
    "RFC 3261 §20.31, §25.1",
    [
      ["Bob <sip:bob@biloxi.example.com>", { displayName: "Bob", uri: { user: "bob" } }],
      "sip:bob@biloxi.example.com;x=y",
    ],
    [
      ["Bob", "an address is needed"],
      ["<sip:bob@biloxi.example.com", "the bracket is not closed"],
    ],
  ),
  ...rows(
    "Contact",
    "RFC 3261 §20.10, §25.1",
    [
      ["*", { values: [{ uri: { scheme: "*" } }] }],
      [
        '"Mr. Watson" <sip:watson@worcester.example.com> ;q=0.7; expires=3600, "Mr. Watson" <mailto:watson@bell.example.com> ;q=0.1',
        {
          values: [
            { displayName: "Mr. Watson", uri: { user: "watson" }, params: { q: "0.7", expires: "3600" } },
            { uri: { scheme: "mailto" }, params: { q: "0.1" } },
          ],
        },
      ],
      [
        "sip:+19725552222@gw1.example.net;unknownparam",
        { values: [{ uri: { user: "+19725552222", params: {} }, params: { unknownparam: "" } }] },
      ],
      [
        "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>",
        { values: [{ uri: { headers: { Route: "<sip:sip.example.com>" } } }] },
      ],
      [
        '"a, b" <sip:x,y@b.example.com>;z="c,d",<sip:e@f.example.com>',
        {
          values: [
            { displayName: "a, b", uri: { user: "x,y" }, params: { z: "c,d" } },
            { uri: { user: "e" } },
          ],
        },
      ],
      [
        '<sip:bob@192.0.2.2;transport=tcp>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"',
        {
          values: [
            { params: { "reg-id": "1", "+sip.instance": "<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>" } },
          ],
        },
      ],
      ["<sip:a@b.example.com>;q=1.000", { values: [{ params: { q: "1.000" } }] }],
      ["<sip:a@b.example.com>;q=0.", { values: [{ params: { q: "0." } }] }],
      ["<sip:a@b.example.com>;expires=0", { values: [{ params: { expires: "0" } }] }],
    ],
    [
      ["", "an address or * is needed"],
      ["*, <sip:a@b.example.com>", "* stands alone"],
      ["*;expires=0", "* has no parameters"],
      ["<sip:a@b.example.com>,", "nothing after the comma"],
      ["<sip:a@b.example.com>,,<sip:c@d.example.com>", "nothing between the commas"],
      ["<sip:a@b.example.com>;q=1.15", "q is not above 1"],
      ["<sip:a@b.example.com>;q=0.1234", "q has three digits at most"],
      ["<sip:a@b.example.com>;q=-1", "q is a number from 0 to 1"],
      [
        "sip:user@example.com?Route=%3Csip:sip.example.com%3E",
        "a URI with headers needs brackets",
        "RFC 4475 §3.1.2.13",
      ],
      ["sip:a,b@c.example.com", "a URI with a comma needs brackets", "RFC 3261 §20"],
    ],
  ),
  ...rows(
    "P-Served-User",
    "RFC 5502 §6",
    [
      [
        "<sip:user@example.com>; sescase=orig; regstate=reg",
        { uri: { user: "user" }, params: { sescase: "orig", regstate: "reg" } },
      ],
    ],
    [["user", "an address is needed"]],
  ),
];
