// Options of validate: what a role, a source and a policy make of a message that is right as such.
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../src/message/parse.ts";
import { validate } from "../../src/message/validate.ts";
import type { ValidateOptions } from "../../src/message/validate-options.ts";
import type { Flow } from "../../src/transport/transport.ts";
import { invite, ok } from "./samples.ts";

const check = (text: string, options: ValidateOptions) => validate(parseMessage(text), options);
const method = (text: string, name: string) =>
  text.replace(/^INVITE/, name).replace("314159 INVITE", `314159 ${name}`);
const register = (lines: readonly string[] = [], contact = "*") =>
  method(invite(lines), "REGISTER").replace(/^Contact: .*$/m, `Contact: ${contact}`);

describe("methods (RFC 3261 §8.2.1)", () => {
  it("405 for one that is known, 501 for one that is not, with Allow", () => {
    const methods = ["INVITE", "ACK"];
    expect(check(invite(), { methods })).toEqual([]);
    const headers = { Allow: "INVITE, ACK" };
    expect(check(method(invite(), "INFO"), { methods })).toEqual([
      { code: "unsupported", status: 405, reason: "Method Not Allowed", headers },
    ]);
    // Case counts.
    expect(check(method(invite(), "invite"), { methods })).toEqual([
      { code: "unsupported", status: 501, reason: "Not Implemented", headers },
    ]);
  });
});

describe("schemes (§8.2.2.1)", () => {
  it("416 for one that is not taken", () => {
    const to = (uri: string) => invite().replace("sip:bob@192.0.2.4", uri);
    expect(check(to("tel:+12015550123"), { schemes: ["sip"] })).toEqual([
      { code: "unsupported", status: 416, reason: "Unsupported URI Scheme" },
    ]);
    expect(check(to("tel:+12015550123"), { schemes: ["sip", "tel"] })).toEqual([]);
    expect(check(to("SIP:bob@b"), { schemes: ["sip"] })).toEqual([]);
    expect(check(to("bob"), { schemes: ["sip"] })).toMatchObject([{ status: 400 }]);
  });
});

describe("extensions (§8.2.2.3, §16.3)", () => {
  const text = invite(["Require: 100rel, x", "Require: y", "Proxy-Require: z"]);

  it("420 with what is not supported: Require to who answers, Proxy-Require to a proxy", () => {
    expect(check(text, { supported: ["100REL"] })).toEqual([
      {
        code: "unsupported",
        status: 420,
        reason: "Bad Extension",
        header: "Require",
        headers: { Unsupported: "x, y" },
      },
    ]);
    expect(check(text, { supported: ["100rel"], role: "proxy" })).toMatchObject([
      { status: 420, header: "Proxy-Require", headers: { Unsupported: "z" } },
    ]);
    expect(check(text, { supported: ["100rel", "x", "y"] })).toEqual([]);
    expect(check(text, {})).toEqual([]);
  });

  it("are ignored in ACK and CANCEL", () => {
    for (const name of ["ACK", "CANCEL"]) {
      expect(check(method(text, name), { supported: [], required: ["q"] })).toEqual([]);
    }
  });

  it("400 where Require cannot be read, and once", () => {
    for (const thorough of [false, true]) {
      expect(check(invite(["Require: a b"]), { supported: [], thorough })).toMatchObject([
        { code: "value_invalid", status: 400, header: "Require" },
      ]);
    }
  });

  it("421 where the peer has not what is required of it (§21.4.15)", () => {
    expect(check(invite(["Supported: timer"]), { required: ["timer", "100rel"] })).toEqual([
      {
        code: "unsupported",
        status: 421,
        reason: "Extension Required",
        header: "Supported",
        headers: { Require: "100rel" },
      },
    ]);
    expect(check(invite(["Supported: timer", "Require: 100REL"]), { required: ["timer", "100rel"] })).toEqual(
      [],
    );
  });
});

describe("hops (§16.3)", () => {
  const text = invite().replace("Max-Forwards: 69", "Max-Forwards: 0");

  it("483 by a proxy where there are none left", () => {
    expect(check(text, { role: "proxy" })).toEqual([
      { code: "too_many_hops", status: 483, reason: "Too Many Hops", header: "Max-Forwards" },
    ]);
    expect(check(text, { role: "uas" })).toEqual([]);
    expect(check(invite(), { role: "proxy" })).toEqual([]);
    const broken = invite().replace("Max-Forwards: 69", "Max-Forwards: 300");
    expect(check(broken, { role: "proxy" })).toMatchObject([{ status: 400 }]);
  });
});

it("a proxy leaves alone what is not for it to read (§16.3 step 1)", () => {
  const text = invite(["Record-Route: <sip:a"]).replace(/^Contact: .*$/m, "Contact: Bob & Co <sip:b@c>");
  expect(check(text, { role: "uas" })).toMatchObject([{ header: "Contact" }, { header: "Record-Route" }]);
  expect(check(text, { role: "proxy" })).toEqual([]);
  // By this it finds its way.
  expect(check(invite(["Route: <sip:a"]), { role: "proxy" })).toMatchObject([
    { status: 400, header: "Route" },
  ]);
  expect(check(text, { role: "proxy", thorough: true })).toHaveLength(2);
});

describe("bodies (§8.2.3)", () => {
  const types = ["application/sdp", "text/*"];
  const carrying = (type: string, lines: readonly string[] = []) =>
    invite([`Content-Type: ${type}`, ...lines], "body");

  it("415 with Accept for a type that is not taken", () => {
    for (const type of ["application/sdp", "Application/SDP;x=y", "text/html"]) {
      expect(check(carrying(type), { types }), type).toEqual([]);
    }
    for (const type of ["application/x", "textual/plain"]) {
      expect(check(carrying(type), { types }), type).toEqual([
        {
          code: "unsupported",
          status: 415,
          reason: "Unsupported Media Type",
          header: "Content-Type",
          headers: { Accept: "application/sdp, text/*" },
        },
      ]);
    }
  });

  it("ignores a body that is optional, or not there", () => {
    const optional = carrying("a/b", ["Content-Disposition: session;handling=Optional"]);
    expect(check(optional, { types })).toEqual([]);
    const required = carrying("a/b", ["Content-Disposition: session;handling=required"]);
    expect(check(required, { types })).toMatchObject([{ status: 415 }]);
    expect(check(invite(["Content-Type: a/b"]), { types })).toEqual([]);
  });

  it("400 for a body without a type, or with a broken one (§20.15)", () => {
    expect(check(invite([], "body"), { types })).toMatchObject([
      { code: "header_missing", status: 400, header: "Content-Type" },
    ]);
    expect(check(carrying("a"), { types })).toMatchObject([{ code: "value_invalid", status: 400 }]);
  });

  it("415 with Accept-Encoding for an encoding that is not taken", () => {
    const packed = carrying("text/html", ["Content-Encoding: Identity, GZIP"]);
    expect(check(packed, { types, encodings: ["gzip"] })).toEqual([]);
    expect(check(packed, { types })).toMatchObject([
      { status: 415, header: "Content-Encoding", headers: { "Accept-Encoding": "identity" } },
    ]);
    expect(check(packed, { encodings: ["deflate"] })).toMatchObject([
      { status: 415, headers: { "Accept-Encoding": "deflate" } },
    ]);
    const empty = carrying("text/html", ["Content-Encoding: , gzip,"]);
    expect(check(empty, { encodings: ["gzip"] })).toEqual([]);
  });

  it("400 for an encoding that cannot be read, in linear time", () => {
    const gap = carrying("text/html", [`Content-Encoding: gzip${" ".repeat(60_000)}x`]);
    const began = performance.now();
    for (const thorough of [false, true])
      expect(check(gap, { encodings: ["gzip"], thorough })).toMatchObject([
        { code: "value_invalid", status: 400, header: "Content-Encoding" },
      ]);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it("413 for one that is too large, announced or there (§21.4.11)", () => {
    expect(check(invite([], "12345"), { bodySize: 5 })).toEqual([]);
    expect(check(invite([], "123456"), { bodySize: 5 })).toEqual([
      { code: "message_too_large", status: 413, reason: "Request Entity Too Large" },
    ]);
    const announced = invite().replace("Content-Length: 0", "Content-Length: 6");
    expect(check(announced, { bodySize: 5 }).map(({ status }) => status)).toEqual([400, 413]);
  });

  it("406 where no answer would be acceptable (§21.4.7)", () => {
    const answers = ["application/sdp"];
    const accepting = (accept: string) => check(invite([`Accept: ${accept}`]), { answers });
    for (const accept of ["application/sdp", "text/plain, APPLICATION/*;q=0.1", "*/*"]) {
      expect(accepting(accept), accept).toEqual([]);
    }
    for (const accept of ["text/plain", "application/sdp;q=0", ""]) {
      expect(accepting(accept), accept).toMatchObject([{ status: 406, header: "Accept" }]);
    }
    expect(check(invite(), { answers })).toEqual([]);
    expect(check(method(invite(["Accept: text/plain"]), "BYE"), { answers })).toEqual([]);
    expect(accepting("text")).toMatchObject([{ status: 400, header: "Accept" }]);
  });
});

describe("a registrar (§10.3)", () => {
  it("400 for a To that is no address-of-record", () => {
    const text = register([], "<sip:a@b>").replace(/^To: .*$/m, "To: <tel:+12015550123>");
    expect(check(text, { role: "registrar" })).toMatchObject([{ status: 400, header: "To" }]);
    expect(check(text, { role: "uas" })).toEqual([]);
    const options = text.replaceAll("REGISTER", "OPTIONS");
    expect(check(options, { role: "registrar" })).toEqual([]);
  });

  it("400 for a * beside others, or that does not take all away", () => {
    const role = "registrar";
    expect(check(register(["Expires: 0"]), { role })).toEqual([]);
    for (const lines of [[], ["Expires: 60"], ["Expires: 0", "Contact: <sip:a@b>"]]) {
      expect(check(register(lines), { role }), lines.join()).toMatchObject([
        { status: 400, header: "Contact" },
      ]);
    }
    expect(check(register(["Expires: x"]), { role })).toMatchObject([{ status: 400, header: "Expires" }, {}]);
  });
});

describe("responses", () => {
  const second = "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK9";

  it("end at an endpoint: another Via is dropped (§8.1.3.3)", () => {
    expect(check(ok([second]), { role: "uas" })).toEqual([
      { code: "value_invalid", status: "drop", header: "Via", index: 1, reason: "Not The Last Via" },
    ]);
    expect(check(ok(), { role: "uas" })).toEqual([]);
    expect(check(ok([second]), {})).toEqual([]);
  });

  it("go on by a proxy, but not to all (RFC 4475 §3.3.10)", () => {
    const role = "proxy";
    expect(check(ok([second]), { role })).toEqual([]);
    const all = second.replace("192.0.2.9", "255.255.255.255");
    expect(check(ok([all]), { role })).toMatchObject([{ status: "drop", header: "Via", index: 1 }]);
    expect(check(ok([`${all};received=192.0.2.9`]), { role })).toEqual([]);
    expect(check(ok([`${second};received=255.255.255.255`]), { role })).toMatchObject([{ status: "drop" }]);
    expect(check(ok(["Via: x"]), { role })).toMatchObject([{ status: "drop", header: "Via" }]);
  });
});

describe("source", () => {
  const from = (protocol: string, port = 5060) => ({
    source: { transport: { protocol, reliable: protocol !== "UDP" }, remote: { port } },
  });
  const via = (text: string, transport: string) => text.replace("SIP/2.0/UDP", `SIP/2.0/${transport}`);

  it("the topmost Via names the transport, or what ended its TLS before", () => {
    expect(check(invite(), from("UDP"))).toEqual([]);
    expect(check(via(invite(), "udp"), from("UDP"))).toEqual([]);
    expect(check(invite(), from("TCP"))).toEqual([
      { code: "value_invalid", status: 400, reason: "Bad Via Transport", header: "Via", index: 0 },
    ]);
    expect(check(via(invite(), "TLS"), from("TCP"))).toEqual([]);
    expect(check(via(invite(), "WSS"), from("WS"))).toEqual([]);
    expect(check(via(invite(), "WS"), from("WSS"))).toMatchObject([{ status: 400 }]);
    expect(check(ok(), from("TCP"))).toMatchObject([{ status: "drop" }]);
  });

  it("every Via is of SIP/2.0, and can be read", () => {
    const older = invite().replace("Via: SIP/2.0/UDP bigbox3", "Via: SIP/1.0/UDP bigbox3");
    expect(check(older, from("UDP"))).toEqual([
      { code: "value_invalid", status: 400, reason: "Bad Via Version", header: "Via", index: 1 },
    ]);
    expect(check(older, {})).toEqual([]);
    const broken = invite().replace("bigbox3.site3.atlanta.example.com", "not a host");
    expect(check(broken, from("UDP"))).toMatchObject([{ code: "value_invalid", header: "Via", index: 1 }]);
    // A hop of RFC 2543 is none the worse for that.
    expect(check(invite().replace("branch=z9hG4bK77", "branch=77"), from("UDP"))).toEqual([]);
  });

  it("a stream has Content-Length (§20.14); datagrams and frames need none", () => {
    const bare = invite().replace("Content-Length: 0\r\n", "");
    expect(check(via(bare, "TCP"), from("TCP"))).toMatchObject([
      { code: "header_missing", status: 400, header: "Content-Length" },
    ]);
    expect(check(bare, from("UDP"))).toEqual([]);
    expect(check(via(bare, "WS"), from("WS"))).toEqual([]);
  });

  it("nothing comes from port 0", () => {
    expect(check(invite(), from("UDP", 0))).toMatchObject([{ code: "no_target", status: "drop" }]);
    expect(check(via(invite(), "WS"), from("WS", 0))).toEqual([]);
  });

  it("true stands for the message's flow, if it has one", () => {
    const message = parseMessage(invite());
    expect(validate(message, { source: true })).toEqual([]);
    message.flow = from("TCP").source as Flow;
    expect(validate(message, { source: true })).toMatchObject([{ reason: "Bad Via Transport" }]);
  });
});

describe("thorough", () => {
  it("says of a Via once what is wrong with it", () => {
    const text = invite().replace(/^(Via: .*)$/m, "$1;;");
    expect(check(text, { thorough: true }).filter(({ header }) => header === "Via")).toHaveLength(1);
  });

  it("reads every header field that is known, each once", () => {
    const text = invite(["Accept: a", "Accept: b", "Min-Expires: x", "s: one", "s: two", 'Q: "', "Via: x"]);
    expect(check(text, {})).toEqual([]);
    expect(check(text, { thorough: true }).map(({ code, status, header }) => [code, status, header])).toEqual(
      [
        ["value_invalid", 400, "Via"],
        ["value_invalid", 400, "Accept"],
        ["value_invalid", 400, "Min-Expires"],
        ["value_duplicate", 400, "Subject"],
      ],
    );
    expect(check(ok(["Min-Expires: x"]), { thorough: true })).toMatchObject([{ status: "drop" }]);
  });

  it("400 for a line that is no header field", () => {
    expect(check(invite(["no colon here"]), {})).toEqual([]);
    expect(check(invite(["no colon here"]), { thorough: true })).toEqual([
      { code: "value_invalid", status: 400, reason: "Bad Header Field Line" },
    ]);
  });
});
