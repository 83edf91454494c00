// SessionRequests: which requests of ours go by themselves within a session, and what their refusal says of it.

import { SipError } from "../errors.ts";

/**
 * What tells nothing of the session when it is refused: a BYE ends it anyway, the others belong to a subscription (RFC 5057
 * §5.1).
 */
export const OF_ANOTHER: ReadonlySet<string> = new Set(["BYE", "NOTIFY", "SUBSCRIBE"]);

/** What cannot be sent by itself, and who sends it (RFC 3261 §13.2.2.4, §9.1). */
const NOT_ALONE: ReadonlyMap<string, string> = new Map([
  ["INVITE", "reinvite() sends it, and the ACK to its 2xx"],
  ["ACK", "a 2xx gets its own"],
  ["CANCEL", "cancel() of a call, and the signal of reinvite(), send it"],
]);

/** @throws SipError `unsupported` for what cannot be sent by itself */
export function checkAlone(method: string): void {
  const other = NOT_ALONE.get(method);
  if (other) throw new SipError("unsupported", `request takes no ${method}: ${other}`);
}
