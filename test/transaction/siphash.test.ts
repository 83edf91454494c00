// SipHash-2-4 against the vectors of its reference implementation: key 00 01 … 0f, input 00 01 … of n octets.

import { expect, it } from "vitest";
import { hashBytes, sipHash, sipKey } from "../../src/transaction/siphash.ts";

const KEY = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c] as const;

it.each([
  [0, "726fdb47dd0e0e31"],
  [1, "74f839c593dc67fd"],
  [8, "93f5f5799a932462"],
  [15, "a129ca6149be45e5"],
])("%i octets", (length, hash) => {
  expect(
    hashBytes(
      Uint8Array.from({ length }, (_, i) => i),
      KEY,
    ),
  ).toBe(hash);
});

it("depends on the secret", () => {
  expect(sipHash("é", sipKey("one"))).toMatch(/^[\da-f]{16}$/);
  expect(sipHash("é", sipKey("one"))).toBe(sipHash("é", sipKey("one")));
  expect(sipHash("é", sipKey("one"))).not.toBe(sipHash("é", sipKey("two")));
  expect(new Set(sipKey("one")).size).toBe(4);
});
