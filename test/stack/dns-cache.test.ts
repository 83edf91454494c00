// DnsCache: how long answers of DNS are good, those that say so and those that do not.

import { expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { DnsCache } from "../../src/stack/resolve/dns-cache.ts";
import type { DnsAnswer } from "../../src/transport/dns.ts";

function cache(answer: () => Promise<DnsAnswer<string>>) {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const none = async () => ({ records: [], ttl: undefined });
  const address = (name: string) => {
    asked.push(name);
    return answer();
  };
  const options = { ttl: 60_000, maxTtl: 100_000, negativeTtl: 30_000, limit: 10 };
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

it("a question that is under way is asked once, and one that failed is asked again", async () => {
  let fail: (error: Error) => void = () => {};
  const { asked, ask } = cache(() => new Promise((_, reject) => (fail = reject)));
  const both = [ask(), ask()];
  expect(asked).toHaveLength(1);
  fail(new Error("SERVFAIL"));
  for (const each of both) await expect(each).rejects.toThrow("SERVFAIL");
  ask().catch(() => {});
  expect(asked).toHaveLength(2);
});
