// Send: a request of ours, and again for each challenge that can be answered: each answer is a transaction of its own
// (RFC 3261 §22.2).

import { CSeq } from "../message/cseq.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { SendOptions, SentRequest } from "../stack/options.ts";
import type { Host } from "./host.ts";

/** Most answers for one request: two proxies, the peer, and a nonce that was stale. */
const MOST_ANSWERS = 4;

/** A request that was sent. */
export interface Sent {
  /** As it went out last. */
  readonly request: Request;
  /** The final response; a challenge only where it was not answered. Rejects as ClientTransaction.final. */
  readonly final: Promise<Response>;
  /** Cancels an INVITE; an answer that is still being made is not sent. */
  cancel(): void;
}

/**
 * Sends a request, and answers challenges. `onResponse` sees all responses but those that were answered.
 *
 * @param nextCSeq the number of an answer, within a dialog, whose other requests count, too; one more unless told
 */
export function send(host: Host, request: Request, options: SendOptions, nextCSeq?: () => number): Sent {
  const { authenticator } = host;
  if (!authenticator) return host.stack.send(request, options);
  let left = MOST_ANSWERS;
  let canceled = false;
  let resolve: (response: Response) => void;
  let reject: (error: unknown) => void;
  const final = new Promise<Response>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  final.catch(() => {});

  const answerTo = async (asked: Request, response: Response): Promise<Request | undefined> => {
    if (left-- <= 0) return undefined;
    const again = await authenticator.answer(asked, response);
    if (canceled) return undefined;
    if (again && nextCSeq) again.headers.set("CSeq", new CSeq(nextCSeq(), again.method));
    return again;
  };
  const start = (next: Request): SentRequest => {
    const sent = host.stack.send(next, {
      ...options,
      async onResponse(response, transaction) {
        const { status } = response;
        if (status === 401 || status === 407) {
          try {
            const again = await answerTo(next, response);
            if (again) {
              current = start(again);
              return;
            }
          } catch (error) {
            // The challenge is the outcome.
            host.report(error);
          }
        } else if (status >= 200) authenticator.learn(next, response);
        if (status >= 200) resolve(response);
        await options.onResponse?.(response, transaction);
      },
    });
    sent.final.catch((error) => reject(error));
    return sent;
  };
  let current = start(request);
  return {
    get request() {
      return current.request;
    },
    final,
    cancel() {
      canceled = true;
      current.cancel();
    },
  };
}
