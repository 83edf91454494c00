// Answers: what an unreliable transport may lend a stack: room for answers that are sent again when their request
// comes again, in place of a transaction for each. The transactions say what is put in, and when it is asked for.

import type { Clock } from "../clock.ts";
import type { KeyedHash } from "./keyed-hash.ts";
import type { Flow } from "./transport.ts";

/** One answer. */
export interface Answer {
  /** Its request's key. */
  readonly key: string;
  /** The flow that it goes back on. */
  readonly flow: Flow;
  /** Its octets, which nobody writes to; undefined where there are none, or it is over. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** Its time has passed, or it was removed. */
  readonly over: boolean;
  /** Lets go of it, if it is not over. */
  remove(): void;
}

/** What holds answers needs. */
export interface AnswersHost {
  readonly clock: Clock;
  /** That of the keys, which others have as well. */
  readonly hash: KeyedHash;
  /** How long each is held, in milliseconds. */
  readonly life: number;
  /** Told of each that is taken in, or over. */
  readonly timers: { count(change: 1 | -1): void };
}

/** Answers by the key of their request, each for the same time. */
export interface Answers {
  readonly size: number;
  /** What it takes for them. */
  readonly octets: number;
  /** Takes octets in, as a binary string; undefined where it cannot. */
  add(key: string, octets: string, flow: Flow): Answer | undefined;
  find(key: string): Answer | undefined;
  /** Those that go back on a flow, oldest first. */
  on(flow: Flow): Answer[];
  /** Lets go of all. */
  clear(): void;
}
