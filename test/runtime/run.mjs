// Installs the runtimes from this folder's lock file, then runs the tests that run the library under them.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("./", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));

run("npm", ["ci", "--prefix", here, "--no-audit", "--no-fund"]);
if (!existsSync(join(root, "dist/index.js"))) run("npm", ["run", "build"]);
run("npx", ["vitest", "run", "--config", join(here, "vitest.config.mjs"), ...process.argv.slice(2)]);

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
