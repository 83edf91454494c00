// Departure: how the request of a branch leaves: its copy is made, its next hop found, by a look-up where that is a name
// (RFC 3261 §16.6 step 7), and its time begins.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Flow, Target } from "../transport/transport.ts";
import { type Branch, statusOf } from "./branch.ts";
import type { ContextHost } from "./context-host.ts";
import { Patience } from "./patience.ts";

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
      // A further hop: where it goes is settled.
      if (branch.hop > 0) return this.#send(branch, copy, false);
      const { hops } = this.#host;
      const open = hops.leavesOpen(copy, branch.to);
      const found = hops.find(copy, branch.to);
      if (found instanceof Promise) this.#search(branch, copy, found, open);
      else {
        if (found) branch.to = { ...branch.to, hops: found };
        this.#send(branch, copy, open);
      }
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
  #search(branch: Branch, copy: Request, found: Promise<readonly Target[]>, open: boolean): void {
    const { clock, stack } = this.#host;
    // What is found later is of no use: the branch may have gone another way.
    let late = false;
    // As long as a hop that is silent.
    const patience = new Patience(clock, 64 * stack.timers.t1, () => {
      late = true;
      this.#owner.stayed(branch, 408);
    });
    branch.patience = patience;
    const ended = (work: () => void): void => {
      patience.stop();
      if (!late && this.#owner.isOpen(branch)) this.#attempt(branch, work);
    };
    found.then(
      (hops) =>
        ended(() => {
          branch.to = { ...branch.to, hops };
          this.#send(branch, copy, open);
        }),
      (error: unknown) =>
        ended(() => {
          throw error;
        }),
    );
    // Behind the above, which has it wait for the transaction next.
    this.#owner.watch({ final: found });
  }

  /** @param open whether another transport may be taken for what is too large for a datagram */
  #send(branch: Branch, copy: Request, open: boolean): void {
    // Its caller gave up while the copy was edited.
    if (!this.#owner.isOpen(branch)) return;
    const { stack, clock } = this.#host;
    const mark = this.#host.newBranch();
    const { asked } = branch;
    const judge =
      open && asked?.protocol === "UDP"
        ? (on: Flow, more: number) => this.#fit(branch, copy, more + viaSize(on, mark))
        : undefined;
    const { request, flow } = this.#host.finish(copy, branch.to, asked, judge);
    branch.flow = flow;
    branch.branch = mark;
    const sent = stack.send(request, branch);
    branch.transaction = sent;
    this.#owner.watch(sent);
    if (this.#hopTimeout === undefined || !branch.hasNext) return;
    branch.patience = new Patience(clock, this.#hopTimeout, () => this.#owner.silent(branch));
    branch.patience.watch(sent);
  }

  /** The first hop for a copy of that size, where it is another; the others are the branch's next ones. */
  #fit(branch: Branch, copy: Request, more: number): Target | undefined {
    const { hops = [] } = branch.to;
    const fitted = this.#host.hops.fit(hops, copy, more);
    if (fitted === hops) return undefined;
    branch.to = { ...branch.to, hops: fitted };
    return fitted[0];
  }
}

/** How many octets the Via has that a request gets over UDP. */
function viaSize({ transport }: Flow, branch: string): number {
  return `Via: SIP/2.0/UDP ${transport.sentBy};branch=${branch};rport\r\n`.length;
}
