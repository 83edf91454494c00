// TransactionUser: what a transaction layer calls (RFC 3261 calls it the TU; here, the core), and how
// it is called: whatever the core throws or rejects with stops there.

import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { ClientTransaction } from "./client-transaction.ts";
import type { ServerTransaction } from "./server-transaction.ts";

/** What a callback may return: nothing, or a promise, whose rejection counts as a throw. */
export type Returned = void | PromiseLike<void>;

/**
 * The core above the transactions. Every callback runs after the transaction's state is committed, and
 * may do anything, throwing included: see {@link TransactionUser.onError}.
 */
export interface TransactionUser {
  /**
   * A request came. `transaction` is undefined for an ACK to a 2xx, which belongs to no transaction
   * (RFC 3261 §17); any other request waits for `transaction.respond`. If this throws, or its promise
   * rejects, before a final response was sent, the request is answered with the `status` of the thrown
   * SipError if it is from 300 to 699, else with 500.
   */
  onRequest(request: Request, transaction: ServerTransaction | undefined): Returned;
  /**
   * A response came. `transaction` is undefined for a 2xx to an INVITE whose transaction is gone: a user
   * agent acknowledges it again. Other strays are dropped (RFC 6026 §8.9).
   */
  onResponse(response: Response, transaction: ClientTransaction | undefined): Returned;
  /**
   * Something failed: a transaction timed out (`timeout`), its flow did (`transport_failed`,
   * `connection_closed`), there was no way to the next hop (`no_target` …), the user's own code threw
   * (`core_failed`, with the cause), or a message was not fit for a transaction (`header_missing`,
   * `value_invalid`; without a transaction). What this throws itself is dropped.
   */
  onError(error: SipError, transaction: ClientTransaction | ServerTransaction | undefined): Returned;
  /**
   * A CANCEL came for an INVITE that has no final response yet, and whose transaction has no `onCancel`
   * of its own. The CANCEL itself is answered already; the INVITE waits for a 487 (RFC 3261 §9.2). With
   * neither callback, or if it throws, the layer answers the INVITE 487.
   */
  onCancel?(cancel: Request, transaction: ServerTransaction): Returned;
}

/** Callbacks of one client transaction; those given are called instead of the core's. */
export interface ClientHandlers {
  /** A response came to this request. */
  onResponse?(response: Response, transaction: ClientTransaction): Returned;
  /** This request has failed: see TransactionUser.onError. */
  onError?(error: SipError, transaction: ClientTransaction): Returned;
  /**
   * Nobody but these ever asks: behind the final response the transaction holds on to no message that is not to be
   * sent again. @internal
   */
  readonly forgets?: boolean;
}

/** The error to report for what a callback threw. */
export function coreFailed(cause: unknown): SipError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const status = cause instanceof SipError ? cause.status : undefined;
  return new SipError("core_failed", `a callback threw: ${reason}`, status ? { cause, status } : { cause });
}

/** The error itself where it is one of ours, else as coreFailed. */
export function asSipError(cause: unknown): SipError {
  return cause instanceof SipError ? cause : coreFailed(cause);
}
