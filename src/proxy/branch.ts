// Branch: one of the ways that a request goes, and what its failure counts as (RFC 3261 §16.8, §16.9).

import type { SipError } from "../errors.ts";
import type { Response } from "../message/response.ts";
import type { SendOptions, SentRequest } from "../stack/options.ts";
import type { ClientTransaction } from "../transaction/client-transaction.ts";
import { errorStatus } from "../transaction/error-status.ts";
import type { Flow, Target } from "../transport/transport.ts";
import type { Patience } from "./patience.ts";
import type { ProxyTarget } from "./target.ts";

/** Who hears what becomes of a branch. */
export interface BranchListener {
  heard(response: Response, branch: Branch, from: ClientTransaction): void;
  failed(error: SipError, branch: Branch, from: SentRequest): void;
}

/** One branch: a target, the transaction that asks it, and how its request is sent. */
export class Branch implements SendOptions {
  /** Where it goes; nowhere any more when it has ended, for a target may hold on to a whole message. */
  to: ProxyTarget;
  readonly group: number;
  readonly breadth: number;
  hop = 0;
  transaction: SentRequest | undefined = undefined;
  /** A provisional response came: somebody is there. */
  answered = false;
  /** More than a 100: its user may have been told. */
  rang = false;
  /** We ended it ourselves, since nobody answered. */
  skipped = false;
  declare flow?: Flow;
  declare branch?: string;
  /** How long its hop may be silent, where there is another. */
  declare patience?: Patience;
  readonly #listener: BranchListener;

  constructor(to: ProxyTarget, group: number, breadth: number, listener: BranchListener) {
    this.to = to;
    this.group = group;
    this.breadth = breadth;
    this.#listener = listener;
  }

  /** The hop that it asks; undefined where it goes by a flow, or its URI alone says where. */
  get asked(): Target | undefined {
    return this.to.hops?.[this.hop];
  }

  get #hasNextHop(): boolean {
    return this.hop + 1 < (this.to.hops?.length ?? 0);
  }

  /** Whether its target has another hop, or its client another way. */
  get hasNext(): boolean {
    return this.#hasNextHop || (this.to.instead?.length ?? 0) > 0;
  }

  /** Whom it asks now has answered. */
  note(status: number): void {
    this.patience?.stop();
    if (status < 200) this.answered = true;
    if (status > 100 && status < 200) this.rang = true;
  }

  /** Turns to the next hop of its target (RFC 3263 §4.3); false where there is none. */
  nextHop(): boolean {
    if (!this.#hasNextHop) return false;
    this.hop++;
    return this.#anew();
  }

  /** Turns to the next way to the same client (RFC 5626 §7); false where there is none, or its user may know already. */
  nextWay(): boolean {
    const [next, ...instead] = this.to.instead ?? [];
    if (next === undefined || this.rang) return false;
    this.to = { ...next, instead };
    this.hop = 0;
    return this.#anew();
  }

  #anew(): true {
    this.answered = false;
    this.rang = false;
    this.transaction = undefined;
    return true;
  }

  get timerC(): boolean {
    return true;
  }

  get uncopied(): boolean {
    return true;
  }

  /** All that is asked of its transaction afterwards is where it stands. */
  get forgets(): boolean {
    return true;
  }

  onResponse(response: Response, from: ClientTransaction): void {
    this.#listener.heard(response, this, from);
  }

  onError(error: SipError, from: SentRequest): void {
    this.#listener.failed(error, this, from);
  }
}

/** After these the next hop of the same target is tried (RFC 3263 §4.3). */
export const FAILED: ReadonlySet<number> = new Set([408, 503]);

/** The status that an error of a branch stands for (RFC 3261 §16.8, §16.9): one that refuses. */
export function statusOf(error: SipError): number {
  const status = errorStatus(error);
  return status >= 300 && status <= 699 ? status : 500;
}

/**
 * Takes the topmost Via off a response: the one that the branch went out with (§16.7 step 3). False where none is left, or
 * what stands behind it in its line cannot be read: that is nobody's.
 */
export function takeVia({ headers }: Response): boolean {
  try {
    headers.shift("Via");
    return headers.has("Via");
  } catch {
    return false;
  }
}
