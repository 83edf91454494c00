import { describe, expect, it } from "vitest";
import { SipError } from "../src/errors.ts";
import { createRequest } from "../src/message/create-request.ts";
import { uriTarget } from "../src/stack/target.ts";
import { flowTo } from "../src/stack/way.ts";

describe("a SipError", () => {
  it("says nothing that a log or terminal would take for more than text", () => {
    const { message } = new SipError("no_target", "no way to \x1b[31m\r\n12:00 → BYE\x9b2J\0 Zürich");
    expect(message).toBe("no way to ?[31m??12:00 → BYE?2J? Zürich");
  });

  it("nor does one that names what a peer has written", () => {
    const { uri } = createRequest("OPTIONS", "sip:a@h;transport=%1b%5b31m%0d%0a", { from: "<sip:b@h>" });
    expect(() => flowTo([], uriTarget(uri, "UDP"), undefined)).toThrow("no transport for ?[31M??:");
  });
});
