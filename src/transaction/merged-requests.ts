// MergedRequests: tells a user agent server that a request has reached it twice, by two ways, because a proxy
// on the way has forked it (RFC 3261 §8.2.2.2). It answers nothing.

import type { Request } from "../message/request.ts";
import { defaultRandom } from "../random.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import { sipHash, sipKey } from "./siphash.ts";

/** How many entries are kept before those whose transaction is over are first looked for. */
const LEAST = 64;

/** The ongoing requests of one user agent server, by a hash of From tag, Call-ID and CSeq, which may be as long as a message. */
export class MergedRequests {
  readonly #ongoing: Map<string, ServerTransaction> = new Map();
  readonly #key = sipKey(defaultRandom.text(22));
  #sweepAt = LEAST;

  /** How many requests are held; some of them may be over. */
  get size(): number {
    return this.#ongoing.size;
  }

  /**
   * Whether a request that belongs to no dialog came before, in another transaction that goes on: answer it
   * 482 (Loop Detected). Ask once for each request, in `onRequest`; one that did not come before is noted.
   * Requests with a To tag are never merged, and proxies must not ask.
   */
  check(request: Request, transaction: ServerTransaction): boolean {
    const { headers } = request;
    if (headers.get("To")?.tag !== undefined) return false;
    const fromTag = headers.get("From")?.tag ?? "";
    const key = sipHash([headers.get("Call-ID"), headers.get("CSeq"), fromTag].join("\n"), this.#key);
    const other = this.#ongoing.get(key);
    if (other !== undefined && other !== transaction && other.state !== "terminated") {
      transaction.noteMerged();
      return true;
    }
    this.#ongoing.set(key, transaction);
    if (this.#ongoing.size >= this.#sweepAt) this.#sweep();
    return false;
  }

  /** Lets go of what is over. Each entry is looked at a bounded number of times, since the map doubles between. */
  #sweep(): void {
    for (const [key, { state }] of this.#ongoing) if (state === "terminated") this.#ongoing.delete(key);
    this.#sweepAt = Math.max(LEAST, 2 * this.#ongoing.size);
  }
}
