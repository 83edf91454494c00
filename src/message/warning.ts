// Warning: what a response warns of, and who does (RFC 3261 §20.43). Immutable.

import { R_PART } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { textOf } from "../core/window.ts";
import { quote, refuseUnsafe, shaped, unquote, WORD } from "./escape.ts";
import { unfold } from "./fold.ts";
import { Value } from "./value.ts";

const CODE = /^[1-9]\d\d$/;

/** A Warning value: `307 isi.example.edu "Session parameter 'foo' not understood"`. */
export class Warning extends Value {
  /** 100 to 999. */
  readonly code: number;
  /** Host with port, or a pseudonym. */
  readonly agent: string;
  /** Unquoted. */
  readonly text: string;

  /**
   * A warning; `text` is given without quotes.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` for a code or agent that is none
   */
  constructor(code: number, agent: string, text: string) {
    super();
    this.code = Number(shaped(`${code}`, CODE));
    this.agent = shaped(agent, WORD);
    this.text = refuseUnsafe(text);
  }

  /** As it stands on the wire. */
  override toString(): string {
    return `${this.code} ${this.agent} ${quote(this.text)}`;
  }
}

/** @internal The Warning that the core has just read into its record; undefined where the code is none. */
export function readWarning(core: Engine, text: string, ascii: boolean): Warning | undefined {
  const { record } = core;
  const code = textOf(text, record[R_PART]!, ascii) as string;
  if (!CODE.test(code)) return undefined;
  const said = textOf(text, record[R_PART + 2]!, ascii) as string;
  const agent = textOf(text, record[R_PART + 1]!, ascii) as string;
  // A quoted-pair may be a NUL, which only who writes it is refused.
  return Object.assign(new Warning(Number(code), agent, ""), { text: unfold(unquote(said)) });
}
