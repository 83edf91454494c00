// ForkedSubscriptions: waits for the notifiers that take a SUBSCRIBE or REFER beside the first, where a proxy has forked it
// (RFC 6665 §4.5.2): each makes a dialog, by its first NOTIFY.

import type { TimerHandle } from "../clock.ts";
import type { Request } from "../message/request.ts";
import type { ServerTransaction } from "../transaction/server-transaction.ts";
import type { Host, Usage } from "./host.ts";

/** No more are taken. A peer can make up as many tags as he likes. */
const MOST = 100;

/** Those of one request. It waits for 64 × T1: who has not told his state by then has not taken it (§4.1.2.4, Timer N). */
export class ForkedSubscriptions implements Usage {
  readonly #host: Host;
  readonly #key: string;
  readonly #take: (notify: Request, transaction: ServerTransaction | undefined) => boolean;
  readonly #timer: TimerHandle;
  #taken = 0;

  /**
   * @param key under which NOTIFYs without a dialog find it
   * @param take makes a subscription of a NOTIFY; false where there is to be none
   */
  constructor(
    host: Host,
    key: string,
    take: (notify: Request, transaction: ServerTransaction | undefined) => boolean,
  ) {
    this.#host = host;
    this.#key = key;
    this.#take = take;
    host.expecting.set(key, this);
    this.#timer = host.clock.set(() => this.close(), 64 * host.t1);
  }

  receive(notify: Request, transaction: ServerTransaction | undefined): boolean {
    if (this.#taken >= MOST || !this.#take(notify, transaction)) return false;
    this.#taken++;
    return true;
  }

  close(): void {
    this.#host.clock.clear(this.#timer);
    if (this.#host.expecting.get(this.#key) === this) this.#host.expecting.delete(this.#key);
  }
}
