// Check: what keeps a request from being forwarded at all (RFC 3261 §16.3, RFC 5393 §5.3.3). That it is well
// formed the stack has seen to.

import type { Request } from "../message/request.ts";
import type { Targets } from "./options.ts";

/** A refusal: the status, and header fields for it. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** The breadth that a request without Max-Breadth has (RFC 5393 §5.3.3.1). */
export const DEFAULT_BREADTH = 60;

const refuse = (status: number, headers: Refusal["headers"] = {}): Refusal => ({ status, headers });

/**
 * Checks a request before it is forwarded.
 *
 * @param extensions what Proxy-Require may ask for, in lower case
 * @param isLoop whether it has been here before; looked into last
 */
export function checkRequest(
  request: Request,
  extensions: ReadonlySet<string>,
  isLoop: () => boolean,
): Refusal | undefined {
  const { headers, method, uri } = request;
  // Step 2; a tel URI is for a location service to turn into something else, if Route leads nowhere.
  if (!uri.isSip && uri.scheme !== "tel") return refuse(416);
  if (headers.get("Max-Forwards") === 0) return refuse(483);
  if (breadthOf(request) === 0) return refuse(440);
  if (isLoop()) return refuse(482);
  // Step 5; in CANCEL and ACK it is ignored (§8.2.2.3): what they belong to has passed, or was refused.
  if (method === "CANCEL" || method === "ACK") return undefined;
  const unsupported = headers.get("Proxy-Require").filter((option) => !extensions.has(option.toLowerCase()));
  if (unsupported.length > 0) return refuse(420, { Unsupported: unsupported });
  return undefined;
}

/**
 * What a request is told that goes nowhere.
 *
 * @param found the status that its user gave, or targets, none of which it may go to
 */
export function nobody(request: Request, found: Targets): Refusal {
  if (typeof found === "number") return refuse(found);
  if (found.length === 0) return refuse(480);
  // RFC 5630 §5.3: there are ways, and none of them by TLS.
  return refuse(480, { Warning: [`380 ${request.flow?.transport.sentBy} "SIPS Not Allowed"`] });
}

/** The Max-Breadth of a request; undefined where it has none, or none that is a number. */
export function breadthOf(request: Request): number | undefined {
  const [text] = request.headers.raw("Max-Breadth");
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** The most breadth that a proxy's user allows, as it can be said: a whole number of no more than nine digits. */
export function wholeBreadth(most: number): number {
  return Math.min(Math.floor(most), 999_999_999);
}

/**
 * The Max-Breadth that a request may go on with: no more than this one, which it has, too, where it says nothing (RFC 5393
 * §5.3.3).
 */
export function breadthFor(request: Request, most: number): number {
  return Math.min(breadthOf(request) ?? most, most);
}
