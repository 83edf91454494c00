// Starts a presence server on UDP and TCP. It trusts everybody.
//
//     node examples/presence/main.mjs [port]

import { tcp, udp } from "sippet/node";
import { createPresence } from "./presence.mjs";

const port = Number(process.argv[2] ?? 5060);
const onError = ({ code, message }) => console.error(code ?? "", message);
try {
  const presence = createPresence({ transports: [udp({ port }), tcp({ port })], onError });
  await presence.stack.start();
  for (const { protocol, sentBy } of presence.stack.transports) console.log(`${protocol} ${sentBy}`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => presence.close(2000));
} catch ({ message }) {
  console.error(`The presence server cannot start: ${message}`);
  process.exitCode = 1;
}
