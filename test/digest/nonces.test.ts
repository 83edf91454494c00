// Nonces: how long they are good, and which counts were used (RFC 7616 §3.3, §3.4).

import { expect, it } from "vitest";
import { Nonces } from "../../src/digest/nonces.ts";
import { seededRandom } from "../../src/transport/seeded.ts";

function made(limit = 100) {
  const time = { now: 1_000_000 };
  const nonces = new Nonces("secret", seededRandom(1), () => time.now, 60_000, limit);
  const nonce = nonces.make("realm");
  return { time, nonces, nonce, use: (count: number) => nonces.use(nonce, "realm", count) };
}

it("each count is good once, within 32 of the highest, in any order", () => {
  const { use } = made();
  expect([1, 2, 2, 5, 4, 4, 3, 1].map(use)).toEqual([
    "good",
    "good",
    "replayed",
    "good",
    "good",
    "replayed",
    "good",
    "replayed",
  ]);
  // 9 is 31 behind, 8 is 32.
  expect([40, 9, 8, 5, 9].map(use)).toEqual(["good", "good", "replayed", "replayed", "replayed"]);
});

it.each([32, 33, 34, 64, 65, 1000])("after a leap of %i all before it are as if unused", (leap) => {
  const { use } = made();
  use(1);
  expect([1 + leap, leap, leap - 1, leap].map(use)).toEqual(["good", "good", "good", "replayed"]);
});

it("is good for its life, and from a clock that is ahead by no more than half a minute", () => {
  for (const [passed, state] of [
    [60_000, "good"],
    [60_001, "expired"],
    [-30_000, "good"],
    [-30_001, "expired"],
  ] as const) {
    const { time, use } = made();
    time.now += passed;
    expect([passed, use(1)]).toEqual([passed, state]);
  }
});

it("is that of its realm and its secret alone", () => {
  const { nonces, nonce } = made();
  expect(nonces.use(nonce, "other")).toBe("foreign");
  expect(nonces.use(nonce.replace(/.$/, "x"), "realm")).toBe("foreign");
  expect(new Nonces("other", seededRandom(1), () => 0, 1, 1).age(nonce, "realm")).toBeUndefined();
});

it("is asked for anew where its counts may have been forgotten", () => {
  const { time, nonces, use } = made(2);
  const unused = nonces.make("realm");
  expect(use(1)).toBe("good");
  for (let i = 0; i < 2; i++) {
    time.now++;
    expect(nonces.use(nonces.make("realm"), "realm")).toBe("good");
  }
  expect(nonces.size).toBe(2);
  expect([use(2), nonces.use(unused, "realm")]).toEqual(["expired", "expired"]);
});
