// A proxy of the library between SIPps, and between a caller of the library and two SIPps.

import { describe, expect, test } from "vitest";
import { Bed, CALLS, eachCall, freePort, LOSSES } from "./bed.mjs";
import { Caller } from "./caller.mjs";
import { Forwarder } from "./forwarder.mjs";

/** From end to end a 2xx and its ACK pass two relays, and are repeated by the ends alone. */
const T2 = 1000;

/** Starts SIPp as a callee of the proxy's, behind a relay. */
async function callee(bed, scenario, proxy, name) {
  const port = await freePort();
  const relay = await bed.relay();
  relay.connect(proxy.port, port);
  proxy.targets.push(relay.near);
  await bed.sipp(scenario, { port, contact: relay.near, callee: name, t2: T2 });
  return relay;
}

describe.concurrent.each(LOSSES)("with a loss of %d", (loss) => {
  const run = (name, uac, uas) =>
    test.concurrent(name, () =>
      Bed.with(loss, async (bed) => {
        const proxy = await bed.node(new Forwarder());
        await callee(bed, uas, proxy, "callee");
        const port = await freePort();
        const relay = await bed.relay();
        relay.connect(port, proxy.port);
        await bed.sipp(uac, { port, target: relay.near, user: "sipp", contact: relay.far, t2: T2 });
        await bed.finish();
        expect(proxy.stats.refused).toBe(0);
        if (loss === 0) expect(proxy.received("ACK")).toBeGreaterThanOrEqual(CALLS);
      }),
    );

  run("a call", "uac-ok", "uas-ok");
  run("a refusal", "uac-busy", "uas-busy");
  run("a call that is given up", "uac-cancel", "uas-cancel-proxied");
  run("100rel", "uac-100rel", "uas-100rel-proxied");
  run("a BYE when all transactions are over", "uac-callee-hangs-up", "uas-late-bye");

  test.concurrent("two branches that both accept", () =>
    Bed.with(loss, async (bed) => {
      const proxy = await bed.node(new Forwarder());
      const caller = await bed.node(new Caller());
      for (const name of ["one", "other"]) await callee(bed, "uas-at-once", proxy, name);
      const outcomes = await eachCall((number) =>
        caller.call(number, `sip:sipp@127.0.0.1:${proxy.port}`, caller.port, { forks: 2 }),
      );
      expect(outcomes).toEqual(Array.from({ length: CALLS }, () => ({ status: 200, byes: [200, 200] })));
      await bed.finish();
    }));
});
