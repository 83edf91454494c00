// The dialog entry: calls, subscriptions and publications (RFC 3261 §12 to §15, RFC 6665, RFC 3903). Everything that
// it stands on comes from "sippet".

export { addContent, type Content, contentOf } from "./dialog/content.ts";
export { Dialog } from "./dialog/dialog.ts";
export type { IncomingInvite } from "./dialog/incoming-invite.ts";
export type { IncomingOffer } from "./dialog/incoming-offer.ts";
export type { IncomingInviteHandlers, InviteHandlers, InviteOptions } from "./dialog/invite-options.ts";
export type { IncomingSubscription, Notifier } from "./dialog/notifier.ts";
export type { AcceptSubscription, NotifierHandlers } from "./dialog/notifier-options.ts";
export type { OutgoingInvite } from "./dialog/outgoing-invite.ts";
export type { OfferContent, OfferOptions } from "./dialog/own-offers.ts";
export type { Publication, PublicationHandlers } from "./dialog/publication.ts";
export type { IncomingRefer, ReferProgress } from "./dialog/refer.ts";
export type { DialogJson } from "./dialog/saved.ts";
export type {
  EarlyDialog,
  Session,
  SessionEnd,
  SessionHandlers,
  SessionJson,
  SessionOptions,
} from "./dialog/session.ts";
export type { SessionTimerOptions, SessionTimerState } from "./dialog/session-timer.ts";
export { type ReferOutcome, referOutcome } from "./dialog/sipfrag.ts";
export type { Subscription } from "./dialog/subscription.ts";
export type {
  SubscriptionEnd,
  SubscriptionHandlers,
  SubscriptionState,
} from "./dialog/subscription-options.ts";
export { UserAgent } from "./dialog/user-agent.ts";
export type {
  FoundDialog,
  RouteSet,
  UserAgentOptions,
  UserAgentRequest,
  UserAgentStats,
} from "./dialog/user-agent-options.ts";
