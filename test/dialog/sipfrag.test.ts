// What comes of a REFER, as its NOTIFYs tell it (RFC 3515 §2.4.5).

import { expect, it } from "vitest";
import { type ReferOutcome, referOutcome, sipfrag } from "../../src/dialog/sipfrag.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { SipWorld } from "../support/sip-world.ts";
import { connect } from "./support.ts";

const notify = (body: string) => createRequest("NOTIFY", "sip:a@b", { from: "<sip:b@b>", body });

it.each([
  ["SIP/2.0 100 Trying\r\n", { status: 100, reason: "Trying" }],
  ["SIP/2.0 200 OK", { status: 200, reason: "OK" }],
  ["SIP/2.0 486 \r\n", { status: 486, reason: "" }],
  ["SIP/2.0 603\r\n", { status: 603, reason: "" }],
  ["\r\nsip/2.0 180 Ringing\nTo: <sip:c@d>;tag=1\n", { status: 180, reason: "Ringing" }],
  ["SIP/2.0 700 None\r\n", undefined],
  ["SIP/2.0 2000 OK\r\n", undefined],
  ["INVITE sip:a@b SIP/2.0\r\n", undefined],
  ["To: <sip:c@d>\r\nSIP/2.0 200 OK\r\n", undefined],
  ["", undefined],
])("%j is read", (body, outcome) => {
  expect(referOutcome(notify(body))).toEqual(outcome);
});

it.each([
  [[180, undefined], { status: 180, reason: "Ringing" }],
  [[486, "Not now"], { status: 486, reason: "Not now" }],
] as const)("%j is said, and read again", ([status, reason], outcome) => {
  const { body, contentType } = sipfrag(status, reason);
  expect([contentType, referOutcome(notify(`${body}`))]).toEqual(["message/sipfrag;version=2.0", outcome]);
});

it("is told to who has sent the REFER, to the last", async () => {
  const world = new SipWorld();
  const { a } = await connect(world, {
    bob: {
      onRefer(refer) {
        const progress = refer.accept();
        progress.notify(180);
        world.clock.set(() => progress.notify(486, "Not now"), 100);
      },
    },
  });
  const told: (ReferOutcome | undefined)[] = [];
  a.refer("sip:carol@example.com", { onNotify: (request) => void told.push(referOutcome(request)) });
  await world.pass(200);
  expect(told.map((outcome) => `${outcome?.status} ${outcome?.reason}`)).toEqual([
    "100 Trying",
    "180 Ringing",
    "486 Not now",
  ]);
  void a.bye();
});
