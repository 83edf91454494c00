// Farewell: a user agent that leaves: each peer is told in the way of what it shares with us.

import { ForkedSubscriptions } from "./forked-subscriptions.ts";
import type { Closable, Usage } from "./host.ts";
import { IncomingInvite } from "./incoming-invite.ts";
import { InviteUsage } from "./invite-usage.ts";
import { Notifier } from "./notifier.ts";
import { OutgoingInvite } from "./outgoing-invite.ts";
import { Publication } from "./publication.ts";
import { Subscription } from "./subscription.ts";

/** Has everything ended: a session by BYE, a subscription by SUBSCRIBE or the last NOTIFY, and so on. */
export function bidFarewell(all: readonly (Closable | Usage)[]): void {
  for (const each of all) {
    if (each instanceof IncomingInvite) each.reject(480);
    else if (each instanceof OutgoingInvite) each.cancel();
    else if (each instanceof Publication) each.remove();
    else if (each instanceof Subscription) each.unsubscribe();
    else if (each instanceof ForkedSubscriptions) each.close();
    // RFC 6665 §4.1.3: he may subscribe again at once, at whoever is there then.
    else if (each instanceof Notifier) each.terminate("deactivated");
    // One of ours that is early ends with its INVITE; one that we have accepted may wait for its PRACK.
    else if (each instanceof InviteUsage && (each.state === "confirmed" || each.dialog.role === "callee"))
      void each.bye();
  }
}
