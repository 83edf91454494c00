// Header fields whose values are addresses that others go by: routes, referrals, histories, consent.
import { type HeaderRow, rows } from "./rows.ts";

/** Route, Record-Route, Path, Service-Route, Refer-To, Referred-By, History-Info and the consent fields. */
export const routes: readonly HeaderRow[] = [
  ...rows(
    "Route",
    "RFC 3261 §20.34, §25.1",
    [
      [
        "<sip:bigbox3.site3.example.com;lr>, <sip:server10.example.com;lr>;x=1",
        {
          values: [
            { uri: { host: "bigbox3.site3.example.com", params: { lr: "" } } },
            { params: { x: "1" } },
          ],
        },
      ],
      [
        '"Edge" <sips:edge.example.com:5061;lr>',
        { values: [{ displayName: "Edge", uri: { scheme: "sips", port: 5061 } }] },
      ],
    ],
    [
      ["", "at least one address"],
      ["sip:server10.example.com;lr", "a route stands in brackets"],
      ["<sip:server10.example.com;lr>,", "nothing after the comma"],
    ],
  ),
  ...rows(
    "Record-Route",
    "RFC 3261 §20.30, §25.1",
    [
      [
        "<sip:server10.example.com;lr>,<sip:bigbox3.site3.example.com;lr;transport=tcp>",
        {
          values: [
            { uri: { host: "server10.example.com" } },
            { uri: { params: { lr: "", transport: "tcp" } } },
          ],
        },
      ],
      ["<sip:p1.example.com;maddr=192.0.2.1>;foo=bar", { values: [{ params: { foo: "bar" } }] }],
    ],
    [
      ["sip:p1.example.com", "a route stands in brackets"],
      ["<sip:p1.example.com;lr> <sip:p2.example.com;lr>", "no comma between the values"],
    ],
  ),
  ...rows(
    "Path",
    "RFC 3327 §4",
    [
      [
        "<sip:p1.example.com;lr>, <sip:p2.example.com;lr;ob>",
        { values: [{}, { uri: { params: { lr: "", ob: "" } } }] },
      ],
    ],
    [
      ["sip:p1.example.com;lr", "a path stands in brackets"],
      ["", "at least one address"],
    ],
  ),
  ...rows(
    "Service-Route",
    "RFC 3608 §5",
    [
      [
        "<sip:p2.home.example.com;lr>, <sip:hsp.home.example.com;lr>",
        { values: [{ uri: { host: "p2.home.example.com" } }, {}] },
      ],
    ],
    [
      ["sip:p2.home.example.com;lr", "a route stands in brackets"],
      ["<sip:p2.home.example.com;lr>,", "nothing after the comma"],
    ],
  ),
  ...rows(
    "Refer-To",
    "RFC 3515 §2.1",
    [
      ["sip:alice@atlanta.example.com", { uri: { user: "alice" } }],
      [
        "<sip:bob@biloxi.example.net?Accept-Contact=sip:bobsdesk.biloxi.example.net&Call-ID=55432%40alicepc.atlanta.example.com>",
        { uri: { headers: { "Call-ID": "55432@alicepc.atlanta.example.com" } } },
      ],
      ["<http://www.ietf.example.org>", { uri: { scheme: "http", text: "http://www.ietf.example.org" } }],
      [
        "<sip:conf@example.com;method=INVITE>;x",
        { uri: { params: { method: "INVITE" } }, params: { x: "" } },
      ],
    ],
    [
      ["", "an address is needed"],
      ["<sip:a@b.example.com>, <sip:c@d.example.com>", "there is one Refer-To only", "RFC 3515 §2.4.2"],
    ],
  ),
  ...rows(
    "Referred-By",
    "RFC 3892 §3",
    [
      [
        '<sip:referror@referror.example>;cid="20398823.2UWQFN309shb3@referror.example"',
        { uri: { user: "referror" }, params: { cid: "20398823.2UWQFN309shb3@referror.example" } },
      ],
      "sip:referror@referror.example",
    ],
    [
      ["referror", "an address is needed"],
      ["<sip:referror@referror.example>;cid=", "no value after the equals sign"],
    ],
  ),
  ...rows(
    "History-Info",
    "RFC 7044 §5",
    [
      [
        "<sip:bob@example.com>;index=1, <sip:bob@192.0.2.3?Reason=SIP%3Bcause%3D302>;index=1.1;rc=1",
        {
          values: [
            { params: { index: "1" } },
            { uri: { headers: { Reason: "SIP;cause=302" } }, params: { index: "1.1", rc: "1" } },
          ],
        },
      ],
      [
        "<sip:carol@example.com>;index=1.2.1;mp=1.2;x=y",
        { values: [{ params: { index: "1.2.1", mp: "1.2" } }] },
      ],
    ],
    [
      ["sip:bob@example.com;index=1", "the address stands in brackets"],
      ["<sip:bob@example.com>;index=1,", "nothing after the comma"],
      ["<sip:bob@example.com>;index=a.b", "an index is numbers with dots"],
    ],
  ),
  ...rows(
    "Permission-Missing",
    "RFC 5360 §5.9.3",
    [
      [
        "sip:C@example.com, <sip:D@example.com>;x",
        { values: [{ uri: { user: "C" } }, { params: { x: "" } }] },
      ],
    ],
    [["", "at least one address"]],
  ),
  ...rows(
    "Trigger-Consent",
    "RFC 5360 §5.11.2",
    [
      [
        'sip:123@relay.example.com;target-uri="sip:friends@relay.example.com"',
        { values: [{ params: { "target-uri": "sip:friends@relay.example.com" } }] },
      ],
      "sips:123@relay.example.com",
    ],
    [
      ["", "at least one URI"],
      ["tel:+12015550123", "a SIP or SIPS URI is needed"],
    ],
  ),
];
