// What a 200 to REGISTER grants, and the flow that is kept for it.

import { expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { SipError } from "../../src/errors.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { retryAfter } from "../../src/registration/back-off.ts";
import { FlowKeeper } from "../../src/registration/flow-keeper.ts";
import { readGranted, refreshAfter } from "../../src/registration/granted.ts";
import type { Stack } from "../../src/stack/stack.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import type { Flow } from "../../src/transport/transport.ts";

const contact = NameAddr.parse("<sip:bob@h>;reg-id=1");

function answer(headers: Readonly<Record<string, string>>, status = 200) {
  const request = createRequest("REGISTER", "sip:example.com", { from: "<sip:bob@example.com>" });
  const response = request.createResponse(status);
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}

it.each([
  [{ Contact: "<sip:bob@h>;expires=100" }, 100],
  [{ Contact: "<sip:eve@h>;expires=5000, <sip:bob@h>;expires=100" }, 100],
  [{ Contact: "<sip:bob@h>;reg-id=2;expires=50, <sip:bob@h>;reg-id=1;expires=100" }, 100],
  [{ Contact: "<sip:bob@h>", Expires: "200" }, 200],
  [{ Contact: "<sip:bob@h>;expires=soon", Expires: "200" }, 200],
  [{}, 600],
  // Another client's Contact may be unreadable; Expires, too.
  [{ Contact: "<sip:eve@[::1>;expires=5000, <sip:bob@h>;q=1;expires=100" }, 100],
  [{ Contact: "<sip:eve@[::1>;expires=5000", Expires: "200" }, 200],
  [{ Contact: "<sip:bob@h>, <sip:eve@[::1>;expires=5000" }, 600],
  // Neither asked without end, nor for ever.
  [{ Contact: "<sip:bob@h>;expires=0" }, 10],
  [{ Contact: "<sip:bob@h>;expires=999999999" }, 86_400],
])("a binding holds as long as the registrar says: %j, %i seconds", (headers, seconds) => {
  expect(readGranted(answer(headers as Record<string, string>), contact, 600).seconds).toBe(seconds);
});

it.each([
  [3600, false, 3540],
  [600, false, 540],
  [300, false, 270],
  [60, false, 54],
  // With a temporary GRUU a REGISTER has time to end before the binding does.
  [3600, true, 3540],
  [300, true, 268],
  [100, true, 68],
  [64, true, 32],
  [60, true, 30],
  [10, true, 5],
])(
  "a binding of %i s, with a temporary GRUU: %s, is refreshed after %i (RFC 5627 §4.2)",
  (seconds, hidden, after) => {
    const gruu = hidden ? ';temp-gruu="sip:tgruu.x@example.com;gr"' : "";
    const granted = readGranted(answer({ Contact: `<sip:bob@h>${gruu};expires=${seconds}` }), contact, 600);
    expect(refreshAfter(granted, 500)).toBe(after);
  },
);

it.each([
  [{}, true, undefined],
  [{ Require: "Outbound" }, true, 120],
  [{ Require: "outbound" }, false, 29],
  [{ Require: "outbound", "Flow-Timer": "40" }, false, 40],
  [{ "Flow-Timer": "40" }, true, 40],
  [{ Require: "outbound", "Flow-Timer": "0" }, true, undefined],
] as const)(
  "keep-alives of %j, on a connection: %s, every %s seconds (RFC 5626 §4.4)",
  (headers, reliable, seconds) => {
    const response = answer(headers);
    response.flow = { transport: { reliable } } as Flow;
    expect(readGranted(response, contact, 600).flowTimer).toBe(seconds);
  },
);

it("what is no SIP URI is no Service-Route, and without gr no GRUU", () => {
  const { serviceRoute, gruus } = readGranted(
    answer({
      Contact: '<sip:bob@h>;reg-id=1;pub-gruu="sip:bob@example.com";temp-gruu="sip:x@example.com;gr"',
      "Service-Route": "<tel:+1>, <sip:a;lr>",
    }),
    contact,
    600,
  );
  expect([serviceRoute.map(String), gruus.public, `${gruus.temporary}`]).toEqual([
    ["<sip:a;lr>"],
    undefined,
    "sip:x@example.com;gr",
  ]);
});

it.each([
  ["its own, of two that have one URI behind two NATs", 2, "two"],
  ["none of another's", 3, undefined],
])("an instance is given %s", (_what, instance, expected) => {
  const at = (name: number) => `<sip:bob@10.0.0.5>;+sip.instance="<urn:uuid:${name}>";reg-id=1`;
  const response = answer({
    Contact: `${at(1)};expires=50;pub-gruu="sip:one@h;gr", ${at(2)};expires=100;pub-gruu="sip:two@h;gr"`,
  });
  const { gruus, seconds } = readGranted(response, NameAddr.parse(at(instance)), 600);
  expect([gruus.public?.user, seconds]).toEqual([expected, expected ? 100 : 600]);
});

it.each([
  // As behind a NAT, where some registrars write down whence it came.
  ["<sip:bob@192.0.2.1:1234>;expires=120", 120],
  ["<sip:bob@192.0.2.1:1234>;expires=120, <sip:bob@192.0.2.2>;expires=30", 120],
  ["<sip:bob@192.0.2.1:1234>;expires=5000", 600],
  ["<sip:bob@192.0.2.1:1234>", 600],
  ['<sip:bob@192.0.2.1>;+sip.instance="<urn:uuid:2>";expires=120', 600],
  ['<sip:bob@192.0.2.1>;+sip.instance="<urn:uuid:1>";expires=120, <sip:bob@192.0.2.2>;expires=300', 120],
])(
  "a Contact that the registrar tells of by another URI holds for its time: %s, %i seconds",
  (listed, seconds) => {
    const asked = NameAddr.parse('<sip:bob@10.0.0.5>;+sip.instance="<urn:uuid:1>"');
    expect(readGranted(answer({ Contact: listed }), asked, 600).seconds).toBe(seconds);
  },
);

it("a registrar that tells of no instance has bound it all the same", () => {
  const asked = NameAddr.parse('<sip:bob@h>;+sip.instance="<urn:uuid:1>";reg-id=1');
  expect(readGranted(answer({ Contact: "<sip:bob@h>;expires=100" }), asked, 600).seconds).toBe(100);
});

it.each([
  ["120", 120_000],
  [" 5 (busy);duration=3", 5000],
  ["999999999", 86_400_000],
  ["soon", 0],
])("Retry-After: %s", (value, expected) => {
  expect(retryAfter(answer({ "Retry-After": value }, 503))).toBe(expected);
  expect(retryAfter(new SipError("timeout", ""))).toBe(0);
});

it.each([
  ["before a ping is due", 0],
  ["by the ping itself", 1],
])("a flow that ends %s is noticed, once", (_when, sent) => {
  const clock = new VirtualClock();
  let [lost, pings] = [0, 0];
  const flow = { open: true } as { open: boolean; transport: unknown };
  flow.transport = {
    send: (_data: unknown, _flow: unknown, failed: () => void) => {
      pings++;
      flow.open = false;
      failed();
    },
  };
  const keeper = new FlowKeeper({ clock, random: seededRandom(1) } as unknown as Stack, () => void lost++);
  keeper.keep(flow as Flow, 100, true);
  if (sent === 0) flow.open = false;
  clock.advance(101_000);
  expect([lost, pings, keeper.flow, clock.size]).toEqual([1, sent, undefined, 0]);
  keeper.closed(flow as Flow);
  expect(lost).toBe(1);
});
