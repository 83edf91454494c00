// SubscriptionOptions: what a subscription of ours calls, where it stands, and why it ended.

import type { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Returned } from "../transaction/user.ts";

/** `requested` until the first NOTIFY has come; `pending` while the notifier waits for its owner's consent. */
export type SubscriptionState = "requested" | "pending" | "active" | "terminated";

/** Why a subscription ended. */
export interface SubscriptionEnd {
  /**
   * The notifier's reason (RFC 6665 §4.1.3: `deactivated`, `probation`, `rejected`, `timeout`, `giveup`, `noresource`,
   * `invariant`), "" where it gave none; or ours: `refused` with the response, to a refresh, too, `silent` where no NOTIFY came, after a refresh neither,
   * `norefersub` with the response that took a REFER, of whose outcome nothing will be told (RFC 4488), `gone` where the peer does not know the subscription any more, `failed` with the error, `closed`.
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
}
