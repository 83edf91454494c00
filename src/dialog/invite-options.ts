// InviteOptions: how an INVITE of ours is sent, and what INVITEs call, ours and the peer's.

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Returned } from "../transaction/user.ts";
import type { Flow, Target } from "../transport/transport.ts";
import type { EarlyDialog, Session, SessionHandlers, SessionOptions } from "./session.ts";

/** What an INVITE of ours calls, beyond what its session does. */
export interface InviteHandlers extends SessionHandlers {
  /**
   * A provisional response above 100 came, once for each that is reliable; others may say the same again, each minute (RFC 3261
   * §13.3.1.1). `dialog` is the early dialog of the fork that sent it; undefined for one without a To tag, and past 100 forks.
   */
  onProvisional?(response: Response, dialog: EarlyDialog | undefined): Returned;
  /** Another fork accepted, too. Without this handler it gets a BYE. */
  onFork?(session: Session): Returned;
}

/** How an INVITE of ours is sent. */
export interface InviteOptions extends SessionOptions {
  /** Reliable provisional responses (RFC 3262): offered unless told otherwise. */
  readonly reliable?: "supported" | "required" | "none" | undefined;
  /**
   * The flow to send on, whatever the request says. What follows takes it, too, where the peer's Contact is where the URI says: a
   * NAT is between.
   */
  readonly flow?: Flow | undefined;
  /** The next hop, whatever the request says. */
  readonly target?: Target | undefined;
}

/** What an INVITE of a peer's calls, beyond what its session does. */
export interface IncomingInviteHandlers extends SessionHandlers {
  /**
   * The caller has given up, by CANCEL, BYE, or the Expires of his INVITE, or does not know the call; the INVITE is
   * answered 487 already, and `onEnd` comes next. The CANCEL or BYE may have a Reason (RFC 3326): that the call was answered
   * elsewhere, say.
   */
  onCancel?(request: Request | undefined): Returned;
}
