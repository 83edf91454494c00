// What a proxy writes into branches: which requests it takes for the same (RFC 3261 §16.6 step 8, §16.11, RFC 5393
// §4.2).

import { expect, it } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import { Marks } from "../../src/proxy/marks.ts";
import { sipKey } from "../../src/transaction/siphash.ts";
import { seededRandom } from "../../src/transport/seeded.ts";

const marks = new Marks(sipKey("secret"), seededRandom(1));

function request(change: Readonly<Record<string, string>> = {}, uri = "sip:bob@example.com") {
  const made = createRequest("OPTIONS", uri, {
    from: "<sip:a@b>;tag=1",
    to: "<sip:bob@example.com>",
    callId: "one",
  });
  made.headers.set("Via", "SIP/2.0/UDP h.example.com:5070;branch=z9hG4bK1");
  for (const [name, value] of Object.entries(change)) made.headers.set(name, value);
  return made;
}

it("a request has another loop mark where it may go elsewhere, or is another", () => {
  const mark = marks.loopMark(request());
  expect(marks.loopMark(request())).toBe(mark);
  expect(marks.loopMark(request({ Via: "SIP/2.0/UDP other;branch=z9hG4bK2", Subject: "x" }))).toBe(mark);
  const others = [
    request({}, "sip:eve@example.com"),
    request({ "Call-ID": "two" }),
    request({ CSeq: "2 OPTIONS" }),
    request({ From: "<sip:a@b>;tag=2" }),
    request({ To: "<sip:bob@example.com>;tag=3" }),
    request({ Route: "<sip:next;lr>" }),
    request({ "Proxy-Require": "privacy" }),
  ];
  expect(new Set([mark, ...others.map((each) => marks.loopMark(each))]).size).toBe(8);
  expect(new Marks(sipKey("other"), seededRandom(1)).loopMark(request())).not.toBe(mark);
});

it("a mark is found in any Via, and no part of another", () => {
  const came = request();
  const mark = marks.loopMark(came);
  expect(marks.isLoop(came, mark)).toBe(false);
  came.headers.prepend("Via", `SIP/2.0/UDP us;branch=${marks.branch(mark)}`);
  came.headers.prepend("Via", "SIP/2.0/UDP other;branch=z9hG4bK2");
  expect([
    marks.isLoop(came, mark),
    marks.isLoop(came, marks.loopMark(request({ CSeq: "2 OPTIONS" }))),
  ]).toEqual([true, false]);
});

it("a branch without state is that of branch and sent-by, in any case of the host", () => {
  const branch = marks.statelessBranch(request());
  const of = (via: string) => marks.statelessBranch(request({ Via: via }));
  expect(of("SIP/2.0/UDP H.EXAMPLE.com:5070;branch=z9hG4bK1;received=10.0.0.1")).toBe(branch);
  expect(of("SIP/2.0/UDP h.example.com:5071;branch=z9hG4bK1")).not.toBe(branch);
  expect(of("SIP/2.0/UDP h.example.com:5070;branch=z9hG4bK2")).not.toBe(branch);
  expect(marks.connectionOf(branch)).toBeUndefined();
});
