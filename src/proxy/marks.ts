// Marks: what a proxy writes into branches, so that it knows a request that has been here before, and finds the
// way of a response for which it keeps nothing (RFC 3261 §16.6 step 8, §16.11, RFC 5393 §4.2).

import type { Request } from "../message/request.ts";
import type { Random } from "../random.ts";
import { statelessBranch } from "../transaction/branch.ts";
import { type HashKey, hex, sipHash } from "../transaction/siphash.ts";
import { KeyedHash } from "../transport/keyed-hash.ts";

/** Before the id of a WebSocket client's connection in a branch: its Via says what it likes, and nobody can call it. */
const ONLY = ".";

/** Makes and knows the marks of one proxy. */
export class Marks {
  readonly #key: HashKey;
  /** Of loop marks: one is made of every request. 32 bits do: who forges one has his own request refused. */
  readonly #hash: KeyedHash;
  readonly #random: Random;
  readonly #more: ((request: Request) => string) | undefined;

  /** @param more what else decides where a request goes */
  constructor(key: HashKey, random: Random, more?: (request: Request) => string) {
    this.#more = more;
    this.#key = key;
    this.#hash = new KeyedHash(key.join());
    this.#random = random;
  }

  /**
   * A mark of all that decides where the request goes, of the request as it came (RFC 5393 §4.2.1): one that
   * comes again with another Request-URI spirals, which is no loop.
   */
  loopMark(request: Request): string {
    const { headers, uri } = request;
    let text = `${headers.get("Call-ID")}\n${headers.get("CSeq")?.number}\n${headers.get("From")?.tag ?? ""}`;
    text += `\n${headers.get("To")?.tag ?? ""}\n${uri}`;
    for (const route of headers.raw("Route")) text += `\n${route}`;
    for (const option of headers.raw("Proxy-Require")) text += `\n${option}`;
    if (this.#more) text += `\n${this.#more(request)}`;
    return hex(this.#hash.of(text));
  }

  /** True where one of the request's Vias carries the mark: it was here before, and went where it goes now. */
  isLoop(request: Request, mark: string): boolean {
    return request.headers.raw("Via").some((line) => line.includes(`.${mark}`));
  }

  /** A branch that is unique, and carries the mark. */
  branch(mark: string): string {
    return `${this.#random.branch()}.${mark}`;
  }

  /**
   * The branch of a request that is forwarded without state: the same for each of its retransmissions, for its
   * CANCEL and for the ACK to its refusal (RFC 3261 §16.11), with the connection that it came in on.
   */
  statelessBranch(request: Request): string {
    const { flow } = request;
    const { reliable = false, framed } = flow?.transport ?? {};
    const own = reliable ? `.${framed ? ONLY : ""}${flow?.id}` : "";
    return statelessBranch(request, this.#key) + own;
  }

  /** The id of the connection in a branch that statelessBranch made; `only` where there is no other way to its peer. */
  connectionOf(branch: string): { readonly id: string; readonly only: boolean } | undefined {
    const at = branch.indexOf(".");
    if (at < 0) return undefined;
    const only = branch[at + 1] === ONLY;
    return { id: branch.slice(at + (only ? 2 : 1)), only };
  }

  /** The To tag of a refusal without state: the same for each retransmission, and known again in its ACK. */
  refusalTag(request: Request): string {
    const seen = request.headers.raw("Via").join();
    return `${this.#refusalMark}${sipHash(seen, this.#key)}`;
  }

  /** Whether an ACK acknowledges such a refusal. */
  isRefusal(ack: Request): boolean {
    return ack.headers.get("To")?.tag?.startsWith(this.#refusalMark) === true;
  }

  get #refusalMark(): string {
    return `${sipHash("refusal", this.#key)}.`;
  }
}
