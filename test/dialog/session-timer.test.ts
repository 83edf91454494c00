// SessionTimer: which 422 is worth another try (RFC 4028 §7.3).

import { expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { SessionTimer } from "../../src/dialog/session-timer.ts";
import { createRequest } from "../../src/message/create-request.ts";

const timer = () =>
  new SessionTimer(
    new VirtualClock(),
    { expires: 90 },
    () => {},
    () => {},
  );
const invite = () => createRequest("INVITE", "sip:bob@example.com", { from: "<sip:a@b>;tag=1" });

it.each([
  [422, "1800", true],
  [422, "86400", true],
  [422, "86401", false],
  [422, "90", false],
  [422, "60", false],
  [422, "soon", false],
  [500, "1800", false],
])("a %i with Min-SE: %s, %s", (status, least, again) => {
  const response = invite().createResponse(status);
  response.headers.set("Min-SE", least);
  const one = timer();
  expect(one.yieldTo(response)).toBe(again);
  const request = invite();
  one.ask(request);
  expect(request.headers.raw("Session-Expires")).toEqual([again ? least : "90"]);
  expect(request.headers.raw("Min-SE")).toEqual(again ? [least] : []);
});
