// Codec: how the text of a header field's value becomes a typed value: a grammar function of the core
// that finds its parts, and a function that makes the value of them. One codec serves many header fields.
//
// The kinds of the RFC's most frequent header fields are told apart by number and called directly: that
// is several times faster than a call through an object, and these are read in every message.

import { G_BARE, G_BRACKETS, G_DOTTED, G_RANKED, G_STAR, G_VALUED, R_NUMBER, R_TOKEN } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { part, textOf } from "../core/window.ts";
import { readCSeq } from "./cseq.ts";
import { unfold } from "./fold.ts";
import { readMediaType, readTokenParams } from "./media-type.ts";
import { readNameAddr } from "./name-addr.ts";
import { readVia } from "./via.ts";

/** The kind of a header field's values. */
export type Kind =
  | typeof VIA
  | typeof ADDRESS
  | typeof CSEQ
  | typeof NUMBER
  | typeof TEXT
  | typeof TOKEN
  | typeof TOKEN_PARAMS
  | typeof MEDIA_TYPE
  | typeof CALL_ID
  | typeof CONTACT
  | typeof ROUTE
  | typeof MEDIA_RANGE
  | typeof EVENT
  | typeof EVENT_NAME;

/** Via */
export const VIA = 1;
/** name-addr or addr-spec with parameters: NameAddr */
export const ADDRESS = 2;
/** CSeq */
export const CSEQ = 3;
/** 1*DIGIT up to the header field's `most` */
export const NUMBER = 4;
/** text to the end of the field: Subject, User-Agent */
export const TEXT = 5;
/** a token alone, one of a list: Allow, Supported, Require */
export const TOKEN = 6;
/** a token with parameters: TokenParams */
export const TOKEN_PARAMS = 7;
/** a media type with parameters: MediaType */
export const MEDIA_TYPE = 8;
/** Call-ID: text of one or two words */
export const CALL_ID = 30;
/** an ADDRESS, or `*`; its q is a qvalue */
export const CONTACT = 31;
/** an ADDRESS in angle brackets: Route, Path */
export const ROUTE = 32;
/** a media type, or a range of them, with a qvalue: Accept */
export const MEDIA_RANGE = 33;
/** an event-type with parameters: TokenParams */
export const EVENT = 34;
/** an event-type alone, one of a list: Allow-Events */
export const EVENT_NAME = 35;

/** Finds the parts of one value; the offset behind it (of a comma, where more follow), or -1. */
export function scan(kind: Kind, core: Engine, start: number, end: number, most: number): number {
  switch (kind) {
    case VIA:
      return core.via(start, end);
    case ADDRESS:
      return core.address(start, end, 0);
    case CONTACT:
      return core.address(start, end, G_STAR | G_RANKED);
    case ROUTE:
      return core.address(start, end, G_BRACKETS);
    case CALL_ID:
      return core.callId(start, end);
    case CSEQ:
      return core.cseq(start, end);
    case NUMBER:
      return core.integer(start, end, most);
    case TEXT:
      return end;
    case TOKEN:
      return core.token(start, end, G_BARE);
    case TOKEN_PARAMS:
      return core.token(start, end, 0);
    case EVENT:
      return core.token(start, end, G_DOTTED);
    case EVENT_NAME:
      return core.token(start, end, G_DOTTED | G_BARE);
    case MEDIA_TYPE:
      return core.mediaType(start, end, G_VALUED);
    case MEDIA_RANGE:
      return core.mediaType(start, end, G_RANKED);
  }
}

/** Makes the value of what scan() has just found; `start` and `end` are scan's. */
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
    case CONTACT:
    case ROUTE:
      return readNameAddr(core, text, ascii);
    case CSEQ:
      return readCSeq(core, text, ascii);
    case NUMBER:
      return core.record[R_NUMBER]!;
    case TEXT:
      return unfold(part(text, start, end, ascii));
    case TOKEN:
    case CALL_ID:
    case EVENT_NAME:
      return textOf(text, core.record[R_TOKEN]!, ascii) as string;
    case TOKEN_PARAMS:
    case EVENT:
      return readTokenParams(core, text, ascii);
    case MEDIA_TYPE:
    case MEDIA_RANGE:
      return readMediaType(core, text, ascii);
  }
}
