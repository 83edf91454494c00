// Branch: one of the ways that a request goes, and what its failure counts as (RFC 3261 §16.8, §16.9).

import type { SipError } from "../errors.ts";
import type { SentRequest } from "../stack/options.ts";
import type { ProxyTarget } from "./target.ts";

/** One branch: a target, and the transaction that asks it. */
export interface Branch {
  target: ProxyTarget;
  readonly group: number;
  readonly breadth: number;
  hop: number;
  transaction: SentRequest | undefined;
  /** A provisional response came: somebody is there. */
  answered: boolean;
  /** We ended it ourselves, since nobody answered. */
  skipped: boolean;
}

/** What an error of a branch counts as; 503 where nothing is said (RFC 3261 §16.8, §16.9). */
const STATUS: Readonly<Record<string, number>> = { timeout: 408, aborted: 487 };
/** After these the next hop of the same target is tried (RFC 3263 §4.3). */
export const FAILED: ReadonlySet<number> = new Set([408, 503]);

/** The status that an error of a branch stands for. */
export function statusOf(error: SipError): number {
  const status = STATUS[error.code] ?? error.status ?? 503;
  return status >= 300 && status <= 699 ? status : 503;
}
