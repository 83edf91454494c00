// Tally: sums the vitest reports of a folder, and the single steps that .ci/run notes in its file `steps`
// (a line each: passed or failed, and the step's name). Prints "N passed, N failed"; exit code 1 if anything failed,
// or nothing ran.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;

for (const name of readdirSync(folder).filter((each) => each.endsWith(".json"))) {
  const report = JSON.parse(readFileSync(join(folder, name), "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests + report.numTodoTests;
  // A file that could not even be loaded has no tests that failed.
  for (const { status, assertionResults } of report.testResults) {
    if (status === "failed" && !assertionResults.some((each) => each.status === "failed")) failed++;
  }
}
for (const line of readFileSync(join(folder, "steps"), "utf8").split("\n")) {
  if (line.startsWith("passed ")) passed++;
  if (line.startsWith("failed ")) failed++;
}

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
