// Unfolding: what it makes one space of, and that it takes no more time than the text is long.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unfold } from "../../src/message/fold.ts";
import { parseMessage } from "../../src/message/parse.ts";

describe("unfold", () => {
  it.each([
    ["a b", "a b"],
    ["a\r\n b", "a b"],
    ["a\n\tb", "a b"],
    ["a \t\r\n \t b", "a b"],
    ["a\r\n b\r\n c", "a b c"],
    ["a\r\n \r\n b", "a  b"],
    ["\r\n a", " a"],
    ["a\r\n ", "a "],
    ["a\nb", "a\nb"],
    ["a\r\r\n b", "a\r b"],
  ])("%j is %j", (folded, text) => {
    expect(unfold(folded)).toBe(text);
  });

  it("makes of any text what the one rule says: white space, line end, white space are one SP", () => {
    const rule = (text: string) =>
      text.replace(/[ \t]+(?:\r?\n[ \t]+)?|\r?\n[ \t]+/g, (run) => (run.includes("\n") ? " " : run));
    const piece = fc.constantFrom(" ", "\t", "\r", "\n", "\r\n ", "a", "é", "\u{1f600}");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        expect(unfold(pieces.join(""))).toBe(rule(pieces.join("")));
      }),
      { numRuns: 2000 },
    );
  });

  it("is linear in white space that is not at a fold", () => {
    const value = `${" \t".repeat(30_000)}x\r\n y`;
    const began = performance.now();
    expect(unfold(value)).toHaveLength(60_003);
    const { headers } = parseMessage(`OPTIONS sip:a SIP/2.0\r\nSubject: z${value}\r\n\r\n`);
    expect(headers.get("Subject")).toHaveLength(60_004);
    // The regular expression that was here before took ten seconds for this.
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
