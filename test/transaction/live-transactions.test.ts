// The transactions on each flow: whatever comes and goes, and in whatever order, who is on a flow hears of its end.

import { expect, it } from "vitest";
import { type AnyTransaction, LiveTransactions } from "../../src/transaction/live-transactions.ts";
import { KeyedHash } from "../../src/transport/keyed-hash.ts";
import type { Flow } from "../../src/transport/transport.ts";
import { rng } from "../core/rng.ts";

it("are found by it, the oldest first, as in a list", () => {
  const random = rng(7);
  const flows = [1, 2, 3].map((id) => ({ id: `${id}`, transport: { reliable: true } }) as Flow);
  const live = new LiveTransactions(new KeyedHash("secret"), () => {
    throw new Error("nothing was left");
  });
  let model: AnyTransaction[] = [];
  for (let step = 0; step < 3_000; step++) {
    const flow = flows[random.below(flows.length)]!;
    // Few at a time, so that rings of one, two and three come and go.
    if (random.below(2) === 0 && model.length < 8) {
      const made = { kind: "client", key: `${step}`, flow } as unknown as AnyTransaction;
      live.clients.add(made as Parameters<typeof live.clients.add>[0]);
      live.bind(made, flow);
      model.push(made);
    } else if (model.length > 0) {
      const gone = model[random.below(model.length)]!;
      live.remove(gone);
      model = model.filter((each) => each !== gone);
    }
    for (const each of flows) {
      expect(live.on(each).map(({ key }) => key)).toEqual(
        model.filter((one) => one.flow === each).map(({ key }) => key),
      );
    }
    expect(live.size).toBe(model.length);
  }
});
