// Session: what a user holds of a call in each of its states. The type says what can be called: what has only
// rung cannot be hung up, what has ended has no methods. One class stands behind them, invite-usage.ts.

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import type { Returned } from "../transaction/user.ts";
import type { Content } from "./content.ts";
import type { Dialog } from "./dialog.ts";
import type { IncomingOffer } from "./incoming-offer.ts";
import type { OfferContent, OfferOptions } from "./own-offers.ts";
import type { IncomingRefer } from "./refer.ts";
import type { DialogJson } from "./saved.ts";
import type { SessionTimerOptions, SessionTimerState } from "./session-timer.ts";
import type { Subscription } from "./subscription.ts";
import type { SubscriptionHandlers } from "./subscription-options.ts";

/** Why a session ended, and the message or error that ended it, if any. */
export interface SessionEnd {
  /**
   * `bye`: we hung up; `peer`: the peer did; `gone`: the peer does not know the dialog any more (481), or did not
   * answer; `unacknowledged`: no ACK came to our 2xx, or no PRACK to our reliable response; `expired`: nobody refreshed
   * it (RFC 4028); `refused`: an early dialog whose INVITE failed; `closed`: the user agent was closed.
   */
  readonly reason: "bye" | "peer" | "gone" | "unacknowledged" | "expired" | "refused" | "closed";
  /** The request that has ended it, where one of the peer's has. */
  readonly request?: Request;
}

/** What a session calls. Each is optional. */
export interface SessionHandlers {
  /**
   * An offer came, in a re-INVITE, an UPDATE, or a PRACK to an answer of ours. Without this handler it is refused 488; a
   * PRACK is answered 200 without an answer.
   */
  onOffer?(offer: IncomingOffer): Returned;
  /** The peer asks to call somebody (RFC 3515). Without this handler it is refused 603. */
  onRefer?(refer: IncomingRefer): Returned;
  /** Any other request within the dialog, to be answered. Without this handler: 200 to OPTIONS, else 405 or 501. */
  onRequest?(request: Request, transaction: ServerTransaction): Returned;
  /** The ACK to our 2xx came: it carries the answer where the 2xx carried the offer. */
  onAck?(ack: Request): Returned;
  /**
   * The answer to an offer that came in a 2xx, or a reliable provisional response, to a request of ours without one (RFC 3261
   * §13.2.1). Not asked for the offer of one who is hung up at once: the call was cancelled, or another has accepted. What it
   * throws or rejects with goes to `onError` of the user agent, and ends a call that is made so (§13.2.2.4).
   */
  answer?(offer: Response): Content | PromiseLike<Content>;
  /** It is over. Called once for each dialog: `dialog` is that of a fork, which need not be the session. */
  onEnd?(end: SessionEnd, dialog: EarlyDialog): Returned;
}

/** How a session is kept. */
export interface SessionOptions {
  /** Session timers (RFC 4028). By default none is asked for, and a peer's wish is met. */
  readonly timer?: SessionTimerOptions | undefined;
}

/**
 * A call that rings: its dialog is early. A rejection of its methods that nobody handles is no unhandled one. All of them reject
 * with a SipError `terminated` once it has ended, `value_unsafe` or `value_invalid` for content that must not go on the wire, and
 * as ClientTransaction.final where there is no response.
 */
export interface EarlyDialog {
  /** `confirmed` once its call was accepted, `ended` for good. */
  readonly state: "early" | "confirmed" | "ended";
  /** The dialog: its names, targets and routes (RFC 3261 §12). */
  readonly dialog: Dialog;
  /**
   * Sends an UPDATE, with an offer or without (RFC 3311); again where its offer meets the peer's, as `reinvite` does.
   * Resolves with its final response. Rejects with a SipError `transaction_state`, with status 491, where another offer
   * is under way: that of the INVITE itself, say, as long as nobody has answered it reliably (RFC 3311 §5.1); with what a
   * function rejects with that was to make the offer.
   */
  update(content?: OfferContent): Promise<Response>;
  /**
   * Sends any other request within the dialog: INFO, say. Resolves with its final response. A BYE ends it, as that of a fork
   * that rings may (RFC 3261 §15); a callee's, whose INVITE is refused in its place, rejects with `terminated`. INVITE, ACK and
   * CANCEL, which cannot be sent by themselves, reject with `unsupported`.
   */
  request(method: string, content?: Content): Promise<Response>;
}

/** A call that was accepted: its dialog is confirmed. */
export interface Session extends EarlyDialog {
  /**
   * Sends a re-INVITE (RFC 3261 §14), and its ACK. Where it meets the peer's own (491) it is sent again after the time
   * that §14.1 says: with the same content, or with new content where a function makes it. Resolves with its final response:
   * 487, as a rule, where `signal` has cancelled it. Rejects as `update`, with `aborted` where it was cancelled before it
   * was sent, with `value_invalid` for a `signal` that is none.
   */
  reinvite(content?: OfferContent, options?: OfferOptions): Promise<Response>;
  /**
   * Asks the peer to call `target` (RFC 3515); what comes of it is told by the subscription that comes with it. It goes within
   * the dialog, to a GRUU too, for which RFC 7647 §4 has one outside: phones do not take that for this call's. Of a session
   * that has ended it ends as `failed`, with the error `terminated`.
   * @throws SipError `uri_invalid` for a target that is no URI or address, `value_unsafe` for content that must not go on the wire
   */
  refer(target: string, handlers?: SubscriptionHandlers, content?: Content): Subscription;
  /**
   * Hangs up. A callee waits for the ACK first (RFC 3261 §15.1.1). Resolves with the response to the BYE, undefined
   * where the session was over already, or none came. Rejects for content that must not go on the wire: the session goes on.
   */
  bye(content?: Content): Promise<Response | undefined>;
  /** The value for a Replaces or Join header field that names this session (RFC 3891, RFC 3911). */
  readonly replaces: string;
  /** What was agreed on its refreshing. */
  readonly timer: SessionTimerState | undefined;
  /** All that it takes to go on in another process: give it to UserAgent.restore. */
  toJSON(): SessionJson;
}

/** A session as JSON. */
export interface SessionJson {
  /** The dialog. */
  readonly dialog: DialogJson;
  /** What was agreed on its refreshing. */
  readonly timer: SessionTimerState | undefined;
  /** Whether the peer takes UPDATE. */
  readonly update: boolean;
  /** The body that a refreshing re-INVITE repeats, as text of octets, and its type. */
  readonly body: { readonly text: string; readonly contentType: string } | undefined;
}
