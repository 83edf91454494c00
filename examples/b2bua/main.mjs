// Starts the border: phones on UDP call who is registered on WebSocket, and the other way round.
//
//     node examples/b2bua/main.mjs [UDP port] [WebSocket port]
//
// A client on WebSocket is bound as long as its connection lasts. It trusts everybody.

import { udp, webSocketServer } from "sippet/node";
import { MemoryLocation, Registrar } from "sippet/registrar";
import { createBorder } from "./border.mjs";

const [udpPort = 5060, wsPort = 8080] = process.argv.slice(2).map(Number);

const border = createBorder({
  transports: [udp({ port: udpPort }), webSocketServer({ port: wsPort })],
  passed: ["Subject", "Alert-Info", "User-to-User"],
  // The first of a user's phones; to call them all at once is a proxy's work.
  route: async ({ uri }) => (await registrar.locate(uri))?.[0],
  onOther: async (request, transaction) => {
    if (request.method !== "REGISTER") return border.ua.answerOther(request, transaction);
    const response = await registrar.register(request);
    if (transaction.waiting) transaction.respond(response);
  },
  onError: ({ code, message }) => console.error(code ?? "", message),
});
// Users are known by their names alone, whatever this machine is called.
const registrar = new Registrar({
  stack: border.stack,
  location: new MemoryLocation(),
  aor: (uri) => uri.user,
});

await border.stack.start();
for (const { protocol, sentBy } of border.stack.transports) console.log(`${protocol} ${sentBy}`);
process.once("SIGINT", async () => {
  border.ua.hangUp();
  await border.stack.close({ drain: 2000 });
  border.ua.close();
});
