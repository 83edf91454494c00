// HeldLimit: how many octets all connections of a transport hold together. Each has limits of its own; thousands that stay
// just below them would fill the memory.

import { SipError } from "../../errors.ts";

/** A connection that holds something. */
export interface Holder {
  /** Octets of a message that has begun, and of what its peer does not read. */
  readonly held: number;
  /** Ends it at once; it holds nothing from then on. */
  drop(error: SipError): void;
}

export class HeldLimit {
  readonly #limit: number;
  readonly #holders: () => Iterable<Holder>;
  #held = 0;
  #shed = 0;
  #shedding = false;

  /**
   * @param holders all of them, where one has to go
   * @param heldLimit in octets; 256 MiB unless told
   */
  constructor(holders: () => Iterable<Holder>, heldLimit: number = 268_435_456) {
    this.#limit = heldLimit;
    this.#holders = holders;
  }

  /** What all of them hold, and how many were dropped for that. */
  get counts(): { readonly held: number; readonly shed: number } {
    return { held: this.#held, shed: this.#shed };
  }

  /** One holds so many octets more, or fewer. */
  add(octets: number): void {
    this.#held += octets;
    if (this.#held <= this.#limit || this.#shedding) return;
    this.#shedding = true;
    // Later, so that nobody hears of a flow's end from within a send.
    queueMicrotask(() => {
      this.#shedding = false;
      this.#drop();
    });
  }

  /** Who holds most has to go: who has sent the usual piece of a usual message is not touched. */
  #drop(): void {
    while (this.#held > this.#limit) {
      let most: Holder | undefined;
      for (const holder of this.#holders()) if (holder.held > (most?.held ?? 0)) most = holder;
      if (most === undefined) return;
      this.#shed++;
      most.drop(
        new SipError("overloaded", "the connections hold too much together, and this one most of it"),
      );
    }
  }
}
