// Calls: SIPp calls SIPp through a record-routing proxy with state, the library's on each runtime and, where it
// is installed, Kamailio's with one worker. They take turns, each at its own rate: twice the last as long as no call
// fails and nothing is repeated, then halfway between the highest that went well and the lowest that did not.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { has, path, Running, sleep } from "./processes.mjs";
import { callsAt, freePort } from "./sipp.mjs";

const FIRST = 100;
const LAST = 20_000;
/** The search ends when what went well and what did not are so near each other. */
const NEAR = 1.15;
/** Tries at a rate before it counts as too high: something else on the machine may have been the reason. */
const TRIES = 2;
/** At this rate, and for so many seconds, a proxy runs first, until its code is compiled: faults do not count. */
const WARM = { rate: 250, seconds: 24 };
/** How long a proxy that was too slow goes on sending again what nobody waits for, in milliseconds (timers B, F, H). */
const COOL = 33_000;

/** One proxy, and what is known of it so far. */
class Candidate {
  name;
  /** The highest rate without a fault, and the CPU time of a call there, in microseconds. */
  good = 0;
  micros;
  /** The lowest rate that was too high. */
  bad = Infinity;
  rate = FIRST;
  /** When its next turn may begin. */
  ready = 0;
  #begin;
  #failures = 0;
  #running;

  constructor(name, begin) {
    this.name = name;
    this.#begin = begin;
  }

  get found() {
    return this.bad / this.good < NEAR || this.good >= LAST || this.bad <= 10;
  }

  /** One try at its rate; what there is to say of it. */
  async turn(callee, seconds) {
    if (!this.#running) {
      this.#running = await this.#begin();
      const { good } = await callsAt(this.#running, callee, WARM.rate, WARM.seconds);
      if (!good) this.ready = Date.now() + COOL;
      return `${this.name} is warm`;
    }
    const { rate } = this;
    const { good, failed, repeated, micros } = await callsAt(this.#running, callee, rate, seconds);
    if (good) {
      this.good = rate;
      this.micros = micros;
    } else if (++this.#failures >= TRIES) this.bad = rate;
    if (good || this.#failures >= TRIES) {
      this.#failures = 0;
      this.rate = Math.round(this.bad === Infinity ? rate * 2 : (this.good + this.bad) / 2);
    }
    if (!good) this.ready = Date.now() + COOL;
    return `${this.name} ${rate}/s ${good ? `${Math.round(micros)} µs` : `(${failed} failed, ${repeated} repeated)`}`;
  }

  async end() {
    // A signal that Kamailio can hear: its workers, left alone, would keep our pipes open.
    await this.#running?.program.end("SIGTERM");
  }
}

async function kamailio(callee, folder) {
  const port = await freePort();
  // -DD: in the foreground, with its worker. Its usual allocator is several times slower than this one.
  const settings = ["-x", "tlsf", "-X", "tlsf", "-m", "2048", "-M", "16", "-b", "4194304"];
  const defines = ["-A", `PORT=${port}`, "-A", `CALLEE="${callee}"`];
  const files = ["-f", path("kamailio.cfg"), "-Y", folder];
  const program = new Running(["kamailio", "-DD", "-E", ...files, ...settings, ...defines]);
  await sleep(1500);
  return { program, port };
}

async function library({ command }, callee) {
  const program = new Running([...command, path("proxy.mjs"), `${callee}`]);
  const [, port] = await program.prints(/PORT (\d+)/);
  return { program, port };
}

/** @param minutes after which no new turn begins */
export async function calls(runtimes, { seconds, minutes }, say) {
  if (!has("sipp")) {
    say("\nCalls: not measured, SIPp is not installed.");
    return [];
  }
  say(
    `\nCalls through a proxy, ${seconds} s at each rate, ${minutes} minutes in all; CPU microseconds a call`,
  );
  const callee = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "kamailio-"));
  const proxies = runtimes.map((each) => new Candidate(each.name, () => library(each, callee)));
  if (has("kamailio")) proxies.unshift(new Candidate("Kamailio", () => kamailio(callee, folder)));
  else say("  Kamailio is not installed: there is nothing to compare with.");
  const end = Date.now() + minutes * 60_000;
  try {
    for (let left = proxies; left.length > 0 && Date.now() < end; ) {
      const shown = [];
      for (const proxy of left) {
        const now = Date.now();
        if (now >= proxy.ready && now < end) shown.push(await proxy.turn(callee, seconds));
      }
      if (shown.length > 0) say(`  ${shown.join("; ")}`);
      else await sleep(500);
      left = left.filter(({ found }) => !found);
    }
    const reference = proxies.find(({ name }) => name === "Kamailio");
    for (const proxy of proxies) {
      const { name, good, micros, found } = proxy;
      const share = (value, of) => (value && of ? ` (${(value / of).toFixed(2)} of Kamailio's)` : "");
      const rate = `${found ? "" : "at least "}${good} calls a second${share(good, reference?.good)}`;
      say(
        `  ${name}: ${rate}, ${micros ? Math.round(micros) : "?"} µs each${share(micros, reference?.micros)}`,
      );
    }
    return proxies.map(({ name, good, micros, found }) => ({
      work: "calls",
      proxy: name,
      calls: good,
      micros,
      found,
    }));
  } finally {
    await Promise.all(proxies.map((each) => each.end()));
    rmSync(folder, { recursive: true, force: true });
  }
}
