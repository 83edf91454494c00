// Processes: starts the programs that are measured and those that load them, each on a core of its own, and
// asks the kernel what they have used.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

export const path = (name) => fileURLToPath(new URL(name, import.meta.url));
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether a command is there. */
export const has = (command) => spawnSync("which", [command]).status === 0;

const pinned = cpus().length > 1 && has("taskset") && !process.argv.includes("--unpinned");
/** The command on core `core`, where that can be chosen. */
const on = (core, command) => (pinned ? ["taskset", "-c", `${core}`, ...command] : command);

/** Clock ticks a second, in which the kernel counts the time of processes. */
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** A program that runs until it is told to end. */
export class Running {
  #child;
  output = "";

  constructor(command, { core = 0, cwd } = {}) {
    const [file, ...args] = on(core, command);
    this.#child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], ...(cwd && { cwd }) });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.output += text;
        if (this.output.length > 100_000) this.output = this.output.slice(-50_000);
      });
    }
    this.ended = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => resolve(code ?? signal));
      this.#child.once("error", (error) => {
        this.output += error.message;
        resolve(error.code);
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** What it prints that matches, once it does. */
  async prints(pattern, limit = 20_000) {
    for (const until = Date.now() + limit; ; await sleep(20)) {
      const found = pattern.exec(this.output);
      if (found) return found;
      if (this.#child.exitCode !== null || Date.now() > until) {
        throw new Error(`${this.#child.spawnargs.join(" ")}: ${this.output}`);
      }
    }
  }

  /** Seconds of CPU time that it, and what it has started, have used. */
  get cpu() {
    return processorTime(this.#child.pid);
  }

  async end(signal = "SIGTERM") {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await this.ended;
    clearTimeout(timer);
  }
}

function processorTime(pid) {
  let stat;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return 0;
  }
  const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const children = spawnSync("pgrep", ["-P", `${pid}`], { encoding: "utf8" })
    .stdout.split("\n")
    .filter(Boolean);
  return children.reduce((sum, child) => sum + processorTime(child), (Number(user) + Number(system)) / TICKS);
}

/** Runs a program on the other core to its end; what it printed. */
export async function run(command, options = {}) {
  const running = new Running(command, { core: 1, ...options });
  const code = await running.ended;
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${running.output}`);
  return running.output;
}

/** Datagrams that the kernel has dropped for the socket of that port, of this machine. */
export function dropped(port) {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return ["udp", "udp6"]
    .flatMap((name) => readFileSync(`/proc/net/${name}`, "utf8").split("\n"))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local]) => local?.endsWith(`:${hex}`))
    .reduce((sum, fields) => sum + Number(fields.at(-1)), 0);
}

const inPackages = (name) => path(`../../test/runtime/node_modules/${name}`);
const packagedNode = (major) => inPackages(`node${major}-${process.platform}-${process.arch}/bin/node`);

/**
 * What docs/transports.md advises for a server that is busy: room for what is young, so that less is carried to where the
 * old is, and in Bun no memory that goes back to the kernel, to be had from it anew.
 */
const NODE = ["--max-semi-space-size=64"];
const DENO = ["--v8-flags=--max-semi-space-size=64"];
const BUN = ["env", "MIMALLOC_PURGE_DELAY=-1"];

/** The runtimes that are there: this one, and those that test/runtime has installed. */
export const RUNTIMES = [
  { name: `Node ${process.versions.node}`, command: [process.execPath, ...NODE] },
  { name: "Node 22", command: [packagedNode(22), ...NODE] },
  { name: "Node 24", command: [packagedNode(24), ...NODE] },
  { name: "Bun", command: [...BUN, inPackages("bun/bin/bun.exe")] },
  {
    name: "Deno",
    command: [inPackages("deno/deno"), "run", ...DENO, "--unstable-net", "-A", "--no-prompt"],
  },
].filter(({ command }) => command.every((word) => !word.startsWith("/") || existsSync(word)));

const LOAD = path("../../build/load");

/** Compiles the load; its path, or undefined where there is no C compiler. */
export function compiledLoad() {
  if (!has("cc")) return undefined;
  execFileSync("cc", ["-O2", "-Wall", "-o", LOAD, path("load.c")], { stdio: "inherit" });
  return LOAD;
}

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
