// Quiet: a REFER without the subscription that it implies (RFC 4488).

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";

/** Whether a REFER, or the 2xx to one, says that there is no subscription (RFC 4488 §4). */
export function isQuiet(message: Request | Response): boolean {
  return /^\s*false\s*(;|$)/i.test(message.headers.raw("Refer-Sub")[0] ?? "");
}
