// Times: the values of Date (RFC 3261 §20.17) and Timestamp (§20.38). Immutable.

import { shaped } from "./escape.ts";
import { Value } from "./value.ts";

/** A point in time, to the second: `Sat, 13 Nov 2010 23:29:00 GMT`. */
export class SipDate extends Value {
  /** Milliseconds since 1970, as Date.now() gives them; written in whole seconds. */
  readonly time: number;

  /**
   * `new SipDate(Date.now())` is now.
   * @param time milliseconds since 1970
   * @throws SipError `value_invalid` for what is none, or in no year of four digits
   */
  constructor(time: number) {
    super();
    this.time = time;
    shaped(this.toString(), / \d{4} /);
  }

  /** As it stands on the wire (RFC 1123, always GMT). */
  override toString(): string {
    return new Date(this.time).toUTCString();
  }
}

const TIMESTAMP = /^(\d{1,20}(?:\.\d*)?)(?:[ \t]+(\d{0,20}(?:\.\d*)?))?$/;

/** When a request was sent, by its sender's clock, and how long its answer took: `54.21 0.5`. */
export class Timestamp extends Value {
  /** Seconds; what they count from is the sender's affair. */
  readonly time: number;
  /** Seconds between a request and its response; 0 where nothing is said. */
  readonly delay: number;

  /**
   * Both in seconds; what is below a microsecond is written as 0.
   * @throws SipError `value_invalid` for what is no number of seconds
   */
  constructor(time: number, delay = 0) {
    super();
    this.time = time;
    this.delay = delay;
    shaped(this.toString(), TIMESTAMP);
  }

  /** As it stands on the wire. */
  override toString(): string {
    // Smaller numbers would be written with an exponent, which the grammar does not have.
    const [time, delay] = [this.time, this.delay].map((seconds) => (Math.abs(seconds) < 1e-6 ? 0 : seconds));
    return delay === 0 ? `${time}` : `${time} ${delay}`;
  }
}

/** @internal The date that a text says; undefined where it is not written as RFC 3261 wants it. */
export function readDate(text: string): SipDate | undefined {
  const time = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), /.test(text) ? Date.parse(text) : Number.NaN;
  // Engines read other forms too, and what is none is "Invalid Date". The day of the week is not held against the date.
  return new Date(time).toUTCString().slice(3) === text.slice(3) ? new SipDate(time) : undefined;
}

/** @internal The time and delay that a text says. */
export function readTimestamp(text: string): Timestamp | undefined {
  const found = TIMESTAMP.exec(text);
  // RFC 3261 §25.1: the delay may be a point alone.
  return found ? new Timestamp(Number(found[1]), Number(found[2] ?? 0) || 0) : undefined;
}
