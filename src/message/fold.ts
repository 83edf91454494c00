// Fold: header field values that go over several lines (RFC 3261 §7.3.1).

const TAB = 0x09;
const CR = 0x0d;
const SP = 0x20;

/** A folded value on one line: each fold, with the white space around it, is one SP. Linear in the text. */
export function unfold(text: string): string {
  let lf = text.indexOf("\n");
  if (lf < 0) return text;
  let unfolded = "";
  // Behind the last fold: the SP that stands for it is not white space around the next.
  let from = 0;
  do {
    let behind = lf + 1;
    while (isSpace(text, behind)) behind++;
    if (behind > lf + 1) {
      let last = lf;
      if (last > from && text.charCodeAt(last - 1) === CR) last--;
      while (last > from && isSpace(text, last - 1)) last--;
      // Of folds alone, a text is not put together anew for each.
      unfolded += last === from ? " " : `${text.slice(from, last)} `;
      from = behind;
    }
    lf = text.indexOf("\n", behind);
  } while (lf >= 0);
  return unfolded + text.slice(from);
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === SP || code === TAB;
}
