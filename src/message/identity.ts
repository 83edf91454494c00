// Identity: the signature of a request, and where to find the key (RFC 8224 §4). Before, it was a quoted
// signature alone, and the key was in Identity-Info (RFC 4474 §9), as in a message of RFC 4475. Immutable.

import { R_PARAMS, R_PART } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { textOf } from "../core/window.ts";
import { shaped, unquote, WORD } from "./escape.ts";
import { Params } from "./params.ts";
import { Value } from "./value.ts";

/** An Identity value: `header.claims.signature;info=<https://…>;alg=ES256`. */
export class Identity extends Value {
  /** The PASSporT (RFC 8225), or in compact form its signature behind two points. */
  readonly digest: string;
  /** The URI of the certificate, without angle brackets; undefined in the form of RFC 4474. */
  readonly info: string | undefined;
  /** All parameters, `info` with its angle brackets. */
  readonly params: Params;

  /**
   * A signature; without `info` in the form of RFC 4474.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` for a digest or URI that is none
   */
  constructor(digest: string, info: string | undefined, params: Params) {
    super();
    this.digest = shaped(digest, info === undefined ? /^[\w+/]+=*$/ : WORD);
    this.info = info === undefined ? info : shaped(info, /^[^\s"<>]*$/);
    this.params = params;
  }

  /** As it stands on the wire. */
  override toString(): string {
    const { digest, params } = this;
    if (this.info === undefined) return `"${digest}"`;
    const info = `<${this.info}>`;
    // In its place, where it came in.
    return digest + (params.get("info") === info ? params : `;info=${info}${params.without("info")}`);
  }
}

/** The signature alone, in base64; RFC 4475 has it without the quotes of RFC 4474. */
const OLD_FORM = /^(?:"[\w+/]+=*"|[\w+/]+=*)$/;

/** @internal The Identity that the core has just read into its record; undefined where it is of neither form. */
export function readIdentity(core: Engine, text: string, ascii: boolean): Identity | undefined {
  const digest = textOf(text, core.record[R_PART]!, ascii) as string;
  const params = Params.ofHeader(text, core.record[R_PARAMS]!, ascii);
  if (params.size === 0)
    return OLD_FORM.test(digest) ? new Identity(unquote(digest), undefined, params) : undefined;
  const info = params.get("info");
  return info?.startsWith("<") ? new Identity(digest, info.slice(1, -1), params) : undefined;
}
