// SubscriptionOptions: what a subscription of ours calls, where it stands, and why it ended.

import type { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Returned } from "../transaction/user.ts";
import type { Dialog } from "./dialog.ts";
import type { Subscription } from "./subscription.ts";

/** `requested` until the first NOTIFY has come; `pending` while the notifier waits for its owner's consent. */
export type SubscriptionState = "requested" | "pending" | "active" | "terminated";

/** Why a subscription ended. */
export interface SubscriptionEnd {
  /**
   * The notifier's reason (RFC 6665 §4.1.3: `deactivated`, `probation`, `rejected`, `timeout`, `giveup`, `noresource`,
   * `invariant`), "" where it gave none; or ours: `refused` with the response, to a refresh, too; `silent` where no NOTIFY came,
   * after a refresh neither; `norefersub` with the response that took a REFER, of whose outcome nothing will be told (RFC 4488);
   * `gone` where the peer does not know the subscription any more; `failed` with the error; `closed`.
   */
  readonly reason: string;
  /** Seconds after which the notifier may be asked again, where it says so. */
  readonly retryAfter?: number;
  /** The response that has ended it. */
  readonly response?: Response;
  /** Why it failed. */
  readonly error?: SipError;
}

/** What a subscription calls. */
export interface SubscriptionHandlers {
  /** The state came; the NOTIFY is answered 200 already. The last one comes before onEnd. */
  onNotify?(notify: Request): Returned;
  /** It is over. Called once. */
  onEnd?(end: SubscriptionEnd): Returned;
  /**
   * The SUBSCRIBE, or a REFER outside of any dialog, was forked, and another notifier has taken it, too (RFC 6665 §4.5.2): a
   * subscription of its own, which goes on and ends by itself. Returns what that calls; without this handler, and where it
   * returns nothing, the notifier is answered 481.
   */
  onFork?(subscription: Subscription): SubscriptionHandlers | undefined;
}

/** What makes a subscription. @internal */
export interface SubscriptionInit {
  readonly event: string;
  readonly id?: string;
  /** The dialog that it shares, for a REFER within one. */
  readonly dialog?: Dialog;
  /** The session that it would share the dialog with has ended: it fails at once, and nothing is sent. */
  readonly over?: boolean;
  /** It is that of another fork: asks its user what it calls. */
  readonly onFork?: (subscription: Subscription) => SubscriptionHandlers | undefined;
}
