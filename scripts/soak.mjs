// Runs the soak test; see test/soak/run.ts for its options.
import { run } from "./bundle.mjs";

await run("soak", "test/soak/run.ts", "--expose-gc");
