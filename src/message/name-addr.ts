// NameAddr: display name, URI and header parameters, as in From, To, Contact, Route (RFC 3261 §20.10).
// Immutable.

import { R_DISPLAY, R_DISPLAY_QUOTED, R_PARAMS, R_TAG } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { toBinary } from "../core/text.ts";
import { failure, hold, part, textOf } from "../core/window.ts";
import { quote, refuseUnsafe, unquotePairs } from "./escape.ts";
import { unfold } from "./fold.ts";
import { inspectAsText } from "./inspect.ts";
import { Params, type ParamsInit } from "./params.ts";
import { readUri, STAR, Uri } from "./uri.ts";

/** The text that the display name is a part of is ASCII; it has quoted-pairs in it. */
const ASCII = 1;
const PAIRS = 2;

/** What may be changed in a copy of a NameAddr, or given to make one. */
export interface NameAddrParts {
  /** Unquoted; "" for none. */
  displayName?: string;
  uri?: Uri | string;
  /** All header parameters at once. */
  params?: ParamsInit;
  /** The tag parameter of From and To (RFC 3261 §19.3); undefined takes it away. */
  tag?: string | undefined;
}

/** An address: `"Display Name" <uri>;tag=…`. */
export class NameAddr {
  static {
    inspectAsText(NameAddr.prototype, "NameAddr");
  }

  readonly uri: Uri;
  /** The tag parameter (RFC 3261 §19.3). */
  readonly tag: string | undefined;
  /** The parameters behind the URI, which belong to the header field. */
  readonly params: Params;
  // The display name is read when asked for: most messages are passed on without a look at it.
  private readonly _display: string;
  private readonly _start: number;
  private readonly _end: number;
  private readonly _form: number;

  /** @internal Use NameAddr.parse or NameAddr.of. */
  constructor(
    uri: Uri,
    tag: string | undefined,
    params: Params,
    display: string,
    start = 0,
    end: number = display.length,
    form = 0,
  ) {
    this.uri = uri;
    this.tag = tag;
    this.params = params;
    this._display = display;
    this._start = start;
    this._end = end;
    this._form = form;
  }

  /** The display name, unquoted; "" for none. */
  get displayName(): string {
    if (this._start === this._end) return "";
    const name = part(this._display, this._start, this._end, (this._form & ASCII) !== 0);
    return unfold((this._form & PAIRS) !== 0 ? unquotePairs(name) : name);
  }

  /**
   * Reads one address, with or without angle brackets.
   * @throws SipError `value_invalid` or `uri_invalid` with the offset
   */
  static parse(text: string): NameAddr {
    const raw = toBinary(text);
    const core = hold(raw);
    if (raw.length > 0xffff || core.address(0, raw.length) !== raw.length) {
      throw failure(core, `address "${text.slice(0, 80)}"`);
    }
    return readNameAddr(core, raw, raw === text);
  }

  /**
   * Makes an address of its parts.
   * @throws SipError `value_unsafe` for CR, LF or NUL
   */
  static of(parts: NameAddrParts & { uri: Uri | string }): NameAddr {
    const uri = typeof parts.uri === "string" ? Uri.parse(parts.uri) : parts.uri;
    return new NameAddr(uri, undefined, Params.empty(), "").with(parts);
  }

  /** True for the `*` of a Contact that takes all bindings away (RFC 3261 §10.2.2). */
  get isStar(): boolean {
    return this.uri === STAR;
  }

  /** A copy with these parts changed. */
  with(changes: NameAddrParts): NameAddr {
    let params = changes.params === undefined ? this.params : Params.of(changes.params);
    if ("tag" in changes) {
      params = changes.tag === undefined ? params.without("tag") : params.with("tag", changes.tag);
    }
    return new NameAddr(
      changes.uri === undefined
        ? this.uri
        : typeof changes.uri === "string"
          ? Uri.parse(changes.uri)
          : changes.uri,
      params.get("tag"),
      params,
      toBinary(refuseUnsafe(changes.displayName ?? this.displayName)),
    );
  }

  /** As it stands on the wire: always with angle brackets, the display name in quotes. */
  toString(): string {
    if (this.uri === STAR) return "*";
    return `${this.displayName === "" ? "" : `${quote(this.displayName)} `}<${this.uri}>${this.params}`;
  }

  /** Its text, for JSON. */
  toJSON(): string {
    return this.toString();
  }
}

/** @internal The address that the core has just read into its record. */
export function readNameAddr(core: Engine, text: string, ascii: boolean): NameAddr {
  const record = core.record;
  const display = record[R_DISPLAY]!;
  const pairs = record[R_DISPLAY_QUOTED] === 3;
  return new NameAddr(
    readUri(core, text, ascii),
    textOf(text, record[R_TAG]!, ascii),
    Params.ofHeader(text, record[R_PARAMS]!, ascii),
    text,
    display & 0xffff,
    display >>> 16,
    (ascii ? ASCII : 0) | (pairs ? PAIRS : 0),
  );
}
