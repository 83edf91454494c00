// Bundles the simulation of test/sim, which is TypeScript, and runs it; see test/sim/cli.ts for its options.
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const file = (path) => fileURLToPath(new URL(path, import.meta.url));

const bundle = await rolldown({
  input: file("../test/sim/cli.ts"),
  platform: "node",
  logLevel: "warn",
});
await bundle.write({ file: file("../build/sim.mjs"), format: "es", sourcemap: true });
await bundle.close();
await import("../build/sim.mjs");
