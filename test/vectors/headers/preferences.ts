// Header fields of caller preferences, capabilities, priority and of the 3GPP networks.
import { type HeaderRow, rows } from "./rows.ts";

/** Accept-Contact to P-Visited-Network-ID. */
export const preferences: readonly HeaderRow[] = [
  ...rows(
    "Accept-Contact",
    "RFC 3841 §9.2, §10",
    [
      [
        '*;audio;require;mobility="fixed"',
        { values: [{ token: "*", params: { audio: "", require: "", mobility: "fixed" } }] },
      ],
      [
        '*;methods="INVITE,BYE";explicit, *;+sip.x="#>=2"',
        { values: [{ params: { methods: "INVITE,BYE" } }, { params: { "+sip.x": "#>=2" } }] },
      ],
      ["*", { values: [{ token: "*" }] }],
    ],
    [
      ["", "at least one value"],
      ["audio", "a value starts with *"],
      ["*;audio,", "nothing after the comma"],
    ],
  ),
  ...rows(
    "Reject-Contact",
    "RFC 3841 §9.2, §10",
    [['*;actor="msg-taker";video', { values: [{ token: "*", params: { actor: "msg-taker", video: "" } }] }]],
    [
      ["", "at least one value"],
      ["<sip:a@b.example.com>", "a value starts with *"],
    ],
  ),
  ...rows(
    "Request-Disposition",
    "RFC 3841 §9.1, §10",
    [
      ["proxy, recurse, parallel", { values: ["proxy", "recurse", "parallel"] }],
      ["no-fork", { values: ["no-fork"] }],
    ],
    [
      ["", "at least one directive"],
      ["proxy recurse", "no comma between the directives"],
    ],
  ),
  ...rows(
    "Feature-Caps",
    "RFC 6809 §6.3",
    [
      ['*;+g.foo="bar";+g.flag', { values: [{ token: "*", params: { "+g.foo": "bar", "+g.flag": "" } }] }],
      ["*;+a,*;+b", { values: [{ params: { "+a": "" } }, { params: { "+b": "" } }] }],
    ],
    [
      ["", "at least one value"],
      ["+g.foo", "a value starts with *"],
    ],
  ),
  ...rows(
    "Resource-Priority",
    "RFC 4412 §3.1",
    [
      ["dsn.flash, wps.3", { values: ["dsn.flash", "wps.3"] }],
      ["q735.0", { values: ["q735.0"] }],
    ],
    [
      ["", "at least one value"],
      ["flash", "a namespace with a point is needed"],
      ["dsn.", "no priority after the point"],
      [".flash", "no namespace before the point"],
      ["dsn.flash.override", "one point only"],
    ],
  ),
  ...rows(
    "Refer-Sub",
    "RFC 4488 §4",
    [
      ["true", { token: "true" }],
      ["false;x=y", { token: "false", params: { x: "y" } }],
    ],
    [
      ["", "true or false"],
      ["maybe", "true or false"],
    ],
  ),
  ...rows(
    "P-Access-Network-Info",
    "RFC 7315 §5.4",
    [
      [
        "3GPP-UTRAN-TDD; utran-cell-id-3gpp=234151D0FCE11",
        { values: [{ token: "3GPP-UTRAN-TDD", params: { "utran-cell-id-3gpp": "234151D0FCE11" } }] },
      ],
      [
        'IEEE-802.11a;i-wlan-node-id="00:0a";network-provided',
        { values: [{ params: { "i-wlan-node-id": "00:0a", "network-provided": "" } }] },
      ],
    ],
    [
      ["", "an access type is needed"],
      [";network-provided", "no access type before the parameters"],
    ],
  ),
  ...rows(
    "P-Associated-URI",
    "RFC 7315 §5.1",
    [
      [
        "<sip:user1@example.com>;x=y, <tel:+12015550123>",
        { values: [{ uri: { user: "user1" }, params: { x: "y" } }, { uri: { scheme: "tel" } }] },
      ],
    ],
    [["sip:user1@example.com", "the address stands in brackets"]],
  ),
  ...rows(
    "P-Called-Party-ID",
    "RFC 7315 §5.2",
    [
      [
        '"Bob" <sip:user1-business@example.com>;x',
        { displayName: "Bob", uri: { user: "user1-business" }, params: { x: "" } },
      ],
    ],
    [
      ["", "an address is needed"],
      ["sip:user1-business@example.com", "the address stands in brackets"],
    ],
  ),
  ...rows(
    "P-Charging-Vector",
    "RFC 7315 §5.6",
    [
      [
        'icid-value="1234bc9876e";icid-generated-at=192.0.6.8;orig-ioi=home1.example.net',
        {
          params: {
            "icid-value": "1234bc9876e",
            "icid-generated-at": "192.0.6.8",
            "orig-ioi": "home1.example.net",
          },
        },
      ],
      ["icid-value=abc", { params: { "icid-value": "abc" } }],
    ],
    [
      ["", "an icid-value is needed"],
      ["icid-value=", "no value after the equals sign"],
      ["icid-value=abc, orig-ioi=x", "parameters stand between semicolons"],
    ],
  ),
  ...rows(
    "P-Visited-Network-ID",
    "RFC 7315 §5.3",
    [
      ['"Visited network number 1"', { values: [{ token: "Visited network number 1" }] }],
      [
        "other.example.net;x=y, two",
        { values: [{ token: "other.example.net", params: { x: "y" } }, { token: "two" }] },
      ],
    ],
    [
      ["", "at least one value"],
      ["visited network", "a text with spaces needs quotes"],
    ],
  ),
  ...rows(
    "Accept-Resource-Priority",
    "RFC 4412 §3.2",
    [["dsn.flash-override, wps.0", { values: ["dsn.flash-override", "wps.0"] }]],
    [["flash", "a namespace with a point is needed"]],
  ),
  ...rows(
    "P-Charging-Function-Addresses",
    "RFC 7315 §5.5",
    [
      [
        "ccf=192.0.2.1; ecf=[2001:db8::1] ;x",
        { values: [{ ccf: "192.0.2.1", ecf: "[2001:db8::1]", x: "" }] },
      ],
      ['ccf="a,b";ccf-2=c , ecf=d', { values: [{ ccf: "a,b", "ccf-2": "c" }, { ecf: "d" }] }],
    ],
    [
      ["ccf=a ecf=b", "no separator between the parameters"],
      ["", "an address is needed"],
      [";ccf=a", "nothing before the semicolon"],
      ["ccf=a;", "nothing after the semicolon"],
    ],
  ),
  ...rows(
    "P-Early-Media",
    "RFC 5009 §8",
    [["supported, sendrecv", { values: ["supported", "sendrecv"] }]],
    [["sendrecv gated", "no comma between the values"]],
  ),
  ...rows(
    "Geolocation-Routing",
    "RFC 6442 §4.2",
    [["yes", { text: "yes" }]],
    [
      ["", "a value is needed"],
      ["yes, no", "one value only"],
    ],
  ),
];
