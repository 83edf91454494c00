// Interval: a number of seconds with parameters, as in Session-Expires, Min-SE (RFC 4028 §4, §5) and
// Retry-After, which may have a comment too (RFC 3261 §20.33). Immutable.

import { R_PARAMS, R_PART } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { textOf } from "../core/window.ts";
import { refuseUnsafe, unquotePairs, whole } from "./escape.ts";
import { unfold } from "./fold.ts";
import { Params, type ParamsInit } from "./params.ts";
import { Value } from "./value.ts";

/** Seconds, a comment, parameters: `120 (in a meeting);duration=60`. */
export class Interval extends Value {
  /** 0 to 2^32 - 1. */
  readonly seconds: number;
  /** `refresher` of Session-Expires (RFC 4028 §4), `duration` of Retry-After, in seconds (RFC 3261 §20.33). */
  readonly params: Params;
  /** Without parentheses and backslashes; undefined for none. */
  readonly comment: string | undefined;

  /**
   * A whole number of seconds, and what goes with it.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` for seconds that are none
   */
  constructor(seconds: number, params: ParamsInit = {}, comment?: string) {
    super();
    this.seconds = whole(seconds);
    this.params = Params.of(params);
    this.comment = comment === undefined ? undefined : refuseUnsafe(comment);
  }

  /** As it stands on the wire. */
  override toString(): string {
    const comment =
      this.comment === undefined
        ? ""
        : ` (${this.comment.replace(/[\\()\x01-\x08\v\f\x0e-\x1f\x7f]/g, "\\$&")})`;
    return `${this.seconds}${comment}${this.params}`;
  }
}

/** @internal The interval that the core has just read into its record. */
export function readInterval(core: Engine, text: string, ascii: boolean): Interval {
  const comment = textOf(text, core.record[R_PART + 1]!, ascii);
  const made = new Interval(core.record[R_PART]!, Params.ofHeader(text, core.record[R_PARAMS]!, ascii));
  // A quoted-pair may be a NUL, which only who writes it is refused.
  return comment === undefined ? made : Object.assign(made, { comment: unquotePairs(unfold(comment)) });
}
