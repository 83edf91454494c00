// OwnAnswers: our answers to the offers that come in responses to an INVITE of ours without one (RFC 3261 §13.2.1, §14.1,
// RFC 3262 §5): the first reliable response that has a body is the offer, and no other.

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { Content } from "./content.ts";
import type { Host } from "./host.ts";
import type { SessionHandlers } from "./session.ts";
import { hasSession } from "./session-body.ts";

/** What the answers need of their session. */
export interface AnsweringSession {
  noteBody(content: Content): void;
  /** An offer of the peer's waits for our answer, or waits no longer: nobody makes another meanwhile (RFC 3311 §5.1). */
  noteWaits(waits: boolean): void;
}

/** The answers of one session. */
export class OwnAnswers {
  readonly #host: Host;
  readonly #handlers: SessionHandlers;
  readonly #session: AnsweringSession;
  /** An offer was taken, and the user failed to answer it: he threw. */
  failed = false;
  /** What he threw. */
  fault: unknown;
  /** The number of the INVITE whose offer was taken last. */
  #taken: number | undefined;
  #over = false;
  #stop: (last: Content | undefined) => void = () => {};
  readonly #stopped: Promise<Content | undefined>;

  constructor(host: Host, handlers: SessionHandlers, session: AnsweringSession) {
    this.#host = host;
    this.#handlers = handlers;
    this.#session = session;
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  /** Whether a response has an offer that the user answers. One that repeats the offer has none (RFC 3261 §13.2.1). */
  asks(invite: Request, response: Response): boolean {
    if (!this.#handlers.answer || hasSession(invite) || !hasSession(response)) return false;
    return this.#taken !== response.headers.get("CSeq")?.number;
  }

  /** The offer of a response is not to be answered. */
  skip(response: Response): void {
    this.#taken = response.headers.get("CSeq")?.number;
  }

  /**
   * What the user answers to that offer; nothing where he fails, or the session is over. Undefined where nothing is to be
   * said any more: the user agent was closed.
   */
  async give(response: Response): Promise<Content | undefined> {
    this.#taken = response.headers.get("CSeq")?.number;
    if (this.#over) return this.#stopped;
    const failed = (_status: number, error: unknown) => {
      this.failed = true;
      this.fault = error;
    };
    this.#session.noteWaits(true);
    const answered = this.#host.call(() => this.#handlers.answer?.(response), failed);
    const given = Promise.resolve(answered).then(
      (content) => content ?? {},
      () => ({}),
    );
    const content = await Promise.race([given, this.#stopped]);
    this.#session.noteWaits(false);
    if (content) this.#session.noteBody(content);
    return content;
  }

  /** The session is over: nobody waits for an answer any longer. @param silent nothing goes on the wire */
  stop(silent: boolean): void {
    this.#over = true;
    this.#stop(silent ? undefined : {});
  }
}
