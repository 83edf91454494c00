// IncomingOffer: a re-INVITE, UPDATE or PRACK of the peer's that waits for its answer (RFC 3261 §14.2, RFC 3311 §5.2,
// RFC 3262 §5).

import type { Request } from "../message/request.ts";
import { checkStatus } from "../message/response.ts";
import type { AbortSignalLike } from "../stack/options.ts";
import type { Content } from "./content.ts";

/** An offer of the peer's. Answer it once; what comes after that is ignored. */
export class IncomingOffer {
  /** The re-INVITE, UPDATE or PRACK. A re-INVITE without a body asks for an offer, which its ACK answers. */
  readonly request: Request;
  /**
   * Aborted when the peer gives its re-INVITE up, by a CANCEL (RFC 3261 §9) or its Expires, or the session ends: it is answered
   * 487 already. A B2BUA hands it on: `session.reinvite(content, { signal: offer.signal })`.
   */
  readonly signal: AbortSignalLike;
  readonly #answer: (status: number, content: Content) => void;

  /** @internal */
  constructor(request: Request, signal: AbortSignalLike, answer: (status: number, content: Content) => void) {
    this.request = request;
    this.signal = signal;
    this.#answer = answer;
  }

  /**
   * Takes it, with the answer as body.
   * @throws SipError `value_unsafe` or `value_invalid` for content that must not go on the wire: the peer is answered 500
   */
  accept(content: Content = {}): void {
    this.#answer(200, content);
  }

  /**
   * Refuses it; the session goes on as it was. 488 unless told. A PRACK should be accepted: it must get a 2xx
   * (RFC 3262 §3), and acknowledges its response however it is answered.
   * @throws SipError `value_invalid` for a status that is not 300 to 699; as `accept` for the content
   */
  reject(status = 488, content: Content = {}): void {
    this.#answer(checkStatus(status, 300), content);
  }
}
