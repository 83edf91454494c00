// Relay: a WebSocket server that joins each two connections to one path, so that two clients, which no one can
// call, can talk to each other: what comes from one goes to the other, and both end together.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

/** Starts it on a free port; its address as host:port, and what ends it. */
export async function startRelay() {
  const http = createServer((_request, response) => response.writeHead(404).end());
  const server = new WebSocketServer({ server: http, handleProtocols: () => "sip" });
  const rooms = new Map();
  server.on("connection", (socket, { url }) => {
    const room = rooms.get(url) ?? { sockets: [], waiting: [] };
    rooms.set(url, room);
    room.sockets.push(socket);
    const other = () => room.sockets.find((each) => each !== socket);
    for (const [data, binary] of room.waiting.splice(0)) socket.send(data, { binary });
    socket.on("message", (data, binary) => {
      const to = other();
      if (to) to.send(data, { binary });
      else room.waiting.push([data, binary]);
    });
    socket.on("close", () => {
      rooms.delete(url);
      other()?.close();
    });
    socket.on("error", () => {});
  });
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${http.address().port}`,
    close() {
      for (const socket of server.clients) socket.terminate();
      return new Promise((resolve) => http.close(resolve));
    },
  };
}
