// Kept: a message that somebody may still ask a transaction for, as its octets alone. One that was read holds ten
// times as much, and an accepted INVITE is kept for 32 seconds (RFC 6026, timers L and M).

import { WINDOW_SIZE } from "../core/abi.ts";
import { parseOwn } from "../core/parse.ts";
import { Request } from "../message/request.ts";
import { Response } from "../message/response.ts";
import type { Flow } from "../transport/transport.ts";

/** A message's octets, as a binary string, and the flow it came in on. */
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
  return kept instanceof Response ? kept : made(new Response(parseOwn(kept.octets)), kept);
}

/** A request by what was sent of it; the request itself where that is larger than the core's window. */
export function keepRequest(request: Request, octets: string): Request | Kept {
  return octets.length > WINDOW_SIZE ? request : { octets, flow: request.flow };
}

/** The request, made anew if it was kept. */
export function keptRequest(kept: Request | Kept): Request {
  return kept instanceof Request ? kept : made(new Request(parseOwn(kept.octets)), kept);
}

function made<M extends Request | Response>(message: M, { flow }: Kept): M {
  message.flow = flow;
  return message;
}
