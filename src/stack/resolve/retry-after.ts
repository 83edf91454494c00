// Retry-After: how long a 503 asks to be left alone (RFC 3261 §21.5.4).

import type { Response } from "../../message/response.ts";

/** Its delta-seconds, where it is there; a comment or parameters may follow (RFC 3261 §20.33). */
export function retryAfterOf(response: Response): number | undefined {
  const found = /^\s*(\d{1,9})/.exec(response.headers.raw("Retry-After")[0] ?? "");
  return found ? Number(found[1]) : undefined;
}
