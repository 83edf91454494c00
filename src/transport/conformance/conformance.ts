// Conformance: the contract of transports as a list of checks that any test runner can run.

import { systemClock } from "../../clock.ts";
import type { Transport } from "../transport.ts";
import { checks } from "./checks.ts";
import { type Pair, same, type TransportPair } from "./pair.ts";

/** One check of a suite: a name, and what to run. */
export interface ConformanceCheck {
  /** What the transport must do, as a phrase: "carries fifty messages in a row". */
  readonly name: string;
  /**
   * Makes a pair, runs the check over it, and closes both. Rejects with an Error that says what was expected,
   * or with what `make` or a transport threw. Run one at a time, or many at once where pairs do not meet.
   */
  run(): Promise<void>;
}

/**
 * The contract of transports (docs/your-own-transport.md), as checks for any test runner:
 * `for (const { name, run } of transportConformance(make)) test(name, run)`.
 *
 * @param make makes a fresh pair for each check; both are closed when it is over
 * @returns the checks, always in the same order; nothing runs before `run` is called
 */
export function transportConformance(
  make: () => TransportPair | Promise<TransportPair>,
): readonly ConformanceCheck[] {
  return checks.map(({ name, run }) => ({
    name,
    async run() {
      const pair = complete(await make());
      try {
        await run(pair);
      } finally {
        await Promise.all([pair.made?.close(), pair.callee.close()]);
      }
      same(pair.timers(), 0, "timers after close");
    },
  }));
}

function complete(given: TransportPair): Pair {
  let made: Transport | undefined;
  return {
    callee: given.callee,
    caller() {
      made ??= given.caller();
      return made;
    },
    settle: () => (given.settle ? given.settle() : turns()),
    timers: () => given.timers?.() ?? 0,
    get made() {
      return made;
    },
  };
}

/** Several turns of the event loop: on a busy machine a timer can be due before a socket was looked at once. */
async function turns(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise<void>((resolve) => void systemClock.set(resolve, 6));
}
