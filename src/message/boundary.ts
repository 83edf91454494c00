// Boundary: the lines that part a multipart body (RFC 2046 §5.1.1), found in one pass over its octets.

import { utf8 } from "../core/text.ts";
import { SipError } from "../errors.ts";

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

/** 1 to 70 of these, the last no space (RFC 2046 §5.1.1, bchars). */
const BOUNDARY = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/;

/** A piece of the body: from `start` up to `end`. */
export type Piece = readonly [start: number, end: number];

/** Where the pieces of a multipart body are. */
export interface Pieces {
  readonly parts: readonly Piece[];
  readonly preamble: Piece;
  readonly epilogue: Piece;
  /** False where the final boundary is missing: the last part goes to the end. */
  readonly closed: boolean;
}

/** True for what RFC 2046 §5.1.1 lets be a boundary. */
export function isBoundary(text: string): boolean {
  return BOUNDARY.test(text);
}

/**
 * Finds the parts between the lines `--boundary`; the line end before such a line belongs to it. A line must be
 * the boundary with nothing but white space behind it: RFC 2046 lets a receiver be content with the line's
 * start, but then an outer boundary that an inner one begins with would cut the inner parts.
 *
 * @throws SipError `body_invalid` where there is no such line, `body_too_complex` for more than `most` parts
 */
export function findPieces(octets: Uint8Array, boundary: string, most: number): Pieces {
  const mark = utf8(`--${boundary}`);
  const parts: Piece[] = [];
  const { length } = octets;
  let preamble: Piece | undefined;
  let start = 0;
  for (let line = 0; line < length; ) {
    const found = octets.indexOf(LF, line);
    const next = found < 0 ? length : found + 1;
    const after = delimiterEnd(octets, mark, line, next);
    if (after > 0) {
      const piece: Piece = [start, lineEnd(octets, start, line)];
      if (!preamble) preamble = piece;
      else if (parts.length < most) parts.push(piece);
      else throw new SipError("body_too_complex", `a body of more than ${most} parts`, { status: 413 });
      if (after > line + mark.length) return { parts, preamble, epilogue: [next, length], closed: true };
      start = next;
    }
    line = next;
  }
  if (!preamble) {
    throw new SipError("body_invalid", "a multipart body without its boundary", {
      status: 400,
      header: "Content-Type",
    });
  }
  if (parts.length === most)
    throw new SipError("body_too_complex", `a body of more than ${most} parts`, { status: 413 });
  parts.push([start, length]);
  return { parts, preamble, epilogue: [length, length], closed: false };
}

/** Behind the boundary in this line, and the two dashes of the final one; 0 where the line is another. */
function delimiterEnd(octets: Uint8Array, mark: Uint8Array, line: number, next: number): number {
  let at = line;
  for (; at - line < mark.length; at++) if (at >= next || octets[at] !== mark[at - line]) return 0;
  if (octets[at] === DASH && octets[at + 1] === DASH && at + 2 <= next) at += 2;
  const after = at;
  while (at < next && (octets[at] === 0x20 || octets[at] === 0x09)) at++;
  if (octets[at] === CR) at++;
  return at >= next || octets[at] === LF ? after : 0;
}

/** Where the piece ends whose delimiter line starts at `line`: before the line end, if it has one. */
function lineEnd(octets: Uint8Array, start: number, line: number): number {
  if (line <= start) return start;
  return line - 2 >= start && octets[line - 2] === CR ? line - 2 : line - 1;
}
