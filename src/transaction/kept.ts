// Kept: a message that somebody may still ask a transaction for, as its octets alone. One that was read holds ten
// times as much, and an accepted INVITE is kept for 32 seconds (RFC 6026, timers L and M).

import { WINDOW_SIZE } from "../core/abi.ts";
import { parseOwn } from "../core/parse.ts";
import { Request } from "../message/request.ts";
import { Response } from "../message/response.ts";
import type { Flow } from "../transport/transport.ts";

/** A response's octets, as a binary string, and the flow it came in on. */
export interface Kept {
  readonly octets: string;
  readonly flow: Flow | undefined;
}

/** A response as it came in; the response itself where it was made here, or is larger than the core's window. */
export function keepResponse(response: Response): Response | Kept {
  const octets = response.came?.text;
  return octets === undefined || octets.length > WINDOW_SIZE ? response : { octets, flow: response.flow };
}

/** The response, made anew if it was kept. */
export function keptResponse(kept: Response | Kept): Response {
  if (kept instanceof Response) return kept;
  const head = parseOwn(kept.octets);
  const response = new Response(head, undefined, head.status, undefined, false);
  response.flow = kept.flow;
  return response;
}

/** A request of ours by its octets; the request itself where that is larger than the core's window. */
export function keepRequest(request: Request, octets: string): Request | string {
  return octets.length > WINDOW_SIZE ? request : octets;
}

/** The request, made anew if it was kept. */
export function keptRequest(kept: Request | string): Request {
  return typeof kept === "string" ? new Request(parseOwn(kept)) : kept;
}
