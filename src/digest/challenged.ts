// ChallengedRequest: one request of the user's, sent again with credentials as often as it is asked for them. Each
// try is a transaction of its own, with a branch and a CSeq of its own (RFC 3261 §22.2); to the user they are one.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { SendOptions, SentRequest } from "../stack/options.ts";
import type { Stack } from "../stack/stack.ts";
import { Succession } from "../stack/succession.ts";
import type { Returned } from "../transaction/user.ts";
import type { DigestClient } from "./client.ts";

/** Answers to challenges that are given unless told otherwise: two proxies and a server, and one nonce that was stale. */
const MOST_ANSWERS = 4;

/** All tries of one request. */
export class ChallengedRequest extends Succession {
  readonly #stack: Stack;
  readonly #client: DigestClient;
  readonly #options: SendOptions;
  #current: SentRequest;
  #left: number;
  /** No further try: the user has given up. */
  #over = false;
  /** Nor a word to the user. */
  #dropped = false;

  /** Throws as Stack.send. */
  constructor(
    stack: Stack,
    client: DigestClient,
    request: Request,
    options: SendOptions,
    maxAnswers: number = MOST_ANSWERS,
  ) {
    super();
    const { credentials: _, branch, ...rest } = options;
    this.#stack = stack;
    this.#client = client;
    this.#options = rest;
    this.#left = maxAnswers;
    this.#current = this.#send(request, branch);
  }

  get current(): SentRequest {
    return this.#current;
  }

  cancel(reason?: string): void {
    this.#over = true;
    this.#current.cancel(reason);
  }

  abort(): void {
    this.#over = true;
    this.#current.abort();
  }

  terminate(): void {
    this.#over = true;
    this.#dropped = true;
    this.#current.terminate();
    // Between two tries no transaction is there to say so.
    this.end(new SipError("terminated", "the request was terminated"));
  }

  #send(request: Request, branch: string | undefined): SentRequest {
    const sent = this.#stack.send(request, {
      ...this.#options,
      ...(branch === undefined ? {} : { branch }),
      onResponse: (response, transaction) => this.#onResponse(request, response, transaction),
    });
    sent.final.catch((error: SipError) => this.end(error));
    return sent;
  }

  #onResponse(
    request: Request,
    response: Response,
    transaction: Parameters<NonNullable<SendOptions["onResponse"]>>[1],
  ): Returned {
    const { status } = response;
    const tell = () => (this.#dropped ? undefined : this.#options.onResponse?.(response, transaction));
    if (status < 200) {
      this.push(response);
      return tell();
    }
    if (status !== 401 && status !== 407) {
      let failed: { readonly cause: unknown } | undefined;
      try {
        this.#client.learn(request, response);
      } catch (cause) {
        failed = { cause };
      }
      this.end(response);
      const told = tell();
      if (failed) throw failed.cause;
      return told;
    }
    return this.#answer(request, response).then(
      (answered) => {
        if (answered) return undefined;
        this.end(response);
        return tell();
      },
      async (cause) => {
        this.end(response);
        await tell();
        throw cause;
      },
    );
  }

  /** Sends it again; false where there is no answer to give. */
  async #answer(request: Request, response: Response): Promise<boolean> {
    if (this.#over || this.#left-- <= 0) return false;
    const again = await this.#client.answer(request, response);
    if (!again || this.#over) return false;
    this.#options.onAgain?.(again);
    this.#current = this.#send(again, undefined);
    return true;
  }
}
