// Program: a program that runs beside the tests, what it prints, and its end. None outlives the tests.

import { spawn } from "node:child_process";
import { once } from "node:events";

const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
// Killed itself, it would otherwise end without a word to them.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

/** A child process. */
export class Program {
  /** What it has printed so far, errors included. */
  output = "";
  #child;
  #exit;
  #waiting = new Set();

  constructor(command, args, options = {}) {
    this.#child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    running.add(this.#child);
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

  interrupt() {
    this.#child.kill("SIGINT");
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** Ends it, if it has not ended by itself. */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#exit.catch(() => {});
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
