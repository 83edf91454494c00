// The simulation, some seeds of it, and some mutants of the tables that it must find; `npm run sim` runs as many
// seeds as there is time for, and `npm run sim -- --mutants` every mutant.

import { describe, expect, it } from "vitest";
import { hunt, mutants } from "./mutants.ts";
import { run } from "./world.ts";

const SLOW = { timeout: 180_000 };
const seeds = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe("the simulation", () => {
  it("keeps every promise of the transactions on any network", SLOW, async () => {
    for (const seed of seeds(1, 25)) {
      const { violations, ladder, scenario } = await run(seed);
      if (violations.length > 0) {
        expect.fail(`seed ${seed}: ${JSON.stringify(scenario)}\n${ladder()}\n${violations.join("\n")}`);
      }
    }
  });

  it("gives the same run for the same seed", SLOW, async () => {
    const [one, other] = [await run(3), await run(3)];
    expect(one.messages).toBeGreaterThan(10);
    expect(one.ladder()).toBe(other.ladder());
  });
});

describe("a broken table is found", () => {
  it.each([
    ["INVITE client: calling × 2xx", 'without "set M"'],
    ["INVITE client: proceeding × 2xx", 'without "deliver"'],
    ["INVITE client: proceeding × 300-699", 'without "ack"'],
    ["INVITE client: proceeding × cancel", 'without "cancel"'],
    ["non-INVITE client: trying × timer E", 'without "double E"'],
    ["non-INVITE client: trying × 200-699", 'without "set K"'],
    ["INVITE server: proceeding × 2xx", 'without "set L"'],
    ["INVITE server: completed × ACK", "ignored"],
    ["INVITE server: completed × timer G", 'without "double G"'],
    ["non-INVITE server: trying × 200-699", 'without "send"'],
    ["non-INVITE server: trying × timer trying", "ignored"],
  ])("%s %s", SLOW, async (cell, damage) => {
    const mutant = [...mutants()].find((one) => one.cell === cell && one.damage === damage);
    if (mutant === undefined) expect.fail("there is no such cell any more");
    const found = await hunt(mutant, seeds(1, 60));
    expect(found).toBeDefined();
    // It was the damage: mended, the same seed is good.
    expect((await run(found!.seed)).violations).toEqual([]);
  });
});
