// Host: a request is answered as long as its transaction takes an answer.

import { expect, it } from "vitest";
import { answer } from "../../src/dialog/host.ts";
import { SipWorld } from "../support/sip-world.ts";

it.each([
  ["INVITE", 2],
  ["INFO", 1],
])(
  "an %s that was answered 200 is answered by that alone, which goes %i times then",
  async (method, times) => {
    const world = new SipWorld();
    const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
    const answered: boolean[] = [];
    bob.answer = (request, transaction) => {
      if (request.method === "ACK") return;
      answered.push(answer(undefined, request.createResponse(200)));
      for (const status of [180, 200, 486, 200]) {
        if (status === 180 && method !== "INVITE") continue;
        answered.push(answer(transaction, request.createResponse(status)));
      }
    };
    alice.send(alice.request(method, bob.uri));
    await world.pass(1_000);
    expect(answered).toEqual(
      method === "INVITE" ? [false, true, true, false, true] : [false, true, false, false],
    );
    expect(world.wire("SIP/2.0 200")).toBe(times);
  },
);
