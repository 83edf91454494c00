// SubscriptionTimes: how long a subscription of ours goes on, when it is refreshed, and how long a NOTIFY is waited for: by
// Timer N, without which there is no subscription (RFC 6665 §4.1.2).

import type { TimerHandle } from "../clock.ts";
import { LONGEST } from "./host.ts";
import type { Pace } from "./resend.ts";

/** What happens at its times. */
export interface TimedSubscription {
  /** It is time to ask for more; undefined for one that cannot be refreshed. */
  readonly refresh: (() => void) | undefined;
  /** It is over: no NOTIFY has come, or its time has run out. */
  over(reason: "silent" | "timeout"): void;
}

/** The times of one subscription. */
export class SubscriptionTimes {
  readonly #pace: Pace;
  readonly #subscription: TimedSubscription;
  #refreshing: TimerHandle | undefined;
  #expiry: TimerHandle | undefined;
  /** When it ends by what was granted last, by the clock; undefined before anything was. */
  #until: number | undefined;
  /** A NOTIFY has come since the last SUBSCRIBE within the dialog; and Timer N, until one comes. */
  #heard = false;
  #unheard: TimerHandle | undefined;

  constructor(pace: Pace, subscription: TimedSubscription) {
    this.#pace = pace;
    this.#subscription = subscription;
  }

  /** Whether a NOTIFY has come since the last SUBSCRIBE within the dialog. */
  get heard(): boolean {
    return this.#heard;
  }

  /** Timer N: no NOTIFY, no subscription (§4.1.2.4). No other time counts meanwhile. */
  waitForNotify(): void {
    this.#clear();
    this.#expiry = this.#pace.clock.set(() => this.#subscription.over("silent"), 64 * this.#pace.t1);
  }

  /** A SUBSCRIBE goes out within the dialog. */
  asked(): void {
    this.#heard = false;
  }

  /** It was taken, and is followed by the state (§4.1.2.2): Timer N again, unless that has come already. */
  awaitState(): void {
    if (this.#heard) return;
    const { clock, t1 } = this.#pace;
    clock.clear(this.#unheard);
    this.#unheard = clock.set(() => this.#subscription.over("silent"), 64 * t1);
  }

  /** A NOTIFY has come. */
  hear(): void {
    this.#heard = true;
    this.#pace.clock.clear(this.#unheard);
  }

  /** So many seconds were granted, of which the first NOTIFY need not say anything. */
  note(seconds: number): void {
    this.#until = this.#pace.clock.now() + seconds * 1000;
  }

  /**
   * The seconds that are left of what was granted. For a NOTIFY that says nothing of it, as RFC 3265 allowed (RFC 6665 §4.2.2).
   * @param asked what was asked for, where nobody has said
   */
  left(asked: number): number {
    return this.#until === undefined ? asked : (this.#until - this.#pace.clock.now()) / 1000;
  }

  /** It goes on for so many seconds, and is refreshed before they are over. */
  begin(seconds: number): void {
    this.#clear();
    const { clock, t1 } = this.#pace;
    const total = Math.min(Math.max(0, seconds), LONGEST) * 1000;
    this.#until = clock.now() + total;
    // Time enough for the refresh to be retransmitted, if there is any to spare.
    const early = total > 4 * 64 * t1 ? 64 * t1 : total / 2;
    const { refresh } = this.#subscription;
    if (refresh && total > 0) this.#refreshing = clock.set(refresh, total - early);
    this.#expiry = clock.set(() => this.#subscription.over("timeout"), total);
  }

  /** It is over. */
  stop(): void {
    this.#clear();
    this.#pace.clock.clear(this.#unheard);
  }

  #clear(): void {
    this.#pace.clock.clear(this.#refreshing);
    this.#pace.clock.clear(this.#expiry);
  }
}
