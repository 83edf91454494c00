// SIPp calls a user agent server of the library.

import { describe, expect, test } from "vitest";
import { Bed, CALLS, freePort, LOSSES } from "./bed.mjs";
import { Callee } from "./callee.mjs";
import { Phone } from "./phone.mjs";

/** SIPp calls the node through a relay. */
async function call(bed, scenario, user, node) {
  await bed.node(node);
  const port = await freePort();
  const relay = await bed.relay();
  relay.connect(port, node.port);
  node.contact = relay.near;
  await bed.sipp(scenario, { port, target: relay.near, user, contact: relay.far });
  await bed.finish();
}

describe.concurrent.each(LOSSES)("with a loss of %d", (loss) => {
  const run = (name, scenario, user, ended, also) =>
    test.concurrent(name, () =>
      Bed.with(loss, async (bed) => {
        const callee = new Callee();
        await call(bed, scenario, user, callee);
        expect(callee.ended).toMatchObject(ended);
        also?.(callee);
      }),
    );

  // Where an ACK was lost, the BYE says as much.
  run("a call", "uac-ok", "bob", { bye: CALLS, unacknowledged: 0 });
  run("a refusal", "uac-busy", "busy", { refused: CALLS });
  run("a call that is given up", "uac-cancel", "cancel", { canceled: CALLS });
  run("a CANCEL that crosses the 2xx", "uac-cross", "cross", { bye: CALLS, canceled: 0 }, (callee) => {
    // With losses, the 180 of some is lost, which are not given up then.
    expect(callee.received("CANCEL")).toBeGreaterThanOrEqual(loss > 0 ? 1 : CALLS);
  });
  run("a 2xx that is never acknowledged", "uac-silent", "bob", { unacknowledged: CALLS, bye: CALLS });
  run("a BYE when all transactions are over, and one when the dialog is", "uac-late-bye", "bob", {
    acknowledged: CALLS,
    bye: CALLS,
    stray: CALLS,
  });

  test.concurrent("100rel", () =>
    Bed.with(loss, async (bed) => {
      const phone = new Phone();
      await call(bed, "uac-100rel", "bob", phone);
      expect(phone.pracks).toBe(CALLS);
    }));
});
