// Program: a program that runs beside the tests, what it prints, and its end. None outlives the tests.

import { spawn } from "node:child_process";
import { once } from "node:events";

const running = new Map();
const killAll = () => {
  for (const kill of running.values()) kill("SIGKILL");
};
process.on("exit", killAll);
// Killed itself, it would otherwise end without a word to them. In a worker of vitest's exit throws.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => {
    killAll();
    process.exit(1);
  });
}

/** A child process. */
export class Program {
  /** What it has printed so far, errors included. */
  output = "";
  #child;
  #kill;
  #exit;
  #waiting = new Set();

  /** @param options   as spawn's; `detached` makes it the leader of a process group, which ends with it */
  constructor(command, args, options = {}) {
    this.#child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    const { pid } = this.#child;
    const isLeader = options.detached === true && pid !== undefined;
    this.#kill = (signal) => {
      try {
        if (isLeader) process.kill(-pid, signal);
        else this.#child.kill(signal);
      } catch (error) {
        if (error.code !== "ESRCH") throw error;
      }
    };
    running.set(this.#child, this.#kill);
    this.#exit = once(this.#child, "close").then(([code, signal]) => {
      running.delete(this.#child);
      this.#notify();
      return { code, signal };
    });
    this.#exit.catch(() => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        this.output += text;
        this.#notify();
      });
    }
  }

  /** Waits for its output to match. */
  async prints(pattern, milliseconds = 20_000) {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (!running.has(this.#child)) throw new Error(`ended without printing ${pattern}:\n${this.output}`);
      if (Date.now() > deadline) throw new Error(`did not print ${pattern}:\n${this.output}`);
      await this.#change(deadline);
    }
  }

  /** Waits for its end; its exit code and signal. */
  exit() {
    return this.#exit;
  }

  /** Whether it has ended. */
  get ended() {
    return !running.has(this.#child);
  }

  interrupt() {
    this.#child.kill("SIGINT");
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** Writes to its standard input, where that is a pipe. */
  write(text) {
    this.#child.stdin.write(text);
  }

  /** Ends it, if it has not ended by itself. */
  async kill() {
    this.#kill("SIGKILL");
    await this.#exit.catch(() => {});
  }

  /** Asks it to end, and makes it after 5 seconds. */
  async stop() {
    if (this.ended) return;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#kill("SIGKILL"), 5000);
    await this.#exit.catch(() => {});
    clearTimeout(timer);
  }

  #change(deadline) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deadline - Date.now() + 1);
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #notify() {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/**
 * Starts a program that has processes of its own, or that nothing else would end: in a process group, and with
 * `signal` for it should this process be killed without a word.
 */
export function startDaemon(command, args, options = {}, signal = "KILL") {
  return new Program("setpriv", ["--pdeathsig", signal, "--", command, ...args], {
    detached: true,
    ...options,
  });
}
