// The limit by octets: as many times 4 KiB as there may be transactions. A peer decides how long its messages are, and
// what waits for 32 seconds is as long as they are.

import { expect, it } from "vitest";
import { bench, lent, parseRequest, request, requestText, tcp, udp } from "./support.ts";

const LARGE = "c".repeat(25_000);
const large = (method: string, branch: string) =>
  parseRequest(requestText(method, branch).replace("call-1", LARGE));

it.each([
  ["requests that wait for their answer", "OPTIONS", false, tcp],
  ["INVITEs that were answered", "INVITE", true, udp],
  ["answers that are sent again", "OPTIONS", true, udp],
  ["answers that were left with their transport", "OPTIONS", true, lent],
])("counts %s", (_what, method, answered, from) => {
  const on = bench({}, { limit: 10 });
  const receive = (message: ReturnType<typeof request>) => {
    on.layer.receive(message, from);
    return on.requests.length;
  };
  expect(receive(large(method, "z9hG4bK-1"))).toBe(1);
  if (answered) on.requests[0]!.transaction!.respond(486);
  expect(receive(large(method, "z9hG4bK-2"))).toBe(2);
  if (answered) on.requests[1]!.transaction!.respond(486);
  // What has come before is known.
  expect(receive(large(method, "z9hG4bK-2"))).toBe(2);
  expect(on.layer.counts.refused).toBe(0);
  expect(receive(request("OPTIONS", "z9hG4bK-3"))).toBe(2);
  expect(on.layer.counts.refused).toBe(1);
  expect(on.sent.at(-1)!.line).toBe("503 Service Unavailable");
  if (!answered) for (const { transaction } of on.requests) transaction!.respond(486);
  on.clock.advance(40_000);
  expect(on.layer.counts.server).toBe(0);
  expect(receive(request("OPTIONS", "z9hG4bK-4"))).toBe(3);
  on.requests[2]!.transaction!.respond(200);
  on.clock.advance(40_000);
});

it("counts nothing that was given up, nor what was left once the layer is closed", () => {
  const on = bench({}, { limit: 2 });
  for (let i = 0; i < 5; i++) {
    on.layer.receive(large("OPTIONS", `z9hG4bK-${i}`), lent);
    on.requests[i]!.transaction!.respond(200);
    on.layer.server(on.requests[i]!.transaction!.key)!.terminate();
  }
  expect([on.layer.counts.server, on.layer.counts.refused]).toEqual([0, 0]);
});
