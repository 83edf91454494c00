// AnswerBlock: one of the blocks that answers lie in, one behind the other, and the room that it takes, which
// the next block may have when this one is over.

import type { Flow } from "./transport.ts";

/** How many answers a block has at most. */
export const BLOCK = 256;

/** How many of the last flows are looked through for one that has had an answer in the block. */
const LAST = 16;
/** When one was over that was removed. */
const REMOVED = -1;

/**
 * What a block writes to. It is used again: V8 goes through all that lives for every few megabytes that are taken
 * beside its heap, which a busy server would take twice in a second.
 */
export class AnswerRoom {
  readonly octets: Uint8Array<ArrayBuffer>;
  /** Where the key of each begins, where its octets do, and where they end: the next one's key begins there; the first at 0. */
  readonly marks: Uint32Array<ArrayBuffer>;
  /** When each is over. */
  readonly due: Float64Array<ArrayBuffer>;
  /** The place of its flow among those of the block. */
  readonly flows: Uint8Array<ArrayBuffer>;

  constructor(size: number) {
    // One store for all: each has its price.
    const due = size + (-size & 7);
    const marks = due + 8 * BLOCK;
    const flows = marks + 4 * (2 * BLOCK + 1);
    const store = new ArrayBuffer(flows + BLOCK);
    this.octets = new Uint8Array(store, 0, size);
    this.due = new Float64Array(store, due, BLOCK);
    this.marks = new Uint32Array(store, marks, 2 * BLOCK + 1);
    this.flows = new Uint8Array(store, flows, BLOCK);
  }
}

/** Answers that were given one after the other. Behind its end nobody asks it but whether a place is over. */
export class AnswerBlock {
  /** How many there are. */
  count = 0;
  /** How many octets it has room for, and how many of them are free. */
  readonly size: number;
  free: number;
  private _room: AnswerRoom | undefined;
  /** Those that the answers go to: most often few, so that there is nothing of an answer on the heap. */
  private readonly _flows: Flow[] = [];

  constructor(room: AnswerRoom) {
    this._room = room;
    this.size = room.octets.length;
    this.free = this.size;
  }

  /**
   * Takes in a key, and leaves `length` octets behind it to be written to, which there has to be room for.
   *
   * @returns those octets; undefined, and nothing has changed, for a key that is not all octets: it would be another's
   *   when it is read again
   */
  add(key: string, length: number, flow: Flow, due: number): Uint8Array<ArrayBuffer> | undefined {
    const { octets, marks, due: ends, flows } = this._room as AnswerRoom;
    const place = this.count;
    const start = marks[2 * place]!;
    const middle = start + key.length;
    let others = 0;
    for (let i = 0; i < key.length; i++) {
      const code = key.charCodeAt(i);
      others |= code;
      octets[start + i] = code;
    }
    if (others > 0xff) return undefined;
    flows[place] = this._placeOf(flow);
    ends[place] = due;
    marks[2 * place + 1] = middle;
    marks[2 * place + 2] = middle + length;
    this.free -= key.length + length;
    this.count++;
    return new Uint8Array(octets.buffer, middle, length);
  }

  has(place: number, key: string): boolean {
    if (this.over(place)) return false;
    const { octets, marks } = this._room as AnswerRoom;
    const start = marks[2 * place]!;
    if (marks[2 * place + 1]! - start !== key.length) return false;
    for (let i = 0; i < key.length; i++) if (octets[start + i] !== key.charCodeAt(i)) return false;
    return true;
  }

  /** Where the one in that place goes to. */
  flow(place: number): Flow {
    return this._flows[(this._room as AnswerRoom).flows[place]!]!;
  }

  /** Whether that is so of any flow that one of them goes to. */
  someFlow(is: (flow: Flow) => boolean): boolean {
    return this._flows.some(is);
  }

  /** When it is over. */
  due(place: number): number {
    return this._room ? this._room.due[place]! : REMOVED;
  }

  /** Whether it was removed, as all are in the end. */
  over(place: number): boolean {
    return this.due(place) === REMOVED;
  }

  remove(place: number): void {
    (this._room as AnswerRoom).due[place] = REMOVED;
  }

  /** The octets of the key in that place, as a view. */
  key(place: number): Uint8Array<ArrayBuffer> {
    return this._part(2 * place);
  }

  /** Those of the answer. */
  answer(place: number): Uint8Array<ArrayBuffer> {
    return this._part(2 * place + 1);
  }

  /**
   * Lets go of everything, for whoever still has a place in it.
   *
   * @returns its room, which another may have; undefined the second time
   */
  end(): AnswerRoom | undefined {
    const room = this._room;
    this._room = undefined;
    this._flows.length = 0;
    return room;
  }

  private _placeOf(flow: Flow): number {
    const flows = this._flows;
    const least = Math.max(0, flows.length - LAST);
    for (let at = flows.length - 1; at >= least; at--) if (flows[at] === flow) return at;
    return flows.push(flow) - 1;
  }

  private _part(mark: number): Uint8Array<ArrayBuffer> {
    const { octets, marks } = this._room as AnswerRoom;
    const start = marks[mark]!;
    return new Uint8Array(octets.buffer, start, marks[mark + 1]! - start);
  }
}
