// Builds the core where there is none, in a fresh clone: src/ cannot be read without it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);

if (["src/core/bytes.ts", "build/scalar.js"].some((file) => !existsSync(new URL(file, root)))) {
  const options = { cwd: fileURLToPath(root), stdio: "inherit", shell: process.platform === "win32" };
  const { status } = spawnSync("npm", ["run", "--silent", "build:wasm"], options);
  if (status !== 0) process.exit(status ?? 1);
}
