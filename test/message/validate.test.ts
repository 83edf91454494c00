// Validate: each finding, with the status that answers it.
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../src/message/parse.ts";
import { validate } from "../../src/message/validate.ts";
import { vectors as rfc4475 } from "../vectors/rfc4475/index.ts";
import { vectors as rfc5118 } from "../vectors/rfc5118/index.ts";
import { invite, ok } from "./samples.ts";

const findings = (text: string) => validate(parseMessage(text));
const without = (text: string, name: string) => text.replace(new RegExp(`^${name}: .*\r\n`, "gm"), "");
const change = (text: string, name: string, value: string) =>
  text.replace(new RegExp(`^${name}: .*$`, "m"), `${name}: ${value}`);

it("finds nothing wrong with what is right", () => {
  expect(findings(invite())).toEqual([]);
  expect(findings(ok())).toEqual([]);
  expect(findings(invite([], "v=0\r\n"))).toEqual([]);
});

it("of a response leaves to who reads it what would lead a request on its way", () => {
  for (const line of ["Contact: <sip:a", "Record-Route: <sip:a", "Route: <sip:a", "Max-Forwards: x"]) {
    expect(findings(invite([line])), line).toMatchObject([{ status: 400 }]);
    expect(findings(ok([line])), line).toEqual([]);
    const all = validate(parseMessage(ok([line])), { thorough: true });
    expect(all, line).toMatchObject([{ status: "drop", header: line.split(":")[0] }]);
  }
});

describe("version", () => {
  it("505 for another version (RFC 3261 §21.5.6), in any case the same", () => {
    expect(findings(invite().replace("SIP/2.0\r", "SIP/3.0\r"))).toEqual([
      { code: "start_line_invalid", status: 505, reason: "Version Not Supported" },
    ]);
    expect(findings(invite().replace("SIP/2.0\r", "sip/2.0\r"))).toEqual([]);
    expect(findings(ok().replace("SIP/2.0 200", "SIP/7.0 200"))[0]).toMatchObject({ status: "drop" });
  });
});

describe("mandatory header fields", () => {
  it.each(["From", "To", "Call-ID", "CSeq"])("400 where %s is missing (§8.1.1)", (name) => {
    const [first] = findings(without(invite(), name));
    expect(first).toEqual({ code: "header_missing", status: 400, reason: `Missing ${name}`, header: name });
    expect(findings(without(ok(), name))[0]).toMatchObject({
      code: "header_missing",
      status: "drop",
      header: name,
    });
  });

  it("drops what has no Via, or a broken one, before all else", () => {
    expect(findings(without(without(invite(), "Via"), "CSeq"))).toMatchObject([
      { code: "header_missing", status: "drop", header: "Via" },
      { code: "header_missing", status: 400, header: "CSeq" },
    ]);
    expect(findings(change(invite(), "Via", "SIP/2.0/UDP"))[0]).toMatchObject({
      code: "value_invalid",
      status: "drop",
      header: "Via",
    });
  });

  it("looks at the topmost Via alone", () => {
    expect(findings(invite().replace("bigbox3.site3.atlanta.example.com", "not a host"))).toEqual([]);
  });

  it.each([
    ["From", "<sip:a@b"],
    ["To", "sip:a b"],
    ["CSeq", "4294967296 INVITE"],
    ["CSeq", "INVITE 1"],
  ])("400 where %s is %s", (name, value) => {
    const text = change(invite(), name, value);
    const [first] = findings(text);
    expect(first).toMatchObject({ status: 400, reason: `Bad ${name}`, header: name });
    expect(first?.offset).toBeGreaterThanOrEqual(text.indexOf(`${name}: `) + name.length + 2);
    expect(first?.offset).toBeLessThanOrEqual(text.indexOf(`${name}: `) + name.length + 2 + value.length);
  });

  it("400 where a single one is there twice", () => {
    expect(findings(invite(["CSeq: 314159 INVITE"]))[0]).toMatchObject({
      code: "value_duplicate",
      status: 400,
      header: "CSeq",
    });
    expect(findings(invite(["t: <sip:a@b>"]))[0]).toMatchObject({ code: "value_duplicate", header: "To" });
  });
});

describe("further header fields", () => {
  it.each([
    ["Max-Forwards", "256"],
    ["Max-Forwards", "-1"],
    ["Contact", '"a <sip:a@b>'],
  ])("400 where %s is %s", (name, value) => {
    expect(findings(change(invite(), name, value))[0]).toMatchObject({
      status: 400,
      reason: `Bad ${name}`,
      header: name,
    });
  });

  it.each(["Route", "Record-Route", "m"])("400 where a URI in %s has too many parameters", (name) => {
    const uri = (count: number) => findings(invite([`${name}: <sip:a.example.com${";lr".repeat(count)}>`]));
    expect(uri(256)).toEqual([]);
    expect(uri(257)[0]).toMatchObject({ status: 400 });
  });

  it.each(["Route", "Record-Route"])("400 where a %s cannot be read", (name) => {
    expect(findings(invite([`${name}: <sip:a.example.com;lr>, <sip:`]))[0]).toMatchObject({
      status: 400,
      header: name,
    });
  });

  it("does not ask for Max-Forwards, which RFC 2543 did not have (§16.3)", () => {
    expect(findings(without(invite(), "Max-Forwards"))).toEqual([]);
  });
});

describe("Content-Length", () => {
  it("400 where the body is shorter (§18.3), where it is no number, and where several differ", () => {
    for (const value of ["5", "x", "-1", "99999999999"]) {
      const found = findings(change(invite([], "four"), "Content-Length", value));
      expect(found[0], value).toMatchObject({ code: "value_invalid", status: 400, header: "Content-Length" });
    }
    expect(findings(invite(["l: 3"], "four"))[0]).toMatchObject({ status: 400, header: "Content-Length" });
    expect(findings(change(ok(), "Content-Length", "5"))[0]).toMatchObject({ status: "drop" });
  });

  it("takes a longer body for noise", () => {
    expect(findings(`${invite([], "four")}noise`)).toEqual([]);
  });
});

describe("the start line against the rest", () => {
  it("400 where CSeq names another method (§8.2)", () => {
    expect(findings(change(invite(), "CSeq", "314159 BYE"))).toEqual([
      { code: "value_invalid", status: 400, reason: "CSeq Method Mismatch", header: "CSeq" },
    ]);
    expect(findings(change(ok(), "CSeq", "314159 BYE"))).toEqual([]);
  });

  it("400 where the Request-URI is none", () => {
    for (const uri of ["sip:@", "<sip:bob@192.0.2.4>", "bob", "sip:b ob@192.0.2.4"]) {
      const [first] = findings(invite().replace("sip:bob@192.0.2.4", uri));
      expect(first, uri).toMatchObject({ code: "uri_invalid", status: 400, reason: "Bad Request-URI" });
      // The offset is that of the octet in the message, line ends before it included.
      const [second] = findings(`\r\n\r\n${invite().replace("sip:bob@192.0.2.4", uri)}`);
      expect(second?.offset, uri).toBe((first?.offset as number) + 4);
      expect(first?.offset, uri).toBeGreaterThanOrEqual("INVITE ".length);
      expect(first?.offset, uri).toBeLessThanOrEqual("INVITE ".length + uri.length);
    }
  });
});

describe("the torture messages", () => {
  const all = [...rfc4475, ...rfc5118];
  it.each(
    all.filter(({ verdict }) => verdict === "must-accept").map(({ name, bytes }) => [name, bytes] as const),
  )("%s is right", (_name, bytes) => {
    expect(validate(parseMessage(bytes))).toEqual([]);
  });
});

describe("the form of a request (§7.1)", () => {
  it("400 where the start line has other white space than one SP (RFC 4475 §3.1.2.8 to 10)", () => {
    for (const line of [
      "INVITE  sip:bob@192.0.2.4 SIP/2.0",
      "INVITE sip:bob@192.0.2.4  SIP/2.0",
      "INVITE sip:bob@192.0.2.4 SIP/2.0 ",
      "INVITE sip:bob@192.0.2.4\tSIP/2.0",
    ]) {
      expect(findings(invite().replace(/^.*/, line)), line).toEqual([
        { code: "start_line_invalid", status: 400, reason: "Bad Request-Line" },
      ]);
    }
    expect(findings(ok().replace("SIP/2.0 200", "SIP/2.0  200"))).toEqual([]);
  });

  it("400 where the Request-URI has headers (§19.1.1)", () => {
    expect(findings(invite().replace("sip:bob@192.0.2.4", "sip:bob@192.0.2.4?Route=%3Csip:x%3E"))).toEqual([
      { code: "uri_invalid", status: 400, reason: "Headers In Request-URI" },
    ]);
  });
});

describe("RFC 3261 and RFC 2543", () => {
  const top = "SIP/2.0/UDP server10.biloxi.example.com;branch=z9hG4bK4b43c2ff8.1";
  const old = (text: string) => text.replace(top, "SIP/2.0/UDP server10.biloxi.example.com;branch=4b43c2ff8");
  const untagged = (text: string) => text.replace(";tag=1928301774", "");

  it("400 where a peer with the magic cookie has no From tag (§8.1.1.3)", () => {
    expect(findings(untagged(invite()))).toEqual([
      { code: "value_invalid", status: 400, reason: "Missing From Tag", header: "From" },
    ]);
    expect(findings(untagged(ok()))).toMatchObject([{ status: "drop", header: "From" }]);
  });

  it("a peer without it needs none", () => {
    expect(findings(old(untagged(invite())))).toEqual([]);
    expect(findings(old(untagged(without(invite(), "Max-Forwards"))))).toEqual([]);
    expect(findings(untagged(invite().replace(top, "SIP/2.0/UDP server10.biloxi.example.com")))).toEqual([]);
  });

  it("nor does one behind a proxy that has it: the last Via is the sender's (§12.1.1)", () => {
    const via = "Via: SIP/2.0/UDP bigbox3.site3.atlanta.example.com;branch=";
    const behind = untagged(invite()).replace(`${via}z9hG4bK`, via);
    expect(findings(behind)).toEqual([]);
    expect(findings(behind.replace(`\r\n${via}`, `, ${via.slice(5)}`))).toEqual([]);
    expect(findings(behind.replace(`${via}77ef4c2312983.1;`, via.replace("branch=", "")))).toEqual([]);
    const answered = untagged(ok()).replace("\r\nTo:", `\r\n${via}1\r\nTo:`);
    expect(findings(answered)).toEqual([]);
    expect(findings(answered.replace(`${via}1`, `${via}z9hG4bK1`))).toMatchObject([{ header: "From" }]);
  });

  it("400 where there is nothing behind the cookie (RFC 4475 §3.2.1)", () => {
    expect(findings(invite().replace("z9hG4bK4b43c2ff8.1", "z9hG4bK"))).toEqual([
      { code: "value_invalid", status: 400, reason: "Empty Branch", header: "Via", index: 0 },
    ]);
  });
});

describe("a broken Via", () => {
  it.each([
    ["SIP/2.0/UDP 192.0.2.15;;branch=z9hG4bK1", 400],
    ["SIP/2.0/UDP 192.0.2.15;branch=", 400],
    ["SIP / 2.0 / UDP [2001:db8::1]:5060;=", 400],
    ["SIP/2.0/UDP a.example.com:99999", 400],
    ["SIP/2.0/UDP", "drop"],
    ["SIP/2.0 a.example.com", "drop"],
    ["SIP/2.0/UDP ;branch=z9hG4bK1", "drop"],
    ["SIP/2.0/UDP a b;branch=z9hG4bK1", "drop"],
  ])("%s: %s, for it names its sender or not", (via, status) => {
    const [first] = findings(change(invite(), "Via", via));
    expect(first).toMatchObject({ code: "value_invalid", status, header: "Via", index: 0 });
  });
});

describe("order", () => {
  it("drop, 505, 501, 400, the others as they were found", () => {
    const text = change(
      without(invite(["Require: foo"]), "To").replace("INVITE sip:bob@192.0.2.4 SIP/2.0", "NEW x:y SIP/3.0"),
      "Via",
      "SIP/2.0",
    );
    const options = { methods: ["INVITE"], schemes: ["sip"], supported: [] };
    expect(validate(parseMessage(text), options).map(({ status, header }) => [status, header])).toEqual([
      ["drop", "Via"],
      [505, undefined],
      [501, undefined],
      [400, "To"],
      [400, "CSeq"],
      [416, undefined],
      [420, "Require"],
    ]);
  });
});
