// Checks: what a header field asks of its values beyond the grammar of their kind.

import { NONE, R_ADDRESS_FORM, R_BAD_Q, R_DISPLAY, R_PARAMS_COUNT } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import type { DialogId } from "./dialog-id.ts";
import type { Interval } from "./interval.ts";
import type { TokenParams } from "./media-type.ts";
import type { NameAddr } from "./name-addr.ts";
import type { Params } from "./params.ts";

/** True where the value, which the core has just read into its record, is one that the header field may have. */
export type Check = (value: unknown, core: Engine) => boolean;

/** A check of the token, or of the token before parameters. */
function token(pattern: RegExp): Check {
  return (value) => pattern.test(typeof value === "string" ? value : (value as TokenParams).token);
}

/** A check of the parameters of these names, where they are there. */
function params(names: readonly string[], pattern: RegExp): Check {
  return (value) =>
    names.every((name) => {
      const found = (value as { params: Params }).params.get(name);
      return found === undefined || pattern.test(found);
    });
}

/** A check that these parameters are there, once each. */
function once(...names: readonly string[]): Check {
  return (value) => {
    const found = [...(value as DialogId).params].map(([name]) => name.toLowerCase());
    return names.every((name) => found.indexOf(name) >= 0 && found.indexOf(name) === found.lastIndexOf(name));
  };
}

/** True where all of them are. */
function both(one: Check, other: Check): Check {
  return (value, core) => one(value, core) && other(value, core);
}

/** A parameter q is a number from 0 to 1 (RFC 3261 §20.10, §25.1). */
export const hasQ: Check = (_value, core) => core.record[R_BAD_Q] === 0;
/** Any address but `*`, which only a Contact may be (RFC 3261 §20.10). */
export const starless: Check = (_value, core) => core.record[R_ADDRESS_FORM] !== 2;
/** name-addr, without the addr-spec (RFC 3261 §20.34). */
export const bracketed: Check = (_value, core) => core.record[R_ADDRESS_FORM] === 1;
/** LAQUOT absoluteURI RAQUOT (RFC 3261 §20.9). */
export const nameless: Check = both(bracketed, (_value, core) => {
  const name = core.record[R_DISPLAY]!;
  return (name & 0xffff) === name >>> 16;
});
/** A media type's parameters have values (RFC 3261 §25.1, m-parameter). */
export const valued: Check = (_value, core) => {
  for (let i = 0; i < core.record[R_PARAMS_COUNT]!; i++) {
    if (core.paramRecord[2 * i + 1] === NONE) return false;
  }
  return true;
};
/** Language tags and ranges (RFC 3261 §20.3, §20.13), subtags with digits as RFC 5646 has them. */
export const language: Check = token(/^(?:\*|[a-z]{1,8}(?:-[a-z\d]{1,8})*)$/i);
export const languageQ: Check = both(language, hasQ);
/** An event package and its templates, points between (RFC 6665 §8.4). */
export const eventType: Check = token(/^[^.]+(?:\.[^.]+)*$/);
/** `*`, for any contact (RFC 3841 §10, RFC 6809 §6.3). */
export const star: Check = token(/^\*$/);
/** namespace "." priority (RFC 4412 §3.1). */
export const priority: Check = token(/^[^.]+\.[^.]+$/);
/** RFC 4488 §4 */
export const trueOrFalse: Check = token(/^(?:true|false)$/i);
/** RFC 4028 §5 */
export const plain: Check = (value) => (value as Interval).comment === undefined;
/** RFC 4028 §4 */
export const refresher: Check = both(plain, params(["refresher"], /^ua[cs]$/i));
/** RFC 7044 §5 */
export const indexed: Check = both(bracketed, params(["index", "rc", "mp", "np"], /^\d+(?:\.\d+)*$/));
/** RFC 3891 §6.1, RFC 3911 §7.1 */
export const tags: Check = once("to-tag", "from-tag");
/** RFC 4538 §7 */
export const ends: Check = once("local-tag", "remote-tag");
/** RFC 5360 §5.11.2 */
export const sipUri: Check = (value) => /^sips?$/.test((value as NameAddr).uri.scheme);
/** RFC 7315 §5.6 */
export const icid: Check = (value) => (value as Params).has("icid-value");
