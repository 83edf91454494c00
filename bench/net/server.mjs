// Server: answers OPTIONS by 200, statefully, with the library, and prints its port; at SIGTERM, what it
// counted. Arguments: udp or ws, and the kernel's receive buffer for UDP, where it is not the system's.

import process from "node:process";
import { Stack } from "../../dist/index.js";

const [kind, recvBufferSize] = process.argv.slice(2);
const entry = globalThis.Deno ? "deno" : globalThis.Bun ? "bun" : "node";
const { udp, webSocketServer } = await import(`../../dist/${entry}.js`);
const at = { host: "127.0.0.1", port: 0 };
const buffer = recvBufferSize ? { recvBufferSize: Number(recvBufferSize) } : {};

const stack = new Stack({
  transports: [kind === "ws" ? webSocketServer(at) : udp({ ...at, ...buffer })],
  core: {
    onRequest: (_request, transaction) => transaction?.respond(200),
    onResponse() {},
    onError: (error) => console.error(error.code, error.message),
  },
  // Over UDP each lives for 32 seconds (timer J): a fast run has more than the usual limit.
  limits: { transactions: 10_000_000 },
});
await stack.start();
process.once("SIGTERM", async () => {
  console.log(`STATS ${JSON.stringify(stack.stats)}`);
  await stack.close();
});
console.log(`PORT ${stack.transports[0].local.port}`);
