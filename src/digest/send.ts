// Send: a request that answers challenges by itself: each answer is a transaction of its own, with a branch and
// a CSeq of its own (RFC 3261 §22.2).

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { SendOptions, SentRequest } from "../stack/options.ts";
import type { Stack } from "../stack/stack.ts";
import { DigestClient, type DigestClientOptions } from "./client.ts";

/** How a request is sent that may be challenged. */
export interface CredentialSendOptions extends SendOptions {
  /** Who we are; a client, for one that remembers challenges from request to request. */
  readonly credentials: DigestClient | DigestClientOptions["credentials"];
  /** Most answers to challenges. Default 4: two proxies and a server, and one nonce that was stale. */
  readonly maxAnswers?: number;
}

/** A request that was sent, and is sent again with credentials. */
export interface SentWithCredentials {
  /** The transaction that is under way, or was the last; `sent.request` has the CSeq that was used. */
  readonly sent: SentRequest;
  /** The final response: a challenge only where it could not be answered. Rejects as `final` of a transaction. */
  readonly final: Promise<Response>;
  /** Cancels an INVITE; an answer that is still looked up is not sent. */
  cancel(): void;
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
  const { credentials, maxAnswers = 4, onResponse, branch, ...rest } = options;
  const client = credentials instanceof DigestClient ? credentials : new DigestClient({ credentials });
  let left = maxAnswers;
  let over = false;
  let resolve: (response: Response) => void;
  let reject: (error: unknown) => void;
  const final = new Promise<Response>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  final.catch(() => {});

  /** The request again, where this is a challenge that can be answered. */
  const answerTo = async (asked: Request, response: Response): Promise<Request | undefined> =>
    over || left-- <= 0 ? undefined : client.answer(asked, response);

  const start = (next: Request, how: { branch?: string }): SentRequest => {
    const sent = stack.send(next, {
      ...rest,
      ...how,
      async onResponse(response, transaction) {
        const { status } = response;
        let failed: { cause: unknown } | undefined;
        try {
          if (status === 401 || status === 407) {
            const again = await answerTo(next, response);
            if (again && !over) {
              handle.sent = start(again, {});
              return;
            }
          } else if (status >= 200) client.learn(next, response);
        } catch (cause) {
          failed = { cause };
        }
        if (status >= 200) resolve(response);
        await onResponse?.(response, transaction);
        if (failed) throw failed.cause;
      },
    });
    sent.final.catch((error) => reject(error));
    return sent;
  };
  const end = (how: "cancel" | "abort"): void => {
    over = true;
    handle.sent[how]();
  };
  const handle = {
    sent: start(request, branch === undefined ? {} : { branch }),
    final,
    cancel: (): void => end("cancel"),
    abort: (): void => end("abort"),
  };
  return handle;
}
