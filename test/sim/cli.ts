// npm run sim: runs seeds of the simulation, and prints the ladder of what fails.
//   npm run sim                               seeds 1 to 100,000, for 60 seconds
//   npm run sim -- --seed N                   one seed, with its ladder
//   npm run sim -- --seeds A..B --seconds S   those seeds, as far as S seconds reach
//   npm run sim -- --mutants                  breaks the machines' tables on purpose, and says what is found

import { parseArgs } from "node:util";
import { bytes } from "../../src/core/bytes.ts";
import { useInline } from "../../src/core/init.ts";
import { cover, hunt, mutants } from "./mutants.ts";
import { type Outcome, run } from "./world.ts";

useInline(bytes);

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "1..100000" },
    seconds: { type: "string", default: "60" },
    mutants: { type: "boolean", default: false },
  },
});

const report = ({ scenario, violations, ladder, time }: Outcome): void => {
  console.log(`${ladder()}\n\n${JSON.stringify(scenario)}`);
  console.log(`seed ${scenario.seed}: ${violations.length} violations, over at ${Math.round(time)} ms`);
  for (const each of violations) console.log(`  ${each}`);
};

async function seeds(first: number, last: number, seconds: number): Promise<void> {
  const end = Date.now() + 1000 * seconds;
  const failed: number[] = [];
  let messages = 0;
  let virtual = 0;
  let done = 0;
  for (let seed = first; seed <= last && Date.now() < end && failed.length < 10; seed++) {
    const outcome = await run(seed);
    done++;
    messages += outcome.messages;
    virtual += outcome.time;
    if (outcome.violations.length === 0) continue;
    if (failed.length === 0) report(outcome);
    else console.log(`seed ${seed}: ${outcome.violations[0]}`);
    failed.push(seed);
  }
  console.log(
    `${done} seeds, ${messages} messages, ${Math.round(virtual / 3_600_000)} hours of virtual time: ${failed.length} failed`,
  );
  for (const seed of failed) console.log(`  npm run sim -- --seed ${seed}`);
  if (failed.length > 0 || done === 0) process.exitCode = 1;
}

/** Runs each mutant on the seeds that come to its cell. */
async function breakTables(first: number, last: number): Promise<void> {
  const coverage = await cover(first, last);
  const count = { found: 0, missed: 0, unreached: 0 };
  for (const mutant of mutants()) {
    const seeds = coverage.get(mutant.cell);
    const found = seeds && (await hunt(mutant, seeds.slice(0, 12)));
    const word = seeds === undefined ? "unreached" : found ? "found" : "missed";
    count[word]++;
    const how = found ? `  (seed ${found.seed}: ${found.violation})` : "";
    console.log(`${word.padEnd(10)} ${mutant.cell} ${mutant.damage}${how}`);
  }
  console.log(count);
}

const [first = 1, last = first] = values.seeds.split("..").map(Number);
if (values.mutants) await breakTables(first, Math.min(last, first + 149));
else if (values.seed === undefined) await seeds(first, last, Number(values.seconds));
else {
  const outcome = await run(Number(values.seed));
  report(outcome);
  if (outcome.violations.length > 0) process.exitCode = 1;
}
