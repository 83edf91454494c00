// Gets what the browser tests need, then runs them: SIPp, Chromium and Firefox as Debian packages, npm packages
// from this folder's lock file.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { needPrograms, run } from "./programs.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));

needPrograms({ sipp: "sip-tester", chromium: "chromium", "firefox-esr": "firefox-esr" });
run("npm", ["ci", "--prefix", here, "--no-audit", "--no-fund"]);
if (!existsSync(join(root, "dist/index.js"))) run("npm", ["run", "build"]);
run("npx", ["vitest", "run", "--config", join(here, "vitest.config.mjs"), ...process.argv.slice(2)]);
