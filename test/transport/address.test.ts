import { describe, expect, test } from "vitest";
import { formatAddress, ipFamily, isWildcard, parseAddress, unmapIPv4 } from "../../src/transport/address.ts";
import { sentByOf } from "../../src/transport/node/local-address.ts";

describe("ipFamily", () => {
  test.each(["0.0.0.0", "127.0.0.1", "255.255.255.255", "192.0.2.17"])("%s is IPv4", (host) => {
    expect(ipFamily(host)).toBe(4);
  });
  test.each(["::", "::1", "2001:db8::9:1", "1:2:3:4:5:6:7:8", "fe80::1%eth0", "::ffff:192.0.2.1", "1::"])(
    "%s is IPv6",
    (host) => {
      expect(ipFamily(host)).toBe(6);
    },
  );
  test.each([
    "",
    "localhost",
    "1.2.3",
    "1.2.3.256",
    "1.2.3.4.5",
    "1.2.3.x",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "::1%",
    "::1%\r\n",
    "::1.2.3",
    "[::1]",
  ])("%j is neither", (host) => {
    expect(ipFamily(host)).toBe(0);
  });
  test("is linear in a hostile input", () => {
    const started = performance.now();
    expect(ipFamily(":".repeat(1_000_000))).toBe(0);
    expect(ipFamily("1.".repeat(500_000))).toBe(0);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("parseAddress", () => {
  test.each([
    ["proxy.example.com", "proxy.example.com", undefined],
    ["proxy.example.com:5061", "proxy.example.com", 5061],
    ["192.0.2.1:0", "192.0.2.1", 0],
    ["[2001:db8::1]:5060", "2001:db8::1", 5060],
    ["[2001:db8::1]", "2001:db8::1", undefined],
    ["2001:db8::1", "2001:db8::1", undefined],
  ])("%s", (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });
  test.each([
    "",
    ":5060",
    "a:b",
    "a:65536",
    "a:123456",
    "[::1",
    "[]:1",
    "[x]:1",
    "a b",
    "a;b",
    "a\r\nb",
    "::1:5060:x",
  ])("refuses %j", (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: "value_invalid" }));
  });
});

test("formatAddress puts brackets around IPv6", () => {
  expect(formatAddress("192.0.2.1", 5060)).toBe("192.0.2.1:5060");
  expect(formatAddress("2001:db8::1", 5060)).toBe("[2001:db8::1]:5060");
  expect(formatAddress("example.com")).toBe("example.com");
});

test("small helpers", () => {
  expect(unmapIPv4("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(unmapIPv4("::ffff:1")).toBe("::ffff:1");
  expect(isWildcard("::")).toBe(true);
  expect(isWildcard("::1")).toBe(false);
});

describe("sent-by", () => {
  test("is what is advertised, with the bound port unless told", () => {
    const local = { host: "0.0.0.0", port: 5070 };
    expect(sentByOf("edge.example.com", local)).toBe("edge.example.com:5070");
    expect(sentByOf("192.0.2.1:5060", local)).toBe("192.0.2.1:5060");
    expect(sentByOf("2001:db8::1", local)).toBe("[2001:db8::1]:5070");
  });
  test("has no zone, which is this machine's own affair", () => {
    const local = { host: "fe80::1%eth0", port: 5070 };
    for (const advertise of [undefined, "fe80::1%eth0", "[fe80::1%eth0]:5070"])
      expect(sentByOf(advertise, local)).toBe("[fe80::1]:5070");
  });
  test("is the bound address, but never a wildcard", () => {
    expect(sentByOf(undefined, { host: "127.0.0.1", port: 5070 })).toBe("127.0.0.1:5070");
    for (const host of ["0.0.0.0", "::"]) {
      const { host: chosen, port } = parseAddress(sentByOf(undefined, { host, port: 5070 }));
      expect(isWildcard(chosen)).toBe(false);
      expect(ipFamily(chosen)).toBe(host === "::" ? 6 : 4);
      expect(port).toBe(5070);
    }
  });
});
