// Opens two of `sippet/deno`'s UDP sockets, one with the smallest receive buffer, and reads nothing until a second after it has
// told where they are: what somebody has sent them meanwhile has found room in the kernel, or has not.

import { udp } from "../../dist/deno.js";

const heard = new Map();
const receiver = {
  onMessage: (_data, { local }) => heard.set(local.port, (heard.get(local.port) ?? 0) + 1),
  onFlowClosed() {},
  onError() {},
};
const usual = udp({ host: "127.0.0.1", port: 0 });
const small = udp({ host: "127.0.0.1", port: 0, recvBufferSize: 4096, sendBufferSize: 1 << 18 });
const both = [usual, small];
for (const each of both) await each.start(receiver);
console.log(`PORTS ${JSON.stringify(both.map(({ local }) => local.port))}`);
for (const end = Date.now() + 1000; Date.now() < end; );
await new Promise((resolve) => setTimeout(resolve, 200));
console.log(`HEARD ${JSON.stringify(both.map(({ local }) => heard.get(local.port)))}`);
await Promise.all(both.map((each) => each.close()));
