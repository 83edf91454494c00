// BranchSet: the branches of one request that have not ended, and how much breadth they leave (RFC 5393 §5.3.3).

import type { Branch } from "./branch.ts";
import type { ProxyTarget } from "./target.ts";

const NOWHERE: ProxyTarget = { uri: "" };

export class BranchSet {
  readonly #open: Branch[] = [];

  /** Those that are open now, in a list of their own: it may be gone through while they end. */
  get all(): Branch[] {
    return [...this.#open];
  }

  get empty(): boolean {
    return this.#open.length === 0;
  }

  has(branch: Branch): boolean {
    return this.#open.includes(branch);
  }

  /** Nothing happens where it is there. */
  add(branch: Branch): void {
    if (!this.has(branch)) this.#open.push(branch);
  }

  /** It has ended. Its target may hold on to a whole message. */
  close(branch: Branch): void {
    const at = this.#open.indexOf(branch);
    if (at >= 0) this.#open.splice(at, 1);
    branch.to = NOWHERE;
    branch.patience?.stop();
  }

  /** Whether a group has branches that may still bring something. */
  isBusy(of: number): boolean {
    return this.#open.some(({ group, skipped }) => group === of && !skipped);
  }

  /** How much of so much breadth is left. */
  roomIn(breadth: number): number {
    let room = breadth;
    // One that we gave up, and that nobody ever answered, asks nobody any more.
    for (const each of this.#open) if (!each.skipped || each.answered) room -= each.breadth;
    return room;
  }
}
