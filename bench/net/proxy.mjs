// Proxy: a record-routing proxy with state, as the switchboard is one, in front of one callee. Prints its port;
// at SIGTERM, what it counted. Argument: the callee's port.

import process from "node:process";
import { Stack } from "../../dist/index.js";
import { SipProxy } from "../../dist/proxy.js";

const [callee] = process.argv.slice(2);
const entry = globalThis.Deno ? "deno" : globalThis.Bun ? "bun" : "node";
const { udp } = await import(`../../dist/${entry}.js`);

const targets = ({ inDialog, request: { uri } }) => [
  { uri: inDialog ? uri : `sip:${uri.user}@127.0.0.1:${callee}` },
];
const stack = new Stack({
  transports: [udp({ host: "127.0.0.1", port: 0 })],
  core: {
    // The promise is not waited for: SIPp cancels nothing.
    onRequest: (request, transaction) => void proxy.forward(request, transaction, targets),
    onResponse() {},
    onError: (error) => console.error(error.code, error.message),
  },
  limits: { transactions: 10_000_000 },
});
const proxy = new SipProxy({ stack });
await stack.start();
process.once("SIGTERM", async () => {
  console.log(`STATS ${JSON.stringify(stack.stats)}`);
  await stack.close();
});
console.log(`PORT ${stack.transports[0].local.port}`);
