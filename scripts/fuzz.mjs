// Runs the fuzzer; see test/fuzz/run.ts for its options.
import { run } from "./bundle.mjs";

await run("fuzz", "test/fuzz/run.ts");
