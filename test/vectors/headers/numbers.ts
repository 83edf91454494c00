// Header fields whose values are numbers, alone or with a method, a comment or parameters.
import { type HeaderRow, rows } from "./rows.ts";

const seconds = (header: string, section: string) =>
  rows(
    header,
    section,
    [
      ["0", { number: 0 }],
      ["60", { number: 60 }],
      ["4294967295", { number: 4_294_967_295 }],
    ],
    [
      ["", "a number is needed"],
      ["-1", "digits only"],
      ["1.5", "digits only"],
      ["soon", "digits only"],
      ["4294967296", "a number of seconds is below 2^32", "RFC 3261 §20.19"],
    ],
  );

/** CSeq, the counters, the times. */
export const numbers: readonly HeaderRow[] = [
  ...seconds("Expires", "RFC 3261 §20.19, §25.1"),
  ...seconds("Min-Expires", "RFC 3261 §20.23, §25.1"),
  ...rows(
    "CSeq",
    "RFC 3261 §20.16, §8.1.1.5, §12.2.1.1, §25.1",
    [
      ["4711 INVITE", { number: 4711, method: "INVITE" }],
      ["0009\r\n  INVITE", { number: 9, method: "INVITE" }],
      ["0 ACK", { number: 0, method: "ACK" }],
      ["2147483647 x-new.Method", { number: 2_147_483_647, method: "x-new.Method" }],
      ["2147483648 BYE", { number: 2_147_483_648, method: "BYE" }],
      ["4294967295 INFO", { number: 4_294_967_295, method: "INFO" }],
    ],
    [
      ["", "a number and a method are needed"],
      ["1", "no method"],
      ["INVITE", "no number"],
      ["1INVITE", "white space is needed between number and method"],
      ["-1 INVITE", "digits only"],
      ["4294967296 INVITE", "the number is below 2^32"],
      ["36893488147419103232 INVITE", "the number is below 2^32", "RFC 4475 §3.1.2.4"],
      ["1 INVITE ACK", "nothing after the method"],
      ["1 INV(ITE", "no parenthesis in a method"],
    ],
  ),
  ...rows(
    "Content-Length",
    "RFC 3261 §20.14, §25.1",
    [
      ["349", { number: 349 }],
      ["0", { number: 0 }],
      ["0068", { number: 68 }],
    ],
    [
      ["", "a number is needed"],
      ["-999", "digits only", "RFC 4475 §3.1.2.3"],
      ["+1", "digits only"],
      ["0x10", "digits only"],
      ["1 2", "one number only"],
      ["13, 5", "one number only", "RFC 4475 §3.3.9"],
    ],
  ),
  ...rows(
    "Max-Forwards",
    "RFC 3261 §20.22, §25.1",
    [
      ["70", { number: 70 }],
      ["0", { number: 0 }],
      ["255", { number: 255 }],
      ["0068", { number: 68 }],
    ],
    [
      ["", "a number is needed"],
      ["256", "the number is 255 at most"],
      ["300", "the number is 255 at most", "RFC 4475 §3.1.2.4"],
      ["-1", "digits only"],
    ],
  ),
  ...rows(
    "Max-Breadth",
    "RFC 5393 §5.3",
    [
      ["60", { number: 60 }],
      ["0", { number: 0 }],
    ],
    [
      ["", "a number is needed"],
      ["many", "digits only"],
    ],
  ),
  ...rows(
    "Flow-Timer",
    "RFC 5626 §13",
    [["120", { number: 120 }]],
    [
      ["", "a number is needed"],
      ["120s", "digits only"],
    ],
  ),
  ...rows(
    "RSeq",
    "RFC 3262 §7.1",
    [
      ["988789", { number: 988_789 }],
      ["4294967295", { number: 4_294_967_295 }],
    ],
    [
      ["", "a number is needed"],
      ["1 INVITE", "the number stands alone"],
      ["4294967296", "the number is below 2^32"],
    ],
  ),
  ...rows(
    "RAck",
    "RFC 3262 §7.2",
    [
      ["776656 1 INVITE", { response: 776_656, number: 1, method: "INVITE" }],
      ["1\r\n 2  INVITE", { response: 1, number: 2, method: "INVITE" }],
    ],
    [
      ["776656 INVITE", "two numbers are needed"],
      ["776656 1", "no method"],
      ["a 1 INVITE", "digits only"],
      ["4294967296 1 INVITE", "the number is below 2^32", "RFC 3262 §7.1"],
    ],
  ),
  ...rows(
    "Session-Expires",
    "RFC 4028 §4",
    [
      ["1800", { number: 1800, params: {} }],
      ["4000;refresher=uac", { number: 4000, params: { refresher: "uac" } }],
      ["1800 ; refresher=uas;x", { number: 1800, params: { refresher: "uas", x: "" } }],
    ],
    [
      ["", "a number is needed"],
      ["uac", "a number is needed"],
      ["1800;refresher=proxy", "the refresher is uac or uas"],
      ["1800;refresher=uax", "the refresher is uac or uas"],
      ["4294967296", "a number of seconds is below 2^32", "RFC 3261 §20.19"],
    ],
  ),
  ...rows(
    "Min-SE",
    "RFC 4028 §5",
    [
      ["90", { number: 90 }],
      ["120;x=y", { number: 120, params: { x: "y" } }],
    ],
    [
      ["", "a number is needed"],
      ["90 s", "nothing after the number but parameters"],
    ],
  ),
  ...rows(
    "Retry-After",
    "RFC 3261 §20.33, §25.1",
    [
      ["18000;duration=3600", { number: 18_000, params: { duration: "3600" } }],
      ["120 (I'm in a meeting)", { number: 120, comment: "I'm in a meeting" }],
      ["120 (a (nested \\) one) b) ;duration=5;x=y", { number: 120, params: { duration: "5", x: "y" } }],
      ["0", { number: 0 }],
    ],
    [
      ["", "a number is needed"],
      ["(soon)", "a number is needed"],
      ["120 (open", "the comment has no end"],
      ["120 (a) (b)", "one comment only"],
      ["949302838503028349304023988", "a number of seconds is below 2^32", "RFC 4475 §3.1.2.5"],
    ],
  ),
  ...rows(
    "Timestamp",
    "RFC 3261 §20.38, §25.1",
    [
      ["54", { number: 54 }],
      ["54.21 0.5", { number: 54.21, delay: 0.5 }],
      ["54. .5", { number: 54, delay: 0.5 }],
      ["1700000000000000", { number: 1700000000000000 }],
      ["1700000000000000000.5 0", { number: 1700000000000000000, delay: 0 }],
    ],
    [
      ["", "a number is needed"],
      [".5", "a digit before the point is needed"],
      ["-1", "digits only"],
      ["1 2 3", "nothing after the delay"],
    ],
  ),
  ...rows(
    "MIME-Version",
    "RFC 3261 §20.24, §25.1",
    [
      ["1.0", { major: 1, minor: 0 }],
      ["12.34", { major: 12, minor: 34 }],
    ],
    [
      ["1", "two numbers with a point are needed"],
      ["1.", "no number after the point"],
      ["a.b", "digits only"],
    ],
  ),
  ...rows(
    "Date",
    "RFC 3261 §20.17, §25.1",
    [
      ["Sat, 13 Nov 2010 23:29:00 GMT", { time: Date.UTC(2010, 10, 13, 23, 29, 0) }],
      ["Thu, 01 Jan 1970 00:00:00 GMT", { time: 0 }],
      ["Thu, 29 Feb 2024 12:00:00 GMT", { time: Date.UTC(2024, 1, 29, 12) }],
    ],
    [
      ["Fri, 01 Jan 2010 16:00:00 EST", "the zone is GMT", "RFC 4475 §3.1.2.12"],
      ["Sat, 13 Nov 2010 23:29:00 UTC", "the zone is GMT"],
      ["Sat, 13 Nov 2010 23:29:00", "no zone"],
      ["Sat, 1 Nov 2010 23:29:00 GMT", "the day has two digits"],
      ["Sat, 13 Nov 10 23:29:00 GMT", "the year has four digits"],
      ["13 Nov 2010 23:29:00 GMT", "no day of the week"],
      ["Sat, 13 nov 2010 23:29:00 GMT", "names of months are as written, case included"],
      ["Saturday, 13-Nov-10 23:29:00 GMT", "not the form of RFC 1123"],
      ["Sat, 13 Nov 2010 24:29:00 GMT", "the hour is 23 at most"],
    ],
  ),
];
