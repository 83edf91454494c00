// A user agent client of the library calls SIPp.

import { describe, expect, test } from "vitest";
import { Bed, CALLS, eachCall, freePort, LOSSES } from "./bed.mjs";
import { Caller } from "./caller.mjs";
import { Phone } from "./phone.mjs";

/** Starts SIPp behind a relay. @returns what to call */
async function answerer(bed, scenario, node) {
  const port = await freePort();
  const relay = await bed.relay();
  relay.connect(node.port, port);
  await bed.sipp(scenario, { port, contact: relay.near });
  return { uri: `sip:sipp@127.0.0.1:${relay.near}`, contact: relay.far };
}

describe.concurrent.each(LOSSES)("with a loss of %d", (loss) => {
  const run = (name, scenario, options, expected) =>
    test.concurrent(name, () =>
      Bed.with(loss, async (bed) => {
        const caller = await bed.node(new Caller());
        const { uri, contact } = await answerer(bed, scenario, caller);
        const outcomes = await eachCall((number) => caller.call(number, uri, contact, options));
        expect(outcomes).toEqual(Array.from({ length: CALLS }, () => expected));
        // SIPp takes a BYE for one that was lost.
        expect(caller.sent("ACK")).toBeGreaterThanOrEqual(CALLS);
        await bed.finish();
      }),
    );

  run("a call", "uas-ok", {}, { status: 200, byes: [200] });
  run("a refusal", "uas-busy", {}, { status: 486, byes: [] });
  run("a call that is given up", "uas-cancel", { cancels: true }, { status: 487, byes: [] });
  run("a CANCEL that crosses the 2xx", "uas-cross", { cancels: true }, { status: 200, byes: [200] });
  run(
    "a BYE when all transactions are over",
    "uas-late-bye",
    { waits: true },
    { status: 200, byes: ["peer"] },
  );

  test.concurrent("100rel", () =>
    Bed.with(loss, async (bed) => {
      const phone = await bed.node(new Phone());
      const { uri, contact } = await answerer(bed, "uas-100rel", phone);
      phone.contact = contact;
      const outcomes = await eachCall((number) => phone.call(number, uri));
      expect(outcomes).toEqual(Array.from({ length: CALLS }, () => ({ came: [180], bye: 200 })));
      expect(phone.sent("ACK")).toBeGreaterThanOrEqual(CALLS);
      await bed.finish();
    }));
});
