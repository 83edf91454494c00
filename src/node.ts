// The Node entry: the transports that need sockets, and what a server needs around them. Everything
// isomorphic comes from "sippet".

export { type CongestionOptions, congestion, type Thresholds } from "./stack/congestion.ts";
export { type LargeRequests, type ResolverOptions, resolver } from "./stack/resolve/sip-resolver.ts";
export type { Dns, DnsAnswer, NaptrRecord, SrvRecord } from "./transport/dns.ts";
export type { HostLookup } from "./transport/host-cache.ts";
export { type Diagnostics, diagnostics } from "./transport/node/diagnostics.ts";
export { type NodeDnsOptions, nodeDns } from "./transport/node/dns.ts";
export type { StreamKeepAlive, StreamOptions } from "./transport/node/stream-options.ts";
export { tcp } from "./transport/node/tcp.ts";
export { type TlsOptions, type TlsTransport, tls } from "./transport/node/tls.ts";
export { udp } from "./transport/node/udp.ts";
export {
  type HandshakeRefusal,
  type VerifyHandshake,
  type WebSocketServerOptions,
  type WebSocketServerTransport,
  webSocketServer,
} from "./transport/node/websocket-server.ts";
export type { UdpOptions } from "./transport/udp-options.ts";
