// Header fields whose values are tokens, media types, languages: what one side takes, asks or has.
import { type HeaderRow, rows } from "./rows.ts";

/** Accept and its kin, Allow, the option tags, Event and Subscription-State. */
export const lists: readonly HeaderRow[] = [
  ...rows(
    "Accept",
    "RFC 3261 §20.1, §25.1",
    [
      [
        "application/sdp;level=1, application/x-private, text/html",
        {
          values: [
            { type: "application", subtype: "sdp", params: { level: "1" } },
            { subtype: "x-private" },
            { type: "text" },
          ],
        },
      ],
      ["*/*;q=0.5", { values: [{ type: "*", subtype: "*", params: { q: "0.5" } }] }],
      ["text/*", { values: [{ type: "text", subtype: "*" }] }],
      [
        "Application / SDP ; Q=1.0",
        { values: [{ type: "application", subtype: "sdp", params: { q: "1.0" } }] },
      ],
      ["", { values: [] }],
    ],
    [
      ["application", "no subtype"],
      ["application/", "no subtype"],
      ["/sdp", "no type"],
      ["application/sdp,,text/html", "nothing between the commas"],
      ["application/sdp text/html", "no comma between the values"],
      ["application/sdp;q=2", "q is not above 1"],
    ],
  ),
  ...rows(
    "Accept-Encoding",
    "RFC 3261 §20.2, §25.1",
    [
      ["gzip", { values: [{ token: "gzip" }] }],
      [
        "gzip;q=1.0, identity; q=0.5, *;q=0",
        { values: [{ params: { q: "1.0" } }, { token: "identity" }, { token: "*", params: { q: "0" } }] },
      ],
      ["", { values: [] }],
    ],
    [
      ["gzip,", "nothing after the comma"],
      ["g/zip", "no slash in a token"],
      ["gzip;q=1.001", "q is not above 1"],
    ],
  ),
  ...rows(
    "Accept-Language",
    "RFC 3261 §20.3, §25.1",
    [
      [
        "da, en-gb;q=0.8, en;q=0.7",
        { values: [{ token: "da" }, { token: "en-gb", params: { q: "0.8" } }, { token: "en" }] },
      ],
      ["*", { values: [{ token: "*" }] }],
      ["", { values: [] }],
    ],
    [
      ["en_gb", "no underscore in a language range"],
      ["en-", "no subtag after the hyphen"],
      ["abcdefghi", "a tag has eight letters at most"],
    ],
  ),
  ...rows(
    "Allow",
    "RFC 3261 §20.5, §25.1",
    [
      ["INVITE, ACK, OPTIONS, CANCEL, BYE", { values: ["INVITE", "ACK", "OPTIONS", "CANCEL", "BYE"] }],
      ["INVITE,x-new.Method!%*_+`'~-", { values: ["INVITE", "x-new.Method!%*_+`'~-"] }],
      ["", { values: [] }],
    ],
    [
      ["INVITE ACK", "no comma between the methods"],
      ["INVITE,,ACK", "nothing between the commas"],
      ["INV(ITE", "no parenthesis in a token"],
    ],
  ),
  ...rows(
    "Allow-Events",
    "RFC 6665 §8.4",
    [["presence, presence.winfo,refer", { values: ["presence", "presence.winfo", "refer"] }]],
    [
      ["", "at least one event type"],
      ["presence..winfo", "no template between the dots"],
      [".winfo", "no package before the dot"],
    ],
  ),
  ...rows(
    "Content-Disposition",
    "RFC 3261 §20.11, §25.1",
    [
      ["session", { token: "session", params: {} }],
      ["early-session; handling=optional", { token: "early-session", params: { handling: "optional" } }],
      ['attachment; filename=smime.p7s; x="y z"', { params: { filename: "smime.p7s", x: "y z" } }],
    ],
    [
      ["", "a disposition type is needed"],
      ["session;handling=", "no value after the equals sign"],
      ["session, render", "there is one value only"],
    ],
  ),
  ...rows(
    "Content-Encoding",
    "RFC 3261 §20.12, §25.1",
    [
      ["gzip", { values: ["gzip"] }],
      ["tar, gzip", { values: ["tar", "gzip"] }],
    ],
    [
      ["", "at least one coding"],
      ["gzip;q=1", "a coding has no parameters"],
    ],
  ),
  ...rows(
    "Content-Language",
    "RFC 3261 §20.13, §25.1",
    [
      ["fr", { values: ["fr"] }],
      ["fr, en-gb", { values: ["fr", "en-gb"] }],
    ],
    [
      ["", "at least one language"],
      ["fr;q=1", "a language has no parameters"],
      ["fr-", "no subtag after the hyphen"],
    ],
  ),
  ...rows(
    "Content-Type",
    "RFC 3261 §20.15, §25.1",
    [
      ["application/sdp", { type: "application", subtype: "sdp", params: {} }],
      ["text/html; charset=ISO-8859-4", { type: "text", subtype: "html", params: { charset: "ISO-8859-4" } }],
      [
        'multipart/mixed;boundary="simple boundary, with; signs"',
        { params: { boundary: "simple boundary, with; signs" } },
      ],
      ["APPLICATION/Pidf+Xml", { type: "application", subtype: "pidf+xml" }],
      ["message / sip", { type: "message", subtype: "sip" }],
    ],
    [
      ["", "a media type is needed"],
      ["application", "no subtype"],
      ["application/sdp;", "no parameter after the semicolon"],
      ["application/sdp;charset", "a media type's parameter has a value"],
      ["application/sdp, text/html", "there is one value only"],
      ['text/html;charset="utf-8', "the quoted string has no end"],
    ],
  ),
  ...rows(
    "Event",
    "RFC 6665 §8.4",
    [
      ["presence", { token: "presence", params: {} }],
      ["refer;id=93809824", { token: "refer", params: { id: "93809824" } }],
      ["presence.winfo;x=y", { token: "presence.winfo" }],
    ],
    [
      ["", "an event type is needed"],
      ["presence, refer", "there is one Event only"],
      ["presence.", "no template after the dot"],
    ],
  ),
  ...rows(
    "Subscription-State",
    "RFC 6665 §8.4",
    [
      ["active;expires=599", { token: "active", params: { expires: "599" } }],
      [
        "terminated ; reason=giveup ; retry-after=120",
        { token: "terminated", params: { reason: "giveup", "retry-after": "120" } },
      ],
      ["x-state;y", { token: "x-state", params: { y: "" } }],
    ],
    [["", "a state is needed"]],
  ),
  ...rows(
    "Require",
    "RFC 3261 §20.32, §25.1",
    [
      ["100rel", { values: ["100rel"] }],
      ["100rel , precondition", { values: ["100rel", "precondition"] }],
    ],
    [
      ["", "at least one option tag"],
      ["100rel precondition", "no comma between the tags"],
    ],
  ),
  ...rows(
    "Proxy-Require",
    "RFC 3261 §20.29, §25.1",
    [["foo, sec-agree", { values: ["foo", "sec-agree"] }]],
    [
      ["", "at least one option tag"],
      ["foo,", "nothing after the comma"],
    ],
  ),
  ...rows(
    "Supported",
    "RFC 3261 §20.37, §25.1",
    [
      ["100rel, path,gruu", { values: ["100rel", "path", "gruu"] }],
      ["", { values: [] }],
    ],
    [
      ["100rel;x", "an option tag has no parameters"],
      [",100rel", "nothing before the comma"],
    ],
  ),
  ...rows(
    "Unsupported",
    "RFC 3261 §20.40, §25.1",
    [["foo", { values: ["foo"] }]],
    [
      ["", "at least one option tag"],
      ["foo bar", "no comma between the tags"],
    ],
  ),
  ...rows(
    "Info-Package",
    "RFC 6086 §7",
    [
      ["foo", { token: "foo" }],
      ["foo;x=y", { token: "foo", params: { x: "y" } }],
    ],
    [
      ["", "a package is needed"],
      ["foo, bar", "there is one package only"],
    ],
  ),
  ...rows(
    "Recv-Info",
    "RFC 6086 §7",
    [
      ["foo, bar;x=y", { values: [{ token: "foo" }, { token: "bar", params: { x: "y" } }] }],
      ["", { values: [] }],
    ],
    [
      ["foo,", "nothing after the comma"],
      ["foo bar", "no comma between the packages"],
    ],
  ),
];
