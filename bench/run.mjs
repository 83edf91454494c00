// npm run bench: times Sippet and its peers on the same messages in one process.
//   node bench/run.mjs [--quick] [--only NAME]... [--json]
//   --quick       a few seconds, for CI: the figures are rougher
//   --only NAME   only this contender (may be given several times)
//   --json        one JSON document instead of text
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { corpus } from "./corpus.mjs";
import { hostileTable } from "./hostile.mjs";
import { collector, memoryTable } from "./memory.mjs";
import { contenders } from "./peers.mjs";
import { proxiedCalls } from "./proxied.mjs";
import { toText } from "./report.mjs";
import { interleave } from "./rounds.mjs";
import { tasks } from "./tasks.mjs";
import { transactions } from "./transactions.mjs";
import { compare } from "./truth.mjs";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
  },
});
const pace = options.quick
  ? { rounds: 7, budget: 4, warmup: 120, limit: 1100 }
  : { rounds: 21, budget: 14, warmup: 400, limit: 6500 };

const messages = corpus(200);
const { present, absent } = await contenders(options.only);

const runtime = process.versions.bun
  ? `Bun ${process.versions.bun}`
  : process.versions.deno
    ? `Deno ${process.versions.deno}`
    : `Node ${process.versions.node}`;
const result = {
  runtime,
  v8: process.versions.v8,
  platform: `${process.platform} ${process.arch}`,
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  quick: options.quick,
  contenders: present.map(({ name, version }) => ({ name, version })),
  absent,
  corpus: {
    messages: messages.length,
    mean: messages.reduce((sum, { bytes }) => sum + bytes.length, 0) / messages.length,
    sizes: Object.fromEntries(messages.slice(0, 9).map(({ name, bytes }) => [name, bytes.length])),
  },
};

const { expected, results } = compare(present, messages.slice(0, options.quick ? 18 : 90));
result.truth = results.map(({ name, sum, wrong }) => ({
  name,
  right: sum === expected,
  wrong: Object.fromEntries(wrong),
}));

result.tasks = tasks(present, messages, options.quick).map(({ id, title, jobs, missing }) => ({
  id,
  title,
  missing,
  times: Object.fromEntries(interleave(jobs, pace)),
}));

const ours = present.find((contender) => contender.parseWith !== undefined);
result.hostile =
  ours === undefined
    ? []
    : hostileTable(ours, options.quick ? { rounds: 3, budget: 4 } : { rounds: 9, budget: 8 });

const gc = await collector();
result.memory = gc === undefined ? [] : memoryTable(present, messages, gc, options.quick ? 1 : 3);

if (ours !== undefined) {
  result.transactions = await transactions(options);
  result.proxied = await proxiedCalls(options);
}

console.log(options.json ? JSON.stringify(result, null, 2) : toText(result));
// A contender that reads other values than the corpus holds makes every ratio with it worthless.
if (result.truth.some(({ name, right }) => name === "sippet" && !right)) process.exitCode = 1;
