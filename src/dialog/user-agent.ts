// UserAgent: all dialogs and subscriptions of a stack: which of them a request belongs to, and how new ones begin.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Uri } from "../message/uri.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import type { Flow } from "../transport/transport.ts";
import { addOption } from "./content.ts";
import { dialogId } from "./dialog.ts";
import { DialogTable } from "./dialog-table.ts";
import { bidFarewell } from "./farewell.ts";
import { answer, type Host, refuseForNow } from "./host.ts";
import { IncomingInvite } from "./incoming-invite.ts";
import { initialRequest } from "./initial-request.ts";
import type { IncomingInviteHandlers, InviteHandlers, InviteOptions } from "./invite-options.ts";
import { InviteUsage } from "./invite-usage.ts";
import { IncomingSubscription } from "./notifier.ts";
import { OutgoingInvite } from "./outgoing-invite.ts";
import { OF_A_SESSION, OwnRefusals } from "./own-refusals.ts";
import { Publication, type PublicationHandlers } from "./publication.ts";
import { IncomingRefer } from "./refer.ts";
import { findMeant, findTarget } from "./replaces.ts";
import { restoreSession } from "./restore.ts";
import type { EarlyDialog, Session, SessionHandlers, SessionJson, SessionOptions } from "./session.ts";
import { Subscription, subscriptionKey } from "./subscription.ts";
import type { SubscriptionHandlers } from "./subscription-options.ts";
import { hostOf } from "./user-agent-host.ts";
import {
  checked,
  type FoundDialog,
  type UserAgentOptions,
  type UserAgentRequest,
  type UserAgentStats,
} from "./user-agent-options.ts";

/**
 * The user agent's half of a core. Its core asks `receive` first, and begins dialogs with what that leaves:
 *
 * ```ts
 * onRequest(request, transaction) {
 *   if (ua.receive(request, transaction) || !transaction) return;
 *   if (request.method === "INVITE") ua.incoming(request, transaction).accept({ body: sdp });
 *   else ua.answerOther(request, transaction);
 * },
 * onResponse: (response) => void ua.receiveResponse(response),
 * ```
 */
export class UserAgent {
  readonly #options: UserAgentOptions;
  readonly #dialogs: DialogTable;
  readonly #refusals: OwnRefusals;
  readonly #host: Host;

  /** @throws SipError `value_invalid` without `stack`, for numbers, events and credentials that are none */
  constructor(options: UserAgentOptions) {
    this.#options = checked(options);
    this.#dialogs = new DialogTable(options.limit ?? 100_000);
    this.#refusals = new OwnRefusals(options);
    this.#host = hostOf(options, this.#dialogs);
  }

  /** What lives here now. */
  get stats(): UserAgentStats {
    const pending = this.#host.loose.size + this.#host.expecting.size;
    return { dialogs: this.#dialogs.size, usages: this.#dialogs.usages, pending, ...this.#host.counts };
  }

  /**
   * Takes a request that belongs to a dialog of ours, or to none of anybody's, as a BYE without a To tag does: call it first.
   *
   * @returns true where it was taken, and answered by and by; false for a request that begins something
   */
  receive(request: Request, transaction: ServerTransaction | undefined): boolean {
    const { method } = request;
    const to = request.headers.get("To")?.tag;
    if (to === undefined) return OF_A_SESSION.has(method) && this.#unknown(request, transaction, "");
    const id = idOf(request);
    if (this.#dialogs.crosses(id, request, transaction)) return true;
    const dialog = this.#dialogs.get(id);
    if (!dialog) return this.#unknown(request, transaction, to);
    // Its ACK has the INVITE's number (RFC 3261 §12.2.2).
    if (method !== "ACK" && !dialog.isInOrder(request)) {
      transaction?.respond(500, "Overtaken By A Later Request");
      return true;
    }
    if (this.#refusals.refusesNext(request, transaction)) return true;
    for (const usage of this.#dialogs.of(id)) if (usage.receive(request, transaction)) return true;
    if (transaction) this.#refusals.answerUntaken(request, transaction, this.#host.allow);
    return true;
  }

  /**
   * Takes a 2xx whose INVITE transaction is over: its ACK was lost, and is sent again (RFC 3261 §13.2.2.4). For the
   * `onResponse` of the core.
   *
   * @returns true where it was one of ours
   */
  receiveResponse(response: Response): boolean {
    const { headers } = response;
    const id = dialogId(headers.get("Call-ID") ?? "", headers.get("From")?.tag, headers.get("To")?.tag);
    for (const usage of this.#dialogs.of(id)) {
      if (usage instanceof InviteUsage && usage.repeats(response)) return true;
    }
    if (response.statusClass === 2 && headers.get("CSeq")?.method === "INVITE") this.#host.counts.strays++;
    return false;
  }

  /**
   * Calls somebody (RFC 3261 §13.2).
   *
   * @param uri whom; of its headers Replaces and others become header fields (§19.1.5)
   * @param init its body is the offer: without one the callee makes it, and `answer` answers it
   * @throws SipError as createRequest: `value_invalid` where neither `init` nor the user agent's options have a From
   */
  invite(
    uri: Uri | string,
    init: UserAgentRequest = {},
    handlers: InviteHandlers = {},
    options: InviteOptions = {},
  ): OutgoingInvite {
    const request = initialRequest(this.#options, "INVITE", uri, init, options);
    request.headers.set("Allow", this.#host.allow);
    const { reliable = "supported" } = options;
    if (reliable === "required") addOption(request, "Require", "100rel");
    if (reliable !== "none") addOption(request, "Supported", "100rel");
    addOption(request, "Supported", "replaces");
    return new OutgoingInvite(this.#host, request, handlers, options);
  }

  /**
   * Takes a call that came in; ring, accept or reject it. One that asks for too short a session interval is refused
   * 422 by itself, one that requires an extension that is not known 420, one that came by another way, too, 482: its
   * `state` is `over` then.
   *
   * @throws SipError `header_missing` or `value_invalid` (400) for an INVITE without a Contact that is a SIP URI, `overloaded` (503)
   *   past the limit: thrown on from `onRequest`, the stack answers so
   */
  incoming(
    request: Request,
    transaction: ServerTransaction,
    handlers: IncomingInviteHandlers = {},
    options: SessionOptions = {},
  ): IncomingInvite {
    this.#makeRoom();
    const call = new IncomingInvite(this.#host, request, transaction, handlers, options);
    const refusal = this.#refusals.ofFirst(request, transaction);
    if (refusal) call.refuse(refusal.status, refusal, true);
    return call;
  }

  /**
   * Answers what its core takes no further: OPTIONS 200, with what we know (RFC 3261 §11.2), any other method 405 with Allow
   * (§8.2.1), or 501, 481 or 489 where that is right; 482, 420 and 400 as `incoming` does.
   */
  answerOther(request: Request, transaction: ServerTransaction): void {
    if (this.#refusals.refusesFirst(request, transaction)) return;
    this.#refusals.answerUntaken(request, transaction, this.#host.allow);
  }

  /**
   * The session or early dialog that an INVITE means by Replaces or Join (RFC 3891, RFC 3911), or a URI that has them: the
   * target of a REFER.
   *
   * @returns undefined where it means none; a status where it must be refused: 400, 481, 486, or 603 for one that is over.
   *   To replace a session, accept the INVITE and hang the session up; in place of a call of ours that still rings, cancel
   *   that
   */
  find(invite: Request | Uri): FoundDialog | number | undefined {
    return findMeant(invite, this.#dialogs);
  }

  /** The session or early dialog that a request outside of it names by Target-Dialog (RFC 4538): its sender is in that call, or knows of it. */
  findTarget(request: Request): EarlyDialog | undefined {
    return findTarget(request, this.#dialogs);
  }

  /** Subscribes to an event package (RFC 6665). `headers` of `init` may have Accept and Expires. @throws SipError as `invite`, and for an `event` that is none */
  subscribe(
    uri: Uri | string,
    event: string,
    init: UserAgentRequest = {},
    handlers: SubscriptionHandlers = {},
    flow?: Flow,
  ): Subscription {
    const request = initialRequest(this.#options, "SUBSCRIBE", uri, init, flow && { flow });
    request.headers.set("Event", event);
    if (!request.headers.has("Expires")) request.headers.set("Expires", "3600");
    return new Subscription(this.#host, request, handlers, {
      event: request.headers.get("Event")?.token ?? "",
    });
  }

  /**
   * Takes a SUBSCRIBE that begins a subscription; undefined for one that had to be answered 400, 420 or 482. One that a session's
   * `onRequest` got shares the session's dialog, as peers of RFC 3265 want it; undefined, and 500, where there is no room for that.
   * @throws SipError `overloaded` (503) past the limit
   */
  incomingSubscription(request: Request, transaction: ServerTransaction): IncomingSubscription | undefined {
    const dialog = this.#dialogs.get(idOf(request));
    if (!dialog) this.#makeRoom();
    // What came within a dialog was asked already.
    if (dialog && this.#dialogs.isFull(dialog)) refuseForNow(this.#host, request, transaction);
    else if (dialog || !this.#refusals.refusesFirst(request, transaction))
      return new IncomingSubscription(this.#host, request, transaction, dialog);
    return undefined;
  }

  /** Asks somebody, outside of any dialog, to call `target` (RFC 3515). @throws SipError as `invite`, and for a `target` that is no URI or address */
  refer(
    uri: Uri | string,
    target: string,
    init: UserAgentRequest = {},
    handlers: SubscriptionHandlers = {},
  ): Subscription {
    const request = initialRequest(this.#options, "REFER", uri, init);
    request.headers.set("Refer-To", target.includes("<") ? target : `<${target}>`);
    return new Subscription(this.#host, request, handlers, { event: "refer" });
  }

  /**
   * Takes a REFER outside of any dialog; undefined for one that had to be answered 400, 420 or 482.
   * @throws SipError `overloaded` (503) past the limit
   */
  incomingRefer(request: Request, transaction: ServerTransaction): IncomingRefer | undefined {
    this.#makeRoom();
    if (this.#refusals.refusesFirst(request, transaction)) return undefined;
    return IncomingRefer.alone(this.#host, request, transaction);
  }

  /** Publishes state (RFC 3903), and keeps it there until it is taken back. @throws SipError as `subscribe` */
  publish(
    uri: Uri | string,
    event: string,
    init: UserAgentRequest,
    handlers: PublicationHandlers = {},
  ): Publication {
    const { body, contentType, ...others } = init;
    const request = initialRequest(this.#options, "PUBLISH", uri, others);
    request.headers.delete("Contact");
    request.headers.set("Event", event);
    const content = {
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    };
    return new Publication(this.#host, request, content, handlers);
  }

  /**
   * A session that toJSON wrote, perhaps in another process: it goes on here, and its session timer starts anew. No
   * two processes may hold one session.
   *
   * @throws SipError `value_invalid` for what toJSON did not write, or for a dialog that was early
   */
  restore(json: SessionJson, handlers: SessionHandlers = {}, options: SessionOptions = {}): Session {
    return restoreSession(this.#host, json, handlers, options);
  }

  /**
   * Hangs up: BYE to every session; calls that ring are cancelled, or refused 480; subscriptions and publications are taken
   * back, and subscribers of ours told `deactivated`. Then `stack.close({ drain })` waits for the answers, and `close` ends.
   */
  hangUp(): void {
    const { loose, expecting } = this.#host;
    bidFarewell([...loose, ...expecting.values(), ...this.#dialogs.all()]);
  }

  /** Ends everything without a word on the wire: no dialogs, no timers afterwards. Close the stack, too. */
  close(): void {
    for (const each of [...this.#host.loose, ...this.#host.expecting.values()]) each.close();
    this.#dialogs.close();
  }

  #unknown(request: Request, transaction: ServerTransaction | undefined, tag: string): boolean {
    const event = request.method === "NOTIFY" ? request.headers.get("Event")?.token : undefined;
    const key = subscriptionKey(request.headers.get("Call-ID") ?? "", tag, event ?? "");
    const waiting = event === undefined ? undefined : this.#host.expecting.get(key);
    if (waiting && this.#refusals.refusesNext(request, transaction)) return true;
    if (waiting?.receive(request, transaction)) return true;
    if (this.#options.answersStrays === false) return false;
    this.#host.counts.strays++;
    if (transaction) answer(transaction, request.createResponse(481));
    return true;
  }

  #makeRoom(): void {
    if (this.#dialogs.full) throw new SipError("overloaded", "too many dialogs", { status: 503 });
  }
}

/** The name of the dialog that a peer's request belongs to, at our side. */
function idOf({ headers }: Request): string {
  return dialogId(headers.get("Call-ID") ?? "", headers.get("To")?.tag, headers.get("From")?.tag);
}
