// MediaType and TokenParams: a media type, or a token, with parameters, as in Content-Type, Accept,
// Content-Disposition, Event (RFC 3261 §20.1, §20.11, §20.15). Immutable.

import { R_PARAMS, R_SUBTYPE, R_TOKEN, R_TYPE } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { textOf } from "../core/window.ts";
import { isToken, quote, shaped } from "./escape.ts";
import { inspectAsText } from "./inspect.ts";
import { Params, type ParamsInit } from "./params.ts";

/** A media type: `application/sdp;charset=utf-8`. */
export class MediaType {
  static {
    inspectAsText(MediaType.prototype, "MediaType");
  }

  /** Lower case. */
  readonly type: string;
  /** Lower case. */
  readonly subtype: string;
  /** `charset`, `boundary` and others. */
  readonly params: Params;

  /**
   * A media type of these parts; they become lower case.
   * @throws SipError `value_invalid` for a type or subtype that is no token
   */
  constructor(type: string, subtype: string, params: ParamsInit = {}) {
    this.type = shaped(type).toLowerCase();
    this.subtype = shaped(subtype).toLowerCase();
    this.params = Params.of(params);
  }

  /** type/subtype without parameters. */
  get essence(): string {
    return `${this.type}/${this.subtype}`;
  }

  /** As it stands on the wire. */
  toString(): string {
    return `${this.type}/${this.subtype}${this.params}`;
  }

  /** Its text, for JSON. */
  toJSON(): string {
    return this.toString();
  }
}

/**
 * A token with parameters: `session;handling=optional`. What is no token is written in quotes, as only User-to-User and
 * P-Visited-Network-ID may have it.
 */
export class TokenParams {
  static {
    inspectAsText(TokenParams.prototype, "TokenParams");
  }

  /** As written; without its quotes where it may be a quoted string. */
  readonly token: string;
  /** The parameters behind it. */
  readonly params: Params;

  /** A token with parameters. @throws SipError as Params.of */
  constructor(token: string, params: ParamsInit = {}) {
    this.token = token;
    this.params = Params.of(params);
  }

  /** As it stands on the wire. */
  toString(): string {
    return `${isToken(this.token) ? this.token : quote(this.token)}${this.params}`;
  }

  /** Its text, for JSON. */
  toJSON(): string {
    return this.toString();
  }
}

function readParams(core: Engine, text: string, ascii: boolean): Params {
  return Params.ofHeader(text, core.record[R_PARAMS]!, ascii);
}

/** @internal The media type that the core has just read into its record. */
export function readMediaType(core: Engine, text: string, ascii: boolean): MediaType {
  return new MediaType(
    textOf(text, core.record[R_TYPE]!, ascii) as string,
    textOf(text, core.record[R_SUBTYPE]!, ascii) as string,
    readParams(core, text, ascii),
  );
}

/** @internal The token that the core has just read into its record. */
export function readTokenParams(core: Engine, text: string, ascii: boolean): TokenParams {
  return new TokenParams(textOf(text, core.record[R_TOKEN]!, ascii) as string, readParams(core, text, ascii));
}
