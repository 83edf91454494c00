// Send: a request that answers challenges by itself.

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { SendOptions, SentRequest } from "../stack/options.ts";
import type { Stack } from "../stack/stack.ts";
import { ChallengedRequest } from "./challenged.ts";
import { DigestClient, type DigestClientOptions } from "./client.ts";

/** How a request is sent that may be challenged. */
export interface CredentialSendOptions extends Omit<SendOptions, "credentials"> {
  /** Who we are; a client, for one that remembers challenges from request to request. */
  readonly credentials: DigestClient | DigestClientOptions["credentials"];
  /** Most answers to challenges. Default 4: two proxies and a server, and one nonce that was stale. */
  readonly maxAnswers?: number | undefined;
}

/** A request that was sent, and is sent again with credentials. */
export interface SentWithCredentials {
  /** The transaction that is under way, or was the last; `sent.request` has the CSeq that was used. */
  readonly sent: SentRequest;
  /** The final response: a challenge only where it could not be answered. Rejects as `final` of a transaction. */
  readonly final: Promise<Response>;
  /** Cancels an INVITE; an answer that is still looked up is not sent. @param reason as of ClientTransaction.cancel */
  cancel(reason?: string): void;
  /** Gives up, as `abort` of a transaction. */
  abort(): void;
}

/**
 * Sends a request as `stack.send` does, and answers the challenges that come back. `onResponse` sees all responses
 * but the challenges that are answered; the core sees none. What the look-up of credentials throws goes to the
 * core's onError as `core_failed`, and the challenge is the outcome.
 *
 * @throws SipError as `stack.send`
 */
export function sendWithCredentials(
  stack: Stack,
  request: Request,
  options: CredentialSendOptions,
): SentWithCredentials {
  const { credentials, maxAnswers, ...rest } = options;
  const client = credentials instanceof DigestClient ? credentials : new DigestClient({ credentials });
  const sent = new ChallengedRequest(stack, client, request, rest, maxAnswers);
  return {
    get sent() {
      return sent.current;
    },
    final: sent.final,
    cancel: (reason) => sent.cancel(reason),
    abort: () => sent.abort(),
  };
}
