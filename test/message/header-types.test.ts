// Header types: the compiler takes header-types.test-d.ts, line for line.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

it("headers.get(name) has the type that belongs to the name", { timeout: 120_000 }, () => {
  let said = "";
  try {
    execFileSync(
      process.execPath,
      [file("../../node_modules/typescript/bin/tsc"), "-p", file("tsconfig.types.json")],
      {
        encoding: "utf8",
        stdio: "pipe",
      },
    );
  } catch (error) {
    said = (error as { stdout: string }).stdout;
  }
  expect(said).toBe("");
});
