// Opens a UDP socket of `sippet/node`, and tells how much of what somebody then sends it is heard within three seconds.

import { udp } from "../../dist/node.js";

let heard = 0;
const receiver = { onMessage: () => void heard++, onFlowClosed() {}, onError() {} };
const transport = udp({ host: "127.0.0.1", port: 0 });
await transport.start(receiver);
console.log(`PORT ${transport.local.port}`);
setTimeout(async () => {
  console.log(`HEARD ${heard}`);
  await transport.close();
}, 3000);
