// SipHash-2-4 against the vectors of its reference implementation: key 00 01 … 0f, input 00 01 … of n octets.

import { expect, it } from "vitest";
import { sipHash, sipHash24, sipKey } from "../../src/proxy/siphash.ts";

const KEY = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c] as const;

it.each([
  [0, 0x726fdb47, 0xdd0e0e31],
  [1, 0x74f839c5, 0x93dc67fd],
  [8, 0x93f5f579, 0x9a932462],
  [15, 0xa129ca61, 0x49be45e5],
])("%i octets", (length, high, low) => {
  expect(
    sipHash24(
      KEY,
      Uint8Array.from({ length }, (_, i) => i),
    ),
  ).toEqual([low, high]);
});

it("is written as 16 digits, and depends on the secret", () => {
  expect(sipHash(sipKey("one"), "text")).toMatch(/^[\da-f]{16}$/);
  expect(sipHash(sipKey("one"), "text")).toBe(sipHash(sipKey("one"), "text"));
  expect(sipHash(sipKey("one"), "text")).not.toBe(sipHash(sipKey("two"), "text"));
});
