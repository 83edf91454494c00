// DnsCache: how long answers of DNS are good, those that say so and those that do not.

import { expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { DnsCache } from "../../src/stack/resolve/dns-cache.ts";
import type { DnsAnswer } from "../../src/transport/dns.ts";

function cache(answer: () => Promise<DnsAnswer<string>>, failureTtl = 5000) {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const none = async () => ({ records: [], ttl: undefined });
  const address = (name: string) => {
    asked.push(name);
    return answer();
  };
  const options = { ttl: 60_000, maxTtl: 100_000, negativeTtl: 30_000, failureTtl, limit: 10 };
  const dns = new DnsCache({ naptr: none, srv: none, address }, clock, options);
  return { clock, asked, ask: (name = "a.example.com") => dns.address(name, 4) };
}

it.each([
  ["for as long as it says", ["192.0.2.1"], 20_000, 20_000],
  ["no longer than the most", ["192.0.2.1"], 1e9, 100_000],
  ["for the usual time where it does not say", ["192.0.2.1"], undefined, 60_000],
  ["for its own time where there is nothing", [], undefined, 30_000],
  ["shorter where that says so", [], 5000, 5000],
  ["and no longer, whatever that says", [], 1e9, 30_000],
])("an answer is good %s", async (_what, records, ttl, good) => {
  const { clock, asked, ask } = cache(async () => ({ records, ttl }));
  await ask();
  clock.advance(good - 1);
  await ask("A.example.COM");
  expect(asked).toHaveLength(1);
  clock.advance(1);
  await ask();
  expect(asked).toHaveLength(2);
});

it("a question that is under way is asked once", async () => {
  let fail: (error: Error) => void = () => {};
  const { asked, ask } = cache(() => new Promise((_, reject) => (fail = reject)));
  const both = [ask(), ask()];
  expect(asked).toHaveLength(1);
  fail(new Error("SERVFAIL"));
  for (const each of both) await expect(each).rejects.toThrow("SERVFAIL");
});

it.each([
  [5000, 5000],
  [1e9, 300_000],
  [0, 0],
])("one that failed is asked again after %i ms, or five minutes (RFC 2308 §7)", async (failureTtl, good) => {
  let broken = true;
  const answer = async () => {
    if (broken) throw new Error("SERVFAIL");
    return { records: ["192.0.2.1"], ttl: undefined };
  };
  const { clock, asked, ask } = cache(answer, failureTtl);
  await expect(ask()).rejects.toThrow("SERVFAIL");
  if (good > 0) {
    clock.advance(good - 1);
    await expect(ask()).rejects.toThrow("SERVFAIL");
    expect(asked).toHaveLength(1);
    clock.advance(1);
  }
  broken = false;
  expect(await ask()).toMatchObject({ records: ["192.0.2.1"] });
  expect(asked).toHaveLength(2);
});

it("a Dns that throws has not answered, and is not asked at once again", async () => {
  const { asked, ask } = cache(() => {
    throw new TypeError("no such method");
  });
  await expect(ask()).rejects.toThrow("no such method");
  await expect(ask()).rejects.toThrow("no such method");
  expect(asked).toHaveLength(1);
});

it("answers are kept apart by what was asked", async () => {
  const clock = new VirtualClock();
  const answer = (what: string) => async (name: string, family?: number) =>
    ({ records: [`${what} ${name} ${family}`], ttl: undefined }) as never;
  const options = { ttl: 60_000, maxTtl: 100_000, negativeTtl: 30_000, failureTtl: 5000, limit: 10 };
  const dns = new DnsCache(
    { naptr: answer("naptr"), srv: answer("srv"), address: answer("a") },
    clock,
    options,
  );
  const all = [dns.naptr("a"), dns.srv("a"), dns.address("a", 4), dns.address("a", 6)];
  expect((await Promise.all(all)).flatMap(({ records }) => records as readonly unknown[])).toEqual([
    "naptr a undefined",
    "srv a undefined",
    "a a 4",
    "a a 6",
  ]);
});

it("a question that nobody answers is asked again when its search is over", async () => {
  const { clock, asked, ask } = cache(() => new Promise(() => {}));
  void ask();
  clock.advance(31_999);
  void ask();
  expect(asked).toHaveLength(1);
  clock.advance(1);
  void ask();
  expect(asked).toHaveLength(2);
});

it("no more failures are kept than the limit", async () => {
  const { asked, ask } = cache(() => Promise.reject(new Error("SERVFAIL")));
  const names = Array.from({ length: 11 }, (_, i) => `${i}.example.com`);
  for (const name of [...names, names[0]]) await ask(name).catch(() => {});
  expect(asked).toHaveLength(12);
});

it("nothing is kept of what is too long for a name (RFC 1035 §2.3.4)", async () => {
  const { asked, ask } = cache(() => Promise.reject(new Error("EBADNAME")));
  for (const length of [255, 256]) {
    for (const _ of [1, 2]) await expect(ask("a".repeat(length))).rejects.toThrow("EBADNAME");
  }
  expect(asked.map(({ length }) => length)).toEqual([255, 256, 256]);
});

it("no more than 100 records of an answer are kept, nor given", async () => {
  const records = Array.from({ length: 4000 }, (_, index) => `192.0.${index >> 8}.${index & 255}`);
  const { ask } = cache(async () => ({ records, ttl: 1000 }));
  for (let times = 0; times < 2; times++) expect((await ask()).records).toEqual(records.slice(0, 100));
});
