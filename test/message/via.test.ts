// Via: RFC 3261 §20.42 and §18.2, RFC 3581.
import { describe, expect, it } from "vitest";
import { Headers } from "../../src/message/headers.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { Via } from "../../src/message/via.ts";
import { thrown } from "./samples.ts";

const vias = (value: string) => new Headers().set("Via", value).get("Via");
const via = (value: string) => vias(value)[0]!;

describe("reading", () => {
  it("gives the parts", () => {
    const one = via(
      "SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7;received=192.0.2.1;rport=5070;ttl=16",
    );
    expect(one).toMatchObject({
      protocol: "SIP",
      version: "2.0",
      transport: "UDP",
      host: "erlang.bell-telephone.com",
      port: 5060,
      branch: "z9hG4bK87asdks7",
      received: "192.0.2.1",
      rport: 5070,
      hasRport: true,
      sentBy: "erlang.bell-telephone.com:5060",
    });
    expect(one.params.get("TTL")).toBe("16");
  });

  it("allows white space about the slashes and the colon (§25.1), and folding", () => {
    const one = via(
      "SIP / 2.0 / UDP first.example.com: 4000;ttl=16  ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1",
    );
    expect(one).toMatchObject({ version: "2.0", transport: "UDP", host: "first.example.com", port: 4000 });
    expect(one.branch).toBe("z9hG4bKa7c6a8dlze.1");
  });

  it("keeps a protocol, version or transport it does not know", () => {
    expect(via("XIP/3.1/WSS-SCTP a")).toMatchObject({
      protocol: "XIP",
      version: "3.1",
      transport: "WSS-SCTP",
    });
    expect(via("sip/2.0/udp a")).toMatchObject({ protocol: "sip", transport: "udp" });
  });

  it.each(["UDP", "TCP", "TLS", "WS", "WSS", "SCTP", "UDPX", "ws"])(
    "knows %s from the others",
    (transport) => {
      expect(via(`SIP/2.0/${transport} a.example.com`).transport).toBe(transport);
    },
  );

  it("takes an IPv6 sent-by without its brackets", () => {
    const one = via("SIP/2.0/TCP [2001:db8::9:1]:5061;branch=z9hG4bK1;received=2001:db8::2");
    expect([one.host, one.port, one.sentBy, one.received]).toEqual([
      "2001:db8::9:1",
      5061,
      "[2001:db8::9:1]:5061",
      "2001:db8::2",
    ]);
  });

  it("tells rport asked for from rport answered (RFC 3581 §3, §4)", () => {
    expect(via("SIP/2.0/UDP a;rport")).toMatchObject({ rport: undefined, hasRport: true });
    expect(via("SIP/2.0/UDP a;rport=")).toMatchObject({ rport: undefined, hasRport: true });
    expect(via("SIP/2.0/UDP a;RPORT=1")).toMatchObject({ rport: 1, hasRport: true });
    expect(via("SIP/2.0/UDP a")).toMatchObject({ rport: undefined, hasRport: false });
    expect(via("SIP/2.0/UDP a;rport=x")).toMatchObject({ rport: undefined, hasRport: true });
    expect(via("SIP/2.0/UDP a;rport=70000").rport).toBeUndefined();
  });

  it("takes the first of a parameter that comes twice, everywhere", () => {
    const one = via(
      "SIP/2.0/UDP a;branch=z9hG4bKone;branch=z9hG4bKtwo;received=192.0.2.1;received=192.0.2.2;rport=1;rport=2",
    );
    expect(one.branch).toBe("z9hG4bKone");
    expect(one.params.get("branch")).toBe("z9hG4bKone");
    expect(one.received).toBe("192.0.2.1");
    expect(one.rport).toBe(1);
  });

  it("splits a list", () => {
    expect(vias('SIP/2.0/UDP a;x="1,2" , SIP/2.0/TCP b').map(({ host }) => host)).toEqual(["a", "b"]);
  });

  it.each([
    "SIP/2.0/UDP",
    "SIP/2.0 a",
    "SIP/2.0/UDP a:x",
    "SIP/2.0/UDP a:70000",
    "SIP/2.0/UDP a b",
    "SIP/2.0/UDP [::1",
    'SIP/2.0/UDP a;x="',
  ])("refuses %j", (value) => {
    expect(thrown(() => via(value))).toMatchObject({ code: "value_invalid", status: 400, header: "Via" });
  });
});

describe("making", () => {
  it("writes what it was made of", () => {
    expect(String(Via.of({ host: "a.example.com", branch: "z9hG4bK1" }))).toBe(
      "SIP/2.0/UDP a.example.com;branch=z9hG4bK1",
    );
    expect(
      String(Via.of({ transport: "WSS", host: "::1", port: 443, branch: "z9hG4bK1", rport: true })),
    ).toBe("SIP/2.0/WSS [::1]:443;branch=z9hG4bK1;rport");
    expect(JSON.stringify(Via.of({ host: "a" }))).toBe('"SIP/2.0/UDP a"');
  });

  it("changes a copy and nothing else", () => {
    const one = via("SIP/2.0/UDP a:5060;rport;branch=z9hG4bK1;x=y");
    const two = one.with({ received: "192.0.2.9", rport: 4711 });
    expect(String(two)).toBe("SIP/2.0/UDP a:5060;rport=4711;branch=z9hG4bK1;x=y;received=192.0.2.9");
    expect([two.rport, two.received, two.branch]).toEqual([4711, "192.0.2.9", "z9hG4bK1"]);
    expect(String(one)).toBe("SIP/2.0/UDP a:5060;rport;branch=z9hG4bK1;x=y");
    expect(String(one.with({ port: undefined, host: "b", transport: "TCP" }))).toBe(
      "SIP/2.0/TCP b;rport;branch=z9hG4bK1;x=y",
    );
    expect(one.with({ params: { branch: "z9hG4bK2" } }).branch).toBe("z9hG4bK2");
    expect(one.with({ params: {} }).branch).toBeUndefined();
  });

  it("does not make a number of an rport that is none", () => {
    expect(via("SIP/2.0/UDP a;rport=x").with({ host: "b" }).rport).toBeUndefined();
  });

  it("refuses what would break out of the line", () => {
    expect(thrown(() => Via.of({ host: "a\r\nX: y" })).code).toBe("value_unsafe");
    expect(thrown(() => Via.of({ host: "a", branch: "z\n" })).code).toBe("value_unsafe");
    expect(thrown(() => Via.of({ host: "a", transport: "U\0" })).code).toBe("value_unsafe");
  });
});

describe("a folded quoted value", () => {
  it("is on one line, whichever way it is asked for", () => {
    const message = parseMessage(
      'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch="a\r\n b";received="c\n d"\r\n\r\n',
    );
    const via = message.headers.first("Via");
    expect(via?.branch).toBe("a b");
    expect(via?.received).toBe("c d");
    expect(via?.params.get("received")).toBe("c d");
  });
});

describe("seenFrom", () => {
  const seen = (text: string) => Via.parse(text).seenFrom("192.0.2.9", 5062).toString();
  it("notes the source, and the port where it is asked for (RFC 3581 §4)", () => {
    expect(seen("SIP/2.0/UDP h;branch=z9hG4bK1")).toBe("SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.9");
    expect(seen("SIP/2.0/UDP h:5060;rport;branch=z9hG4bK1")).toBe(
      "SIP/2.0/UDP h:5060;rport=5062;branch=z9hG4bK1;received=192.0.2.9",
    );
    expect(seen("SIP/2.0/UDP h;RPORT")).toBe("SIP/2.0/UDP h;rport=5062;received=192.0.2.9");
  });

  it("replaces what is there, and is not misled by quotes, white space or folds", () => {
    expect(seen("SIP/2.0/UDP h;received=1.2.3.4;rport=1")).toBe(
      "SIP/2.0/UDP h;received=192.0.2.9;rport=5062",
    );
    expect(seen('SIP/2.0/UDP h;x=";rport;";rport')).toBe(
      'SIP/2.0/UDP h;x=";rport;";rport=5062;received=192.0.2.9',
    );
    expect(seen("SIP/2.0/UDP h ; rport ; branch=b")).toBe(
      "SIP/2.0/UDP h;rport=5062;branch=b;received=192.0.2.9",
    );
    expect(seen("SIP/2.0/UDP h\r\n ;rport")).not.toContain("\n");
  });
});

it.each([
  ["SIP/2.0/UDP a", false],
  ["SIP/2.0/UDP a;branch=z9hG4bK1;rport", false],
  ["SIP/2.0/UDP a;received=192.0.2.1;rport=1;branch=z9hG4bK1", false],
  ["SIP / 2.0 / UDP a ; BRANCH = z9hG4bK1 ; RPORT", false],
  ["SIP/2.0/UDP a;branch=z9hG4bK1;maddr=192.0.2.1", true],
  ["SIP / 2.0 / UDP a ; maddr = 192.0.2.1", true],
  ["SIP/2.0/UDP a;ttl=1;rport", true],
  ['SIP/2.0/UDP a;x="maddr"', true],
])("knows whether %s has other parameters", (text, others) => {
  expect(Via.parse(text).hasOthers).toBe(others);
});
