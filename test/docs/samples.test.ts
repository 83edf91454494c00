// The code in the documents does what they say.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Stack } from "../../src/stack/stack.ts";
import { folder, writeSamples } from "./samples.ts";

const samples = writeSamples();
const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

afterEach(() => {
  vi.restoreAllMocks();
});

test("every sample passes the type checker", () => {
  expect(samples.length).toBeGreaterThan(0);
  const { status, stdout, stderr } = spawnSync(process.execPath, [TSC, "-p", folder], { encoding: "utf8" });
  expect(status, stdout + stderr).toBe(0);
}, 120_000);

describe("samples run, and print what they say", () => {
  test.each(samples.filter(({ mark }) => mark === "run"))(
    "$title",
    async ({ file, prints }) => {
      const printed: string[] = [];
      vi.spyOn(console, "log").mockImplementation((...values: unknown[]) => {
        printed.push(values.map(String).join(" "));
      });
      // A sample that goes on listening exports its stack.
      const { stack } = (await import(/* @vite-ignore */ file)) as { stack?: Stack };
      await stack?.close();
      expect(printed).toEqual(prints);
    },
    60_000,
  );
});
