// Finding: one thing wrong with a message; and the report in which they are gathered, the worst first.

import { type ErrorCode, SipError } from "../errors.ts";
import type { Message } from "./parse.ts";
import { reasonPhrase } from "./status.ts";

/** One thing wrong with a message. */
export interface Finding {
  /** What is wrong, as of a SipError. */
  readonly code: ErrorCode;
  /** The status that answers it; "drop" for what no response can be sent to. */
  readonly status: number | "drop";
  /** In words, fit for a reason phrase. */
  readonly reason: string;
  /** The header field's name. */
  readonly header?: string | undefined;
  /** The index of the value among those of its header field, from 0. */
  readonly index?: number | undefined;
  /** The octet of the message. */
  readonly offset?: number | undefined;
  /** Header fields that the answer carries besides, by name: Unsupported, Allow, Accept, Retry-After. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What goes before all other findings, in this order; the others stand as they were found. */
const WORST: readonly (number | "drop")[] = ["drop", 505, 501, 400];
const NOTHING: readonly Finding[] = [];

/** The findings of one message. */
export class Report {
  readonly message: Message;
  /** What answers a fault of the message as such: 400, or nothing where it is a response. */
  readonly bad: 400 | "drop";
  private _found: Finding[] | undefined;

  constructor(message: Message) {
    this.message = message;
    this.bad = message.kind === "request" ? 400 : "drop";
    this._found = undefined;
  }

  /** The findings, the worst first; empty where all is well. */
  get findings(): readonly Finding[] {
    return this._found ?? NOTHING;
  }

  /** True where a fault of that header field is known already. */
  has(header: string): boolean {
    return this._found?.some((finding) => finding.header === header) === true;
  }

  /** Puts a finding in its place: RFC 4475 §3.1.2.18 prefers a 501, say, to a 400. */
  add(finding: Finding): void {
    this._found ??= [];
    const rank = rankOf(finding);
    const at = this._found.findIndex((each) => rankOf(each) > rank);
    if (at < 0) this._found.push(finding);
    else this._found.splice(at, 0, finding);
  }

  /** Adds what is wrong by itself, of a value or of the whole. */
  fault(reason: string, header?: string, index?: number, code: ErrorCode = "value_invalid"): void {
    this.add({ code, status: this.bad, reason, header, index });
  }

  /** Adds what this element cannot do, with the status's own phrase. */
  refuse(
    status: number,
    header?: string,
    headers?: Finding["headers"],
    code: ErrorCode = "unsupported",
  ): void {
    this.add({
      code,
      status,
      reason: reasonPhrase(status),
      header,
      headers,
    });
  }

  /** Adds what was thrown when `header` was read. What is no SipError is thrown on. */
  addError(error: unknown, reason: string, header?: string, status: number | "drop" = this.bad): void {
    if (!(error instanceof SipError)) throw error;
    const { code, index, offset } = error;
    this.add({ code, status, reason, header, index, offset });
  }

  /** What `read` gives; undefined where it throws, which is a finding. */
  read<T>(header: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.addError(error, `Bad ${header}`, header);
      return undefined;
    }
  }
}

function rankOf(finding: Finding): number {
  const rank = WORST.indexOf(finding.status);
  return rank < 0 ? WORST.length : rank;
}
