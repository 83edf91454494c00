// Tallies: what the transactions of one layer have done since its start, as integers that only go up.

/** Running totals of a layer's transactions. */
export interface Tallies {
  /** Messages that were sent once more: by a timer, or because the peer sent its own once more. */
  resent: number;
  /**
   * Messages of a peer's that came once more and were absorbed, or answered again: requests, final responses in
   * `completed`, ACKs in `confirmed`. A 2xx to an INVITE is not counted: it may be another branch's.
   */
  repeated: number;
  /** Transactions that ended by a timer: no final response, no ACK, or none of the core's. */
  timeouts: number;
  /** Requests that `MergedRequests` has found to have come by another way too. */
  merged: number;
}

/** All zero. */
export function newTallies(): Tallies {
  return { resent: 0, repeated: 0, timeouts: 0, merged: 0 };
}

/** How many transactions live, by machine and state: `{ "INVITE server": { proceeding: 2 } }`. */
export type StateCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Counts by walking over all of them: asked for by whoever looks, and no work for the transactions. */
export function countStates(
  ...groups: readonly Iterable<{ readonly machine: string; readonly state: string }>[]
): StateCounts {
  const counts: Record<string, Record<string, number>> = {};
  for (const group of groups) {
    for (const { machine, state } of group) {
      counts[machine] ??= {};
      const states = counts[machine];
      states[state] = (states[state] ?? 0) + 1;
    }
  }
  return counts;
}
