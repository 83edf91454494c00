// Options of a user agent, of what it sends, and what it tells about itself.

import type { Clock } from "../clock.ts";
import { checkNumbers, need } from "../demands.ts";
import { notWanted } from "../errors.ts";
import type { RequestInit } from "../message/create-request.ts";
import { Headers } from "../message/headers.ts";
import type { NameAddr } from "../message/name-addr.ts";
import type { Uri } from "../message/uri.ts";
import type { Random } from "../random.ts";
import type { SendOptions } from "../stack/options.ts";
import type { Stack } from "../stack/stack.ts";
import type { Flow } from "../transport/transport.ts";
import type { Content } from "./content.ts";
import type { EarlyDialog, Session } from "./session.ts";

/** What Allow says unless told otherwise. */
export const METHODS =
  "INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, REFER, NOTIFY, SUBSCRIBE, INFO, MESSAGE, OPTIONS";

/** What a user agent is made of. */
export interface UserAgentOptions {
  /** What it sends with; its core calls `receive`. */
  readonly stack: Stack;
  /**
   * Our Contact, or what makes it for a flow; by default, and where that gives undefined, the address of the flow's
   * transport, with `user`. A GRUU (RFC 5627 §4.3): `() => registration.gruus.public`.
   */
  readonly contact?:
    | NameAddr
    | Uri
    | string
    | ((flow: Flow | undefined) => NameAddr | Uri | string | undefined)
    | undefined;
  /**
   * The proxies that requests outside of dialogs go by, the nearest first: a preloaded route set (RFC 3261 §8.1.2), or
   * what gives it. The registrar's Service-Route (RFC 3608): `() => registration.serviceRoute`. A request whose own
   * header fields have a Route goes by that.
   */
  readonly route?: RouteSet | (() => RouteSet) | undefined;
  /** Who we are: the From of requests that have none of their own. A tag is added. */
  readonly from?: NameAddr | string | undefined;
  /** The user part of the default Contact. */
  readonly user?: string | undefined;
  /** The stack's, unless told otherwise. */
  readonly clock?: Clock | undefined;
  /** The stack's, unless told otherwise. */
  readonly random?: Random | undefined;
  /** T1 and T2 in milliseconds; the stack's, unless told otherwise. */
  readonly timers?: { readonly t1?: number; readonly t2?: number } | undefined;
  /** The methods for Allow. */
  readonly allow?: string | undefined;
  /**
   * Option tags of the extensions that you know, besides `100rel`, `gruu`, `join`, `norefersub`, `replaces` and `timer`: they
   * stand in Supported, and may be required. A request that requires any other is refused 420 (RFC 3261 §8.2.2.3).
   */
  readonly extensions?: readonly string[] | undefined;
  /**
   * Event packages of which you are a notifier: they stand in Allow-Events of calls and subscriptions, of what answers OPTIONS,
   * and of a 489, for which RFC 3265 §7.2 wants it (RFC 6665 §8.2.2). None unless told.
   */
  readonly events?: readonly string[] | undefined;
  /** What every request is sent with: `credentials`, a DigestClient, answers challenges within dialogs, too. */
  readonly sendOptions?: SendOptions | undefined;
  /** Answers requests with a To tag that belong to no dialog here with 481, and BYE, PRACK and UPDATE without one. Default true. */
  readonly answersStrays?: boolean | undefined;
  /**
   * Refuses a request outside of dialogs that has come by another way before, forked by a proxy, with 482 (RFC 3261
   * §8.2.2.2). Default true; false for a gateway or B2BUA, behind which such a request may mean somebody else.
   */
  readonly answersMerged?: boolean | undefined;
  /**
   * Dialogs that may live at once, each counted once for each session or subscription that shares it, and how many times
   * 4 KiB what is kept of them may take; a new one past them is refused 503, a REFER within one 500. Default 100,000.
   */
  readonly limit?: number | undefined;
  /** Told of what the handlers of sessions and subscriptions throw. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * The options.
 * @throws SipError `value_invalid` without `stack`, for a number or an event that is none, and for credentials that are no
 *   client
 */
export function checked(options: UserAgentOptions): UserAgentOptions {
  need("UserAgent", options, "stack");
  checkNumbers(options, 1, "limit");
  checkNumbers(options.timers ?? {}, 1, "t1", "t2");
  // What nobody could read is told now, and not to each peer.
  new Headers().set("Allow-Events", options.events ?? []).get("Allow-Events");
  const credentials = options.sendOptions?.credentials;
  if (credentials && !credentials.send) throw notWanted("credentials", "a DigestClient", credentials);
  return options;
}

/** URIs in brackets, with `lr` but for strict routers. */
export type RouteSet = readonly (NameAddr | string)[];

/** How a request that begins something is made. */
export interface UserAgentRequest
  extends Omit<RequestInit, "body" | "contact" | "from" | "headers">,
    Omit<Content, "reason"> {
  /** From; the user agent's where it is left out. */
  readonly from?: NameAddr | string | undefined;
}

/** What lives in a user agent. */
export interface UserAgentStats {
  /** Early and confirmed. */
  readonly dialogs: number;
  /** Sessions and subscriptions, of both sides, within those dialogs. */
  readonly usages: number;
  /** INVITEs that are not answered, publications, subscriptions that wait for the NOTIFY of a notifier, another fork's too. */
  readonly pending: number;
  /** Requests with a To tag, ACKs, BYEs and the like without one, and 2xx, that belonged to nothing here. */
  readonly strays: number;
  /** Answers to INVITEs of ours whose Contact or Record-Route could not be read. Their calls have ended, as far as they go. */
  readonly unreadable: number;
}

/** What a Replaces or Join header field names: a session, or a call of ours that still rings. */
export type FoundDialog =
  | { readonly name: "Replaces" | "Join"; readonly session: Session }
  | { readonly name: "Replaces" | "Join"; readonly early: EarlyDialog; readonly call: { cancel(): void } };
