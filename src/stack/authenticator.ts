// Authenticator: who answers challenges, as those see it who send requests.

import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";

/** Answers challenges: a DigestClient of sippet/digest. */
export interface Authenticator {
  /** The request again, with credentials and the next CSeq; undefined where there is no answer. */
  answer(request: Request, response: Response): Promise<Request | undefined>;
  /** Learns from a response that is no challenge. */
  learn(request: Request, response: Response): unknown;
}
