// Error status: the response that a failure counts as (RFC 3261 §8.1.3.1, §16.9), for cores that think in
// responses: a proxy takes it into its choice of the best one.

import type { SipError } from "../errors.ts";

/**
 * The status that a client transaction's error stands for: 408 for `timeout`, 503 for a failed transport, no
 * way to the next hop or an overload, 487 for a request that was given up; else the error's own status, or
 * 500. A proxy that would answer 503 upstream for it answers 500 instead, unless it cannot do better for any
 * other request either (RFC 3261 §16.7 step 6); see upstreamStatus.
 */
export function errorStatus(error: SipError): number {
  switch (error.code) {
    case "timeout":
      return 408;
    case "transport_failed":
    case "connection_closed":
    case "no_transport":
    case "overloaded":
    case "closed":
      return 503;
    case "no_target":
      return error.status ?? 503;
    case "aborted":
    case "terminated":
      return 487;
    default:
      return error.status ?? 500;
  }
}

/**
 * What a proxy sends upstream in place of a status that it chose: a 503 is about its next hop, and becomes 500 (RFC
 * 3261 §16.7 step 6).
 */
export function upstreamStatus(status: number): number {
  return status === 503 ? 500 : status;
}
