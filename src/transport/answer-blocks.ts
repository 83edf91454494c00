// AnswerBlocks: answers as octets in blocks, in the order in which they end, with no object for any of them. A busy
// server holds some hundred thousand for 32 s each (RFC 3261 §17.2.2, timer J), and a collection that copies or goes
// through so many takes longer than their requests. They are found by a keyed hash, in tables that are given up as a whole.

import type { TimerHandle } from "../clock.ts";
import { binaryFrom, writeBinary } from "../core/text.ts";
import type { Answer, Answers, AnswersHost } from "./answers.ts";
import { KeyedHash } from "./keyed-hash.ts";
import type { Flow } from "./transport.ts";

/** How many answers a block has at most. */
const BLOCK = 256;
/** How many octets a block has, the first ones and the later ones. */
const LEAST_OCTETS = 4096;
const MOST_OCTETS = 65_536;
/** How many answers a table has room for at least. A power of two. */
const LEAST = 1024;

const NONE: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** Answers that were given one after the other. */
class Block {
  /** Undefined for one that is over. */
  flows: (Flow | undefined)[];
  due: number[];
  /** Where the key of each begins, where its octets do, and where they end: the next one's key begins there. */
  marks: number[];
  octets: Uint8Array<ArrayBuffer>;

  constructor(room: number) {
    this.flows = [];
    this.due = [];
    this.marks = [0];
    this.octets = new Uint8Array(room);
  }

  has(place: number, key: string): boolean {
    const start = this.marks[2 * place]!;
    if (this.flows[place] === undefined || this.marks[2 * place + 1]! - start !== key.length) return false;
    for (let i = 0; i < key.length; i++) if (this.octets[start + i] !== key.charCodeAt(i)) return false;
    return true;
  }

  /** Lets go of everything, for whoever still has a place in it. */
  end(): void {
    this.flows = [];
    this.due = [];
    this.marks = [];
    this.octets = NONE;
  }

  /** The part between two marks, as a view. */
  part(mark: number): Uint8Array<ArrayBuffer> {
    const start = this.marks[mark]!;
    return new Uint8Array(this.octets.buffer, start, this.marks[mark + 1]! - start);
  }
}

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
  private readonly _block: Block;
  private readonly _place: number;
  /** Those of one that was taken in just now, which is sent at once. */
  private _fresh: Uint8Array<ArrayBuffer> | undefined;

  constructor(
    blocks: AnswerBlocks,
    block: Block,
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
    const bytes = this._fresh ?? (this.over ? NONE : this._block.part(2 * this._place + 1));
    this._fresh = undefined;
    return bytes.length > 0 ? bytes : undefined;
  }

  get over(): boolean {
    return this._block.flows[this._place] === undefined;
  }

  remove(): void {
    this._blocks.remove(this._block, this._place);
  }
}

export class AnswerBlocks implements Answers {
  readonly #host: AnswersHost;
  readonly #hash: KeyedHash;
  /** The oldest first; the number of an answer is that of its block, times BLOCK, and its place. */
  #blocks: Block[] = [];
  /** How many blocks were given up before the first one. */
  #first = 0;
  /** Those before this place in the first block are over. */
  #place = 0;
  /** The oldest first. */
  #tables: Table[] = [];
  #octets = LEAST_OCTETS;
  #size = 0;
  #timer: TimerHandle | undefined;

  constructor(host: AnswersHost) {
    this.#host = host;
    this.#hash = new KeyedHash(host.random.text(20));
  }

  get size(): number {
    return this.#size;
  }

  add(key: string, octets: string, flow: Flow): Answer | undefined {
    const { clock, life, timers } = this.#host;
    const now = clock.now();
    const middle = key.length;
    const length = middle + octets.length;
    let block = this.#blocks.at(-1);
    let start = block?.marks.at(-1) ?? 0;
    if (block === undefined || block.due.length === BLOCK || start + length > block.octets.length) {
      block = new Block(Math.max(length, this.#octets));
      start = 0;
    }
    // A key that is not all octets would be another's when it is read again.
    let others = 0;
    for (let i = 0; i < middle; i++) {
      const code = key.charCodeAt(i);
      others |= code;
      block.octets[start + i] = code;
    }
    if (others > 0xff) return undefined;
    if (start === 0) {
      this.#octets = Math.min(2 * this.#octets, MOST_OCTETS);
      this.#blocks.push(block);
    }
    const place = block.due.length;
    block.flows.push(flow);
    block.due.push(now + life);
    block.marks.push(start + middle, start + length);
    const number = (this.#first + this.#blocks.length - 1) * BLOCK + place;
    const bytes = block.part(2 * place + 1);
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
        if (block?.has(place, key)) return new Place(this, block, place, key, block.flows[place]!);
      }
    }
    return undefined;
  }

  on(flow: Flow): Answer[] {
    const found: Answer[] = [];
    for (const block of this.#blocks) {
      for (const [place, each] of block.flows.entries()) {
        if (each === flow) found.push(new Place(this, block, place, binaryFrom(block.part(2 * place)), flow));
      }
    }
    return found;
  }

  /** Lets go of what is in a place, if it is not over. */
  remove(block: Block, place: number): void {
    if (block.flows[place] === undefined) return;
    block.flows[place] = undefined;
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
    for (const block of blocks) block.end();
    for (; this.#size > 0; this.#size--) timers.count(-1);
  }

  #wait(delay: number): void {
    this.#timer = this.#host.clock.set(() => this.#due(), Math.max(0, delay));
  }

  #due(): void {
    const now = this.#host.clock.now();
    this.#timer = undefined;
    while (this.#size > 0) {
      const block = this.#blocks[0]!;
      const place = this.#place;
      if (place === block.due.length) this.#giveUp();
      else if (block.due[place]! <= now) {
        this.#place++;
        this.remove(block, place);
      } else {
        this.#wait(block.due[place]! - now);
        return;
      }
    }
  }

  /** The first block is over, and so may be the table that finds what was in it. */
  #giveUp(): void {
    this.#blocks.shift()?.end();
    this.#first++;
    this.#place = 0;
    const second = this.#tables[1];
    if (second !== undefined && second.base <= this.#first * BLOCK) this.#tables.shift();
  }
}

/** Room for some times as many as there are: a search goes through all tables, so there are to be few. */
function roomFor(size: number): number {
  let room = LEAST;
  while (room < 2 * size) room *= 2;
  return room;
}
