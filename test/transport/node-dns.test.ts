// What nodeDns makes of the answers of Node's client.

import { lookup, promises } from "node:dns";
import { afterEach, expect, test, vi } from "vitest";
import { nodeDns } from "../../src/transport/node/dns.ts";

const resolve4 = vi.spyOn(promises.Resolver.prototype, "resolve4");
vi.mock("node:dns", async (original) => ({
  ...(await original<typeof import("node:dns")>()),
  lookup: vi.fn((_host: string, _options: unknown, done: (error: null, address: string) => void) =>
    done(null, "192.0.2.99"),
  ),
}));

afterEach(() => void vi.clearAllMocks());

const failing = (code: string) => resolve4.mockRejectedValue(Object.assign(new Error(code), { code }));

test("addresses are good for the shortest of their times", async () => {
  const records = [300, 60, 120].map((ttl, i) => ({ address: `192.0.2.${i}`, ttl }));
  resolve4.mockResolvedValue(records as never);
  expect(await nodeDns().address("a.example.com", 4)).toEqual({
    records: ["192.0.2.0", "192.0.2.1", "192.0.2.2"],
    ttl: 60_000,
  });
});

test.each(["ENOTFOUND", "ENODATA"])("%s sends us to the system, unless servers are given", async (code) => {
  failing(code);
  expect(await nodeDns().address("a.example.com", 4)).toEqual({ records: ["192.0.2.99"], ttl: undefined });
  const given = nodeDns({ servers: ["192.0.2.53"] });
  expect(await given.address("a.example.com", 4)).toEqual({ records: [], ttl: undefined });
  expect(lookup).toHaveBeenCalledTimes(1);
});

test("any other failure is one", async () => {
  failing("ETIMEOUT");
  await expect(nodeDns().address("a.example.com", 4)).rejects.toThrow("ETIMEOUT");
});

test.each([
  { timeout: Infinity },
  { timeout: 1.5 },
  { tries: Infinity },
  { tries: 0 },
  { servers: ["nobody"] },
])("what Node's client cannot take is refused: %o", (options) => {
  expect(() => nodeDns(options)).toThrow(expect.objectContaining({ code: "value_invalid" }));
});

test("4,096 questions may wait for their answers, and more are not asked: Node's client goes through all of them", async () => {
  const answer: ((records: never[]) => void)[] = [];
  resolve4.mockImplementation((() => new Promise((resolve) => answer.push(resolve))) as never);
  const dns = nodeDns({ servers: ["192.0.2.53"] });
  const asked = Array.from({ length: 4096 }, (_, i) => dns.address(`${i}.example.com`, 4));
  expect(answer).toHaveLength(4096);
  await expect(dns.address("one-more.example.com", 4)).rejects.toMatchObject({ code: "overloaded" });
  await expect(dns.srv("one-more.example.com")).rejects.toMatchObject({ code: "overloaded" });
  expect(answer).toHaveLength(4096);
  for (const each of answer) each([]);
  await Promise.all(asked);
  const again = dns.address("one-more.example.com", 4);
  answer.at(-1)!([]);
  expect((await again).records).toEqual([]);
});
