// CSeq: the sequence number and method of a request (RFC 3261 §20.16). Immutable.

import { R_METHOD, R_METHOD_ID, R_NUMBER } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { textOf } from "../core/window.ts";
import { METHODS } from "../core/words.ts";
import { SipError } from "../errors.ts";
import { isToken } from "./escape.ts";

/** A CSeq value: `314159 INVITE`. */
export class CSeq {
  /** 0 to 2^31 - 1 (RFC 3261 §8.1.1.5). */
  readonly number: number;
  /** The method of the request, as written. */
  readonly method: string;

  /**
   * A CSeq of 0 to 2^31 - 1, and a method.
   * @throws SipError `value_invalid` for a number out of range or a method that is no token
   */
  constructor(number: number, method: string, checked = false) {
    this.number = number;
    this.method = method;
    if (checked) return;
    if (number >>> 0 !== number || number > 0x7fffffff || !isToken(method)) {
      throw new SipError("value_invalid", `not a CSeq: ${number} ${method}`, { header: "CSeq", status: 400 });
    }
  }

  /** As it stands on the wire. */
  toString(): string {
    return `${this.number} ${this.method}`;
  }

  /** Its text, for JSON. */
  toJSON(): string {
    return this.toString();
  }
}

/** @internal The CSeq that the core has just read into its record. */
export function readCSeq(core: Engine, text: string, ascii: boolean): CSeq {
  const method =
    METHODS[core.record[R_METHOD_ID]!] || (textOf(text, core.record[R_METHOD]!, ascii) as string);
  return new CSeq(core.record[R_NUMBER]!, method, true);
}
