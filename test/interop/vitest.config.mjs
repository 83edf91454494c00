import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("./", import.meta.url)),
  test: {
    include: ["*.test.mjs"],
    // Timers of the real world run in these tests, mostly to be waited for: many at once, in one process.
    fileParallelism: false,
    maxConcurrency: 6,
    // As Node loads it, untouched.
    server: { deps: { external: [/\/dist\//] } },
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
