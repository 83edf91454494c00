// Echo: the least that a runtime has to do for a message. It sends back what came, and prints its port.
// Arguments: udp, ws, or own-ws: what Bun has in place of the package ws, in native code.

const [kind] = (globalThis.Deno?.args ?? process.argv.slice(2)).slice(-1);
const host = "127.0.0.1";
const ready = (port) => console.log(`PORT ${port}`);

if (kind.endsWith("ws")) {
  // By its path: the other benches have an older one beside them, and Bun takes its own for the name.
  const library = new URL("../../node_modules/ws/wrapper.mjs", import.meta.url).href;
  const { WebSocketServer } = await import(kind === "own-ws" ? "ws" : library);
  const server = new WebSocketServer({
    host,
    port: 0,
    perMessageDeflate: false,
    handleProtocols: () => "sip",
  });
  server.on("connection", (socket) => {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
    socket.on("error", () => {});
  });
  server.on("listening", () => ready(server.address().port));
} else if (globalThis.Bun) {
  const socket = await Bun.udpSocket({
    hostname: host,
    port: 0,
    socket: { data: (own, data, port, address) => own.send(data, port, address), error() {} },
  });
  ready(socket.port);
} else if (globalThis.Deno) {
  const socket = Deno.listenDatagram({ hostname: host, port: 0, transport: "udp" });
  ready(socket.addr.port);
  const buffer = new Uint8Array(65_535);
  for (;;) {
    const [data, from] = await socket.receive(buffer);
    await socket.send(data, from);
  }
} else {
  const { createSocket } = await import("node:dgram");
  const socket = createSocket("udp4");
  socket.on("message", (data, { port, address }) => socket.send(data, port, address));
  socket.bind(0, host, () => ready(socket.address().port));
}
