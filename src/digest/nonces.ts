// Nonces: made and known again without being kept: a time and a random part under a keyed hash, so that every
// machine that has the key knows the nonces of all others (RFC 7616 §3.3). Kept is only which counts were used.

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { apart } from "../core/text.ts";
import type { Random } from "../random.ts";
import { sameText } from "../same-text.ts";

/** What a nonce of ours is worth. */
export type NonceState = "good" | "expired" | "replayed" | "foreign";

/** The counts of one nonce: the highest, and a bit for each of the 32 up to it (bit 0) that was used. */
interface Window {
  readonly time: number;
  highest: number;
  used: number;
}

/** How far ahead another machine's clock may be, in milliseconds. */
const SKEW = 30_000;

const encoder = new TextEncoder();

/** The nonces of one server. */
export class Nonces {
  readonly #key: Uint8Array;
  readonly #random: Random;
  readonly #now: () => number;
  readonly #life: number;
  readonly #limit: number;
  readonly #windows: Map<string, Window> = new Map();
  /** Of nonces up to this time counts may have been forgotten: those not in the table count as expired. */
  #forgotten = Number.NEGATIVE_INFINITY;

  constructor(secret: string, random: Random, now: () => number, life: number, limit: number) {
    this.#key = encoder.encode(secret);
    this.#random = random;
    this.#now = now;
    this.#life = life;
    this.#limit = limit;
  }

  /** How many nonces are kept for their counts. */
  get size(): number {
    return this.#windows.size;
  }

  /** A keyed hash of a text, 32 hexadecimal digits. */
  mark(text: string): string {
    return bytesToHex(hmac(sha256, this.#key, encoder.encode(text))).slice(0, 32);
  }

  /** A fresh nonce for a realm. */
  make(realm: string): string {
    const stem = `${Math.floor(this.#now()).toString(36)}.${this.#random.text(12)}`;
    return `${stem}.${this.mark(`nonce:${stem}:${realm}`)}`;
  }

  /** How old a nonce of ours is, in milliseconds; undefined for one that is none. */
  age(nonce: string, realm: string): number | undefined {
    const time = this.#time(nonce, realm);
    return time === undefined ? undefined : this.#now() - time;
  }

  /** Uses a count of a nonce up; each counts once. Without one (no qop) the nonce counts once. */
  use(nonce: string, realm: string, count = 1): NonceState {
    const time = this.#time(nonce, realm);
    if (time === undefined) return "foreign";
    const age = this.#now() - time;
    if (age > this.#life || age < -SKEW) return "expired";
    const window = this.#windows.get(nonce);
    if (!window) {
      if (time <= this.#forgotten) return "expired";
      this.#keep(nonce, { time, highest: count, used: 1 });
      return "good";
    }
    const behind = window.highest - count;
    if (behind >= 32 || (behind >= 0 && (window.used & (1 << behind)) !== 0)) return "replayed";
    if (behind >= 0) window.used |= 1 << behind;
    else {
      window.used = behind > -32 ? (window.used << -behind) | 1 : 1;
      window.highest = count;
    }
    return "good";
  }

  #keep(nonce: string, window: Window): void {
    this.#windows.set(apart(nonce), window);
    if (this.#windows.size <= this.#limit) return;
    const [oldest, { time }] = this.#windows.entries().next().value as [string, Window];
    this.#windows.delete(oldest);
    this.#forgotten = Math.max(this.#forgotten, time);
  }

  #time(nonce: string, realm: string): number | undefined {
    const at = nonce.lastIndexOf(".");
    const stem = nonce.slice(0, Math.max(0, at));
    if (nonce.length > 100 || !sameText(this.mark(`nonce:${stem}:${realm}`), nonce.slice(at + 1)))
      return undefined;
    return Number.parseInt(stem, 36);
  }
}
