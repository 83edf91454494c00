// Refreshing: what keeps a session alive (RFC 4028): by UPDATE, or, where the peer does not know that, by a re-INVITE that
// says again what we said last (§7.4). It is saved with the session.

import type { Clock } from "../clock.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { bodyText, type Content, listOf } from "./content.ts";
import type { OfferContent } from "./own-offers.ts";
import type { SessionJson } from "./session.ts";
import { isSession } from "./session-body.ts";
import { SessionTimer, type SessionTimerOptions } from "./session-timer.ts";

/** What refreshing needs of its session. */
export interface RefreshedSession {
  /** Whether an offer is under way, of ours or of the peer's: what comes of it refreshes the session, too. */
  busy(): boolean;
  update(): Promise<Response>;
  reinvite(content: OfferContent): Promise<unknown>;
  /** Nobody has refreshed it in time. */
  expired(): void;
}

/** How one session is refreshed. */
export class Refreshing {
  /** How often, and by whom. */
  readonly timer: SessionTimer;
  readonly #session: RefreshedSession;
  #underWay = false;
  #peerUpdates = false;
  #body: SessionJson["body"];

  constructor(clock: Clock, options: SessionTimerOptions, session: RefreshedSession) {
    this.#session = session;
    this.timer = new SessionTimer(
      clock,
      options,
      () => void this.#refresh(),
      () => session.expired(),
    );
  }

  /** What SessionJson has of it. */
  get saved(): Omit<SessionJson, "dialog"> {
    return { timer: this.timer.state, update: this.#peerUpdates, body: this.#body };
  }

  /** Goes on with what was saved. */
  resume({ timer, update, body }: SessionJson): void {
    this.#peerUpdates = update;
    this.#body = body ?? undefined;
    if (timer) this.timer.resume(timer);
  }

  /** Takes note of what we said of the media last. */
  noteBody(content: Content): void {
    const { body, contentType = "application/sdp" } = content;
    if (!body?.length || !isSession(content)) return;
    this.#body = { text: bodyText(body), contentType };
  }

  /** Takes note of what the peer can do. */
  notePeer(message: Request | Response): void {
    const allow = listOf(message, "Allow");
    if (allow.length > 0) this.#peerUpdates = allow.includes("UPDATE");
  }

  /** One that fails is tried again, as long as there is time (§10). */
  async #refresh(): Promise<void> {
    if (this.#underWay || this.#session.busy()) return;
    this.#underWay = true;
    try {
      if (this.#peerUpdates || this.#body === undefined) {
        const { status } = await this.#session.update();
        // Somebody on the way may not know it, though the peer's Allow has named it.
        if (status !== 405 && status !== 501) return;
      }
      // Where it meets the peer's offer, the answer to that is what we have said last.
      if (this.#body)
        await this.#session.reinvite(() => ({
          body: this.#body?.text,
          contentType: this.#body?.contentType,
        }));
    } catch {
      // Whoever has asked for it is the timer.
    } finally {
      this.#underWay = false;
    }
  }
}
