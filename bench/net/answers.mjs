// Answers: OPTIONS answered 200 by a stateful server, beside a bare echo of the same bytes on the same runtime
// and core. Both run all the time and are loaded in turns, so that whatever else the machine does meets both.

import { median, path, Running, run, sleep } from "./processes.mjs";

/** After how many messages a runtime has compiled what it will, and for how many seconds it is waited for at most. */
const WARM = { messages: 80_000, seconds: 20 };
/**
 * For how many seconds a server is loaded before it counts: as long as its answers are kept (RFC 3261 §17.2.2, timer J),
 * and some more. From then on it takes no more memory from the kernel than it gives up itself.
 */
const FULL = { udp: 35, ws: 0 };
/** Messages under way at once, and the sockets that they are spread over. */
const SHAPE = { udp: ["64", "8"], ws: ["64", "8"] };

/** A program and the load on it. */
class Side {
  rate = 0;
  lost = 0;
  #script;
  #program;
  #load;

  constructor(load, kind, runtime, script, argument = kind) {
    this.#script = script;
    this.#program = new Running([...runtime.command, path(script), argument]);
    this.#load = async (seconds) => {
      const [, port] = await this.#program.prints(/PORT (\d+)/);
      return JSON.parse(await run([load, kind, port, `${seconds}`, ...SHAPE[kind]]));
    };
  }

  get cpu() {
    return this.#program.cpu;
  }

  /** @param least for how many seconds at least */
  async warm(least = 0) {
    const began = Date.now();
    const [enough, most] = [began + least * 1000, began + Math.max(least, WARM.seconds) * 1000];
    for (let count = 0; Date.now() < enough || (count < WARM.messages && Date.now() < most); ) {
      count += (await this.#load(1)).answers;
    }
  }

  /** Loads it for a while; how many answers came. */
  async turn(seconds) {
    const { answers, bad, lost, seconds: took } = await this.#load(seconds);
    if (bad > 0 || answers === 0) throw new Error(`${this.#script}: ${bad} of ${answers} answers are none`);
    this.rate = answers / took;
    this.lost += lost;
    return answers;
  }

  async end() {
    await this.#program.end("SIGKILL");
    await sleep(100);
  }
}

/**
 * Rounds of echo and server; medians, and the ratios of each round's pair. The CPU time of a side is that of the whole
 * round: what a server does when the load is over (its transactions end then) belongs to it.
 *
 * @param bare which echo, where a runtime has more than one
 */
export async function answers(load, kind, runtime, { seconds, rounds }, bare = kind) {
  const echo = new Side(load, kind, runtime, "echo.mjs", bare);
  const server = new Side(load, kind, runtime, "server.mjs");
  const pairs = [];
  try {
    await echo.warm();
    await server.warm(FULL[kind]);
    for (let i = 0; i < rounds; i++) {
      const before = { echo: echo.cpu, server: server.cpu };
      const count = {};
      for (const name of i % 2 ? ["server", "echo"] : ["echo", "server"]) {
        count[name] = await { echo, server }[name].turn(seconds);
      }
      const echoMicros = ((echo.cpu - before.echo) / count.echo) * 1e6;
      const answerMicros = ((server.cpu - before.server) / count.server) * 1e6;
      pairs.push({ echo: echo.rate, answers: server.rate, echoMicros, answerMicros });
    }
  } finally {
    await echo.end();
    await server.end();
  }
  const of = (pick) => median(pairs.map(pick));
  return {
    kind,
    bare,
    runtime: runtime.name,
    echo: of((pair) => pair.echo),
    answers: of((pair) => pair.answers),
    ratio: of((pair) => pair.answers / pair.echo),
    echoMicros: of((pair) => pair.echoMicros),
    answerMicros: of((pair) => pair.answerMicros),
    cpuRatio: of((pair) => pair.echoMicros / pair.answerMicros),
    lost: echo.lost + server.lost,
  };
}
