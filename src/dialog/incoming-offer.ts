// IncomingOffer: a re-INVITE or UPDATE of the peer's that waits for its answer (RFC 3261 §14.2, RFC 3311 §5.2).

import type { Request } from "../message/request.ts";
import type { Content } from "./content.ts";

/** An offer of the peer's. Answer it once; what comes after that is ignored. */
export class IncomingOffer {
  /** The re-INVITE or UPDATE. One without a body asks for an offer, which its ACK answers. */
  readonly request: Request;
  readonly #answer: (status: number, content: Content) => void;

  /** @internal */
  constructor(request: Request, answer: (status: number, content: Content) => void) {
    this.request = request;
    this.#answer = answer;
  }

  /** Takes it, with the answer as body. */
  accept(content: Content = {}): void {
    this.#answer(200, content);
  }

  /** Refuses it; the session goes on as it was. 488 unless told. */
  reject(status = 488, content: Content = {}): void {
    this.#answer(status, content);
  }
}
