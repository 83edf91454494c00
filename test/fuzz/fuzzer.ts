// Fuzzer: takes a seed, changes it, and has it checked: by the three builds always, by the whole library now
// and then. A mutant that makes the core do something new is a seed from then on. All is told by the seed number.

import type { Build } from "../core/builds.ts";
import { type Rng, rng } from "../core/rng.ts";
import { generate } from "./generate.ts";
import { checkLibrary } from "./library.ts";
import { makeWork, mutate } from "./mutate.ts";
import { Twins } from "./twins.ts";

/** What lies behind a message: what could go on with it, end it, or hide its end. */
const BEHIND = [0x00, 0x20, 0x0a, 0x22, 0x30, 0x3a, 0x3b, 0x3e, 0x41, 0xff];
const PAIRS: readonly [number, number][] = BEHIND.map((each, i) => [each, BEHIND[(i + 3) % BEHIND.length]!]);
const POOL_MAX = 8192;

/** A message that shows a fault. */
export interface Find {
  readonly fault: string;
  readonly data: Uint8Array;
}

/** How a fuzzer goes about it. */
export interface FuzzOptions {
  readonly builds: readonly Build[];
  readonly seeds: readonly Uint8Array[];
  readonly seed: number;
  /** One in so many mutants goes through the whole library. */
  readonly deepEvery: number;
  /** Milliseconds that one message may take at the most, of the best of three times; 250 unless told. */
  readonly slow?: number;
  /** What checks the library; another one in the fuzzer's own tests. */
  readonly library?: (data: Uint8Array) => string | undefined;
  /** Sees every mutant before it is checked, so that one that hangs is known. */
  readonly before?: (data: Uint8Array) => void;
}

/** A fuzzer; the same options give the same mutants. */
export class Fuzzer {
  /** How many mutants there were, and how many of them went through the library. */
  mutants = 0;
  deep = 0;
  private readonly _random: Rng;
  private readonly _twins: Twins;
  private readonly _pool: Uint8Array[];
  private readonly _work = makeWork();
  private readonly _library: (data: Uint8Array) => string | undefined;
  private readonly _options: FuzzOptions;

  constructor(options: FuzzOptions) {
    this._options = options;
    this._random = rng(options.seed);
    this._twins = new Twins(options.builds);
    this._pool = [...options.seeds];
    this._library = options.library ?? checkLibrary;
  }

  /** How many messages it works from. */
  get seeds(): number {
    return this._pool.length;
  }

  /** What is wrong with this message, by every check. */
  examine(data: Uint8Array): string | undefined {
    for (const pair of PAIRS) {
      const fault = this._twins.check(data, pair);
      if (fault !== undefined) return fault;
    }
    return this._checkDeep(data);
  }

  /** One mutant; what it shows, if anything. */
  step(): Find | undefined {
    const random = this._random;
    const work = this._work;
    const pool = this._pool;
    const base =
      random.below(64) === 0 ? Buffer.from(generate(random), "latin1") : pool[random.below(pool.length)]!;
    work.length = Math.min(base.length, work.data.length);
    work.data.set(base.subarray(0, work.length));
    mutate(random, work, pool[random.below(pool.length)]!);
    const data = work.data.subarray(0, work.length);
    this._options.before?.(data);
    this.mutants++;
    const fault = this._twins.check(data, PAIRS[random.below(PAIRS.length)]!);
    if (fault !== undefined) return { fault, data: data.slice() };
    this._keep(data);
    if (this.mutants % this._options.deepEvery !== 0) return undefined;
    this.deep++;
    const wrong = this._checkDeep(data);
    return wrong === undefined ? undefined : { fault: wrong, data: data.slice() };
  }

  /** A smaller message with the same kind of fault: pieces are left out as long as it is still there. */
  minimize({ fault, data }: Find): Find {
    let best: Find = { fault, data };
    const kind = kindOf(fault);
    let tries = 2_000;
    for (let size = data.length >> 1; size > 0; size >>= 1) {
      for (let at = 0; at + size <= best.data.length && tries > 0; tries--) {
        const less = Buffer.concat([best.data.subarray(0, at), best.data.subarray(at + size)]);
        const found = this.examine(new Uint8Array(less));
        if (found !== undefined && kindOf(found) === kind)
          best = { fault: found, data: new Uint8Array(less) };
        else at += size;
      }
    }
    return best;
  }

  private _keep(data: Uint8Array): void {
    if (!this._twins.fresh || data.length > 8192) return;
    if (this._pool.length < POOL_MAX) this._pool.push(data.slice());
    else this._pool[this._random.below(POOL_MAX)] = data.slice();
  }

  private _checkDeep(data: Uint8Array): string | undefined {
    const { slow = 250 } = this._options;
    const began = performance.now();
    const fault = this._caught(data);
    if (fault !== undefined || performance.now() - began < slow) return fault;
    // What other programs and the compiler take of the machine's time is not the message's.
    let best = Number.POSITIVE_INFINITY;
    for (let times = 0; times < 3 && best >= slow; times++) {
      const before = process.cpuUsage();
      this._caught(data);
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, (user + system) / 1000);
    }
    return best < slow ? undefined : `slow: ${Math.round(best)} ms for ${data.length} octets`;
  }

  /** The library's check. Stacks of errors cost more than all else: they are taken for a fault alone. */
  private _caught(data: Uint8Array): string | undefined {
    const { stackTraceLimit } = Error;
    try {
      Error.stackTraceLimit = 0;
      return this._library(data);
    } catch {
      Error.stackTraceLimit = 10;
      try {
        return this._library(data) ?? "throw: once, and not again";
      } catch (error) {
        return `throw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      }
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
}

/** The kind of a fault: what stands before its colon; of something thrown, its first two lines without numbers. */
export function kindOf(fault: string): string {
  return fault.startsWith("throw:")
    ? fault.split("\n", 2).join("").replace(/\d+/g, "")
    : fault.slice(0, fault.indexOf(":"));
}
