// Abort: ties a request to an AbortSignal. What aborting means is the transaction's matter.

import type { AbortSignalLike, SentRequest } from "./options.ts";

/**
 * Aborts the transaction when the signal does. The signal forgets it with its outcome, so that one signal can
 * serve any number of requests.
 *
 * @returns false where the signal was aborted before: the transaction is not to be started, and ends with
 *   `aborted`, told later, never within the call
 */
export function abortBy(signal: AbortSignalLike, transaction: SentRequest): boolean {
  if (signal.aborted) {
    void Promise.resolve().then(() => transaction.abort());
    return false;
  }
  const abort = (): void => transaction.abort();
  const forget = (): void => signal.removeEventListener("abort", abort);
  signal.addEventListener("abort", abort, { once: true });
  transaction.final.then(forget, forget);
  return true;
}
