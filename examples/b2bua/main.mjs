// Starts the border: phones on UDP call who is registered on WebSocket, and the other way round.
//
//     node examples/b2bua/main.mjs [UDP port] [WebSocket port]
//
// A REGISTER binds a user to the flow that it came in on, as long as that lasts. It trusts everybody.

import { udp, webSocketServer } from "sippet/node";
import { createBorder } from "./border.mjs";

const [udpPort = 5060, wsPort = 8080] = process.argv.slice(2).map(Number);
const users = new Map();

const border = createBorder({
  transports: [udp({ port: udpPort }), webSocketServer({ port: wsPort })],
  passed: ["Subject", "Alert-Info", "User-to-User"],
  route: ({ uri }) => {
    const known = users.get(uri.user);
    return known?.flow.open ? known : undefined;
  },
  onOther: (request, transaction) => {
    if (request.method !== "REGISTER") return transaction.respond(405);
    const [contact] = request.headers.get("Contact");
    if (contact) users.set(request.headers.get("To").uri.user, { uri: contact.uri, flow: request.flow });
    transaction.respond(200);
  },
  onError: (error) => console.error(error),
});

await border.stack.start();
for (const { protocol, sentBy } of border.stack.transports) console.log(`${protocol} ${sentBy}`);
process.once("SIGINT", async () => {
  await border.stack.close({ drain: 2000 });
  border.ua.close();
});
