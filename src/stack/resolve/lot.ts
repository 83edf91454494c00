// Lot: draws among servers that are alike to DNS (RFC 2782), with the same outcome for all requests of one Call-ID. The one
// that has challenged a request gets the answer, and a REGISTER that refreshes comes where the first has come: the others
// need know neither the nonce nor the connection (RFC 5626 §4.2.2).

import type { Request } from "../../message/request.ts";
import type { Response } from "../../message/response.ts";
import { type HashKey, sipHash } from "../../transaction/siphash.ts";

/** Where fractions come from, 0 included, 1 not: a Random is one. */
export interface Lot {
  fraction(): number;
}

/** The lot of a message. @param key so that nobody outside can choose a server by the Call-ID */
export function lotOf({ headers }: Request | Response, key: HashKey): Lot {
  let draws = 0;
  return {
    fraction() {
      // Numeric hosts, most of all, draw nothing.
      const [callId = ""] = headers.raw("Call-ID");
      return Number.parseInt(sipHash(`${draws++} ${callId}`, key).slice(0, 8), 16) / 2 ** 32;
    },
  };
}
