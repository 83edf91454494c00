// MimeVersion: the version of MIME that a body is written in (RFC 3261 §20.24). Immutable.

import { shaped } from "./escape.ts";
import { Value } from "./value.ts";

const FORM = /^(\d{1,9})\.(\d{1,9})$/;

/** A MIME-Version value: `1.0`. */
export class MimeVersion extends Value {
  /** Before the point. */
  readonly major: number;
  /** Behind the point. */
  readonly minor: number;

  /** `new MimeVersion(1, 0)` is the one there is. @throws SipError `value_invalid` for what are no versions */
  constructor(major: number, minor: number) {
    super();
    this.major = major;
    this.minor = minor;
    shaped(this.toString(), FORM);
  }

  /** As it stands on the wire. */
  override toString(): string {
    return `${this.major}.${this.minor}`;
  }
}

/** @internal The version that a text says. */
export function readMimeVersion(text: string): MimeVersion | undefined {
  const found = FORM.exec(text);
  return found ? new MimeVersion(Number(found[1]), Number(found[2])) : undefined;
}
