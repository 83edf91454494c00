// Where SIP URIs lead (RFC 3263), asked of a real DNS server on loopback through Node's client.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { lotOf } from "../../src/stack/resolve/lot.ts";
import { orderNaptr, orderSrv } from "../../src/stack/resolve/order.ts";
import { type ResolverOptions, resolver } from "../../src/stack/resolve/sip-resolver.ts";
import { sipKey } from "../../src/transaction/siphash.ts";
import type { Dns } from "../../src/transport/dns.ts";
import { nodeDns } from "../../src/transport/node/dns.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import type { Target } from "../../src/transport/transport.ts";
import { DnsServer } from "../support/dns-server.ts";

const server = new DnsServer({});
let servers: string[] = [];

beforeAll(async () => {
  servers = [await server.start()];
});
afterAll(() => server.close());
beforeEach(() => {
  server.asked.length = 0;
  server.broken.clear();
  server.ttl = 300;
  server.zone = {
    "example.com": {
      a: ["192.0.2.9"],
      naptr: [
        [20, 10, "s", "SIP+D2U", "_sip._udp.example.com"],
        [10, 20, "S", "sip+d2t", "_sip._tcp.example.com"],
        [10, 10, "s", "SIPS+D2T", "_sips._tcp.example.com"],
        [1, 1, "u", "E2U+sip", ""],
        [1, 1, "s", "SIP+D2S", "_sip._sctp.example.com"],
      ],
    },
    "_sips._tcp.example.com": { srv: [[0, 0, 5061, "one.example.com"]] },
    "_sip._tcp.example.com": { srv: [[0, 0, 5060, "one.example.com"]] },
    "_sip._udp.example.com": {
      srv: [
        [20, 0, 5070, "two.example.com"],
        [10, 0, 5060, "one.example.com"],
      ],
    },
    "one.example.com": { a: ["192.0.2.1"], aaaa: ["2001:db8::1"] },
    "two.example.com": { a: ["192.0.2.2", "192.0.2.3"] },
    "srv.example.net": {},
    "_sip._tcp.srv.example.net": { srv: [[0, 0, 5080, "one.example.com"]] },
    "gone.example.net": { a: ["192.0.2.7"] },
    "_sip._udp.gone.example.net": { srv: [[0, 0, 0, ""]] },
  };
});

const make = (options: Partial<ResolverOptions> = {}) =>
  resolver({ dns: nodeDns({ servers, timeout: 300, tries: 1 }), random: seededRandom(1), ...options });

const ALL = ["UDP", "TCP", "TLS"];
const short = ({ protocol, host, port, domain }: Target): string =>
  `${protocol} ${host} ${port}${domain === undefined ? "" : ` ${domain}`}`;

async function find(uri: string, protocols: readonly string[] = ALL, options: Partial<ResolverOptions> = {}) {
  const request = createRequest("OPTIONS", uri, { from: "<sip:a@b>" });
  return (await make(options).targets(request, protocols)).map(short);
}

describe("a URI leads, by DNS", () => {
  it("to what NAPTR names, by order and preference, then SRV, then addresses", async () => {
    expect(await find("sip:bob@example.com")).toEqual([
      "TLS 192.0.2.1 5061 example.com",
      "TLS 2001:db8::1 5061 example.com",
      "TCP 192.0.2.1 5060 example.com",
      "TCP 2001:db8::1 5060 example.com",
      "UDP 192.0.2.1 5060 example.com",
      "UDP 2001:db8::1 5060 example.com",
      "UDP 192.0.2.2 5070 example.com",
      "UDP 192.0.2.3 5070 example.com",
    ]);
  });

  it("to what of that the stack can do, and the families that it wants", async () => {
    expect(await find("sip:example.com", ["UDP"], { families: [6, 4] })).toEqual([
      "UDP 2001:db8::1 5060 example.com",
      "UDP 192.0.2.1 5060 example.com",
      "UDP 192.0.2.2 5070 example.com",
      "UDP 192.0.2.3 5070 example.com",
    ]);
  });

  it("to TLS alone, for sips", async () => {
    expect(await find("sips:example.com", ALL, { families: [4] })).toEqual([
      "TLS 192.0.2.1 5061 example.com",
    ]);
    expect(await find("sips:example.com;transport=tcp", ALL, { families: [4] })).toEqual([
      "TLS 192.0.2.1 5061 example.com",
    ]);
  });

  it("without NAPTR to the SRV records of the stack's protocols", async () => {
    expect(await find("sip:srv.example.net", ALL, { families: [4] })).toEqual([
      "TCP 192.0.2.1 5080 srv.example.net",
    ]);
    expect(server.asked).toContain("srv _sips._tcp.srv.example.net");
  });

  it("by its transport without NAPTR", async () => {
    expect(await find("sip:example.com;transport=UDP", ALL, { families: [4] })).toEqual([
      "UDP 192.0.2.1 5060 example.com",
      "UDP 192.0.2.2 5070 example.com",
      "UDP 192.0.2.3 5070 example.com",
    ]);
    expect(server.asked.some((question) => question.startsWith("naptr"))).toBe(false);
  });

  it("without any of both to the name's own addresses, over UDP or TLS and their ports", async () => {
    expect(await find("sip:two.example.com")).toEqual([
      "UDP 192.0.2.2 5060 two.example.com",
      "UDP 192.0.2.3 5060 two.example.com",
    ]);
    expect((await find("sips:two.example.com"))[0]).toBe("TLS 192.0.2.2 5061 two.example.com");
    expect((await find("sip:two.example.com", ["TCP", "WS"]))[0]).toBe("TCP 192.0.2.2 5060 two.example.com");
  });

  it("with a port to the addresses alone", async () => {
    expect(await find("sip:example.com:5099")).toEqual(["UDP 192.0.2.9 5099 example.com"]);
    expect(server.asked.sort()).toEqual(["a example.com", "aaaa example.com"]);
  });

  it("to maddr, if it has one, and still to whom the host names", async () => {
    expect(await find("sip:example.com;maddr=192.0.2.77")).toEqual(["UDP 192.0.2.77 5060 example.com"]);
    expect(await find("sip:example.com;maddr=[2001:db8::7]")).toEqual(["UDP 2001:db8::7 5060 example.com"]);
    expect(await find("sips:example.com;maddr=two.example.com")).toEqual([
      "TLS 192.0.2.2 5061 example.com",
      "TLS 192.0.2.3 5061 example.com",
    ]);
  });

  it.each([
    ["sip:192.0.2.1", "UDP 192.0.2.1 5060"],
    ["sip:[2001:db8::1]:5070;transport=tcp", "TCP 2001:db8::1 5070"],
    ["sips:192.0.2.1", "TLS 192.0.2.1 5061"],
    ["sip:192.0.2.1;transport=tls", "TLS 192.0.2.1 5061"],
    ["sips:192.0.2.1;transport=ws", "WSS 192.0.2.1 443"],
  ])("%s to itself, with nobody asked, at once", (uri, expected) => {
    const found = make().targets(createRequest("OPTIONS", uri, { from: "<sip:a@b>" }), ALL);
    expect((found as readonly Target[]).map(short)).toEqual([expected]);
    expect(server.asked).toEqual([]);
  });

  it("nowhere where nobody is, or the service is decidedly not there", async () => {
    await expect(find("sip:nobody.example.com")).rejects.toMatchObject({ code: "no_target" });
    await expect(find("sip:gone.example.net", ["UDP"])).rejects.toMatchObject({ code: "no_target" });
    await expect(find("mailto:a@b")).rejects.toMatchObject({ code: "no_target", status: 416 });
    await expect(find("sips:example.com;transport=udp")).rejects.toMatchObject({
      code: "no_target",
      status: 416,
    });
  });

  it("past a question that DNS fails at, if another is answered", async () => {
    server.broken.add("example.com");
    expect((await find("sip:example.com", ["TCP"], { families: [4] }))[0]).toBe(
      "TCP 192.0.2.1 5060 example.com",
    );
    server.broken.add("two.example.com");
    await expect(find("sip:two.example.com")).rejects.toMatchObject({
      code: "no_target",
      cause: { code: "ESERVFAIL" },
    });
  });

  it("to no more than 32 targets", async () => {
    server.zone["_sip._udp.many.example.com"] = {
      srv: Array.from({ length: 20 }, (_, i) => [i, 0, 5060 + i, "two.example.com"] as const),
    };
    expect(await find("sip:many.example.com", ["UDP"])).toHaveLength(32);
  });
});

describe("a URI leads, by whatever a resolver's Dns says", () => {
  const none = async () => ({ records: [], ttl: undefined });
  const asked: string[] = [];
  const dnsOf = (targets: readonly (readonly [priority: number, target: string])[], addresses = 1): Dns => ({
    naptr: async (name) => {
      asked.push(name);
      return none();
    },
    srv: async (name) => {
      asked.push(name);
      const records = targets.map(([priority, target]) => ({ priority, weight: 0, port: 5060, target }));
      return { records, ttl: undefined };
    },
    address: async (name, family) => {
      asked.push(name);
      const records = Array.from({ length: family === 4 ? addresses : 0 }, (_, i) => `${name}.${i}`);
      return { records, ttl: undefined };
    },
  });
  beforeEach(() => {
    asked.length = 0;
  });

  it("to no more than 32 addresses of one name", async () => {
    const dns = dnsOf([[0, "10.0.0"]], 40);
    expect(await find("sip:example.com", ["UDP"], { dns })).toHaveLength(32);
    expect(await find("sip:example.com:5060", ["UDP"], { dns })).toHaveLength(32);
  });

  it("to the best of more than 32 servers, in whatever order they come", async () => {
    const dns = dnsOf(Array.from({ length: 40 }, (_, i) => [40 - i, `10.0.${i}`]));
    const found = await find("sip:example.com", ["UDP"], { dns });
    expect([found.length, found[0]]).toEqual([32, "UDP 10.0.39.0 5060 example.com"]);
  });

  it("without the point that a name may end with, and without asking for an address that is one", async () => {
    const found = await find("sip:example.com.", ["UDP"], { dns: dnsOf([[0, "one.example.com."]]) });
    expect(found).toEqual(["UDP one.example.com.0 5060 example.com."]);
    expect(new Set(asked)).toEqual(new Set(["example.com", "_sip._udp.example.com", "one.example.com"]));
    asked.length = 0;
    const numeric = await find("sip:example.com", ["UDP"], { dns: dnsOf([[0, "192.0.2.7"]]) });
    expect(numeric).toEqual(["UDP 192.0.2.7 5060 example.com"]);
    expect(asked).not.toContain("192.0.2.7");
  });

  it("past NAPTR records that lead to no SRV records", async () => {
    const dns = dnsOf([[0, "one.example.com"]]);
    const record = { order: 1, preference: 1, service: "SIP+D2U", regexp: "", replacement: "elsewhere" };
    dns.naptr = async () => ({
      records: ["a", "u", ""].map((flags) => ({ ...record, flags })),
      ttl: undefined,
    });
    await find("sip:example.com", ["UDP"], { dns });
    expect(asked).toContain("_sip._udp.example.com");
    expect(asked).not.toContain("elsewhere");
  });

  it("over what is asked for, where a port is given, and over TLS rather than WSS for sips", async () => {
    const dns = dnsOf([], 1);
    expect(await find("sip:example.com:5099;transport=tcp", ALL, { dns })).toEqual([
      "TCP example.com.0 5099 example.com",
    ]);
    expect(await find("sips:example.com:5099", ["WSS", "TLS"], { dns })).toEqual([
      "TLS example.com.0 5099 example.com",
    ]);
    expect(await find("sip:example.com:5099", ["WS"], { dns })).toEqual([
      "WS example.com.0 5099 example.com",
    ]);
  });

  it("to nothing that is not secure for sips, whatever records there are", async () => {
    const dns = dnsOf([[0, "one.example.com"]]);
    const every = ["UDP", "TCP", "WS", "TLS"];
    expect(await find("sips:example.com", every, { dns })).toEqual([
      "TLS one.example.com.0 5060 example.com",
    ]);
    const services = ["SIP+D2U", "SIP+D2W", "SIPS+D2W"];
    dns.naptr = async () => ({
      records: services.map((service, order) => ({
        order,
        preference: 0,
        flags: "s",
        service,
        regexp: "",
        replacement: service,
      })),
      ttl: undefined,
    });
    expect(await find("sips:example.com", [...every, "WSS"], { dns })).toEqual([
      "WSS one.example.com.0 5060 example.com",
    ]);
  });

  it("without end to nobody's harm: what is published without measure is not asked for without one", async () => {
    const many = Array.from({ length: 500 }, (_, i) => i);
    const dns = dnsOf(many.map((i) => [i, `${i}.example.com`] as const));
    // None of them has an address.
    const address = async (name: string) => {
      asked.push(name);
      return none();
    };
    const nowhere = { ...dns, address };
    await expect(find("sip:example.com", ["UDP"], { dns: nowhere, families: [4] })).rejects.toThrow();
    expect(asked.length).toBeLessThan(40);
    asked.length = 0;
    const naptr = async () => ({
      records: many.map((order) => ({
        order,
        preference: 0,
        flags: "s",
        service: "SIP+D2U",
        regexp: "",
        replacement: `${order}`,
      })),
      ttl: undefined,
    });
    const srv = async (name: string) => {
      asked.push(name);
      return dnsOf(many.map((i) => [i, `${i}.${name}.example.com`] as const)).srv(name);
    };
    await find("sip:example.com", ["UDP"], { dns: { ...dns, naptr, srv }, families: [4] });
    // 8 sets of SRV records, and the addresses of 32 targets.
    expect(new Set(asked).size).toBe(40);
  });

  it("over WSS, for sips where there is no TLS", async () => {
    const dns = dnsOf([], 1);
    expect(await find("sips:example.com", ["WSS"], { dns })).toEqual(["WSS example.com.0 443 example.com"]);
  });

  it.each([".", ""])("nowhere where the target is %j (RFC 2782)", async (target) => {
    const found = find("sip:example.com", ["UDP"], { dns: dnsOf([[0, target]]) });
    await expect(found).rejects.toMatchObject({ code: "no_target" });
  });
});

describe("a response without a connection leads", () => {
  const response = (via: string) => {
    const lines = [
      "OPTIONS sip:a SIP/2.0",
      `Via: SIP/2.0/${via};branch=z9hG4bK1`,
      "From: <sip:a>;tag=1",
      "To: <sip:b>",
      "Call-ID: 1",
      "CSeq: 1 OPTIONS",
      "",
      "",
    ];
    const request = parseMessage(lines.join("\r\n"));
    if (request.kind !== "request") throw new Error("not a request");
    return request.createResponse(200);
  };

  it.each([
    ["UDP host.example.com:5070;received=192.0.2.5;rport=4000", ["UDP 192.0.2.5 4000"]],
    ["UDP host.example.com:5070;received=192.0.2.5", ["UDP 192.0.2.5 5070"]],
    ["UDP 192.0.2.8", ["UDP 192.0.2.8 5060"]],
    ["UDP host.example.com:5070;maddr=224.0.1.75;rport=4000;received=192.0.2.5", ["UDP 224.0.1.75 5070"]],
    ["UDP [2001:db8::9:1];received=[2001:db8::9:255];rport=4000", ["UDP 2001:db8::9:255 4000"]],
    ["UDP host.example.com:5070;maddr=[ff02::1]", ["UDP ff02::1 5070"]],
    ["TCP host.example.com:5070;received=192.0.2.5;rport=4000", ["TCP 192.0.2.5 5070 host.example.com"]],
    ["TLS host.example.com;received=192.0.2.5", ["TLS 192.0.2.5 5061 host.example.com"]],
    [
      "UDP two.example.com:5070",
      ["UDP 192.0.2.2 5070 two.example.com", "UDP 192.0.2.3 5070 two.example.com"],
    ],
    ["TCP srv.example.net", ["TCP 192.0.2.1 5080 srv.example.net"]],
    ["tcp srv.example.net", ["TCP 192.0.2.1 5080 srv.example.net"]],
  ])("%s: %j", async (via, expected) => {
    expect((await make({ families: [4] }).targets(response(via), ALL)).map(short)).toEqual(expected);
  });
});

it("asks no DNS server that has no address", () => {
  const refused = expect.objectContaining({ name: "SipError", code: "value_invalid" });
  expect(() => nodeDns({ servers: ["192.0.2.53", "dns.example.com"] })).toThrow(refused);
});

describe("what DNS has said", () => {
  it("is kept as long as it is good for, and asked once at a time", async () => {
    const clock = new VirtualClock();
    const found = make({ clock });
    const request = createRequest("OPTIONS", "sip:two.example.com:5060", { from: "<sip:a@b>" });
    server.ttl = 20;
    await Promise.all([found.targets(request, ALL), found.targets(request, ALL)]);
    expect(server.asked).toHaveLength(2);
    clock.advance(19_999);
    await found.targets(request, ALL);
    expect(server.asked.filter((question) => question === "a two.example.com")).toHaveLength(1);
    clock.advance(2);
    await found.targets(request, ALL);
    expect(server.asked.filter((question) => question === "a two.example.com")).toHaveLength(2);
  });

  it("is kept where it was nothing, too, and for a moment where it was no answer", async () => {
    const clock = new VirtualClock();
    const found = make({ clock, negativeTtl: 5000, families: [4] });
    const ask = (host: string) =>
      Promise.resolve(
        found.targets(createRequest("OPTIONS", `sip:${host}:5060`, { from: "<sip:a@b>" }), ALL),
      ).catch(() => {});
    await ask("nobody.example.com");
    clock.advance(4999);
    await ask("nobody.example.com");
    expect(server.asked).toHaveLength(1);
    clock.advance(2);
    await ask("nobody.example.com");
    expect(server.asked).toHaveLength(2);
    server.broken.add("two.example.com");
    await ask("two.example.com");
    server.broken.clear();
    clock.advance(4999);
    await ask("two.example.com");
    expect(server.asked).toHaveLength(3);
    clock.advance(1);
    await ask("two.example.com");
    expect(server.asked).toHaveLength(4);
  });
});

describe("the order of records", () => {
  const srv = (priority: number, weight: number, target: string) => ({
    priority,
    weight,
    port: 5060,
    target,
  });

  it("is by priority, and by lot in proportion to the weights (RFC 2782)", () => {
    const records = [srv(1, 10, "a"), srv(1, 30, "b"), srv(1, 60, "c"), srv(0, 1, "first"), srv(1, 0, "z")];
    const random = seededRandom(3);
    const seconds: Record<string, number> = {};
    const afterC: (string | undefined)[] = [];
    for (let i = 0; i < 4000; i++) {
      const order = orderSrv(records, random).map(({ target }) => target);
      expect([order[0], order.length, new Set(order).size]).toEqual(["first", 5, 5]);
      seconds[order[1]!] = (seconds[order[1]!] ?? 0) + 1;
      if (order[1] === "c") afterC.push(order[2]);
    }
    expect(seconds.c! / 4000).toBeCloseTo(0.6, 1);
    expect(seconds.b! / 4000).toBeCloseTo(0.3, 1);
    expect(seconds.a! / 4000).toBeCloseTo(0.1, 1);
    expect((seconds.z ?? 0) / 4000).toBeLessThan(0.03);
    expect(seconds.z).toBeGreaterThan(0);
    // Among those that are left the weights count as before.
    expect(afterC.filter((name) => name === "b").length / afterC.length).toBeCloseTo(0.73, 1);
  });

  it("draws among all that the sum of the weights gives, its both ends included", () => {
    const random = seededRandom(4);
    const records = [srv(0, 1, "one"), srv(0, 0, "none")];
    const first = Array.from({ length: 100 }, () => orderSrv(records, random)[0]!.target);
    expect(new Set(first)).toEqual(new Set(["one", "none"]));
  });

  it("is the same for all messages of one Call-ID, however DNS orders what is alike", () => {
    const key = sipKey("of the test");
    const servers = [srv(0, 1, "a"), srv(0, 3, "b"), { ...srv(0, 0, "b"), port: 5061 }];
    const firstFor = (callId: string, records = servers) => {
      const request = createRequest("REGISTER", "sip:h", { from: "sip:a@h", callId });
      const order = orderSrv(records, lotOf(request, key));
      return order.map(({ target, port }) => `${target}:${port}`).join();
    };
    const firsts = Array.from({ length: 1000 }, (_, i) => {
      const one = firstFor(`call ${i}`);
      expect(firstFor(`call ${i}`, [...servers].reverse())).toBe(one);
      return one;
    });
    expect(firsts.filter((order) => order.startsWith("b:5060")).length / 1000).toBeCloseTo(0.6, 1);
    expect(new Set(firsts).size).toBeGreaterThan(3);
  });

  it("is by order and preference for NAPTR (RFC 3403)", () => {
    const record = (order: number, preference: number) => ({
      order,
      preference,
      flags: "s",
      service: "",
      regexp: "",
      replacement: "",
    });
    const sorted = orderNaptr([record(2, 1), record(1, 9), record(1, 3)]);
    expect(sorted.map(({ order, preference }) => [order, preference])).toEqual([
      [1, 3],
      [1, 9],
      [2, 1],
    ]);
  });
});

describe("a zone that wants too much", () => {
  /** Answers with so many records of each kind, and no address; counts what it is asked. */
  function greedy(records: number) {
    const asked = { naptr: 0, srv: 0, address: 0 };
    const all = Array.from({ length: records }, (_, index) => index);
    const of = <R>(kind: keyof typeof asked, make: (index: number) => R) => {
      asked[kind]++;
      return { records: all.map(make), ttl: 1e9 };
    };
    const dns: Dns = {
      naptr: async () =>
        of("naptr", (order) => ({
          order,
          preference: 1,
          flags: "s",
          service: "SIP+D2U",
          regexp: "",
          replacement: `_sip._udp.s${order}.example.com`,
        })),
      srv: async (name) =>
        of("srv", (priority) => ({ priority, weight: 0, port: 5060, target: `h${priority}.${name}` })),
      address: async () => {
        asked.address++;
        return { records: [], ttl: 1e9 };
      },
    };
    return { asked, dns };
  }

  it("is asked few questions, whatever it answers", async () => {
    const { asked, dns } = greedy(1000);
    await expect(find("sip:bob@greedy.example.com", ALL, { dns })).rejects.toMatchObject({
      code: "no_target",
    });
    expect(asked).toEqual({ naptr: 1, srv: 8, address: 64 });
  });
});

it("names are looked up at once, and stay in their order", async () => {
  const answers: (() => void)[] = [];
  const waiting: string[] = [];
  const dns: Dns = {
    naptr: async () => ({ records: [], ttl: 1e9 }),
    srv: async (name) => ({
      records: name.startsWith("_sip._udp")
        ? [1, 2].map((n) => ({ priority: n, weight: 0, port: 5060, target: `h${n}.example.com` }))
        : [],
      ttl: 1e9,
    }),
    address: (name) =>
      new Promise((resolve) => {
        waiting.push(name);
        answers.push(() => resolve({ records: [`192.0.2.${name.slice(1, 2)}`], ttl: 1e9 }));
      }),
  };
  const found = find("sip:example.com", ["UDP"], { dns, families: [4] });
  await new Promise((resolve) => setImmediate(resolve));
  expect(waiting).toEqual(["h1.example.com", "h2.example.com"]);
  for (const answer of answers.reverse()) answer();
  expect(await found).toEqual(["UDP 192.0.2.1 5060 example.com", "UDP 192.0.2.2 5060 example.com"]);
});
