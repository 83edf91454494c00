// Special: the octets of a value that are not plain, a bit each, at hand in a local variable as long as one block of
// sixty-four has them all: whoever reads takes the lowest bit, and goes on to the next block where there is none left.
// That is written out at each place, since a function cannot give two results. Only where the target has vectors.

import { special } from "./marks";

/** The special octets of the block that refill() went on to. */
export let more: u64 = 0;

/** Only methods can be inlined where a decorator that TypeScript takes asks for it. */
export class Special {
  /**
   * A bit for each of the sixty-four octets from `p` on that is special and before `end`, and for the octet at `end`: so
   * there always is one more, and it is none that a grammar looks for.
   */
  @inline
  static from(p: usize, end: usize): u64 {
    const length = end - p;
    const last = length < 64 ? (<u64>1) << (<u64>length) : 0;
    return (special(p) & (last - 1)) | last;
  }
}

/** Where the next block that has a special octet begins; its bits are in `more`. */
export function refill(block: usize, end: usize): usize {
  let p = block + 64;
  for (; p <= end; p += 64) {
    more = Special.from(p, end);
    if (more != 0) return p;
  }
  more = 1;
  return end;
}
