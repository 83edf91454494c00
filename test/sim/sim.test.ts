// The simulation, some seeds of it; `npm run sim` runs as many as there is time for.

import { describe, expect, it } from "vitest";
import { run } from "./world.ts";

describe("the simulation", () => {
  it("keeps every promise of the transactions on any network", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { violations, ladder, scenario } = await run(seed);
      expect(violations, `seed ${seed}: ${JSON.stringify(scenario)}\n${ladder}`).toEqual([]);
    }
  });
});
