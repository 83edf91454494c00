// SipHash-2-4: a keyed hash of short texts (Aumasson and Bernstein, 2012), for what a proxy writes into messages
// and must know again when it comes back: loop marks, branches without state, flow tokens. Synchronous, small,
// and, keyed, not to be forged.

/** A key of 128 bits, as four words of 32 bits, the lower word of each half first. */
export type SipKey = readonly [number, number, number, number];

/** The key that a secret stands for. A cluster whose machines share a secret knows each other's marks. */
export function sipKey(secret: string): SipKey {
  const octets = new TextEncoder().encode(secret);
  const [a, b] = sipHash24([0x736970, 1, 0x6b6579, 1], octets);
  const [c, d] = sipHash24([0x736970, 2, 0x6b6579, 2], octets);
  return [a, b, c, d];
}

/** The hash as 16 hexadecimal digits. */
export function sipHash(key: SipKey, text: string): string {
  const [low, high] = sipHash24(key, new TextEncoder().encode(text));
  return hex(high) + hex(low);
}

/** The hash of octets, 64 bits as two words, the lower one first. */
export function sipHash24(key: SipKey, octets: Uint8Array): readonly [low: number, high: number] {
  const [k0l, k0h, k1l, k1h] = key;
  // v0 to v3, each a low and a high word.
  const v = new Int32Array([
    k0l ^ 0x70736575,
    k0h ^ 0x736f6d65,
    k1l ^ 0x6e646f6d,
    k1h ^ 0x646f7261,
    k0l ^ 0x6e657261,
    k0h ^ 0x6c796765,
    k1l ^ 0x79746573,
    k1h ^ 0x74656462,
  ]);
  const whole = octets.length & ~7;
  for (let at = 0; at < whole; at += 8) absorb(v, word(octets, at), word(octets, at + 4));
  // The last block: what is left, and the length in its highest octet.
  const rest = new Uint8Array(8);
  rest.set(octets.subarray(whole));
  rest[7] = octets.length;
  absorb(v, word(rest, 0), word(rest, 4));
  v[4]! ^= 0xff;
  for (let i = 0; i < 4; i++) round(v);
  return [(v[0]! ^ v[2]! ^ v[4]! ^ v[6]!) >>> 0, (v[1]! ^ v[3]! ^ v[5]! ^ v[7]!) >>> 0];
}

function word(octets: Uint8Array, at: number): number {
  return octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24);
}

function absorb(v: Int32Array, low: number, high: number): void {
  v[6]! ^= low;
  v[7]! ^= high;
  round(v);
  round(v);
  v[0]! ^= low;
  v[1]! ^= high;
}

/** One SipRound; a pair of words is one number of 64 bits. */
function round(v: Int32Array): void {
  mix(v, 0, 2, 13);
  swap(v, 0);
  mix(v, 4, 6, 16);
  mix(v, 0, 6, 21);
  mix(v, 4, 2, 17);
  swap(v, 4);
}

/** a += b; b = rotl(b, bits) ^ a */
function mix(v: Int32Array, a: number, b: number, bits: number): void {
  const [bl, bh] = [v[b]!, v[b + 1]!];
  const low = (v[a]! >>> 0) + (bl >>> 0);
  v[a] = low;
  v[a + 1] = v[a + 1]! + bh + (low > 0xffffffff ? 1 : 0);
  v[b] = ((bl << bits) | (bh >>> (32 - bits))) ^ v[a]!;
  v[b + 1] = ((bh << bits) | (bl >>> (32 - bits))) ^ v[a + 1]!;
}

/** a = rotl(a, 32) */
function swap(v: Int32Array, a: number): void {
  const low = v[a]!;
  v[a] = v[a + 1]!;
  v[a + 1] = low;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
