// KeyedHash against HalfSipHash as its paper has it, octet by octet: that one against the vectors of the reference
// implementation, which are of 2 and 4 rounds.

import { expect, it } from "vitest";
import { KeyedHash } from "../../src/transport/keyed-hash.ts";

const rotated = (word: number, by: number): number => ((word << by) | (word >>> (32 - by))) >>> 0;

/** @param state v0 to v3, the key taken in; @param rounds behind each word, and at the end */
function halfSipHash(
  octets: Uint8Array,
  state: readonly number[],
  rounds: readonly [number, number],
): number {
  let [v0 = 0, v1 = 0, v2 = 0, v3 = 0] = state.map((word) => word >>> 0);
  const mix = (times: number): void => {
    for (let i = 0; i < times; i++) {
      v0 = (v0 + v1) >>> 0;
      v1 = (rotated(v1, 5) ^ v0) >>> 0;
      v0 = rotated(v0, 16);
      v2 = (v2 + v3) >>> 0;
      v3 = (rotated(v3, 8) ^ v2) >>> 0;
      v0 = (v0 + v3) >>> 0;
      v3 = (rotated(v3, 7) ^ v0) >>> 0;
      v2 = (v2 + v1) >>> 0;
      v1 = (rotated(v1, 13) ^ v2) >>> 0;
      v2 = rotated(v2, 16);
    }
  };
  const whole = new Uint8Array(4 * Math.floor(octets.length / 4) + 4);
  whole.set(octets);
  whole[whole.length - 1] = octets.length & 255;
  const words = new DataView(whole.buffer);
  for (let at = 0; at < whole.length; at += 4) {
    const word = words.getUint32(at, true);
    v3 = (v3 ^ word) >>> 0;
    mix(rounds[0]);
    v0 = (v0 ^ word) >>> 0;
  }
  v2 = (v2 ^ 0xff) >>> 0;
  mix(rounds[1]);
  return (v1 ^ v3) | 0;
}

const C2 = 0x6c796765;
const C3 = 0x74656462;

it.each([
  [0, 0x5b9f35a9],
  [1, 0xb85a4727],
  [4, 0x89466e2a],
  [7, 0xc563cf8b],
])("the reference for %i octets, with the key 00 01 … 07", (length, hash) => {
  const [k0, k1] = [0x03020100, 0x07060504];
  const octets = Uint8Array.from({ length }, (_, i) => i);
  expect(halfSipHash(octets, [k0, k1, C2 ^ k0, C3 ^ k1], [2, 4]) >>> 0).toBe(hash);
});

it("hashes texts of any length alike, in octets", () => {
  const utf8 = new TextEncoder();
  const secret = "a secret";
  const start = [0, 1, 2, 3].map((n) => halfSipHash(utf8.encode(`${n}${secret}`), [0, 0, C2, C3], [1, 3]));
  const hash = new KeyedHash(secret);
  for (let length = 0; length < 300; length++) {
    const text = Array.from({ length }, (_, i) => String.fromCharCode(33 + ((i * 7 + length) % 90))).join("");
    for (const each of [text, `${text}é`, `${text}\u{1f600}`])
      expect(hash.of(each)).toBe(halfSipHash(utf8.encode(each), start, [1, 3]));
  }
});

it("has the last hash at hand, that of the empty text at first", () => {
  const [hash, fresh] = [new KeyedHash("a secret"), new KeyedHash("a secret")];
  expect(hash.of("")).toBe(new KeyedHash("a secret").of(""));
  const [one, other] = [hash.of("one"), hash.of("other")];
  expect([hash.of("other"), hash.of("one"), hash.of("")]).toEqual([other, one, fresh.of("")]);
  expect(new KeyedHash("another").of("one")).not.toBe(one);
});
