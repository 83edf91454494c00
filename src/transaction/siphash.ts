// SipHash-2-4 (Aumasson, Bernstein): a short keyed hash of text. With a key that nobody knows, nobody can
// make two texts meet; without one it is a good hash, and no more.

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
  return hashBytes(new TextEncoder().encode(text), key);
}

/** The hash of octets. */
export function hashBytes(bytes: Uint8Array, key: HashKey): string {
  // v0 to v3 of the paper, 64 bits each, low word first.
  const v = new Int32Array([
    key[0] ^ 0x70736575,
    key[1] ^ 0x736f6d65,
    key[2] ^ 0x6e646f6d,
    key[3] ^ 0x646f7261,
    key[0] ^ 0x6e657261,
    key[1] ^ 0x6c796765,
    key[2] ^ 0x79746573,
    key[3] ^ 0x74656462,
  ]);
  const words = (bytes.length >> 3) + 1;
  for (let word = 0; word < words; word++) {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 4; i++) {
      low |= (bytes[8 * word + i] ?? 0) << (8 * i);
      high |= (bytes[8 * word + 4 + i] ?? 0) << (8 * i);
    }
    // The last word ends with the length.
    if (word === words - 1) high |= bytes.length << 24;
    v[6]! ^= low;
    v[7]! ^= high;
    rounds(v, 2);
    v[0]! ^= low;
    v[1]! ^= high;
  }
  v[4]! ^= 0xff;
  rounds(v, 4);
  return hex(v[1]! ^ v[3]! ^ v[5]! ^ v[7]!) + hex(v[0]! ^ v[2]! ^ v[4]! ^ v[6]!);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}

function rounds(v: Int32Array, count: number): void {
  for (let round = 0; round < count; round++) {
    mix(v, 0, 2, 13);
    swap(v, 0);
    mix(v, 4, 6, 16);
    mix(v, 0, 6, 21);
    mix(v, 4, 2, 17);
    swap(v, 4);
  }
}

/** a += b; b = (b <<< bits) ^ a, on 64 bits; fewer than 32 bits. */
function mix(v: Int32Array, a: number, b: number, bits: number): void {
  const low = (v[a]! >>> 0) + (v[b]! >>> 0);
  v[a + 1]! += v[b + 1]! + (low > 0xffffffff ? 1 : 0);
  v[a] = low | 0;
  const [low1, high1] = [v[b]!, v[b + 1]!];
  v[b] = ((low1 << bits) | (high1 >>> (32 - bits))) ^ v[a]!;
  v[b + 1] = ((high1 << bits) | (low1 >>> (32 - bits))) ^ v[a + 1]!;
}

/** A rotation by 32 bits. */
function swap(v: Int32Array, at: number): void {
  const low = v[at]!;
  v[at] = v[at + 1]!;
  v[at + 1] = low;
}
