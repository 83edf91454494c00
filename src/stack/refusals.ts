// Refusals: what a stack answers or drops without its core. All of it is counted, and told to who asked.

import type { SipError } from "../errors.ts";
import type { Finding } from "../message/finding.ts";
import type { Message } from "../message/parse.ts";
import type { TransactionLayer } from "../transaction/layer.ts";
import { asSipError, coreFailed } from "../transaction/user.ts";
import type { Flow } from "../transport/transport.ts";
import { guard } from "../watch.ts";
import { type Counters, countBad } from "./counters.ts";
import type { StackOptions } from "./options.ts";
import { noteSource } from "./received.ts";

/** What the refusals of one stack go by. */
export interface RefusalsOptions {
  readonly counters: Counters;
  /** Made later than this. */
  readonly layer: () => TransactionLayer;
  readonly onRefused: StackOptions["onRefused"];
  readonly report: (error: SipError) => void;
}

export class Refusals {
  readonly #options: RefusalsOptions;

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /**
   * A request that is not taken is answered, if it can be; all else is dropped.
   *
   * @param noted true where `received` is in its Via already
   * @param retryAfter seconds, for a 503
   */
  refuse(message: Message, flow: Flow, finding: Finding, noted: boolean, retryAfter = 5): void {
    const { code, status, reason } = finding;
    const { counters, layer, report } = this.#options;
    countBad(counters, code);
    if (message.kind === "request" && status !== "drop" && message.method !== "ACK") {
      try {
        if (!noted) noteSource(message, flow);
        const headers = finding.headers ?? (status === 503 ? { "Retry-After": `${retryAfter}` } : undefined);
        layer().refuse(message, flow, status, reason, headers);
        counters.answered++;
      } catch (cause) {
        report(asSipError(cause));
      }
    }
    this.tell(finding, flow, message);
  }

  /** Drops what is no message, which was not counted as received yet. */
  drop(code: Finding["code"], reason: string | undefined, flow: Flow): void {
    const { counters, onRefused } = this.#options;
    counters.received++;
    countBad(counters, code);
    // In a flood nobody should pay for words that nobody reads.
    if (!onRefused) return;
    const words = reason ?? `not a SIP message: ${code.replaceAll("_", " ")}`;
    this.tell({ code, status: "drop", reason: words }, flow, undefined);
  }

  tell(finding: Finding, flow: Flow, message: Message | undefined): void {
    const { onRefused, report } = this.#options;
    guard(
      () => onRefused?.(finding, flow, message),
      (cause) => report(coreFailed(cause)),
    );
  }
}
