// Random: where branches, tags and Call-IDs come from. Cryptographic by default (a guessed branch
// lets a stranger answer in another's name); tests put a seeded source in its place.

import { binaryFrom } from "./core/text.ts";

/** Fills `bytes` with random octets, and returns it. */
export type RandomSource = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const POOL = 4096;
/** A longer piece of text would be a view on the whole pool, and hold on to it. */
const PIECE = 12;

/** The magic cookie that starts every branch made by RFC 3261's rules (§8.1.1.7). */
export const MAGIC_COOKIE = "z9hG4bK";

/** Makes the random parts of messages from one source, which it asks for a block of octets at a time. */
export class Random {
  readonly #source: RandomSource;
  readonly #octets: Uint8Array<ArrayBuffer> = new Uint8Array(POOL);
  /** A character for each octet: to cut some out is cheaper than to put them together. */
  #pool = "";
  #used: number = POOL;

  /** Asks for nothing yet. @param source defaults to `crypto.getRandomValues`; one with a seed is for tests */
  constructor(source: RandomSource = (bytes) => crypto.getRandomValues(bytes)) {
    this.#source = source;
  }

  /** `length` random characters of the base64url alphabet, 6 bits each. */
  text(length: number): string {
    let text = "";
    if (this.#used + length > POOL) this.#refill();
    for (const end = this.#used + Math.min(length, POOL); this.#used < end; ) {
      const start = this.#used;
      this.#used = Math.min(start + PIECE, end);
      text += this.#pool.slice(start, this.#used);
    }
    return length > POOL ? text + this.text(length - POOL) : text;
  }

  #refill(): void {
    const octets = this.#octets;
    this.#source(octets);
    for (let i = 0; i < POOL; i++) octets[i] = ALPHABET.charCodeAt(octets[i]! & 63);
    this.#pool = binaryFrom(octets, true);
    this.#used = 0;
  }

  /** A Via branch: the magic cookie and 96 bits (RFC 3261 §8.1.1.7). */
  branch(): string {
    return MAGIC_COOKIE + this.text(16);
  }

  /** A From or To tag: 60 bits, where RFC 3261 §19.3 asks for at least 32. */
  tag(): string {
    return this.text(10);
  }

  /** A Call-ID: 132 bits, without a host part (RFC 3261 §8.1.1.4). */
  callId(): string {
    return this.text(22);
  }

  /** A fraction from 0 (included) to 1 (excluded), for jitter. */
  fraction(): number {
    const digits = this.text(4);
    let value = 0;
    for (const digit of digits) value = value * 64 + ALPHABET.indexOf(digit);
    return value / 64 ** 4;
  }
}

/** The source that everything uses unless told otherwise. */
export const defaultRandom: Random = new Random();
