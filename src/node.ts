// The Node entry: the transports that need sockets. Everything isomorphic comes from "sippet".

export type { HostLookup } from "./transport/node/host-cache.ts";
export { type UdpOptions, udp } from "./transport/node/udp.ts";
export {
  type HandshakeRefusal,
  type VerifyHandshake,
  type WebSocketServerOptions,
  type WebSocketServerTransport,
  webSocketServer,
} from "./transport/node/websocket-server.ts";
