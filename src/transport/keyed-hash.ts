// KeyedHash: HalfSipHash-1-3 (Aumasson, Bernstein), which kernels have for their tables: 32 bits of a short text, by a
// key that nobody knows, so that no peer can choose texts that meet. Marks that others see are another's: siphash.ts.

import { toBinary } from "../core/text.ts";

/** What the hash starts from: v0 to v3 of the paper, the key taken in. */
type State = readonly [number, number, number, number];

const UNKEYED: State = [0, 0, 0x6c796765, 0x74656462];

/** Hashes the octets of texts: a character for each, or else their UTF-8, so that no character reaches into the next. */
export class KeyedHash {
  private readonly _start: State;
  private _text: string;
  private _hash: number;

  constructor(secret: string) {
    this._start = [0, 1, 2, 3].map((n) => hash(`${n}${secret}`, UNKEYED)) as unknown as State;
    this._text = "";
    this._hash = hash("", this._start);
  }

  /** The hash of a text, as a signed integer. That of the last text is at hand: a key is looked for, then put in. */
  of(text: string): number {
    if (text !== this._text) {
      this._text = text;
      this._hash = hash(toBinary(text), this._start);
    }
    return this._hash;
  }
}

function hash(text: string, start: State): number {
  let a = start[0];
  let b = start[1];
  let c = start[2];
  let d = start[3];
  const { length } = text;
  const words = length >> 2;
  // A round for each word of four octets, one for what is left of them with the length, and three to end with.
  for (let i = 0; i < words + 4; i++) {
    const at = i << 2;
    let word = 0;
    if (i < words) {
      word =
        text.charCodeAt(at) |
        (text.charCodeAt(at + 1) << 8) |
        (text.charCodeAt(at + 2) << 16) |
        (text.charCodeAt(at + 3) << 24);
    } else if (i === words) {
      word = length << 24;
      for (let rest = at; rest < length; rest++) word |= text.charCodeAt(rest) << ((rest & 3) << 3);
    } else if (i === words + 1) c ^= 0xff;
    d ^= word;
    a = (a + b) | 0;
    b = ((b << 5) | (b >>> 27)) ^ a;
    a = (a << 16) | (a >>> 16);
    c = (c + d) | 0;
    d = ((d << 8) | (d >>> 24)) ^ c;
    a = (a + d) | 0;
    d = ((d << 7) | (d >>> 25)) ^ a;
    c = (c + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ c;
    c = (c << 16) | (c >>> 16);
    a ^= word;
  }
  return b ^ d;
}
