// Auth: the scheme and parameters of credentials and of challenges (RFC 3261 §20.7, §20.27, §20.28, §20.44).
// Immutable.

import { R_PART } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { textOf } from "../core/window.ts";
import { shaped } from "./escape.ts";
import { Params, type ParamsInit, type ParamsStyle } from "./params.ts";
import { Value } from "./value.ts";

/** What credentials and challenges have in common: `Digest realm="…", nonce="…"`. */
abstract class Auth extends Value {
  /** As written: "Digest", "Bearer", … It is compared in any case. */
  readonly scheme: string;
  /** Values unquoted; written with the quotes that each parameter has by its grammar. */
  readonly params: Params;

  protected constructor(scheme: string, params: ParamsInit, style: ParamsStyle, token = "") {
    super();
    this.scheme = shaped(scheme);
    this.params = Params.of(params, style);
    // One or the other has to be there.
    if (!token && !`${this.params}`) shaped("");
  }

  /** As it stands on the wire. */
  override toString(): string {
    return `${this.scheme} ${this.params}`;
  }
}

/**
 * The value of Authorization and Proxy-Authorization; `algorithm`, `nc` and `qop` have no quotes. `Bearer` has a token in
 * place of parameters (RFC 8898 §5), and so has `Basic`.
 */
export class Credentials extends Auth {
  /** What stands in the place of parameters; undefined where there are some. */
  readonly token: string | undefined;

  /**
   * Credentials of these parts; parameters are given without quotes.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` for a scheme or token that is none, and without
   *   parameters and token
   */
  constructor(scheme: string, params: ParamsInit, token?: string) {
    super(scheme, params, "credentials", token);
    this.token = token === undefined ? token : shaped(token, TOKEN);
  }

  /** As it stands on the wire. */
  override toString(): string {
    return this.token === undefined ? super.toString() : `${this.scheme} ${this.token}`;
  }
}

/** RFC 6750 §2.1, RFC 7235 §2.1 (token68) */
const TOKEN = /^[\w.~+/-]+=*$/;

/** The value of WWW-Authenticate and Proxy-Authenticate; `algorithm` and `stale` have no quotes. */
export class Challenge extends Auth {
  /**
   * A challenge of these parts; parameters are given without quotes.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` for a scheme that is none, and without parameters
   */
  constructor(scheme: string, params: ParamsInit) {
    super(scheme, params, "challenge");
  }
}

/** @internal The credentials that the core has just read into its record. */
export function readCredentials(core: Engine, text: string, ascii: boolean): Credentials {
  const params = Params.ofStyle("credentials", core, text, ascii);
  return new Credentials(textOf(text, core.record[R_PART]!, ascii) as string, params);
}

/**
 * @internal The credentials of a scheme that has a token for them, as Bearer has, and Basic, which RFC 2543 had
 * (RFC 7235 §2.1); undefined for Digest, which has none, or what is none.
 */
export function readBearer(core: Engine, text: string, ascii: boolean): Credentials | undefined {
  const scheme = textOf(text, core.record[R_PART]!, ascii) as string;
  const token = textOf(text, core.record[R_PART + 1]!, ascii) as string;
  if (scheme.toLowerCase() === "digest" || !TOKEN.test(token)) return undefined;
  return new Credentials(scheme, {}, token);
}

/** @internal The challenge that the core has just read into its record. */
export function readChallenge(core: Engine, text: string, ascii: boolean): Challenge {
  const params = Params.ofStyle("challenge", core, text, ascii);
  return new Challenge(textOf(text, core.record[R_PART]!, ascii) as string, params);
}
