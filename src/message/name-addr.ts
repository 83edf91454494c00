// NameAddr: display name, URI and header parameters, as in From, To, Contact, Route (RFC 3261 §20.10).
// Immutable.

import { G_STAR, R_DISPLAY, R_DISPLAY_QUOTED, R_PARAMS, R_TAG, WINDOW_SIZE } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { toBinary } from "../core/text.ts";
import { failure, hold, textOf } from "../core/window.ts";
import { SipError } from "../errors.ts";
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
  // Display name and parameters are read when asked for: most messages are passed on without a look at them.
  private readonly _text: string;
  private readonly _display: number;
  private readonly _form: number;
  private readonly _span: number;
  private _params: Params | undefined;

  /** @internal Use NameAddr.parse or NameAddr.of. */
  constructor(
    uri: Uri,
    tag: string | undefined,
    text: string,
    display: number,
    form: number,
    span: number,
    params: Params | undefined,
  ) {
    this.uri = uri;
    this.tag = tag;
    this._text = text;
    this._display = display;
    this._form = form;
    this._span = span;
    this._params = params;
  }

  /** The parameters behind the URI, which belong to the header field. */
  get params(): Params {
    this._params ??= Params.ofHeader(this._text, this._span, (this._form & ASCII) !== 0);
    return this._params;
  }

  /** The display name, unquoted; "" for none. */
  get displayName(): string {
    const name = textOf(this._text, this._display, (this._form & ASCII) !== 0) as string;
    return unfold((this._form & PAIRS) !== 0 ? unquotePairs(name) : name);
  }

  /**
   * Reads one address, with or without angle brackets.
   * @throws SipError `value_invalid` or `uri_invalid` with the offset
   */
  static parse(text: string): NameAddr {
    const raw = toBinary(text);
    const core = hold(raw);
    const stop = raw.length > WINDOW_SIZE ? 0 : core.address(0, raw.length, G_STAR);
    if (stop !== raw.length) throw failure(core, stop, `address "${text.slice(0, 80)}"`);
    return readNameAddr(core, raw, raw === text);
  }

  /**
   * Makes an address of its parts.
   * @throws SipError `value_unsafe` for CR, LF or NUL
   */
  static of(parts: NameAddrParts & { uri: Uri | string }): NameAddr {
    const uri = typeof parts.uri === "string" ? Uri.parse(parts.uri) : parts.uri;
    return new NameAddr(uri, undefined, "", 0, 0, 0, Params.empty()).with(parts);
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
    const displayName = toBinary(refuseUnsafe(changes.displayName ?? this.displayName));
    if (displayName.length > 0x7fff)
      throw new SipError("value_invalid", "a display name of more than 32,767 octets");
    return new NameAddr(
      changes.uri === undefined
        ? this.uri
        : typeof changes.uri === "string"
          ? Uri.parse(changes.uri)
          : changes.uri,
      params.get("tag"),
      displayName,
      displayName.length << 16,
      0,
      0,
      params,
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
  const form = (ascii ? ASCII : 0) | (record[R_DISPLAY_QUOTED] === 3 ? PAIRS : 0);
  const uri = readUri(core, text, ascii);
  const tag = textOf(text, record[R_TAG]!, ascii);
  return new NameAddr(uri, tag, text, record[R_DISPLAY]!, form, record[R_PARAMS]!, undefined);
}
