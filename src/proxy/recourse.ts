// Recourse: asks the user of a proxy whom else a request may go to, when all that it went to have failed: a call is forwarded on
// busy, or where nobody answers. RFC 3261 §16.5 lets a proxy find targets as it goes on.

import { notWanted } from "../errors.ts";
import type { Response } from "../message/response.ts";
import { verdict } from "./best-response.ts";
import type { ForwardOptions } from "./options.ts";
import { usableTargets } from "./target.ts";
import type { Work } from "./work.ts";

/** Whom else one request may go to. */
export class Recourse {
  readonly #options: ForwardOptions;
  readonly #owner: { threw(cause: unknown): void };
  readonly #found: () => void;
  #state: "ready" | "asking" | "over" = "ready";
  /** How many of the final responses its user was told of. */
  #told = 0;

  /**
   * @param owner told of what the user throws
   * @param found called when he has said what he knows, never within `ask`: there are further targets now, or not
   */
  constructor(options: ForwardOptions, owner: { threw(cause: unknown): void }, found: () => void) {
    this.#options = options;
    this.#owner = owner;
    this.#found = found;
  }

  /**
   * Asks, unless there was nothing the last time.
   *
   * @param silent whether somebody was given up who has not said his last word
   * @returns whether an answer is waited for
   */
  ask(work: Work, silent: boolean): boolean {
    if (this.#state !== "ready") return this.#state === "asking";
    this.#state = "asking";
    const { finals, request, targets } = work;
    // Copies: they have their turn when all is over, too.
    const since = finals.slice(this.#told).map((each) => each.clone());
    this.#told = finals.length;
    if (silent) since.push(request.createResponse(408));
    this.#add(verdict(since, request, false), work).then(() => {
      this.#state = targets.empty ? "over" : "ready";
      this.#found();
    });
    return true;
  }

  async #add(best: Response, { request, targets }: Work): Promise<void> {
    try {
      const more = (await this.#options.onFailure?.(best)) ?? [];
      if (!Array.isArray(more)) throw notWanted("onFailure", "a list of targets, or nothing", more);
      targets.add(usableTargets(request, more));
    } catch (cause) {
      this.#owner.threw(cause);
    }
  }
}
