// Timers: how long each timer of the transaction machines lasts. It never starts one.

import { notWanted } from "../errors.ts";
import type { TimerName } from "./machine.ts";

/** The base values of a layer's timers, in milliseconds (RFC 3261 §17.1.1.1, Table 4). */
export interface TimerOptions {
  /** T1, the round-trip time estimate; 64 × T1 is how long a transaction is tried. Default 500. */
  readonly t1: number;
  /** T2, the longest interval between retransmissions other than an INVITE's. Default 4,000. */
  readonly t2: number;
  /** T4, how long a message may live in the network. Default 5,000. */
  readonly t4: number;
  /** Timer C, how long a proxy lets an INVITE ring (RFC 3261 §16.6 step 11: more than 3 minutes). Default 181,000. */
  readonly c: number;
  /** How long the core may take before an INVITE is answered 100 for it (RFC 3261 §17.2.1). Default 200. */
  readonly trying: number;
}

/** The RFC's defaults. */
export const DEFAULT_TIMERS: TimerOptions = { t1: 500, t2: 4_000, t4: 5_000, c: 181_000, trying: 200 };

/** Timer D is at least this long, since the server's T1 is not known (RFC 3261 §17.1.1.2). */
const LEAST_D = 32_000;

/** One layer's timer values. */
export class Timers {
  readonly options: TimerOptions;
  /** How long after a request Timer E is first reset to T2: when a non-INVITE may be answered 100 (RFC 4320 §4.1). */
  readonly slow: number;

  /**
   * @param options what differs from DEFAULT_TIMERS, in milliseconds
   * @throws SipError `value_invalid` for one that is not a positive number (`trying` may be 0)
   */
  constructor(options: Partial<TimerOptions> = {}) {
    this.options = { ...DEFAULT_TIMERS, ...options };
    for (const [name, value] of Object.entries(this.options)) {
      if (!Number.isFinite(value) || value < 0 || (value === 0 && name !== "trying")) {
        throw notWanted(name, "a positive number", value);
      }
    }
    const { t1, t2 } = this.options;
    let interval = t1;
    let sum = 0;
    while (interval < t2) {
      sum += interval;
      interval = Math.min(2 * interval, t2);
    }
    this.slow = sum;
  }

  /** 64 × T1: how long an answer is waited for (RFC 3261 §17.1.1.2). */
  get patience(): number {
    return 64 * this.options.t1;
  }

  /**
   * A timer's first value in milliseconds. A, E and G are for unreliable transports only, and D, I, J
   * and K are 0 on reliable ones: the tables do not set them there.
   *
   * @param invite which machine asks: the automatic 100 has two meanings
   */
  first(name: TimerName, invite: boolean): number {
    const { t1, t4, c, trying } = this.options;
    switch (name) {
      case "A": // retransmits an INVITE (§17.1.1.2)
      case "E": // retransmits another request (§17.1.2.2)
      case "G": // retransmits a final response to INVITE (§17.2.1)
        return t1;
      case "C": // ends an INVITE that rings too long at a proxy (§16.6)
        return c;
      case "D": // absorbs final responses to INVITE (§17.1.1.2)
        return Math.max(LEAST_D, this.patience);
      case "I": // absorbs ACKs (§17.2.1)
      case "K": // absorbs final responses (§17.1.2.2)
        return t4;
      case "trying":
        return invite ? trying : this.slow;
      case "expire": // set when `trying` fires: 64 × T1 after the request, when its client gives up
        return Math.max(0, this.patience - this.slow);
      case "B": // ends an INVITE that nobody answers (§17.1.1.2)
      case "F": // ends another request (§17.1.2.2)
      case "H": // ends the wait for an ACK (§17.2.1)
      case "J": // absorbs retransmitted requests (§17.2.2)
      case "L": // absorbs retransmitted INVITEs after a 2xx (RFC 6026 §8.7)
      case "M": // collects the 2xx of an INVITE's branches (RFC 6026 §8.4)
      case "abandon": // ends an INVITE whose CANCEL had no effect (§9.1)
        return this.patience;
    }
  }

  /** The value after `last`: A doubles without end (§17.1.1.2); E and G double up to T2 (§17.1.2.2, §17.2.1). */
  backoff(name: "A" | "E" | "G", last: number): number {
    return name === "A" ? 2 * last : Math.min(2 * last, this.options.t2);
  }
}
