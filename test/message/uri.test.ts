// Uri: RFC 3261 §19.1, its examples and its rules of equality.
import { describe, expect, it } from "vitest";
import { SipError } from "../../src/errors.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { parseMessage } from "../../src/message/parse.ts";
import type { Request } from "../../src/message/request.ts";
import { Uri } from "../../src/message/uri.ts";
import { thrown } from "./samples.ts";

describe("parse", () => {
  it("reads the parts of a SIP URI", () => {
    const uri = Uri.parse(
      "sip:alice:secretword@atlanta.com:5061;transport=tcp;lr?subject=project%20x&priority=urgent",
    );
    expect(uri.scheme).toBe("sip");
    expect(uri.isSip).toBe(true);
    expect(uri.user).toBe("alice");
    expect(uri.password).toBe("secretword");
    expect(uri.host).toBe("atlanta.com");
    expect(uri.port).toBe(5061);
    expect(uri.hostPort).toBe("atlanta.com:5061");
    expect([...uri.params]).toEqual([
      ["transport", "tcp"],
      ["lr", ""],
    ]);
    expect([...uri.headers]).toEqual([
      ["subject", "project x"],
      ["priority", "urgent"],
    ]);
    expect(uri.opaque).toBe("");
  });

  // RFC 3261 §19.1.3
  it.each([
    "sip:alice@atlanta.com",
    "sip:alice:secretword@atlanta.com;transport=tcp",
    "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
    "sip:+1-212-555-1212:1234@gateway.com;user=phone",
    "sips:1212@gateway.com",
    "sip:alice@192.0.2.4",
    "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
    "sip:alice;day=tuesday@atlanta.com",
    "sip:[2001:db8::1]:5060;lr",
    "tel:+358-555-1234567;postd=pp22",
    "urn:service:sos",
    "mailto:a@example.com?subject=x",
    "http://example.com/a?b=c",
  ])("writes %s as it came", (text) => {
    expect(Uri.parse(text).toString()).toBe(text);
    expect(JSON.stringify(Uri.parse(text))).toBe(JSON.stringify(text));
  });

  it.each([
    ["SIP:Alice@A.com", "sip:Alice@A.com"],
    ["sip:a.com:05060;lr", "sip:a.com:5060;lr"],
    ["sip:a.com:0", "sip:a.com:0"],
    ["sip:[::1]:0700?a=b", "sip:[::1]:700?a=b"],
    ["SIPS:u:p@[::1]", "sips:u:p@[::1]"],
  ])("writes %s as %s", (text, written) => {
    expect(Uri.parse(text).toString()).toBe(written);
    const [address] = parseMessage(`ACK sip:x SIP/2.0\r\nRoute: <${text}>, <sip:b>\r\n\r\n`).headers.get(
      "Route",
    );
    expect(address!.uri.toString()).toBe(written);
  });

  it("leaves ; and ? to the user before the @ (§19.1.3)", () => {
    const uri = Uri.parse("sip:alice;day=tuesday?x@atlanta.com");
    expect(uri.user).toBe("alice;day=tuesday?x");
    expect(uri.params.size).toBe(0);
    expect(uri.headers.size).toBe(0);
  });

  it("tells a user from none", () => {
    expect(Uri.parse("sip:atlanta.com").user).toBeUndefined();
    expect(Uri.parse("sip:a@atlanta.com").password).toBeUndefined();
    expect(Uri.parse("sip:a:@atlanta.com").password).toBe("");
  });

  it("unescapes once, and reads UTF-8 (§19.1.2)", () => {
    expect(Uri.parse("sip:%61lice%40x@a.com").user).toBe("alice@x");
    expect(Uri.parse("sip:100%2525@a.com").user).toBe("100%25");
    expect(Uri.parse("sip:J%C3%BCrgen:%F0%9F%98%80@a.com").user).toBe("Jürgen");
    expect(Uri.parse("sip:J:%F0%9F%98%80@a.com").password).toBe("😀");
    expect(Uri.parse("sip:a.com;%6Cr;x=%3b").params.get("lr")).toBe("");
    expect(Uri.parse("sip:a.com;%6Cr;x=%3b").params.get("x")).toBe(";");
  });

  it("reads IPv6 references without their brackets", () => {
    const uri = Uri.parse("sips:bob@[2001:db8::9:1]:5061");
    expect([uri.host, uri.port, uri.hostPort]).toEqual(["2001:db8::9:1", 5061, "[2001:db8::9:1]:5061"]);
    expect(Uri.parse("sip:[::ffff:192.0.2.1]").host).toBe("::ffff:192.0.2.1");
    expect(Uri.parse("sip:[::]").port).toBeUndefined();
  });

  it("keeps the scheme in lower case and a foreign URI as it is", () => {
    expect(Uri.parse("SIP:Alice@Atlanta.com")).toMatchObject({
      scheme: "sip",
      user: "Alice",
      host: "Atlanta.com",
    });
    expect(Uri.parse("Tel:+1-201-555-0123;ext=5")).toMatchObject({
      scheme: "tel",
      host: "",
      opaque: "+1-201-555-0123;ext=5",
    });
    const urn = Uri.parse("urn:service:sos.fire");
    expect([urn.scheme, urn.opaque, urn.isSip, urn.user]).toEqual([
      "urn",
      "service:sos.fire",
      false,
      undefined,
    ]);
  });

  it("takes ports from 0 to 65535", () => {
    expect(Uri.parse("sip:a:0").port).toBe(0);
    expect(Uri.parse("sip:a:65535").port).toBe(65535);
    expect(Uri.parse("sip:a:05060").port).toBe(5060);
    expect(thrown(() => Uri.parse("sip:a:65536")).status).toBe(400);
  });

  it.each([
    "",
    "sip:",
    "sip",
    "alice@atlanta.com",
    ":a",
    "1a:b",
    "sip:@a.com",
    "sip:a b@c.com",
    "sip:a@",
    "sip:a@b@c",
    "sip:a.com:",
    "sip:a.com:x",
    "sip:[2001:db8::1",
    "sip:[1:2]",
    "sip:[1:2:3:4:5:6:7:8:9]",
    "sip:[::1::]",
    "sip:[12345::]",
    "sip:2001:db8::1",
    "sip:%4@a.com",
    "sip:%zz@a.com",
    "sip:a.com;x=%4",
    "sip:a.com?x=%",
    "sip:a.com\r\nX: y",
    "sip:<a.com>",
    "sip:a.com;a b",
    "tel:",
    "tel:1 2",
    "sip:é@a.com",
  ])("refuses %j", (text) => {
    const error = thrown(() => Uri.parse(text));
    expect(["uri_invalid", "value_invalid"]).toContain(error.code);
    expect(error.status).toBe(400);
    expect(error.offset).toBeTypeOf("number");
  });

  it("says in its error what it was given, in one line whatever that was", () => {
    const evil = "sip:a\nsomebody else's line \x1b[2J";
    const request = parseMessage(`OPTIONS ${evil.replace("\n", "")} SIP/2.0\r\n\r\n`) as Request;
    for (const read of [() => Uri.parse(evil), () => NameAddr.parse(evil), () => request.uri]) {
      expect(read).toThrow(SipError);
      expect(read).not.toThrow(/[\n\x1b]/);
    }
  });

  it("does not choke on a long one", () => {
    expect(Uri.parse(`sip:${"a".repeat(60_000)}@b`).user).toHaveLength(60_000);
    expect(thrown(() => Uri.parse(`sip:${"a".repeat(70_000)}@b`)).status).toBe(400);
  });
});

describe("of", () => {
  it("makes a URI of its parts, escaping what must be", () => {
    expect(String(Uri.of({ host: "a.com" }))).toBe("sip:a.com");
    expect(
      String(
        Uri.of({
          scheme: "SIPS",
          user: "a b@c:d;e",
          password: "p/w",
          host: "2001:db8::1",
          port: 5061,
          params: { lr: true, x: "a;b" },
          headers: { Subject: "a b&c" },
        }),
      ),
    ).toBe("sips:a%20b%40c%3Ad;e:p%2Fw@[2001:db8::1]:5061;lr;x=a%3Bb?Subject=a%20b%26c");
    expect(Uri.of({ user: "Jürgen 100%", host: "a" }).user).toBe("Jürgen 100%");
    expect(Uri.of({ host: "a", params: { lr: false, ttl: 1, gone: undefined } }).toString()).toBe(
      "sip:a;ttl=1",
    );
  });

  it("refuses what makes no URI", () => {
    for (const host of ["", "a b", "a@b", "a;lr", "a\r\nX: y", "[::1]x"]) {
      expect(thrown(() => Uri.of({ host })).code).toMatch(/^(uri_invalid|value_invalid|value_unsafe)$/);
    }
    expect(thrown(() => Uri.of({ host: "a", port: 65536 })).code).toBe("value_invalid");
    expect(thrown(() => Uri.of({ user: "a\nb", host: "a" })).code).toBe("value_unsafe");
    expect(thrown(() => Uri.of({ host: "a", params: { x: "\0" } })).code).toBe("value_unsafe");
  });
});

describe("with", () => {
  const uri = Uri.parse("sip:alice:pw@atlanta.com:5060;lr?a=b");
  it("changes what is named and leaves the rest, and the original", () => {
    expect(String(uri.with({ host: "b.com" }))).toBe("sip:alice:pw@b.com:5060;lr?a=b");
    expect(String(uri.with({ user: "x@y" }))).toBe("sip:x%40y:pw@atlanta.com:5060;lr?a=b");
    expect(String(uri.with({ port: undefined, password: undefined }))).toBe("sip:alice@atlanta.com;lr?a=b");
    expect(String(uri.with({ user: undefined, password: undefined }))).toBe("sip:atlanta.com:5060;lr?a=b");
    expect(String(uri.with({ scheme: "SIPS", params: {}, headers: {} }))).toBe(
      "sips:alice:pw@atlanta.com:5060",
    );
    expect(String(uri.with({ params: uri.params.with("transport", "tcp") }))).toBe(
      "sip:alice:pw@atlanta.com:5060;lr;transport=tcp?a=b",
    );
    expect(String(uri.with({ host: "::1" }))).toBe("sip:alice:pw@[::1]:5060;lr?a=b");
    expect(String(uri)).toBe("sip:alice:pw@atlanta.com:5060;lr?a=b");
  });
});

describe("equals", () => {
  // The examples of RFC 3261 §19.1.4, in its order.
  it.each([
    ["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;security=on"],
    ["sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"],
    [
      "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
      "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ],
    [
      "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ],
    ["tel:+1-201", "TEL:+1-201"],
    ["urn:service:sos", "URN:service:sos"],
  ])("%s = %s", (a, b) => {
    expect(Uri.parse(a).equals(Uri.parse(b))).toBe(true);
    expect(Uri.parse(b).equals(Uri.parse(a))).toBe(true);
  });

  it.each([
    ["SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"],
    ["sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"],
    ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"],
    ["sip:a@b.com", "sips:a@b.com"],
    ["sip:a@b.com", "sip:b.com"],
    ["sip:a:x@b.com", "sip:a@b.com"],
    ["sip:a@b.com;user=phone", "sip:a@b.com"],
    ["sip:a@b.com;ttl=1", "sip:a@b.com"],
    ["sip:a@b.com;maddr=1.2.3.4", "sip:a@b.com"],
    ["sip:a@b.com;method=INVITE", "sip:a@b.com"],
    ["sip:a@b.com;lr", "sip:a@b.com;lr=on"],
    ["tel:+1-201", "tel:+1-202"],
    ["tel:+1-201", "sip:+1-201@a.com"],
    // Reserved characters are not the same as their escapes (§19.1.4, second rule).
    ["sip:a;b@c.com", "sip:a%3Bb@c.com"],
  ])("%s ≠ %s", (a, b) => {
    expect(Uri.parse(a).equals(Uri.parse(b))).toBe(false);
    expect(Uri.parse(b).equals(Uri.parse(a))).toBe(false);
  });
});

it("loses its password with its user", () => {
  expect(Uri.parse("sip:alice:secret@example.com").with({ user: undefined }).toString()).toBe(
    "sip:example.com",
  );
  expect(Uri.parse("sip:alice:secret@example.com").with({ user: "bob" }).toString()).toBe(
    "sip:bob:secret@example.com",
  );
});

describe("parameters and headers", () => {
  const params = (count: number) => ";a".repeat(count);
  const headers = (count: number) => `?${"b=&".repeat(count)}`;

  it("are at most 256 each, and more are refused when the URI is read", () => {
    const most = Uri.parse(`sip:a@b${params(256)}${headers(256)}`);
    expect([most.params.size, most.headers.size]).toEqual([256, 256]);
    for (const text of [params(257), `${params(256)}${headers(257)}`]) {
      expect(thrown(() => Uri.parse(`sip:a@b${text}`)).code).toBe("value_invalid");
      expect(thrown(() => NameAddr.parse(`<sip:a@b${text}>;tag=1`)).code).toBe("value_invalid");
    }
  });

  it("may be long ones, and empty ones between them", () => {
    const long = Uri.parse(`sip:a@b${";".repeat(600)}x=${"y".repeat(600)};z?c=${"d".repeat(600)}`);
    expect([long.params.size, long.params.get("x")?.length, long.headers.get("c")?.length]).toEqual([
      2, 600, 600,
    ]);
  });
});

describe("percent escapes", () => {
  it("are taken once, in any case of their digits, as UTF-8", () => {
    expect(Uri.parse("sip:%25%34%31%c3%A9@example.com").user).toBe("%41é");
  });

  it("cost no more than their octets: 20,000 of them are read in an instant", () => {
    expect(Uri.parse(`sip:${"%41".repeat(20_000)}@example.com`).user).toBe("A".repeat(20_000));
  });
});
