// AnswerBlocks: answers as octets in blocks, in the order in which they end, with no object for any of them. A busy
// server holds some hundred thousand for 32 s each (RFC 3261 §17.2.2, timer J), and a collection that copies or goes
// through so many takes longer than their requests. They are found by a keyed hash, in tables that are given up as a whole.

import type { TimerHandle } from "../clock.ts";
import { binaryFrom, writeBinary } from "../core/text.ts";
import { AnswerBlock, AnswerRoom, BLOCK } from "./answer-block.ts";
import type { Answer, Answers, AnswersHost } from "./answers.ts";
import type { KeyedHash } from "./keyed-hash.ts";
import type { Flow } from "./transport.ts";

/** How many octets a block has, the first ones and the later ones. */
const LEAST_OCTETS = 4096;
const MOST_OCTETS = 98_304;
/** How many answers a table has room for at least. A power of two. */
const LEAST = 1024;

/** Finds numbers by the hash of their key. Of a fixed size, at most half full, nothing leaves it. */
class Table {
  /** Eight bits of a hash, or 0: an octet each, so that to find nothing, as is usual, needs little of the cache. */
  readonly tags: Uint8Array<ArrayBuffer>;
  /** For each of them the number, counted from `base`. */
  readonly numbers: Int32Array<ArrayBuffer>;
  readonly base: number;
  readonly until: number;
  room: number;

  constructor(room: number, base: number, until: number) {
    this.tags = new Uint8Array(2 * room);
    this.numbers = new Int32Array(2 * room);
    this.room = room;
    this.base = base;
    this.until = until;
  }

  put(hash: number, number: number): void {
    const { tags } = this;
    const mask = tags.length - 1;
    let at = hash & mask;
    while (tags[at] !== 0) at = (at + 1) & mask;
    tags[at] = tagOf(hash);
    this.numbers[at] = number - this.base;
    this.room--;
  }
}

/** Eight bits that have no say in the place. */
function tagOf(hash: number): number {
  return hash >>> 24 || 1;
}

/** A place in a block, for who asks for it. */
class Place implements Answer {
  readonly key: string;
  readonly flow: Flow;
  private readonly _blocks: AnswerBlocks;
  private readonly _block: AnswerBlock;
  private readonly _place: number;
  /** Those of one that was taken in just now, which is sent at once. */
  private _fresh: Uint8Array<ArrayBuffer> | undefined;

  constructor(
    blocks: AnswerBlocks,
    block: AnswerBlock,
    place: number,
    key: string,
    flow: Flow,
    fresh?: Uint8Array<ArrayBuffer>,
  ) {
    this._fresh = fresh;
    this.key = key;
    this.flow = flow;
    this._blocks = blocks;
    this._block = block;
    this._place = place;
  }

  get bytes(): Uint8Array<ArrayBuffer> | undefined {
    const bytes = this.over ? undefined : (this._fresh ?? this._block.answer(this._place));
    this._fresh = undefined;
    return bytes !== undefined && bytes.length > 0 ? bytes : undefined;
  }

  get over(): boolean {
    return this._block.over(this._place);
  }

  remove(): void {
    this._blocks.remove(this._block, this._place);
  }
}

export class AnswerBlocks implements Answers {
  readonly #host: AnswersHost;
  readonly #hash: KeyedHash;
  readonly #waits: (flow: Flow) => boolean;
  /** The oldest first; the number of an answer is that of its block, times BLOCK, and its place. */
  #blocks: AnswerBlock[] = [];
  /** How many blocks were given up before the first one. */
  #first = 0;
  /** Those before this place in the first block are over. */
  #place = 0;
  /** The oldest first. */
  #tables: Table[] = [];
  /** Rooms of blocks that are over: at most as many as there are blocks. */
  #spare: AnswerRoom[] = [];
  #octets = LEAST_OCTETS;
  #size = 0;
  /** Those of all blocks. */
  #held = 0;
  #timer: TimerHandle | undefined;

  /** @param waits whether octets that went out on a flow may still be read: then nothing is written over them */
  constructor(host: AnswersHost, waits: (flow: Flow) => boolean = () => false) {
    this.#host = host;
    this.#waits = waits;
    this.#hash = host.hash;
  }

  get size(): number {
    return this.#size;
  }

  get octets(): number {
    return this.#held;
  }

  add(key: string, octets: string, flow: Flow): Answer | undefined {
    const { clock, life, timers } = this.#host;
    const now = clock.now();
    const length = key.length + octets.length;
    const last = this.#blocks.at(-1);
    const block = last && last.count < BLOCK && last.free >= length ? last : this.#begin(length);
    const place = block.count;
    const bytes = block.add(key, octets.length, flow, now + life);
    if (bytes === undefined) return undefined;
    const number = (this.#first + this.#blocks.length - 1) * BLOCK + place;
    writeBinary(octets, bytes, octets.length);
    let table = this.#tables.at(-1);
    if (table === undefined || table.room === 0 || table.until < now) {
      table = new Table(roomFor(this.#size), number, now + life);
      this.#tables.push(table);
    }
    table.put(this.#hash.of(key), number);
    this.#size++;
    timers.count(1);
    if (this.#timer === undefined) this.#wait(life);
    return new Place(this, block, place, key, flow, bytes);
  }

  find(key: string): Answer | undefined {
    if (this.#size === 0) return undefined;
    const hash = this.#hash.of(key);
    const wanted = tagOf(hash);
    const tables = this.#tables;
    for (let i = tables.length - 1; i >= 0; i--) {
      const { tags, numbers, base } = tables[i]!;
      const mask = tags.length - 1;
      for (let at = hash & mask; tags[at] !== 0; at = (at + 1) & mask) {
        if (tags[at] !== wanted) continue;
        const number = base + numbers[at]!;
        const block = this.#blocks[Math.floor(number / BLOCK) - this.#first];
        const place = number % BLOCK;
        if (block?.has(place, key)) return new Place(this, block, place, key, block.flow(place));
      }
    }
    return undefined;
  }

  on(flow: Flow): Answer[] {
    const found: Answer[] = [];
    for (const block of this.#blocks) {
      for (let place = 0; place < block.count; place++) {
        if (block.flow(place) !== flow || block.over(place)) continue;
        found.push(new Place(this, block, place, binaryFrom(block.key(place)), flow));
      }
    }
    return found;
  }

  /** Lets go of what is in a place, if it is not over. */
  remove(block: AnswerBlock, place: number): void {
    if (block.over(place)) return;
    block.remove(place);
    this.#size--;
    if (this.#size === 0) this.clear();
    this.#host.timers.count(-1);
  }

  clear(): void {
    const { clock, timers } = this.#host;
    if (this.#timer !== undefined) clock.clear(this.#timer);
    this.#timer = undefined;
    const blocks = this.#blocks;
    this.#blocks = [];
    this.#first = 0;
    this.#place = 0;
    this.#tables = [];
    this.#octets = LEAST_OCTETS;
    this.#spare = [];
    this.#held = 0;
    for (const block of blocks) block.end();
    for (; this.#size > 0; this.#size--) timers.count(-1);
  }

  /** Begins a block with room for so many octets at least. */
  #begin(length: number): AnswerBlock {
    const size = Math.max(length, this.#octets);
    const room = size === MOST_OCTETS ? this.#spare.pop() : undefined;
    const block = new AnswerBlock(room ?? new AnswerRoom(size));
    this.#octets = Math.min(2 * this.#octets, MOST_OCTETS);
    this.#held += block.size;
    this.#blocks.push(block);
    return block;
  }

  #wait(delay: number): void {
    this.#timer = this.#host.clock.set(() => this.#due(), delay);
  }

  #due(): void {
    const now = this.#host.clock.now();
    this.#timer = undefined;
    while (this.#size > 0) {
      const block = this.#blocks[0]!;
      const place = this.#place;
      if (place === block.count) this.#giveUp();
      else if (block.due(place) <= now) {
        this.#place++;
        this.remove(block, place);
      } else {
        this.#forget();
        this.#wait(block.due(place) - now);
        return;
      }
    }
  }

  /** The first block is over. */
  #giveUp(): void {
    const block = this.#blocks.shift();
    // The kernel may be longer about taking an answer than that lives, or its flow may have ended just now.
    const waits = block?.someFlow(this.#waits);
    this.#held -= block?.size ?? 0;
    const room = block?.end();
    if (room?.octets.length === MOST_OCTETS && !waits) this.#spare.push(room);
    if (this.#spare.length > this.#blocks.length) this.#spare.length = this.#blocks.length;
    this.#first++;
    this.#place = 0;
  }

  /** Lets go of the tables that find nothing any more: many, where a block takes hours to fill. */
  #forget(): void {
    const tables = this.#tables;
    const first = this.#first * BLOCK + this.#place;
    while (tables.length > 1 && tables[1]!.base <= first) tables.shift();
  }
}

/** Room for some times as many as there are: a search goes through all tables, so there are to be few. */
function roomFor(size: number): number {
  let room = LEAST;
  while (room < 2 * size) room *= 2;
  return room;
}
