// Privacy: which kinds of privacy a user asks for (RFC 3323 §4.2). Immutable.

import type { Engine } from "../core/engine.ts";
import { shaped } from "./escape.ts";
import { readTokenParams } from "./media-type.ts";
import { Value } from "./value.ts";

/** A Privacy value: `id;critical`. */
export class Privacy extends Value {
  /** As written: "header", "session", "user", "id", "none", "critical", … */
  readonly values: readonly string[];

  /**
   * At least one kind of privacy.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` for one that is no token, and for none
   */
  constructor(values: readonly string[]) {
    super();
    this.values = values;
    for (const value of values.length > 0 ? values : [""]) shaped(value);
  }

  /** True where this kind is asked for, in any case. */
  has(value: string): boolean {
    return this.values.some((each) => each.toLowerCase() === value.toLowerCase());
  }

  /** As it stands on the wire. */
  override toString(): string {
    return this.values.join(";");
  }
}

/** @internal The Privacy that the core has read as a token with flags; undefined where those have values. */
export function readPrivacy(core: Engine, text: string, ascii: boolean): Privacy | undefined {
  const { token, params } = readTokenParams(core, text, ascii);
  const flags = [...params];
  if (flags.some(([, value]) => value !== "")) return undefined;
  return new Privacy([token, ...flags.map(([name]) => name)]);
}
