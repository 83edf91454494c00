// SessionTimer: agrees on how often a session is refreshed, and notices when it is not (RFC 4028).

import type { Clock, TimerHandle } from "../clock.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { addOption, hasOption, leadingNumber } from "./content.ts";
import { LONGEST } from "./host.ts";

/** What one side wants of the session timer. Seconds. */
export interface SessionTimerOptions {
  /** The interval to ask for; by default none is asked for, and a peer's wish is met. */
  readonly expires?: number | undefined;
  /** The shortest interval that is taken; 90, the least that RFC 4028 §5 allows, unless told more. */
  readonly min?: number | undefined;
  /** Who is to refresh: us, or the peer. It says what we ask for; the callee decides. */
  readonly refresher?: "us" | "peer" | undefined;
}

/** What was agreed. */
export interface SessionTimerState {
  /** Seconds. */
  readonly expires: number;
  /** Who refreshes. */
  readonly refresher: "us" | "peer";
}

/** The default of Min-SE, in seconds (RFC 4028 §5). */
export const LEAST_SESSION = 90;
/** Proxies on the way may each want a longer interval; who wants a longer one each time is asked no more. */
const MOST_YIELDS = 8;
/** So shortly before the end, in milliseconds, nothing is refreshed any more. */
const LAST_TRY = 10_000;

/** The timer of one session. */
export class SessionTimer {
  readonly #clock: Clock;
  readonly #options: SessionTimerOptions;
  readonly #refresh: () => void;
  readonly #expired: () => void;
  /** The shortest interval that is taken. */
  readonly #least: number;
  /** The largest Min-SE that was heard in this dialog (§7.4). */
  #min: number;
  #state: SessionTimerState | undefined;
  #timers: TimerHandle[] = [];
  #closed = false;
  /** How often in a row a 422 was yielded to. */
  #yielded = 0;

  /**
   * @param refresh called when it is our turn to refresh the session
   * @param expired called when nobody has refreshed it in time
   */
  constructor(clock: Clock, options: SessionTimerOptions, refresh: () => void, expired: () => void) {
    this.#clock = clock;
    this.#options = options;
    this.#refresh = refresh;
    this.#expired = expired;
    this.#least = Math.max(options.min ?? LEAST_SESSION, LEAST_SESSION);
    this.#min = this.#least;
  }

  /** What was agreed; undefined where the session has no timer. */
  get state(): SessionTimerState | undefined {
    return this.#state;
  }

  /** Writes our wish into an INVITE or UPDATE of ours (§7.1, §7.4). */
  ask(request: Request): void {
    addOption(request, "Supported", "timer");
    const wanted = this.#state?.expires ?? this.#options.expires;
    if (wanted !== undefined) {
      const refresher = this.#state?.refresher ?? this.#options.refresher;
      const role = refresher === undefined ? "" : `;refresher=${refresher === "us" ? "uac" : "uas"}`;
      request.headers.set("Session-Expires", `${Math.max(wanted, this.#min)}${role}`);
    }
    if (this.#min > LEAST_SESSION) request.headers.set("Min-SE", String(this.#min));
  }

  /** Takes the Min-SE of a 422 over (§7.3); true where the request is worth another try. */
  yieldTo(response: Response): boolean {
    const min = leadingNumber(response, "Min-SE");
    if (response.status !== 422 || min === undefined || min <= this.#min || min > 86_400) return false;
    if (this.#yielded++ === MOST_YIELDS) return false;
    this.#min = min;
    return true;
  }

  /** Whether the interval that a peer asks for is too short: answer 422, with our Min-SE (§9). */
  refuses(request: Request): number | undefined {
    const asked = leadingNumber(request, "Session-Expires");
    const least = this.#least;
    return asked !== undefined && asked < least && hasOption(request, "Supported", "timer")
      ? least
      : undefined;
  }

  /** Writes what was agreed into our 2xx to a peer's INVITE or UPDATE, and starts anew (§9). */
  agree(request: Request, response: Response): void {
    const theirs = hasOption(request, "Supported", "timer");
    const asked = leadingNumber(request, "Session-Expires");
    const heard = leadingNumber(request, "Min-SE") ?? 0;
    this.#min = Math.max(this.#min, heard);
    addOption(response, "Supported", "timer");
    const wish = asked ?? this.#options.expires;
    if (wish === undefined) {
      this.#start(undefined);
      return;
    }
    const least = Math.max(heard, this.#least);
    const own = asked === undefined ? wish : Math.min(asked, this.#options.expires ?? asked);
    const expires = Math.max(own, least);
    const role = refresherOf(request);
    // One who does not know the extension cannot refresh (Table 2).
    const peer = theirs && (role === "uac" || (role === undefined && this.#options.refresher !== "us"));
    response.headers.set("Session-Expires", `${expires};refresher=${peer ? "uac" : "uas"}`);
    // Whoever of the two refreshes: the peer has to know that there is something to wait for.
    if (theirs) addOption(response, "Require", "timer");
    this.#start({ expires, refresher: peer ? "peer" : "us" });
  }

  /** Takes over what the peer's 2xx to our INVITE or UPDATE says, and starts anew (§7.2). */
  agreed(response: Response): void {
    const expires = leadingNumber(response, "Session-Expires");
    const refresher = refresherOf(response) === "uas" ? "peer" : "us";
    this.#start(expires === undefined ? undefined : { expires: Math.max(expires, LEAST_SESSION), refresher });
  }

  /** Goes on with what was agreed before, in another process perhaps. */
  resume(state: SessionTimerState): void {
    this.#start(state);
  }

  /** Ends it for good: a 2xx that comes after the session's end starts nothing. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #stop(): void {
    for (const timer of this.#timers.splice(0)) this.#clock.clear(timer);
  }

  #start(state: SessionTimerState | undefined): void {
    this.#stop();
    this.#yielded = 0;
    if (this.#closed) return;
    this.#state = state;
    if (!state) return;
    const interval = Math.min(state.expires, LONGEST) * 1000;
    const end = interval - Math.min(32_000, interval / 3);
    if (state.refresher === "us") this.#refreshIn(interval / 2, end);
    // Who does not refresh ends the session a little early (§10); so does one whose refreshing got no answer.
    this.#timers.push(this.#clock.set(() => this.#expired(), end));
  }

  /**
   * What was refused, or met an offer, is worth another try, in half of the time that is left (§10).
   * @param left until the session ends, in milliseconds
   */
  #refreshIn(delay: number, left: number): void {
    const refresh = () => {
      if (left - delay > LAST_TRY) this.#refreshIn((left - delay) / 2, left - delay);
      this.#refresh();
    };
    this.#timers.push(this.#clock.set(refresh, delay));
  }
}

function refresherOf(message: Request | Response): "uac" | "uas" | undefined {
  const found = /;\s*refresher\s*=\s*(uac|uas)/i.exec(message.headers.raw("Session-Expires")[0] ?? "");
  return found?.[1]?.toLowerCase() as "uac" | "uas" | undefined;
}
