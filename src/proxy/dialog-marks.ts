// DialogMarks: the parameter of our Record-Route that says for which dialog we wrote it (RFC 3261 §16.6 step 4). It comes
// back in the Route of each request within that dialog (§12.1), and nobody else can make one: a tag in To, and our name
// in Route, anybody can write.

import type { Request } from "../message/request.ts";
import { sameText } from "../same-text.ts";
import { type HashKey, sipHash } from "../transaction/siphash.ts";

/** Makes and knows the marks of one proxy's dialogs. */
export class DialogMarks {
  readonly #key: HashKey;

  /** @param key of these marks alone: of what it is they say is for whoever calls to choose */
  constructor(key: HashKey) {
    this.#key = key;
  }

  /** The mark of the dialogs that a request may begin: of its Call-ID and its sender's tag, all that is known of them yet. */
  of({ headers }: Request): string {
    return this.#hash(headers.get("Call-ID"), headers.get("From")?.tag);
  }

  /** Whether a mark is that of a request's dialog, whichever side has begun it, and sends this one. */
  isOf(mark: string, { headers }: Request): boolean {
    const callId = headers.get("Call-ID");
    const given = mark.toLowerCase();
    const sides = [headers.get("From"), headers.get("To")];
    return sides.some((side) => sameText(this.#hash(callId, side?.tag), given));
  }

  #hash(callId: string | undefined, tag = ""): string {
    return sipHash(`${callId}\n${tag}`, this.#key);
  }
}
