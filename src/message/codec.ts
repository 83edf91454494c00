// Codec: how the value of a header field becomes a typed value: a grammar function of the core that
// finds its parts, and a constructor that takes them. One codec serves many header fields.

import { R_NUMBER, R_TOKEN } from "../core/abi.ts";
import type { Engine } from "../core/engine.ts";
import { part, textOf } from "../core/window.ts";
import { type CSeq, readCSeq } from "./cseq.ts";
import { unfold } from "./fold.ts";
import { type MediaType, readMediaType, readTokenParams, type TokenParams } from "./media-type.ts";
import { type NameAddr, readNameAddr } from "./name-addr.ts";
import { readVia, type Via } from "./via.ts";

/** Reads values of one kind. Offsets are those of the text that the core's window holds. */
export interface Codec<T> {
  /** Finds the parts of one value; the offset behind it (of a comma where more follow), or -1. */
  scan(core: Engine, start: number, end: number): number;
  /** Makes the value of what scan has just found. `start` and `end` are scan's. */
  make(core: Engine, text: string, ascii: boolean, start: number, end: number): T;
}

export const viaCodec: Codec<Via> = {
  scan: (core, start, end) => core.exports.via(start, end),
  make: readVia,
};

export const addressCodec: Codec<NameAddr> = {
  scan: (core, start, end) => core.exports.address(start, end),
  make: readNameAddr,
};

export const cseqCodec: Codec<CSeq> = {
  scan: (core, start, end) => core.exports.cseq(start, end),
  make: readCSeq,
};

export const mediaTypeCodec: Codec<MediaType> = {
  scan: (core, start, end) => core.exports.mediaType(start, end),
  make: readMediaType,
};

export const tokenParamsCodec: Codec<TokenParams> = {
  scan: (core, start, end) => core.exports.token(start, end),
  make: readTokenParams,
};

/** A token alone, one of a list: Allow, Supported, Require. */
export const tokenCodec: Codec<string> = {
  scan: (core, start, end) => core.exports.token(start, end),
  make: (core, text, ascii) => textOf(text, core.record[R_TOKEN]!, ascii) as string,
};

/** A number up to `most`. */
export function integerCodec(most: number): Codec<number> {
  return {
    scan: (core, start, end) => core.exports.integer(start, end, most),
    make: (core) => core.record[R_NUMBER]!,
  };
}

/** Text to the end of the field: Call-ID, Subject, User-Agent. */
export const textCodec: Codec<string> = {
  scan: (_core, _start, end) => end,
  make: (_core, text, ascii, start, end) => unfold(part(text, start, end, ascii)),
};
