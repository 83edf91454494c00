// MemoryLocation: the location service of one process. A restart forgets.

import { type Clock, systemClock } from "../clock.ts";
import { apart } from "../core/text.ts";
import { checkNumbers } from "../demands.ts";
import type { Binding, BindingChange, LocationService } from "./location.ts";

/** What a location service in memory is made of. */
export interface MemoryLocationOptions {
  /** What bindings expire by. The runtime's unless told otherwise; a stack's own clock in tests. */
  readonly clock?: Clock | undefined;
  /** Most addresses-of-record. Default 10 000. */
  readonly limit?: number | undefined;
}

/** How long nobody looks for room again where there was none, in milliseconds. */
const LOOK_AGAIN = 1000;

/** Bindings in memory, with a limit on addresses-of-record; the registrar limits bindings. No timers. */
export class MemoryLocation implements LocationService {
  readonly #clock: Clock;
  readonly #limit: number;
  /** An entry stays when its last binding is gone: it tells "not here now" (480) from "unknown" (404). */
  readonly #bindings: Map<string, readonly Binding[]> = new Map();
  #looked = Number.NEGATIVE_INFINITY;

  /** Makes one without bindings. @throws SipError `value_invalid` for a `limit` below 1 */
  constructor(options: MemoryLocationOptions = {}) {
    checkNumbers(options, 1, "limit");
    this.#clock = options.clock ?? systemClock;
    this.#limit = options.limit ?? 10_000;
  }

  /** The time in milliseconds, by its clock. */
  now(): number {
    return this.#clock.now();
  }

  /** How many addresses-of-record it holds. */
  get size(): number {
    return this.#bindings.size;
  }

  /** The bindings that live; undefined for an address-of-record that is not known. */
  find(aor: string): readonly Binding[] | undefined {
    const bindings = this.#bindings.get(aor);
    if (!bindings) return undefined;
    const now = this.now();
    if (bindings.every(({ expires }) => expires > now)) return bindings;
    const live = bindings.filter(({ expires }) => expires > now);
    this.#bindings.set(aor, live);
    return live;
  }

  /** Changes the bindings of one; false where there is no room for it. */
  update(aor: string, change: BindingChange): boolean {
    const known = this.find(aor);
    const next = change(known ?? []);
    if (!next || (!known && next.length === 0)) return true;
    if (!known && this.#bindings.size >= this.#limit && !this.#makeRoom()) return false;
    this.#bindings.set(known ? aor : apart(aor), next);
    return true;
  }

  /** Forgets those who are not here. Not at every call: a flood must not cost a search each. */
  #makeRoom(): boolean {
    const now = this.now();
    if (now < this.#looked + LOOK_AGAIN) return false;
    this.#looked = now;
    for (const aor of [...this.#bindings.keys()]) {
      if (this.find(aor)?.length === 0) this.#bindings.delete(aor);
    }
    return this.#bindings.size < this.#limit;
  }
}
