// Gets what the browser tests need, then runs them: SIPp and Chromium as Debian packages, playwright-core
// from this folder's lock file.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("./", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));

const PACKAGES = { sipp: "sip-tester", chromium: "chromium" };

const missing = Object.keys(PACKAGES).filter((program) => !isInstalled(program));
if (missing.length > 0) install(missing.map((program) => PACKAGES[program]));
run("npm", ["ci", "--prefix", here, "--no-audit", "--no-fund"]);
if (!existsSync(join(root, "dist/index.js"))) run("npm", ["run", "build"]);
run("npx", ["vitest", "run", "--config", join(here, "vitest.config.mjs"), ...process.argv.slice(2)]);

function install(packages) {
  if (process.getuid?.() !== 0 || !isInstalled("apt-get")) {
    console.error(
      `The browser tests need ${missing.join(" and ")}. On Debian: apt-get install ${packages.join(" ")}`,
    );
    process.exit(1);
  }
  run("apt-get", ["update"]);
  run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], {
    DEBIAN_FRONTEND: "noninteractive",
  });
}

function run(command, args, environment = {}) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  if (status !== 0) process.exit(status ?? 1);
}

function isInstalled(program) {
  return process.env.PATH.split(delimiter).some((folder) => existsSync(join(folder, program)));
}
