// Runs the simulation; see test/sim/cli.ts for its options.
import { run } from "./bundle.mjs";

await run("sim", "test/sim/cli.ts", "--enable-source-maps");
