// Framer: cuts a stream of octets into messages by Content-Length (RFC 3261 §18.3), and tells keep-alives
// from them. However the octets are cut into chunks, what comes out is the same.

import type { Clock, TimerHandle } from "../clock.ts";
import { SipError } from "../errors.ts";
import { contentLength, type LengthFault } from "./content-length.ts";

const LF = 10;
const CR = 13;
const NUL = 0;
const EMPTY = new Uint8Array(0);

/** Limits of a framer. */
export interface FramerOptions {
  readonly clock: Clock;
  /** Octets of start line and header fields. Default 65,535, which is all that the parser takes. */
  readonly headSize?: number | undefined;
  /** Octets of a whole message. Default 1 MiB. */
  readonly messageSize?: number | undefined;
  /**
   * How long a message may take from its first octet, or the end of a pause, to its last, in milliseconds; 0 for ever.
   * Default 30,000.
   */
  readonly partialTimeout?: number | undefined;
}

/** What a framer tells its connection; the calls come from within `push`, and may call `stop`. */
export interface FramerSink {
  /** One whole message. `data` is read before the call returns. */
  onFrame(data: Uint8Array): void;
  /**
   * A CRLF stood between messages: a pong; or a second one right behind it: a ping (RFC 5626 §4.4.1). The
   * first CRLF of a ping is told as a pong, since nobody can know what comes next.
   */
  onKeepAlive(kind: "ping" | "pong"): void;
  /**
   * The stream cannot be read on: the framer has stopped. Where the head is there, it comes with the error,
   * so that a request can be answered with the error's `status`. Codes: `head_too_large`,
   * `message_too_large`, `start_line_invalid`, `header_missing`, `value_invalid`, `value_duplicate`, and
   * `timeout` for a message that does not end, the only one that comes outside of `push`.
   */
  onFault(error: SipError, head: Uint8Array | undefined): void;
}

const FAULTS: { readonly [fault in Exclude<LengthFault, "absent">]: readonly [SipError["code"], string] } = {
  missing: ["header_missing", "Missing Content-Length"],
  invalid: ["value_invalid", "Bad Content-Length"],
  differing: ["value_duplicate", "Differing Content-Lengths"],
};

/** The reader of one stream. */
export class Framer {
  readonly #sink: FramerSink;
  readonly #clock: Clock;
  readonly #headSize: number;
  readonly #messageSize: number;
  readonly #partialTimeout: number;
  /** What is here of an unfinished message: it grows with what came, never with what was announced. */
  #buffer: Uint8Array = EMPTY;
  #size = 0;
  /** The whole message's size, once its head is here. */
  #total: number | undefined;
  /** What is here of the head's current line: nothing, a CR, or more. */
  #line: 0 | 1 | 2 = 0;
  /** How many octets of a double CRLF have come between two messages. */
  #crlf = 0;
  #timer: TimerHandle | undefined;
  #stopped = false;
  #paused = false;
  /** What has come, and waits for `resume`. */
  #rest: Uint8Array = EMPTY;

  constructor(sink: FramerSink, options: FramerOptions) {
    this.#sink = sink;
    this.#clock = options.clock;
    this.#headSize = options.headSize ?? 65_535;
    this.#messageSize = options.messageSize ?? 1_048_576;
    this.#partialTimeout = options.partialTimeout ?? 30_000;
  }

  /** True while part of a message is here, and the rest is not. */
  get partial(): boolean {
    return this.#size > 0;
  }

  /** Octets that are held for an unfinished message, the room for more included, or until `resume`. */
  get held(): number {
    return this.#buffer.length + this.#rest.length;
  }

  /** Takes the next octets of the stream. They are not kept: what an unfinished message needs is copied. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped && !this.#paused) {
      at = this.#total === undefined ? this.#readHead(chunk, at) : this.#readBody(chunk, at);
    }
    if (at < chunk.length && !this.#stopped) this.#rest = joined(this.#rest, chunk.subarray(at));
  }

  /** Tells nothing more until `resume`, not even of what is in the same chunk: that is kept. */
  pause(): void {
    this.#paused = true;
    // A peer is not late with what is not read.
    this.#stopTimer();
  }

  /** Goes on where it was paused; a message that has begun has all of its time again. */
  resume(): void {
    this.#paused = false;
    this.#startTimer();
    const rest = this.#rest;
    this.#rest = EMPTY;
    this.push(rest);
  }

  /** Ends the reading: nothing more is told, no timer is left. */
  stop(): void {
    this.#stopped = true;
    this.#rest = EMPTY;
    this.#reset();
  }

  #readHead(chunk: Uint8Array, from: number): number {
    const start = this.#size === 0 ? this.#skip(chunk, from) : from;
    if (start === chunk.length || this.#stopped || this.#paused) return start;
    const found = this.#blankLine(chunk, start);
    const end = found < 0 ? chunk.length : found;
    if (this.#size + end - start > this.#headSize) {
      this.#fault("head_too_large", "a head larger than the limit", 513, undefined);
      return end;
    }
    if (found < 0 || this.#size > 0) this.#keep(chunk, start, end);
    if (found < 0) return end;
    const split = this.#size > 0;
    const head = split ? this.#buffer.subarray(0, this.#size) : chunk.subarray(start, end);
    const total = this.#measure(head);
    if (total === undefined) return end;
    if (!split && chunk.length - start >= total) {
      this.#sink.onFrame(chunk.subarray(start, start + total));
      return start + total;
    }
    this.#total = total;
    if (!split) this.#keep(chunk, start, end);
    if (this.#size === total) this.#finish();
    return end;
  }

  #readBody(chunk: Uint8Array, start: number): number {
    const end = Math.min(chunk.length, start + (this.#total as number) - this.#size);
    this.#keep(chunk, start, end);
    if (this.#size === this.#total) this.#finish();
    return end;
  }

  /** Passes over what stands between messages (RFC 3261 §7.5, RFC 5626 §3.5.1); NULs are what phones send to NATs. */
  #skip(chunk: Uint8Array, from: number): number {
    let at = from;
    for (; at < chunk.length && !this.#stopped && !this.#paused; at++) {
      const octet = chunk[at]!;
      if (octet === LF && (this.#crlf & 1) === 1) {
        const ping = this.#crlf === 3;
        this.#crlf = ping ? 0 : 2;
        this.#sink.onKeepAlive(ping ? "ping" : "pong");
      } else if (octet === CR) this.#crlf |= 1;
      else {
        this.#crlf = 0;
        if (octet !== LF && octet !== NUL) return at;
      }
    }
    return at;
  }

  /** The index behind the empty line that ends the head, or -1. Each octet is looked at once. */
  #blankLine(chunk: Uint8Array, from: number): number {
    let start = from;
    while (true) {
      const lf = chunk.indexOf(LF, start);
      const end = lf < 0 ? chunk.length : lf;
      const length = end - start;
      if (length > 0) this.#line = this.#line === 0 && length === 1 && chunk[start] === CR ? 1 : 2;
      if (lf < 0) return -1;
      const blank = this.#line < 2;
      this.#line = 0;
      start = lf + 1;
      if (blank) return start;
    }
  }

  /** The size of the whole message, or undefined where the head is none to go on from. */
  #measure(head: Uint8Array): number | undefined {
    if (!startsMessage(head)) {
      this.#fault("start_line_invalid", "not SIP", undefined, undefined);
      return undefined;
    }
    const length = contentLength(head);
    // RFC 3261 §20.14 demands one on streams; without any sign of a body its absence means that there is none.
    if (length === "absent") return head.length;
    if (typeof length === "string") {
      this.#fault(...FAULTS[length], 400, head);
      return undefined;
    }
    if (head.length + length > this.#messageSize) {
      this.#fault("message_too_large", "Message Too Large", 413, head);
      return undefined;
    }
    return head.length + length;
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const size = this.#size + end - start;
    if (size > this.#buffer.length) {
      // Twice as much each time: copying stays in proportion to what came.
      const larger = new Uint8Array(Math.max(512, size, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#size));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk.subarray(start, end), this.#size);
    this.#size = size;
    this.#startTimer();
  }

  /** Where a message has begun, and there is none yet. */
  #startTimer(): void {
    if (this.#timer !== undefined || this.#partialTimeout <= 0 || this.#size === 0) return;
    const late = (): void => this.#fault("timeout", "a message that does not end", undefined, undefined);
    this.#timer = this.#clock.set(late, this.#partialTimeout);
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#clock.clear(this.#timer);
    this.#timer = undefined;
  }

  #finish(): void {
    const data = this.#buffer.subarray(0, this.#size);
    this.#reset();
    this.#sink.onFrame(data);
  }

  #reset(): void {
    this.#stopTimer();
    // Most streams are idle most of the time: nothing is held for them.
    this.#buffer = EMPTY;
    this.#size = 0;
    this.#total = undefined;
  }

  #fault(
    code: SipError["code"],
    reason: string,
    status: number | undefined,
    head: Uint8Array | undefined,
  ): void {
    const details = status === undefined ? {} : { status };
    this.stop();
    this.#sink.onFault(
      new SipError(code, reason, status === 400 ? { ...details, header: "Content-Length" } : details),
      head,
    );
  }
}

/** Both, in an array of its own. */
function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/**
 * Whether the first line could be one of SIP's: its version is at the start, or behind white space. What else comes is
 * out of step, or no SIP.
 */
function startsMessage(head: Uint8Array): boolean {
  const end = head.indexOf(LF) - 3;
  for (let at = 0; at < end; at++) {
    if (head[at + 3] !== 47 || (head[at]! | 0x20) !== 0x73) continue;
    if ((head[at + 1]! | 0x20) !== 0x69 || (head[at + 2]! | 0x20) !== 0x70) continue;
    if (at === 0 || head[at - 1] === 32 || head[at - 1] === 9) return true;
  }
  return false;
}
