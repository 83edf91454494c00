// Codecs: the grammars of the rarer header fields: a format of steps for parts() of the core, and a function
// that makes the value of what was found. Kinds from FIRST_CODEC on are places in this list.

import {
  R_PART,
  S_AUTH_PARAMS,
  S_CALL_ID,
  S_COMMENT,
  S_GAP,
  S_LINE,
  S_NUMBER,
  S_PARAMS,
  S_QUOTED,
  S_SPACE,
  S_TEXT,
  S_TOKEN,
  S_WORD,
} from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { part, textOf } from "../core/window.ts";
import { readBearer, readChallenge, readCredentials } from "./auth.ts";
import { readDialogId } from "./dialog-id.ts";
import { unquote } from "./escape.ts";
import { unfold } from "./fold.ts";
import { readIdentity } from "./identity.ts";
import { readInterval } from "./interval.ts";
import { readTokenParams, TokenParams } from "./media-type.ts";
import { readMimeVersion } from "./mime-version.ts";
import { Params } from "./params.ts";
import { readPrivacy } from "./privacy.ts";
import { readRAck } from "./rack.ts";
import { readDate, readTimestamp } from "./times.ts";
import { readWarning } from "./warning.ts";

/** How values of one grammar are found and made. */
export interface Codec {
  /** Finds the parts of one value; the offset behind it (of a comma, where more follow), or -1. */
  scan(core: Engine, start: number, end: number): number;
  /** Makes the value of what scan() has just found; undefined refuses it. */
  make(core: Engine, text: string, ascii: boolean, start: number, end: number): unknown;
}

type Make = Codec["make"];

/** The first kind that is a codec. */
export const FIRST_CODEC = 16;

const SEMICOLON = 0x3b;
const COMMA = 0x2c;

/** A codec that takes these steps. */
function steps(of: readonly number[], make: Make): Codec {
  const format = of.reduceRight((digits, step) => digits * 16 + step, 0);
  return { scan: (core, start, end) => core.parts(start, end, format), make };
}

/** A codec of two: the second takes what the first does not. */
function either(one: Codec, other: Codec): Codec {
  let found = one;
  return {
    scan(core, start, end) {
      found = one;
      const stop = one.scan(core, start, end);
      if (stop >= 0) return stop;
      found = other;
      return other.scan(core, start, end);
    },
    make: (...of) => found.make(...of),
  };
}

/** A codec for parameters without a semicolon or scheme before them. */
function list(separator: number, style: "list" | "credentials"): Codec {
  return {
    scan: (core, start, end) => core.paramList(start, end, separator),
    make: (core, text, ascii) => Params.ofStyle(style, core, text, ascii),
  };
}

/** A codec that makes its value of the text of the whole field. */
function whole(make: (text: string) => unknown): Codec {
  return steps([S_LINE], (_core, text, ascii, start, end) => make(unfold(part(text, start, end, ascii))));
}

const first: Make = (core, text, ascii) => textOf(text, core.record[R_PART]!, ascii);

const codecs: readonly Codec[] = [
  whole((text) => text),
  steps([S_CALL_ID, S_SPACE], first),
  steps([S_TOKEN, S_SPACE], first),
  steps([S_CALL_ID, S_SPACE, S_PARAMS], readDialogId),
  steps([S_NUMBER, S_SPACE, S_COMMENT, S_SPACE, S_PARAMS], readInterval),
  steps([S_NUMBER, S_GAP, S_NUMBER, S_GAP, S_TOKEN, S_SPACE], readRAck),
  steps([S_TOKEN, S_GAP, S_WORD, S_GAP, S_QUOTED, S_SPACE], readWarning),
  either(
    steps([S_TOKEN, S_GAP, S_AUTH_PARAMS], readCredentials),
    steps([S_TOKEN, S_GAP, S_WORD, S_SPACE], readBearer),
  ),
  steps([S_TOKEN, S_GAP, S_AUTH_PARAMS], readChallenge),
  list(COMMA, "credentials"),
  list(SEMICOLON, "list"),
  steps([S_WORD, S_SPACE, S_PARAMS], readIdentity),
  steps([S_TEXT, S_SPACE, S_PARAMS], (core, text, ascii) => {
    const read = readTokenParams(core, text, ascii);
    return new TokenParams(unfold(unquote(read.token)), read.params);
  }),
  { scan: (core, start, end) => core.token(start, end), make: readPrivacy },
  whole(readDate),
  whole(readTimestamp),
  whole(readMimeVersion),
];

/** The codec of a kind from FIRST_CODEC on. */
export function codecOf(kind: number): Codec {
  return codecs[kind - FIRST_CODEC]!;
}

// The kinds, in the order of the list.
/** text to the end of the field, without control characters: Subject, User-Agent → string */
export const LINE = 16;
/** word [ "@" word ]: Call-ID, In-Reply-To → string */
export const CALL_ID = 17;
/** a token without parameters: Allow, SIP-ETag → string */
export const TOKEN = 18;
export const DIALOG_ID = 19;
export const INTERVAL = 20;
export const RACK = 21;
export const WARNING = 22;
export const CREDENTIALS = 23;
export const CHALLENGE = 24;
/** auth-params alone: Authentication-Info → Params */
export const AUTH_INFO = 25;
/** parameters between semicolons, none of them first: P-Charging-Vector → Params */
export const PARAM_LIST = 26;
export const IDENTITY = 27;
/** token or quoted string, with parameters → TokenParams */
export const TEXT_PARAMS = 28;
export const PRIVACY = 29;
export const DATE = 30;
export const TIMESTAMP = 31;
export const MIME_VERSION = 32;
