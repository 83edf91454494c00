// KeyTable: live transactions by their key. In a Map of a hundred thousand keys each look goes by a chain of entries to
// texts that have long left the processor's caches, and each time that it has filled up all of it is made anew. Here a look
// is one at an array of hashes, as a rule.

import type { KeyedHash } from "../transport/keyed-hash.ts";

const LEAST = 64;

/** What has a key, by it. */
export class KeyTable<T extends { readonly key: string }> {
  readonly #hash: KeyedHash;
  /** Open addressing, at most half full: the hash of what is in a place, never 0; 0 where nothing is. */
  #hashes: Int32Array<ArrayBuffer> = new Int32Array(LEAST);
  #items: (T | undefined)[] = new Array<T | undefined>(LEAST);
  #size = 0;

  constructor(hash: KeyedHash) {
    this.#hash = hash;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): T | undefined {
    // Most tables of a server that answers at once are empty.
    return this.#size === 0 ? undefined : this.#items[this.#place(key, this.#of(key))];
  }

  /** Takes an item in; one of the same key there must not be. */
  add(item: T): void {
    if (2 * this.#size >= this.#hashes.length) this.#resize(2 * this.#hashes.length);
    this.#put(item, this.#of(item.key));
    this.#size++;
  }

  /** Lets go of an item. False where it was not there. */
  delete(item: T): boolean {
    if (this.#size === 0) return false;
    let gap = this.#place(item.key, this.#of(item.key));
    if (this.#items[gap] !== item) return false;
    const hashes = this.#hashes;
    const items = this.#items;
    const mask = hashes.length - 1;
    // What stands behind it and had to give way moves up.
    for (let at = (gap + 1) & mask; hashes[at] !== 0; at = (at + 1) & mask) {
      const from = hashes[at]! & mask;
      if (((at - from) & mask) < ((at - gap) & mask)) continue;
      hashes[gap] = hashes[at]!;
      items[gap] = items[at];
      gap = at;
    }
    hashes[gap] = 0;
    items[gap] = undefined;
    this.#size--;
    if (hashes.length > LEAST && 16 * this.#size < hashes.length) this.#resize(hashes.length / 4);
    return true;
  }

  /** All of them, as they are now. */
  values(): T[] {
    return this.#items.filter((item) => item !== undefined);
  }

  #of(key: string): number {
    return this.#hash.of(key) || 1;
  }

  /** Where the item of that key is, or would be. */
  #place(key: string, hash: number): number {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let at = hash & mask;
    while (hashes[at] !== 0 && (hashes[at] !== hash || this.#items[at]?.key !== key)) at = (at + 1) & mask;
    return at;
  }

  #put(item: T, hash: number): void {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    let at = hash & mask;
    while (hashes[at] !== 0) at = (at + 1) & mask;
    hashes[at] = hash;
    this.#items[at] = item;
  }

  #resize(places: number): void {
    const hashes = this.#hashes;
    const items = this.#items;
    this.#hashes = new Int32Array(places);
    this.#items = new Array<T | undefined>(places);
    for (let at = 0; at < hashes.length; at++) {
      const item = items[at];
      if (item !== undefined) this.#put(item, hashes[at]!);
    }
  }
}
