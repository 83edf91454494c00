// Burst: ten thousand requests back to back, to a server with the system's receive buffer, and with a larger
// one where the runtime can set it. What the kernel drops, it counts; what it does not drop has to arrive.

import { dropped, path, Running, run } from "./processes.mjs";

const COUNT = 10_000;

export async function burst(load, runtime, buffer) {
  const program = new Running([
    ...runtime.command,
    path("server.mjs"),
    "udp",
    ...(buffer ? [`${buffer}`] : []),
  ]);
  try {
    const [, port] = await program.prints(/PORT (\d+)/);
    await run([load, "udp", port, "1", "64", "8"]);
    // What is under way when the load ends still arrives.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = dropped(Number(port));
    const { answers, seconds } = JSON.parse(await run([load, "burst", port, `${COUNT}`]));
    const drops = dropped(Number(port)) - before;
    return {
      runtime: runtime.name,
      buffer: buffer ?? "the system's",
      sent: COUNT,
      perSecond: COUNT / seconds,
      dropped: drops,
      answered: answers,
      missing: COUNT - drops - answers,
    };
  } finally {
    await program.end("SIGKILL");
  }
}
