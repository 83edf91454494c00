// Calls: SIPp calls SIPp through a record-routing proxy with state, the library's on each runtime and, where it
// is installed, Kamailio's with one worker. At each rate they take turns. One that fails a call or has anything
// repeated, at two tries, is out: the rate before was its highest.

import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { has, path, Running, sleep } from "./processes.mjs";

const FIRST = 100;
const STEP = 1.3;
const LAST = 20_000;

/** A free UDP port, as far as one can know. */
function freePort() {
  return new Promise((resolve) => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

async function kamailio(callee, folder) {
  const port = await freePort();
  // -DD: in the foreground, with its worker. Its usual allocator is several times slower than this one.
  const settings = ["-x", "tlsf", "-X", "tlsf", "-m", "2048", "-M", "16", "-b", "4194304"];
  const defines = ["-A", `PORT=${port}`, "-A", `CALLEE="${callee}"`];
  const command = [
    "kamailio",
    "-DD",
    "-E",
    "-f",
    path("kamailio.cfg"),
    "-Y",
    folder,
    ...settings,
    ...defines,
  ];
  const program = new Running(command);
  await sleep(1500);
  return { name: "Kamailio", program, port };
}

async function library(runtime, callee) {
  const program = new Running([...runtime.command, path("proxy.mjs"), `${callee}`]);
  const [, port] = await program.prints(/PORT (\d+)/);
  return { name: runtime.name, program, port };
}

/** The last line of a file of SIPp's statistics, by column. */
function statistics(file) {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const names = lines[0].split(";");
  const values = lines.at(-1).split(";");
  return (name) => Number(values[names.indexOf(`${name}(C)`)] ?? 0);
}

/** SIPp, on the other core; its statistics, once it has ended. */
class Sipp {
  #file;
  running;

  constructor(folder, name, port, args) {
    this.#file = join(folder, `${name}.csv`);
    const common = ["-i", "127.0.0.1", "-p", `${port}`, "-nostdin", "-t", "u1", "-timer_resol", "1", "-nd"];
    const counted = ["-buff_size", "4000000", "-trace_stat", "-fd", "1", "-stf", this.#file];
    const command = ["sipp", "-sf", path(`sipp/${name}.xml`), ...common, ...counted, ...args];
    this.running = new Running(command, { core: 1, cwd: folder });
  }

  get statistics() {
    return statistics(this.#file);
  }
}

/** Some seconds of calls at one rate; whether all went well, and what they cost the proxy. */
async function calls1(proxy, callee, rate, seconds) {
  const folder = mkdtempSync(join(tmpdir(), "calls-"));
  const count = Math.ceil(rate * seconds);
  const uas = new Sipp(folder, "uas", callee, []);
  await sleep(500);
  const before = proxy.program.cpu;
  const uac = new Sipp(folder, "uac", await freePort(), [
    ...["-s", "callee", "-r", `${rate}`, "-m", `${count}`, "-l", `${Math.max(1000, rate * 4)}`],
    ...["-timeout", `${seconds + 20}`, "-timeout_error", `127.0.0.1:${proxy.port}`],
  ]);
  try {
    await uac.running.ended;
    const used = proxy.program.cpu - before;
    // The callee ends on a signal, and writes its statistics.
    await uas.running.end("SIGUSR1");
    const [made, taken] = [uac.statistics, uas.statistics];
    const done = made("SuccessfulCall");
    const failed = count - done;
    const repeated = made("Retransmissions") + taken("Retransmissions");
    return {
      good: failed === 0 && repeated === 0,
      failed,
      repeated,
      micros: (used / Math.max(1, done)) * 1e6,
    };
  } finally {
    await uac.running.end("SIGKILL");
    await uas.running.end("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function calls(runtimes, { seconds }, say) {
  if (!has("sipp")) {
    say("\nCalls: not measured, SIPp is not installed.");
    return [];
  }
  say(`\nCalls through a proxy, ${seconds} s at each rate; CPU microseconds a call`);
  if (!has("kamailio")) say("  Kamailio is not installed: there is nothing to compare with.");
  const callee = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "kamailio-"));
  const proxies = [];
  try {
    if (has("kamailio")) proxies.push(await kamailio(callee, folder));
    for (const runtime of runtimes) proxies.push(await library(runtime, callee));
    // Until its code is compiled.
    for (const proxy of proxies) await calls1(proxy, callee, FIRST, 10);
    const best = new Map(proxies.map(({ name }) => [name, { calls: 0, micros: undefined }]));
    let left = proxies;
    for (let rate = FIRST; left.length > 0 && rate < LAST; rate = Math.ceil(rate * STEP)) {
      const stay = [];
      const shown = [];
      for (const proxy of left) {
        let result = await calls1(proxy, callee, rate, seconds);
        if (!result.good) result = await calls1(proxy, callee, rate, seconds);
        if (result.good) {
          best.set(proxy.name, { calls: rate, micros: result.micros });
          stay.push(proxy);
        }
        const fault = result.good ? "" : `, ${result.failed} failed, ${result.repeated} repeated: out`;
        shown.push(`${proxy.name} ${Math.round(result.micros)} µs${fault}`);
      }
      say(`  ${rate}/s: ${shown.join("; ")}`);
      left = stay;
    }
    const reference = best.get("Kamailio");
    for (const [name, { calls, micros }] of best) {
      const share = reference?.calls ? `, ${(calls / reference.calls).toFixed(2)} of Kamailio's rate` : "";
      say(`  ${name}: ${calls} calls a second, ${micros ? Math.round(micros) : "?"} µs each${share}`);
    }
    return [...best].map(([name, result]) => ({ work: "calls", proxy: name, ...result }));
  } finally {
    await Promise.all(proxies.map(({ program }) => program.end()));
    rmSync(folder, { recursive: true, force: true });
  }
}
