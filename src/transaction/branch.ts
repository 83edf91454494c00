// Branch: the branches that are computed and not drawn: a stateless proxy's, which must be the same for a
// retransmission, and one that tells a loop when it comes back.

import type { Request } from "../message/request.ts";
import type { Via } from "../message/via.ts";
import { MAGIC_COOKIE, type Random } from "../random.ts";
import { type HashKey, NO_KEY, sipHash } from "./siphash.ts";

/** Parts the drawn half of a branch from the half that tells loops. */
const SEAM = ".";

/**
 * The branch with which a stateless proxy forwards a request (RFC 3261 §16.11): the same for the request, its
 * retransmissions, its CANCEL and the ACK to a refusal. It is computed from the received branch and sent-by,
 * or, from an RFC 2543 peer, of what tells transactions there.
 *
 * @param request as it came in, before its Via or Request-URI was touched
 * @param key 128 bits, the same in all processes that stand for one proxy; without one, a peer that wants
 *   two of its branches to meet can find such
 * @throws SipError `value_invalid` for a request whose topmost Via cannot be read
 */
export function statelessBranch(request: Request, key: HashKey = NO_KEY): string {
  const { headers } = request;
  const via = headers.first("Via");
  const branch = via?.branch;
  const known = branch?.startsWith(MAGIC_COOKIE)
    ? [branch, sentBy(via as Via)]
    : [
        via?.toString(),
        // Not To's tag, which §16.11 has: the ACK to a refusal has another (§16.6 step 8).
        headers.get("From")?.tag,
        headers.get("Call-ID"),
        headers.get("CSeq")?.number,
        request.uri,
      ];
  return MAGIC_COOKIE + sipHash(known.join("\n"), key);
}

/**
 * A branch for a proxy that detects loops (RFC 3261 §16.6 step 8, RFC 5393 §4.2): a drawn part, and a hash of
 * all that decides where the request goes. Give it to `send`, and ask `isLoop` of what comes in.
 *
 * @param request as it came in, before its Request-URI or Route was touched
 * @param extra whatever else decides where it goes, for example the domain's routing table's version
 * @throws SipError `value_invalid`, as `headers.get`, for a To, From, Call-ID or CSeq that cannot be read; `uri_invalid`
 */
export function loopBranch(request: Request, random: Random, extra = ""): string {
  return random.branch() + SEAM + wayHash(request, extra);
}

/**
 * Whether the request was here before and would go the same way again: one of its Vias is ours, and has the
 * hash in its branch that loopBranch would make now (RFC 3261 §16.3 step 4). Answer 482. One that comes back
 * to go elsewhere, a spiral, is no loop.
 *
 * @param owns whether a Via is one of ours
 * @param extra as for loopBranch
 * @throws SipError as loopBranch, and for a Via that cannot be read
 */
export function isLoop(request: Request, owns: (via: Via) => boolean, extra = ""): boolean {
  let end: string | undefined;
  for (const via of request.headers.get("Via")) {
    if (via.branch?.includes(SEAM) !== true || !owns(via)) continue;
    end ??= SEAM + wayHash(request, extra);
    if (via.branch.endsWith(end)) return true;
  }
  return false;
}

/** RFC 3261 §16.6 step 8 names these; without the topmost Via, which a loop over another proxy changes. */
function wayHash(request: Request, extra: string): string {
  const { headers } = request;
  const known = [
    headers.get("To")?.tag,
    headers.get("From")?.tag,
    headers.get("Call-ID"),
    headers.get("CSeq")?.number,
    request.uri,
    ...headers.raw("Route"),
    ...headers.raw("Proxy-Require"),
    ...headers.raw("Proxy-Authorization"),
    extra,
  ];
  return sipHash(known.join("\n"));
}

const sentBy = ({ host, port }: Via): string => `${host.toLowerCase()} ${port}`;
