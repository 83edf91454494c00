// Core: what a user writes: the receiver of requests, responses and errors.

import type { SipError } from "../errors.ts";
import type { ClientHandlers, Returned, TransactionUser } from "../transaction/user.ts";
import type { Flow } from "../transport/transport.ts";

/**
 * A core (RFC 3261 §3): registrar, proxy, user agent, or what else stands above the transactions. Callbacks
 * may be async; what they throw or reject with becomes a 500 (or the status of the SipError thrown) where a
 * request waits, and an onError.
 */
export interface Core extends TransactionUser {
  /**
   * A connection is gone, after the transactions on it have been told; or, with an error, the peer of a datagram flow
   * cannot be reached. For a Registration, which forms the flow anew (RFC 5626 §4.5).
   */
  onFlowClosed?(flow: Flow, error: SipError | undefined): Returned;
}

/** Callbacks of one request that was sent; they are called instead of the core's. */
export type ResponseHandlers = ClientHandlers;
