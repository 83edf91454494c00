// What suites need beside npm's packages: programs of Debian packages, installed where that is possible.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Installs those that are missing; ends the process where it cannot.
 *
 * @param packages by program, or by the path of a file below a folder of the system's libraries
 */
export function needPrograms(packages) {
  const missing = Object.keys(packages).filter((name) => !isInstalled(name) && !isInLibraries(name));
  if (missing.length === 0) return;
  const names = missing.map((name) => packages[name]);
  if (process.getuid?.() !== 0 || !isInstalled("apt-get")) {
    console.error(`These tests need ${missing.join(" and ")}. On Debian: apt-get install ${names.join(" ")}`);
    process.exit(1);
  }
  run("apt-get", ["update"]);
  run("apt-get", ["install", "-y", "--no-install-recommends", ...names], {
    DEBIAN_FRONTEND: "noninteractive",
  });
}

/** Runs a program in the project's folder; ends the process with its status where that is not 0. */
export function run(command, args, environment = {}) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** `/usr/lib`, `/usr/lib/x86_64-linux-gnu`: Debian has a folder for each architecture. */
function isInLibraries(file) {
  if (!file.includes("/") || !existsSync("/usr/lib")) return false;
  return ["", ...readdirSync("/usr/lib")].some((folder) => existsSync(join("/usr/lib", folder, file)));
}

function isInstalled(program) {
  return process.env.PATH.split(delimiter).some((folder) => existsSync(join(folder, program)));
}
