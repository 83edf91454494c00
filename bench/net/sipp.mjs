// Sipp: one caller and one callee for some seconds at one rate, on the other core, and what became of the calls.

import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { path, Running, sleep } from "./processes.mjs";

/** How long calls may last past the time in which they are made, in seconds: some retransmissions, but no time-out. */
const LATE = 4;

/** A free UDP port, as far as one can know. */
export function freePort() {
  return new Promise((resolve) => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
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
export async function callsAt(proxy, callee, rate, seconds) {
  const folder = mkdtempSync(join(tmpdir(), "calls-"));
  const count = Math.ceil(rate * seconds);
  const uas = new Sipp(folder, "uas", callee, []);
  await sleep(500);
  const before = proxy.program.cpu;
  const uac = new Sipp(folder, "uac", await freePort(), [
    ...["-s", "callee", "-r", `${rate}`, "-m", `${count}`, "-l", `${Math.max(1000, rate * 4)}`],
    ...["-timeout", `${seconds + LATE}`, "-timeout_error", `127.0.0.1:${proxy.port}`],
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
