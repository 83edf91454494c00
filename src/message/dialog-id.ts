// DialogId: a Call-ID with the tags of a dialog, as in Replaces (RFC 3891 §6.1), Join (RFC 3911 §7.1) and
// Target-Dialog (RFC 4538 §7). Immutable.

import { R_PARAMS, R_PART } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { textOf } from "../core/window.ts";
import { shaped } from "./escape.ts";
import { Params, type ParamsInit } from "./params.ts";
import { Value } from "./value.ts";

/** word [ "@" word ] */
const CALL_ID = /^(?!@|.*@.*@|.*@$)[!-+\--:<-~]+$/;

/** A dialog told by its Call-ID and tags: `98732@sip.example.com;from-tag=r33;to-tag=ff8`. */
export class DialogId extends Value {
  /** The Call-ID of the dialog. */
  readonly callId: string;
  /** `from-tag` and `to-tag` of Replaces and Join, `local-tag` and `remote-tag` of Target-Dialog. */
  readonly params: Params;

  /**
   * A dialog, named for one of the three.
   * @throws SipError `value_unsafe` for CR, LF or NUL, `value_invalid` for what is no Call-ID
   */
  constructor(callId: string, params: ParamsInit) {
    super();
    this.callId = shaped(callId, CALL_ID);
    this.params = Params.of(params);
  }

  /** As it stands on the wire. */
  override toString(): string {
    return `${this.callId}${this.params}`;
  }
}

/** @internal The dialog that the core has just read into its record. */
export function readDialogId(core: Engine, text: string, ascii: boolean): DialogId {
  const callId = textOf(text, core.record[R_PART]!, ascii) as string;
  return new DialogId(callId, Params.ofHeader(text, core.record[R_PARAMS]!, ascii));
}
