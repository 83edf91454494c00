// Resolver: what a stack asks where names are, and lets send what may need more than one try. The stack
// knows no more of it than this, so that a page without DNS does not carry one.

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { ClientOptions, ClientTransaction } from "../transaction/client-transaction.ts";
import type { ClientHandlers, TransactionUser } from "../transaction/user.ts";
import type { Target } from "../transport/transport.ts";
import type { SendOptions, SentRequest } from "./options.ts";

/** What a resolver needs of the stack that it works for. */
export interface Sender {
  /** Hears what comes of a request, unless its own handlers do. */
  readonly core: TransactionUser;
  /** The protocols of the stack's transports, the preferred first. */
  readonly protocols: readonly string[];
  /** The sent-by of the first transport of that protocol. */
  sentBy(protocol: string): string;
  /**
   * A client transaction that is not started; its request is as a strict router wants it that is its next hop. Throws as
   * Stack.send.
   */
  create(request: Request, handlers: ClientHandlers, options: ClientOptions): ClientTransaction;
  /** Starts it on the flow to a target. Throws `no_target` or `no_transport`. */
  start(transaction: ClientTransaction, target: Target): void;
}

/** Finds the servers of SIP URIs, and sends to one after the other; `resolver` of `sippet/node` makes one. */
export interface Resolver {
  /**
   * The targets of a request, or of a response whose connection is gone, the best first: those of its first Route, else of
   * its Request-URI. An array where nobody has to be asked. Throws or rejects with a SipError `no_target`.
   */
  targets(
    message: Request | Response,
    protocols: readonly string[],
  ): readonly Target[] | Promise<readonly Target[]>;
  /** Sends a request to its targets until one takes it. */
  send(request: Request, options: SendOptions, sender: Sender): SentRequest;
  /** Those that have failed lately last, for who sends to targets himself: a proxy (RFC 3263 §4.3). */
  order?(targets: readonly Target[]): readonly Target[];
  /**
   * The targets for a request of that size: what is too large for a datagram takes another transport (RFC 3261 §18.1.1).
   *
   * @param more how many octets it gets before it is sent
   */
  fit?(
    targets: readonly Target[],
    request: Request,
    more: number,
    protocols: readonly string[],
  ): readonly Target[];
  /** Told by who sends to targets himself: this one has answered. */
  answered?(target: Target): void;
  /**
   * Told by who sends to targets himself: this one has failed, with no connection, no answer at all, or a 503.
   *
   * @param retryAfter in seconds, where a 503 gave it
   */
  failed?(target: Target, retryAfter?: number): void;
}
