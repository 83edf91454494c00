// Starts a presence server on UDP and TCP. It trusts everybody.
//
//     node examples/presence/main.mjs [port]

import { tcp, udp } from "sippet/node";
import { createPresence } from "./presence.mjs";

const port = Number(process.argv[2] ?? 5060);
const presence = createPresence({
  transports: [udp({ port }), tcp({ port })],
  onError: (error) => console.error(error),
});

await presence.stack.start();
for (const { protocol, sentBy } of presence.stack.transports) console.log(`${protocol} ${sentBy}`);
process.once("SIGINT", () => presence.close(2000));
