// Measures the transports and the stack under load, on loopback, beside what bounds them: OPTIONS beside a bare
// echo, over UDP and WebSocket; a burst; calls through a proxy, beside Kamailio where that is installed.
// Options: --quick, --only udp,ws,burst,calls, --runtime Node,Bun, --seconds N, --rounds N, --minutes N (calls), --json, --unpinned.

import { parseArgs } from "node:util";
import { answers } from "./answers.mjs";
import { burst } from "./burst.mjs";
import { calls } from "./calls.mjs";
import { compiledLoad, RUNTIMES } from "./processes.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "udp,ws,burst,calls" },
    runtime: { type: "string", default: "" },
    seconds: { type: "string" },
    rounds: { type: "string" },
    minutes: { type: "string" },
    json: { type: "boolean", default: false },
    unpinned: { type: "boolean", default: false },
  },
});
const shape = {
  seconds: Number(values.seconds ?? (values.quick ? 2 : 5)),
  rounds: Number(values.rounds ?? (values.quick ? 1 : 8)),
  minutes: Number(values.minutes ?? (values.quick ? 3.5 : 15)),
};
const only = new Set(values.only.split(","));
const wanted = values.runtime.split(",");
const runtimes = RUNTIMES.filter(({ name }) => wanted.some((each) => name.startsWith(each)));
const results = [];
const say = (line) => values.json || console.log(line);
const whole = (number) => Math.round(number).toLocaleString("en");
const percent = (ratio) => `${Math.round(ratio * 100)} %`;

const load = compiledLoad();
if (!load && ["udp", "ws", "burst"].some((each) => only.has(each))) {
  console.error(
    "The load is a C program, and there is no cc here: install a C compiler, or take --only calls.",
  );
  process.exit(1);
}

for (const kind of ["udp", "ws"]) {
  if (!only.has(kind)) continue;
  say(
    `\nOPTIONS over ${kind}, messages a second, and CPU microseconds a message (median of ${shape.rounds})`,
  );
  for (const runtime of runtimes) {
    for (const bare of kind === "ws" && runtime.name === "Bun" ? ["ws", "own-ws"] : [kind]) {
      const result = await answers(load, kind, runtime, shape, bare);
      results.push({ work: "options", ...result });
      const { echo, answers: rate, ratio, echoMicros, answerMicros, cpuRatio, lost } = result;
      say(
        `  ${runtime.name.padEnd(14)} echo ${bare === kind ? "" : "by its own ws "}${whole(echo)} ` +
          `(${echoMicros.toFixed(1)} µs), answered ${whole(rate)} (${answerMicros.toFixed(1)} µs): ` +
          `${percent(ratio)} of the rate, ${percent(cpuRatio)} by CPU${lost ? `; ${lost} lost` : ""}`,
      );
    }
  }
}

if (only.has("burst")) {
  say("\nA burst of 10,000 datagrams");
  for (const runtime of runtimes) {
    const buffers = runtime.name.startsWith("Node") ? [undefined, 16 * 1024 * 1024] : [undefined];
    for (const buffer of buffers) {
      const result = await burst(load, runtime, buffer);
      results.push({ work: "burst", ...result });
      const { perSecond, dropped, answered, missing } = result;
      say(
        `  ${runtime.name.padEnd(14)} receive buffer ${result.buffer}: ${whole(perSecond)} a second sent, ` +
          `${dropped} dropped by the kernel, ${answered} answered, ${missing} missing`,
      );
    }
  }
}

if (only.has("calls")) results.push(...(await calls(runtimes, shape, say)));
if (values.json) console.log(JSON.stringify(results, undefined, 2));
