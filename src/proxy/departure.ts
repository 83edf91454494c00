// Departure: how the request of a branch leaves: its copy is made, its next hop found, by a look-up where that is a name
// (RFC 3261 §16.6 step 7), and its time begins.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Target } from "../transport/transport.ts";
import { type Branch, statusOf } from "./branch.ts";
import type { ContextHost } from "./context-host.ts";
import { Patience } from "./patience.ts";

/** How long next hops are looked up at most, in milliseconds: as long as a silent one is waited for (64 × T1). */
const LONGEST_SEARCH = 32_000;

/** Who has the branches, and hears what becomes of their departure. */
export interface DepartureOwner {
  /** False where it has ended meanwhile. */
  isOpen(branch: Branch): boolean;
  /** It waits for this, and gives up where that takes too long. */
  watch(what: { readonly final: Promise<unknown> }): void;
  /** The branch cannot leave: the status that this counts as. */
  stayed(branch: Branch, status: number): void;
  /** Something of the user's threw, and is to be heard of. */
  threw(cause: unknown): void;
  /** It left, but its hop stays silent. */
  silent(branch: Branch): void;
}

/** Sends the requests of one response context's branches. */
export class Departure {
  readonly #host: ContextHost;
  readonly #owner: DepartureOwner;
  readonly #hopTimeout: number | undefined;

  /** @param hopTimeout how long a hop may be silent where there is another one, in milliseconds */
  constructor(host: ContextHost, owner: DepartureOwner, hopTimeout: number | undefined) {
    this.#host = host;
    this.#owner = owner;
    this.#hopTimeout = hopTimeout;
  }

  /** Sends the request of a branch to its hop. */
  begin(branch: Branch): void {
    let copy: Request;
    try {
      copy = this.#host.copy(branch.to, branch.breadth);
    } catch (cause) {
      // The request was read before: this is of the user's making, its target or what edits the copy.
      this.#owner.threw(cause);
      this.#owner.stayed(branch, 500);
      return;
    }
    this.#attempt(branch, () => {
      const found = this.#host.lookUp(copy, branch.to);
      if (found) this.#search(branch, copy, found);
      else this.#send(branch, copy);
    });
  }

  /** What is thrown on the way ends the branch. */
  #attempt(branch: Branch, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof SipError)) this.#owner.threw(error);
      this.#owner.stayed(branch, error instanceof SipError ? statusOf(error) : 500);
    }
  }

  /** Waits until its next hops are found; they become the target's. */
  #search(branch: Branch, copy: Request, found: Promise<readonly Target[]>): void {
    const { clock } = this.#host;
    const patience = new Patience(clock, LONGEST_SEARCH, () => this.#owner.stayed(branch, 408));
    branch.patience = patience;
    const ended = (work: () => void): void => {
      patience.stop();
      if (this.#owner.isOpen(branch)) this.#attempt(branch, work);
    };
    found.then(
      (hops) =>
        ended(() => {
          branch.to = { ...branch.to, hops };
          this.#send(branch, copy);
        }),
      (error: unknown) =>
        ended(() => {
          throw error;
        }),
    );
    // Behind the above, which has it wait for the transaction next.
    this.#owner.watch({ final: found });
  }

  #send(branch: Branch, copy: Request): void {
    // Its caller gave up while the copy was edited.
    if (!this.#owner.isOpen(branch)) return;
    const { stack, clock } = this.#host;
    const { request, flow } = this.#host.finish(copy, branch.to, branch.to.hops?.[branch.hop]);
    branch.flow = flow;
    branch.branch = this.#host.newBranch();
    const asked = stack.send(request, branch);
    branch.transaction = asked;
    this.#owner.watch(asked);
    if (this.#hopTimeout === undefined || !branch.hasNext) return;
    branch.patience = new Patience(clock, this.#hopTimeout, () => this.#owner.silent(branch));
    branch.patience.watch(asked);
  }
}
