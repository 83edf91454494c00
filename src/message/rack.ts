// RAck: which provisional response a PRACK acknowledges (RFC 3262 §7.2). Immutable.

import { R_PART } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { textOf } from "../core/window.ts";
import { shaped, whole } from "./escape.ts";
import { Value } from "./value.ts";

/** An RAck value: `776656 1 INVITE`. */
export class RAck extends Value {
  /** The RSeq of the response, below 2^32. */
  readonly response: number;
  /** The CSeq number of the response, below 2^32. */
  readonly number: number;
  /** The CSeq method of the response. */
  readonly method: string;

  /**
   * Names a response by its RSeq and its CSeq.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` for numbers or a method that are none
   */
  constructor(response: number, number: number, method: string) {
    super();
    this.response = whole(response);
    this.number = whole(number);
    this.method = shaped(method);
  }

  /** As it stands on the wire. */
  override toString(): string {
    return `${this.response} ${this.number} ${this.method}`;
  }
}

/** @internal The RAck that the core has just read into its record. */
export function readRAck(core: Engine, text: string, ascii: boolean): RAck {
  const { record } = core;
  return new RAck(record[R_PART]!, record[R_PART + 1]!, textOf(text, record[R_PART + 2]!, ascii) as string);
}
