// NotifierOptions: what a notifier of ours calls, and what may be said when a subscription is accepted.

import type { Returned } from "../transaction/user.ts";
import type { Content } from "./content.ts";
import type { Notifier } from "./notifier.ts";

/** What a notifier calls. */
export interface NotifierHandlers {
  /** The state of now: the body of the NOTIFY that follows each SUBSCRIBE. Not asked for who waits for consent. */
  state(): Content;
  /**
   * The subscriber has left, or is gone, or time has run out. Called once; before `accept` returns for one that only
   * fetches the state (RFC 6665 §4.4.3), so `notifier` says which it is.
   */
  onEnd?(reason: "unsubscribed" | "expired" | "gone" | "terminated" | "closed", notifier: Notifier): Returned;
}

/** What may be said on accepting. */
export interface AcceptSubscription {
  /** The longest time to grant, in seconds; 3600 unless told. */
  readonly maxExpires?: number;
  /**
   * The shortest time that a refresh may ask for, in seconds, an hour at most: a shorter one is answered 423, and changes
   * nothing (RFC 6665 §4.2.1.1). Any unless told. The first SUBSCRIBE is yours to refuse: see IncomingSubscription.expires.
   */
  readonly minExpires?: number;
  /**
   * Its owner has not consented yet: the subscription is `pending`, and is told nothing of the state, until `notify` is
   * called; `terminate("rejected")` where he does not.
   */
  readonly pending?: boolean;
}
