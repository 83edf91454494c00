// SipHash-2-4 (Aumasson, Bernstein): a short keyed hash of text. With a key that nobody knows, nobody can
// make two texts meet; without one it is a good hash, and no more.

import { binaryFrom, toBinary } from "../core/text.ts";

/** A key of 128 bits, as four words. */
export type HashKey = readonly [number, number, number, number];

/** The key that is none. */
export const NO_KEY: HashKey = [0, 0, 0, 0];

/** The key that a secret stands for. A cluster whose machines share a secret knows each other's marks. */
export function sipKey(secret: string): HashKey {
  const digits = [1, 2].map((half) => sipHash(secret, [0x736970, half, 0x6b6579, half])).join("");
  return [0, 8, 16, 24].map((at) => Number.parseInt(digits.slice(at, at + 8), 16)) as unknown as HashKey;
}

/** The hash of the text's UTF-8, 64 bits, as 16 hexadecimal digits, most significant first. */
export function sipHash(text: string, key: HashKey = NO_KEY): string {
  return hash(toBinary(text), key);
}

/** The hash of octets. */
export function hashBytes(bytes: Uint8Array, key: HashKey): string {
  return hash(binaryFrom(bytes), key);
}

// v0 to v3 of the paper, 64 bits each, low word first. Not of one call, since a typed array costs more than the hash
// of a short text.
const v = new Int32Array(8);
const START = [
  0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462,
] as const;

/** The hash of a binary string. */
function hash(octets: string, key: HashKey): string {
  for (let i = 0; i < 8; i++) v[i] = key[(i & 3) as 0]! ^ START[i]!;
  const { length } = octets;
  const whole = length & ~7;
  let at = 0;
  for (; at < whole; at += 8) take(four(octets, at), four(octets, at + 4));
  let low = 0;
  let high = length << 24;
  for (let i = at; i < length; i++) {
    const shift = (i & 3) << 3;
    if (i - at < 4) low |= octets.charCodeAt(i) << shift;
    else high |= octets.charCodeAt(i) << shift;
  }
  // The last word ends with the length.
  take(low, high);
  v[4]! ^= 0xff;
  rounds(4);
  return hex(v[1]! ^ v[3]! ^ v[5]! ^ v[7]!) + hex(v[0]! ^ v[2]! ^ v[4]! ^ v[6]!);
}

function four(octets: string, at: number): number {
  return (
    octets.charCodeAt(at) |
    (octets.charCodeAt(at + 1) << 8) |
    (octets.charCodeAt(at + 2) << 16) |
    (octets.charCodeAt(at + 3) << 24)
  );
}

/** Takes in 64 bits. */
function take(low: number, high: number): void {
  v[6]! ^= low;
  v[7]! ^= high;
  rounds(2);
  v[0]! ^= low;
  v[1]! ^= high;
}

/** Every octet in two digits: toString(16) of a large number goes by way of a fraction. */
const DIGITS = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

/** 32 bits as 8 hexadecimal digits. */
export function hex(word: number): string {
  return (
    DIGITS[word >>> 24]! + DIGITS[(word >>> 16) & 0xff]! + DIGITS[(word >>> 8) & 0xff]! + DIGITS[word & 0xff]!
  );
}

function rounds(count: number): void {
  for (let round = 0; round < count; round++) {
    mix(0, 2, 13);
    swap(0);
    mix(4, 6, 16);
    mix(0, 6, 21);
    mix(4, 2, 17);
    swap(4);
  }
}

/** a += b; b = (b <<< bits) ^ a, on 64 bits; fewer than 32 bits. */
function mix(a: number, b: number, bits: number): void {
  const low1 = v[b]!;
  const high1 = v[b + 1]!;
  const low = (v[a]! + low1) | 0;
  // It overflowed where the sum, without a sign, is less than what was added.
  const high = (v[a + 1]! + high1 + (low >>> 0 < low1 >>> 0 ? 1 : 0)) | 0;
  v[a] = low;
  v[a + 1] = high;
  v[b] = ((low1 << bits) | (high1 >>> (32 - bits))) ^ low;
  v[b + 1] = ((high1 << bits) | (low1 >>> (32 - bits))) ^ high;
}

/** A rotation by 32 bits. */
function swap(at: number): void {
  const low = v[at]!;
  v[at] = v[at + 1]!;
  v[at + 1] = low;
}
