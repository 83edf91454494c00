// Stateless: the answers that no transaction stands behind (RFC 3261 §8.2.7): 503 past the limit of live
// transactions, and 481 to a CANCEL then; and what the stack refuses. It keeps nothing, and still knows the ACK to its own answers.

import type { Request } from "../message/request.ts";
import type { Random } from "../random.ts";

/** Answers requests without a transaction. */
export class Stateless {
  // Starts every To tag made here: an ACK that brings it back belongs to no one, and must not reach the core.
  readonly #mark: string;
  #used = false;

  constructor(random: Random) {
    this.#mark = `${random.text(8)}.`;
  }

  /**
   * The bytes of a response. A retransmitted request gets the same To tag, since nothing but the request's
   * own key goes into it (RFC 3261 §8.2.7).
   *
   * @param reason the reason phrase, where it is not the default one
   * @param headers header fields that it has besides, where given
   */
  answer(
    request: Request,
    key: string,
    status: number,
    reason?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Uint8Array<ArrayBuffer> {
    request.toTag(() => this.#mark + hash(key));
    this.#used = true;
    const response = request.createResponse(status, reason);
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    return response.toBytes();
  }

  /** The request: whatever its core answers has one To tag for each retransmission, too. */
  tagged(request: Request): Request {
    request.tagBy(() => this.#mark + hash(request.headers.raw("Via").join()));
    return request;
  }

  /** Whether an ACK acknowledges one of these answers. */
  owns(ack: Request): boolean {
    return this.#used && ack.headers.get("To")?.tag?.startsWith(this.#mark) === true;
  }
}

/** FNV-1a, 32 bits, as text: tells requests apart, and hides nothing. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(36);
}
