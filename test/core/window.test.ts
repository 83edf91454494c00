// Window: what was read stays what it was, whatever was parsed, or refused, in between.
import { describe, expect, it } from "vitest";
import { Headers } from "../../src/message/headers.ts";
import { tryParseMessage } from "../../src/message/parse.ts";

const START = "OPTIONS sip:a@example.com SIP/2.0\r\n";
const refused: [what: string, code: string, refuse: () => { kind: string; code?: string }][] = [
  ["too many headers", "too_many_headers", () => tryParse(START + "A: b\r\n".repeat(300))],
  ["a head over the limit", "head_too_large", () => tryParse(`${START}A: b\r\n`, { headSize: 20 })],
  ["a head over the window", "head_too_large", () => tryParse(START + "A: b".repeat(20_000))],
  ["no start line", "start_line_invalid", () => tryParse("what is this?\r\n")],
  [
    "text that has more octets than characters",
    "message_too_large",
    () => tryParseMessage(`${START}A: ${"x".repeat(200)}${"ä".repeat(100)}\r\n\r\n`, { messageSize: 400 }),
  ],
];

function tryParse(text: string, limits = {}) {
  return tryParseMessage(new TextEncoder().encode(`${text}\r\n`), limits) as { kind: string; code?: string };
}

describe("a value is read rightly after", () => {
  it.each(refused)("%s", (_what, code, refuse) => {
    const headers = new Headers().set("Contact", "<sip:a@example.com>;q=0.5;expires=60");
    // The first reading puts the value into the window, the parse puts something else there.
    const contact = headers.get("Contact")[0];
    expect((refuse() as { code?: string }).code).toBe(code);
    expect(contact?.params.get("q")).toBe("0.5");
    expect(contact?.params.get("expires")).toBe("60");
  });
});
