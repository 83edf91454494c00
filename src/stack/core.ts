// Core: what a user writes: the receiver of requests, responses and errors.

import type { ClientHandlers, TransactionUser } from "../transaction/user.ts";

/**
 * A core (RFC 3261 §3): registrar, proxy, user agent, or what else stands above the transactions. Callbacks
 * may be async; what they throw or reject with becomes a 500 (or the status of the SipError thrown) where a
 * request waits, and an onError.
 */
export type Core = TransactionUser;

/** Callbacks of one request that was sent; they are called instead of the core's. */
export type ResponseHandlers = ClientHandlers;
