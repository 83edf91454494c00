// Codec: how the text of a header field's value becomes a typed value: a grammar function of the core
// that finds its parts, and a function that makes the value of them. One codec serves many header fields.
//
// The kinds of the RFC's most frequent header fields are told apart by number and called directly: that
// is several times faster than a call through an object, and these are read in every message. All others
// are in codecs.ts.

import { R_NUMBER } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { codecOf } from "./codecs.ts";
import { readCSeq } from "./cseq.ts";
import { readMediaType, readTokenParams } from "./media-type.ts";
import { readNameAddr } from "./name-addr.ts";
import { readVia } from "./via.ts";

/** The kind of a header field's values: one of those below, or a codec of codecs.ts. */
export type Kind = number;

/** Via */
export const VIA = 1;
/** name-addr or addr-spec with parameters: NameAddr */
export const ADDRESS = 2;
/** CSeq */
export const CSEQ = 3;
/** 1*DIGIT up to the header field's `most` */
export const NUMBER = 4;
/** a token with parameters: TokenParams */
export const TOKEN_PARAMS = 5;
/** a media type with parameters: MediaType */
export const MEDIA_TYPE = 6;

/** Finds the parts of one value; the offset behind it (of a comma, where more follow), or -1. */
export function scan(kind: Kind, core: Engine, start: number, end: number, most: number): number {
  switch (kind) {
    case VIA:
      return core.via(start, end);
    case ADDRESS:
      return core.address(start, end);
    case CSEQ:
      return core.cseq(start, end);
    case NUMBER:
      return core.integer(start, end, most);
    case TOKEN_PARAMS:
      return core.token(start, end);
    case MEDIA_TYPE:
      return core.mediaType(start, end);
    default:
      return codecOf(kind).scan(core, start, end);
  }
}

/** Makes the value of what scan() has just found; `start` and `end` are scan's. Undefined refuses it. */
export function make(
  kind: Kind,
  core: Engine,
  text: string,
  ascii: boolean,
  start: number,
  end: number,
): unknown {
  switch (kind) {
    case VIA:
      return readVia(core, text, ascii);
    case ADDRESS:
      return readNameAddr(core, text, ascii);
    case CSEQ:
      return readCSeq(core, text, ascii);
    case NUMBER:
      return core.record[R_NUMBER]!;
    case TOKEN_PARAMS:
      return readTokenParams(core, text, ascii);
    case MEDIA_TYPE:
      return readMediaType(core, text, ascii);
    default:
      return codecOf(kind).make(core, text, ascii, start, end);
  }
}
