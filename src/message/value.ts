// Value: what the small values of the rarer header fields have in common: they are immutable, and they are
// shown and sent as their text.

import { inspectAsText } from "./inspect.ts";

/** A typed value of a header field. */
export abstract class Value {
  static {
    inspectAsText(Value.prototype, "Value");
  }

  /** As it stands on the wire. */
  abstract toString(): string;

  /** Its text, for JSON. */
  toJSON(): string {
    return this.toString();
  }
}
