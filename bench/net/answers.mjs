// Answers: OPTIONS answered 200 by a stateful server, beside a bare echo of the same bytes on the same runtime
// and core. Echo and server take turns, so that whatever else the machine does meets both.

import { median, path, Running, run, sleep } from "./processes.mjs";

/** After how many messages a runtime has compiled what it will. */
const WARM = 20_000;
/** Messages under way at once, and the sockets that they are spread over. */
const SHAPE = { udp: ["64", "8"], ws: ["64", "8"] };

/** One run of one program: its rate, and its CPU time for each message, in microseconds. */
async function measure(load, kind, runtime, script, seconds) {
  const program = new Running([...runtime.command, path(script), kind]);
  try {
    const [, port] = await program.prints(/PORT (\d+)/);
    // Until its code is compiled, however long that takes here.
    for (let warm = 0, times = 0; warm < WARM && times < 15; times++) {
      warm += JSON.parse(await run([load, kind, port, "1", ...SHAPE[kind]])).answers;
    }
    const before = program.cpu;
    const {
      answers,
      bad,
      lost,
      seconds: took,
    } = JSON.parse(await run([load, kind, port, `${seconds}`, ...SHAPE[kind]]));
    const used = program.cpu - before;
    if (bad > 0 || answers === 0) throw new Error(`${script}: ${bad} of ${answers} answers are none`);
    return { rate: answers / took, micros: (used / answers) * 1e6, lost };
  } finally {
    await program.end("SIGKILL");
    await sleep(100);
  }
}

/** Rounds of echo and server; medians, and the ratios of each round's pair. */
export async function answers(load, kind, runtime, { seconds, rounds }) {
  const pairs = [];
  for (let i = 0; i < rounds; i++) {
    const order = i % 2 ? ["server.mjs", "echo.mjs"] : ["echo.mjs", "server.mjs"];
    const pair = {};
    for (const script of order) pair[script] = await measure(load, kind, runtime, script, seconds);
    pairs.push({ echo: pair["echo.mjs"], server: pair["server.mjs"] });
  }
  const of = (pick) => median(pairs.map(pick));
  return {
    kind,
    runtime: runtime.name,
    echo: of(({ echo }) => echo.rate),
    answers: of(({ server }) => server.rate),
    ratio: of(({ echo, server }) => server.rate / echo.rate),
    echoMicros: of(({ echo }) => echo.micros),
    answerMicros: of(({ server }) => server.micros),
    cpuRatio: of(({ echo, server }) => echo.micros / server.micros),
    lost: pairs.reduce((sum, { echo, server }) => sum + echo.lost + server.lost, 0),
  };
}
