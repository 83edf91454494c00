// AnswerKeeper: sends a user agent server's 2xx to an INVITE again and again until its ACK has come (RFC 3261
// §13.3.1.4). The transaction does not (RFC 6026 §8.7): only the core hears of the ACK, end to end.

import type { Clock } from "../clock.ts";
import { SipError } from "../errors.ts";
import type { Request } from "../message/request.ts";
import type { Response } from "../message/response.ts";
import type { TimerName } from "./machine.ts";
import type { ServerTransaction } from "./server-transaction.ts";
import { type Timer, type TimerOwner, TimerQueue } from "./timer-queue.ts";
import type { TimerOptions } from "./timers.ts";

/** What a keeper needs; a Stack has it. */
export interface KeeperOptions {
  /** Times repetitions: the stack's. */
  readonly clock: Clock;
  /** T1 and T2 count, in milliseconds. */
  readonly timers: TimerOptions;
}

/** Told once how an answer ended: with its ACK, or a SipError: `timeout` after 64 × T1, `terminated`, `closed`. */
export type AnswerEnded = (outcome: Request | SipError) => void;

/** The answers of one user agent server that wait for their ACK. `new AnswerKeeper(stack)`. */
export class AnswerKeeper {
  readonly #queue: TimerQueue;
  readonly #timers: TimerOptions;
  readonly #answers: Map<string, Answer> = new Map();
  readonly #byTransaction: Map<ServerTransaction, Answer> = new Map();

  /** Keeps nothing yet: `new AnswerKeeper(stack)`. */
  constructor({ clock, timers }: KeeperOptions) {
    this.#queue = new TimerQueue(clock);
    this.#timers = timers;
  }

  /** How many answers wait for their ACK. */
  get size(): number {
    return this.#answers.size;
  }

  /**
   * Answers an INVITE with a 2xx, and sends it again after T1, then at intervals that double up to T2, over
   * any transport, since a hop further on may be unreliable. After 64 × T1 without an ACK it ends with
   * `timeout`: the dialog stands, and is to be ended with a BYE (RFC 3261 §13.3.1.4).
   *
   * @param ended told once how it ended
   * @throws SipError as ServerTransaction.respond; `value_invalid` for what is no 2xx to an INVITE
   */
  accept(transaction: ServerTransaction, response: Response, ended: AnswerEnded): void {
    if (transaction.method !== "INVITE" || response.status < 200 || response.status > 299) {
      throw new SipError("value_invalid", "only a 2xx to an INVITE waits for an ACK");
    }
    const key = dialogKey(response);
    transaction.respond(response);
    this.#answers.get(key)?.end(new SipError("terminated", "the INVITE was answered anew"));
    const { t1, t2 } = this.#timers;
    const answer = new Answer(key, transaction, this.#queue, t2, (outcome) => {
      this.#forget(answer);
      ended(outcome);
    });
    this.#answers.set(key, answer);
    this.#byTransaction.set(transaction, answer);
    this.#queue.set(answer, "G", t1);
    this.#queue.set(answer, "H", 64 * t1);
  }

  /**
   * Takes an ACK that came to the core without a transaction.
   *
   * @returns whether an answer waited for it; an ACK that comes again, or to nothing, is nobody's
   */
  acknowledge(ack: Request): boolean {
    const answer = this.#answers.get(dialogKey(ack));
    answer?.end(ack);
    return answer !== undefined;
  }

  /** Stops waiting for the ACK to a transaction's answer, without telling: a BYE has shown that it came. */
  release(transaction: ServerTransaction): void {
    const answer = this.#byTransaction.get(transaction);
    if (answer === undefined) return;
    this.#queue.clearAll(answer);
    this.#forget(answer);
  }

  /** Ends all that wait, with `closed`; no timer is left, though one of those who are told throws. */
  close(): void {
    const error = new SipError("closed", "the keeper was closed");
    const left = [...this.#answers.values()];
    for (const { transaction } of left) this.release(transaction);
    for (const answer of left) answer.end(error);
  }

  #forget(answer: Answer): void {
    this.#answers.delete(answer.key);
    this.#byTransaction.delete(answer.transaction);
  }
}

/** What response and ACK have in common: the dialog, and the number of the INVITE (RFC 3261 §13.2.2.4). */
export function dialogKey({ headers }: Request | Response): string {
  const tags = [headers.get("To")?.tag, headers.get("From")?.tag];
  return [headers.get("Call-ID"), headers.get("CSeq")?.number, ...tags].join("\n");
}

class Answer implements TimerOwner {
  pending: Timer | undefined = undefined;
  readonly key: string;
  readonly transaction: ServerTransaction;
  readonly #queue: TimerQueue;
  readonly #longest: number;
  readonly #ended: AnswerEnded;

  constructor(
    key: string,
    transaction: ServerTransaction,
    queue: TimerQueue,
    longest: number,
    ended: AnswerEnded,
  ) {
    this.key = key;
    this.transaction = transaction;
    this.#queue = queue;
    this.#longest = longest;
    this.#ended = ended;
  }

  fired(name: TimerName, length: number): void {
    if (name === "H") this.end(new SipError("timeout", "no ACK came for the 2xx", { status: 408 }));
    // Timer L ends the transaction when H is due here; before that only the core does.
    else if (this.transaction.repeat()) this.#queue.set(this, "G", Math.min(2 * length, this.#longest));
    else this.end(new SipError("terminated", "the transaction ended before the ACK came"));
  }

  end(outcome: Request | SipError): void {
    this.#queue.clearAll(this);
    this.#ended(outcome);
  }
}
