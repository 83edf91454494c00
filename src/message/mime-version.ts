// MimeVersion: the version of MIME that a body is written in (RFC 3261 §20.24). Immutable.

import { Value } from "./value.ts";

/** A MIME-Version value: `1.0`. */
export class MimeVersion extends Value {
  readonly major: number;
  readonly minor: number;

  constructor(major: number, minor: number) {
    super();
    this.major = major;
    this.minor = minor;
  }

  /** As it stands on the wire. */
  override toString(): string {
    return `${this.major}.${this.minor}`;
  }
}

/** @internal The version that a text says. */
export function readMimeVersion(text: string): MimeVersion | undefined {
  const found = /^(\d{1,9})\.(\d{1,9})$/.exec(text);
  return found ? new MimeVersion(Number(found[1]), Number(found[2])) : undefined;
}
