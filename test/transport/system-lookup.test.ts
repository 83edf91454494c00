// The operating system's resolver, whose every question holds one of the few threads that Node has.

import { lookup } from "node:dns";
import { expect, test, vi } from "vitest";
import { nodeDns } from "../../src/transport/node/dns.ts";
import { systemLookup } from "../../src/transport/node/system-lookup.ts";

const answers: ((error: Error | null, address: string) => void)[] = [];
vi.mock("node:dns", async (original) => ({
  ...(await original<typeof import("node:dns")>()),
  lookup: vi.fn(
    (_host: string, _options: unknown, done: (typeof answers)[number]) => void answers.push(done),
  ),
}));

test("is asked two questions at once; 256 wait for their turn, and more are refused", async () => {
  const ended: string[] = [];
  const all = Array.from({ length: 260 }, (_, index) =>
    systemLookup(`h${index}.example.com`, 4).then(
      (address) => ended.push(address),
      (error) => ended.push(error.code ?? error.message),
    ),
  );
  await Promise.resolve();
  expect(vi.mocked(lookup).mock.calls.map(([host]) => host)).toEqual(["h0.example.com", "h1.example.com"]);
  await vi.waitUntil(() => ended.length === 2);
  expect(ended).toEqual(["overloaded", "overloaded"]);
  // A name that cannot be asked for is not taken for one that is not there.
  const { promises } = await import("node:dns");
  const none = Object.assign(new Error("none"), { code: "ENODATA" });
  const resolve4 = vi.spyOn(promises.Resolver.prototype, "resolve4").mockRejectedValue(none);
  await expect(nodeDns().address("hosts", 4)).rejects.toMatchObject({ code: "overloaded" });
  resolve4.mockRestore();
  answers.shift()?.(new Error("no such name"), "");
  await vi.waitUntil(() => ended.length === 3);
  expect([ended[2], vi.mocked(lookup).mock.calls.length]).toEqual(["no such name", 3]);
  for (let next = answers.shift(); next; next = answers.shift()) {
    next(null, "192.0.2.1");
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(all);
  expect(ended.filter((each) => each === "192.0.2.1")).toHaveLength(257);
});
