// Back-off: how long a client waits before it registers again (RFC 5626 §4.5, RFC 3261 §20.33).

import { SipError } from "../errors.ts";
import type { Response } from "../message/response.ts";
import type { Random } from "../random.ts";
import { retryAfterOf } from "../stack/resolve/retry-after.ts";

/** A day, in seconds: nobody has to agree to more. */
export const LONGEST = 86_400;
/** The base times where no flow stands, and where another does; and the longest wait, in milliseconds. */
const ALL_FAILED = 30_000;
const OTHERS_STAND = 90_000;
const LONGEST_WAIT = 1_800_000;

/**
 * The wait after so many failures in a row, the first of them 1, in milliseconds: base-time × 2^failures, and between
 * half and all of it, so that not all clients come at once.
 */
export function backOff(failures: number, othersStand: boolean, random: Random): number {
  const base = othersStand ? OTHERS_STAND : ALL_FAILED;
  const longest = Math.min(LONGEST_WAIT, base * 2 ** Math.min(10, failures));
  return Math.round(longest * (0.5 + random.fraction() / 2));
}

/** Retry-After in milliseconds, up to a day; 0 where there is none. */
export function retryAfter(cause: Response | SipError): number {
  const seconds = cause instanceof SipError ? undefined : retryAfterOf(cause);
  return Math.min(seconds ?? 0, LONGEST) * 1000;
}
