// Fold: header field values that go over several lines (RFC 3261 §7.3.1).

// A run of white space is taken whole, with a fold behind it or without: a pattern that only takes it with one
// would try it again from each of its characters on.
const RUN = /[ \t]+(?:\r?\n[ \t]+)?|\r?\n[ \t]+/g;

/** A folded value on one line: each fold, with the white space around it, is one SP. Linear in the text. */
export function unfold(text: string): string {
  return text.indexOf("\n") >= 0 ? text.replace(RUN, (run) => (run.includes("\n") ? " " : run)) : text;
}
