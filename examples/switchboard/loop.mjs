// Loop: finds out that a request has been here before, and would go the same way again. A proxy that forks
// must: two users who forward to each other could otherwise make 2^70 requests of one (RFC 5393).

import { createHash } from "node:crypto";
import { defaultRandom } from "sippet";

/** A mark of all that decides where the request goes (RFC 5393 §4.2.1), of the request as it came. */
export function loopMark(request) {
  const { headers, uri } = request;
  const from = headers.get("From").tag;
  const to = headers.get("To").tag;
  const call = [headers.get("Call-ID"), headers.get("CSeq").number, from, to];
  const way = [uri, ...headers.get("Route"), ...headers.get("Proxy-Require")];
  return createHash("sha256")
    .update([...call, ...way].join("\n"))
    .digest("hex")
    .slice(0, 24);
}

/** A branch that is unique, and carries the mark (RFC 3261 §16.6 step 8). */
export function markedBranch(mark) {
  return `${defaultRandom.branch()}.${mark}`;
}

/** True where one of the request's Vias is ours and has the same mark. */
export function isLoop(request, mark, stack) {
  const ours = new Set(stack.transports.map(({ sentBy }) => sentBy));
  return request.headers.get("Via").some((via) => ours.has(via.sentBy) && via.branch?.endsWith(`.${mark}`));
}
