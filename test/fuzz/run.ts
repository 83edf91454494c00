// Run: `npm run fuzz -- --seed N --seconds N`: fuzzes until the time is over, prints how it goes, makes what it
// finds small, and keeps it in test/fuzz/corpus. Exit code 1 if it found anything. The work is done in a worker,
// so that one that hangs can be seen and its message kept.

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { bytes } from "../../src/core/bytes.ts";
import { useInline } from "../../src/core/init.ts";
import { openBuilds } from "../core/builds.ts";
import { type Find, Fuzzer, kindOf } from "./fuzzer.ts";
import { MUTANT_MAX } from "./mutate.ts";
import { kept, loadSeeds } from "./seeds.ts";

/** What the worker tells: how far it is, or what it found. */
type Report = { mutants: number; deep: number; seeds: number; done: boolean } | { find: Find };

/** What the worker is given; `last` is the mutant in work, with its number and length before it. */
interface Task {
  readonly seed: number;
  readonly seconds: number;
  readonly deepEvery: number;
  readonly last: SharedArrayBuffer;
}

/** Finds of so many kinds are enough. */
const KINDS_MAX = 20;
/** Seconds after which a mutant hangs. */
const HANGS = 20;

async function work(task: Task): Promise<void> {
  useInline(bytes);
  const words = new Int32Array(task.last, 0, 2);
  const room = new Uint8Array(task.last, 8);
  const { seed, seconds, deepEvery } = task;
  const tell = (report: Report): void => parentPort?.postMessage(report);
  const fuzzer = new Fuzzer({
    builds: await openBuilds(),
    seeds: await loadSeeds(),
    seed,
    deepEvery,
    before(data) {
      room.set(data);
      words[1] = data.length;
      Atomics.add(words, 0, 1);
    },
  });
  const kinds = new Set<string>();
  const end = performance.now() + seconds * 1000;
  let next = performance.now() + 5000;
  for (let now = 0; now < end && kinds.size < KINDS_MAX; now = performance.now()) {
    for (let i = 0; i < 64; i++) {
      const find = fuzzer.step();
      if (!find || kinds.has(kindOf(find.fault))) continue;
      kinds.add(kindOf(find.fault));
      tell({ find: fuzzer.minimize(find) });
      if (kinds.size === KINDS_MAX) break;
    }
    if (now >= next) {
      tell({ mutants: fuzzer.mutants, deep: fuzzer.deep, seeds: fuzzer.seeds, done: false });
      next = now + 5000;
    }
  }
  tell({ mutants: fuzzer.mutants, deep: fuzzer.deep, seeds: fuzzer.seeds, done: true });
}

function keep({ fault, data }: Find): void {
  const name = `${fault.slice(0, fault.indexOf(":"))}-${createHash("sha256").update(data).digest("hex").slice(0, 12)}.dat`;
  writeFileSync(new URL(name, kept), data);
  console.log(
    `\nFOUND ${fault}\n${JSON.stringify(Buffer.from(data).toString("latin1").slice(0, 500))}\n→ ${name}\n`,
  );
  process.exitCode = 1;
}

function main(): void {
  const { values } = parseArgs({
    options: { seed: { type: "string" }, seconds: { type: "string" }, "deep-every": { type: "string" } },
  });
  const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
  const seconds = Number(values.seconds ?? 60);
  const deepEvery = Number(values["deep-every"] ?? 64);
  const last = new SharedArrayBuffer(8 + MUTANT_MAX);
  const words = new Int32Array(last, 0, 2);
  console.log(`seed ${seed}, ${seconds} s, every ${deepEvery}th mutant through the library`);
  const began = performance.now();
  const task: Task = { seed, seconds, deepEvery, last };
  const worker = new Worker(process.argv[1]!, { workerData: task });
  worker.on("message", (report: Report) => {
    if ("find" in report) return keep(report.find);
    const took = (performance.now() - began) / 1000;
    const rate = Math.round(report.mutants / took).toLocaleString("en");
    const counts = [report.mutants, report.deep, report.seeds].map((each) => each.toLocaleString("en"));
    console.log(
      `${took.toFixed(0)} s: ${counts[0]} mutants, ${rate}/s; ${counts[1]} through the library; ${counts[2]} seeds`,
    );
    if (report.done) clearInterval(watch);
  });
  worker.on("error", (error) => {
    throw error;
  });
  let number = 0;
  let still = 0;
  const watch = setInterval(() => {
    // Before the first mutant the worker compiles, which is no hang; making a find small is none either.
    const now = Atomics.load(words, 0);
    still = now === number ? still + 1 : 0;
    number = now;
    if (number === 0 || still < HANGS * 6) return;
    clearInterval(watch);
    void worker.terminate();
    const data = new Uint8Array(last, 8, words[1]!).slice();
    keep({ fault: `hang: mutant ${number} of seed ${seed} takes more than ${HANGS * 6} s`, data });
  }, 1000);
}

if (isMainThread) main();
else await work(workerData as Task);
