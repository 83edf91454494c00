// DeadTargets: which targets have failed lately, so that what comes next does not wait for them too
// (RFC 3263 §4.3; RFC 3261 §21.5.4).

import type { Clock } from "../../clock.ts";
import { apart } from "../../core/text.ts";
import { formatAddress } from "../../transport/address.ts";
import { RecentMap } from "../../transport/recent-map.ts";
import type { Target } from "../../transport/transport.ts";

export class DeadTargets {
  readonly #clock: Clock;
  readonly #until: RecentMap<string, number>;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#until = new RecentMap(limit);
  }

  /** Marks a target for so many milliseconds. */
  mark(target: Target, duration: number): void {
    this.#until.set(keyOf(target), this.#clock.now() + duration);
  }

  /** It has answered. */
  clear(target: Target): void {
    // As for most: each response comes by here.
    if (this.#until.size === 0) return;
    this.#until.delete(keyOf(target));
  }

  isDead(target: Target): boolean {
    const until = this.#until.get(keyOf(target));
    return until !== undefined && until > this.#clock.now();
  }

  /** The living first; the dead last, in case that they have risen. */
  sort(targets: readonly Target[]): readonly Target[] {
    if (targets.length < 2 || this.#until.size === 0) return targets;
    if (!targets.some((target) => this.isDead(target))) return targets;
    return [...targets].sort((a, b) => Number(this.isDead(a)) - Number(this.isDead(b)));
  }
}

function keyOf({ protocol, host, port }: Target): string {
  return apart(`${protocol} ${formatAddress(host, port)}`);
}
