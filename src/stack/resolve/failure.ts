// Failure: which errors say that a target has failed, and another one is to be tried.

import type { SipError } from "../../errors.ts";

/**
 * Whether an error of a request speaks against its target: there was no way, or no answer at all. Who has said 100 and is silent
 * then has not failed (RFC 3263 §4.3).
 */
export function hasFailed(code: SipError["code"], answered: boolean): boolean {
  return code === "timeout" ? !answered : code === "transport_failed" || code === "connection_closed";
}
