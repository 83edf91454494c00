// Fold: header field values that go over several lines (RFC 3261 §7.3.1).

/** A folded value on one line: each fold, with the white space around it, is one SP. */
export function unfold(text: string): string {
  return text.indexOf("\n") >= 0 ? text.replace(/[ \t]*\r?\n[ \t]+/g, " ") : text;
}
