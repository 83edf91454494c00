// Sipfrag: a status line as the body of a NOTIFY, which tells what comes of a REFER (RFC 3515 §2.4.5, RFC 3420).

import type { Message } from "../message/parse.ts";
import { reasonPhrase } from "../message/status.ts";
import type { Content } from "./content.ts";

/** What came of the request that a REFER asked for, so far. */
export interface ReferOutcome {
  /** Its last response's status: 200 and above are final. */
  readonly status: number;
  /** Its reason phrase, "" where it has none. */
  readonly reason: string;
}

/**
 * Reads a NOTIFY about a REFER of ours: `onNotify: (notify) => referOutcome(notify)?.status`. It goes by the status line alone,
 * whatever Content-Type says; more header fields may follow it.
 *
 * @returns undefined where its body begins with no status line
 */
export function referOutcome({ bodyText }: Message): ReferOutcome | undefined {
  const [, status, reason = ""] =
    /^\s*SIP\/2\.0 +([1-6]\d\d)(?: +([^\r\n]*))?[ \t]*(?:[\r\n]|$)/i.exec(bodyText) ?? [];
  return status === undefined ? undefined : { status: Number(status), reason };
}

/** A content that says it. @param reason the status's own unless told */
export function sipfrag(status: number, reason: string = reasonPhrase(status)): Content {
  return { body: `SIP/2.0 ${status} ${reason}\r\n`, contentType: "message/sipfrag;version=2.0" };
}
