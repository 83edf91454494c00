// Best response: which of several final responses goes back to the caller (RFC 3261 §16.7 steps 6 and 7).

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import { upstreamStatus } from "../transaction/error-status.ts";

/** Those that tell the caller what to do for a better outcome (step 6). */
const HELPFUL = new Set([401, 407, 415, 420, 484]);
/** Those that say least of all: nobody there, and "cancelled". */
const EMPTY = new Set([408, 487]);

/**
 * A 6xx if there is one, else one of the lowest class; within 4xx those that help first. 401 and 407 carry the challenges
 * of all.
 *
 * @param responses final responses other than 2xx; undefined where there is none
 */
export function bestResponse(responses: readonly Response[]): Response | undefined {
  let best: Response | undefined;
  for (const response of responses) {
    if (best === undefined || rank(response) < rank(best)) best = response;
  }
  if (best?.status === 401 || best?.status === 407) collectChallenges(best, responses);
  return best;
}

/**
 * What the caller of a request hears when all is over: a 503 becomes a 500, since it would say that the proxy itself is
 * overloaded.
 *
 * @param canceled whether he gave up
 */
export function answerOf(finals: readonly Response[], request: Request, canceled: boolean): Response {
  const best = verdict(finals, request, canceled);
  const told = upstreamStatus(best.status);
  if (told !== best.status) {
    best.status = told;
    best.headers.delete("Retry-After");
  }
  return best;
}

/** What came of a request. @param canceled whether its caller gave up */
export function verdict(finals: readonly Response[], request: Request, canceled: boolean): Response {
  // A 408 to another request than an INVITE goes nowhere (RFC 4320 §4.2): any other is better than silence.
  const told = request.method === "INVITE" ? finals : finals.filter(({ status }) => status !== 408);
  const best =
    bestResponse(told) ?? bestResponse(finals) ?? request.createResponse(ofNone(request, canceled));
  // A phone that never answered our CANCEL has no say in what its caller is told.
  return canceled && best.status === 408 ? request.createResponse(487) : best;
}

/** Where there is no final response: all were redirections to where the request had been (step 6). */
function ofNone({ method }: Request, canceled: boolean): number {
  if (canceled) return 487;
  return method === "INVITE" ? 408 : 480;
}

function rank({ status, statusClass }: Response): number {
  if (statusClass === 6) return 0;
  if (HELPFUL.has(status)) return statusClass * 10;
  return statusClass * 10 + (EMPTY.has(status) || status === 503 ? 2 : 1);
}

/** Step 7: the caller can answer the challenges of all branches at once. */
function collectChallenges(best: Response, responses: readonly Response[]): void {
  for (const response of responses) {
    if (response === best || (response.status !== 401 && response.status !== 407)) continue;
    // As they came: they are not ours to read.
    for (const name of ["WWW-Authenticate", "Proxy-Authenticate"]) best.headers.copy(name, response.headers);
  }
}
