// NameAddr: display name, URI and header parameters, as in From, To, Contact, Route (RFC 3261 §20.10).
// Immutable.

import { R_DISPLAY, R_DISPLAY_QUOTED, R_TAG, R_URI_KIND, SCHEME_STAR, WINDOW_SIZE } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { keepRecord, slab } from "../core/slab.ts";
import { toBinary } from "../core/text.ts";
import { failure, hold } from "../core/window.ts";
import { quote, refuseUnsafe, unquote, unquotePairs } from "./escape.ts";
import { unfold } from "./fold.ts";
import { inspectAsText } from "./inspect.ts";
import { Params, type ParamsInit } from "./params.ts";
import { STAR, Uri } from "./uri.ts";

/** What R_DISPLAY_QUOTED says of a quoted string with quoted-pairs in it. */
const PAIRS = 3;

/** What may be changed in a copy of a NameAddr, or given to make one. */
export interface NameAddrParts {
  /** Unquoted; "" for none. */
  displayName?: string;
  /** The URI; as text it is read by Uri.parse. */
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

  // Its other parts are in the record that its URI has.
  /** The URI; of the `*` of a Contact see `isStar`. */
  readonly uri: Uri;
  private _params: Params | undefined = undefined;

  /** @internal Use NameAddr.parse or NameAddr.of. */
  constructor(uri: Uri) {
    this.uri = uri;
  }

  /**
   * Reads one address, with or without angle brackets.
   * @throws SipError `value_invalid` or `uri_invalid` with the offset
   */
  static parse(text: string): NameAddr {
    const raw = toBinary(text);
    const core = hold(raw);
    const stop = raw.length > WINDOW_SIZE ? 0 : core.address(0, raw.length);
    if (stop !== raw.length) throw failure(core, stop, `address ${JSON.stringify(text.slice(0, 80))}`);
    return readNameAddr(core, raw, raw === text);
  }

  /**
   * Makes an address of its parts.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` where the parts make no address
   */
  static of(parts: NameAddrParts & { uri: Uri | string }): NameAddr {
    return compose(parts.displayName ?? "", parts.uri, Params.empty(), parts);
  }

  /** The tag parameter (RFC 3261 §19.3). */
  get tag(): string | undefined {
    const tag = this.uri.part(R_TAG);
    return this.uri.quoted(R_TAG) ? unquote(unfold(tag as string)) : tag;
  }

  /** The parameters behind the URI, which belong to the header field. */
  get params(): Params {
    this._params ??= this.uri.paramsBehind();
    return this._params;
  }

  /** The display name, unquoted; "" for none. */
  get displayName(): string {
    const name = this.uri.part(R_DISPLAY) as string;
    return unfold(this.uri.word(R_DISPLAY_QUOTED) === PAIRS ? unquotePairs(name) : name);
  }

  /** True for the `*` of a Contact that takes all bindings away (RFC 3261 §10.2.2). */
  get isStar(): boolean {
    return this.uri === STAR;
  }

  /** A copy with these parts changed. Throws as of(). */
  with(changes: NameAddrParts): NameAddr {
    return compose(changes.displayName ?? this.displayName, changes.uri ?? this.uri, this.params, changes);
  }

  /** As it stands on the wire: always with angle brackets, the display name in quotes. */
  toString(): string {
    return this.uri === STAR ? "*" : write(this.displayName, this.uri, this.params);
  }

  /** Its text, for JSON. */
  toJSON(): string {
    return this.toString();
  }
}

function write(displayName: string, uri: Uri | string, params: Params): string {
  // One that came in may have a NUL (RFC 3261 §25.1, quoted-pair).
  const name = quote(displayName).replace(/\0/g, "\\\0");
  return `${displayName === "" ? "" : `${name} `}<${uri}>${params}`;
}

function compose(displayName: string, uri: Uri | string, before: Params, changes: NameAddrParts): NameAddr {
  let params = changes.params === undefined ? before : Params.of(changes.params);
  if ("tag" in changes)
    params = changes.tag === undefined ? params.without("tag") : params.with("tag", changes.tag);
  const address = typeof uri === "string" ? Uri.parse(uri) : uri;
  refuseUnsafe(changes.displayName ?? "");
  return NameAddr.parse(write(displayName, address, params));
}

/** @internal The address that the core has just read into its record. */
export function readNameAddr(core: Engine, text: string, ascii: boolean): NameAddr {
  if (core.record[R_URI_KIND] === SCHEME_STAR) return new NameAddr(STAR);
  const at = keepRecord(core, ascii);
  return new NameAddr(new Uri(text, slab, at));
}
