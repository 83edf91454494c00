// Best response: which of several final responses goes back to the caller (RFC 3261 §16.7 steps 6 and 7).

/** Those that tell the caller what to do for a better outcome (step 6). */
const HELPFUL = new Set([401, 407, 415, 420, 484]);

/**
 * A 6xx if there is one, else one of the lowest class. It is changed where the RFC asks for it.
 *
 * @param responses final responses, none of them 2xx; at least one
 */
export function bestResponse(responses) {
  const [best] = responses.toSorted((one, other) => rank(one) - rank(other));
  if (best.status === 401 || best.status === 407) collectChallenges(best, responses);
  // A 503 means "send nothing here for a while", which is true of the phone but not of this proxy.
  if (best.status === 503) best.status = 500;
  return best;
}

function rank({ status, statusClass }) {
  if (statusClass === 6) return 0;
  return statusClass * 10 + (HELPFUL.has(status) ? 0 : status === 503 ? 2 : 1);
}

/** Step 7: the caller can answer the challenges of all branches at once. */
function collectChallenges(best, responses) {
  for (const response of responses) {
    if (response === best) continue;
    for (const name of ["WWW-Authenticate", "Proxy-Authenticate"]) {
      for (const challenge of response.headers.raw(name)) best.headers.append(name, challenge);
    }
  }
}
