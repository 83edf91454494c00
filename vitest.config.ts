import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/browser/**", "test/interop/**", "test/runtime/**", "**/node_modules/**"],
    setupFiles: ["test/support/core.ts"],
    testTimeout: 20_000,
  },
});
