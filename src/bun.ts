// The Bun entry: that of Node, by Bun's node: modules, with UDP on Bun's own sockets. Everything
// isomorphic comes from "sippet".

export { type CongestionOptions, congestion, type Thresholds } from "./stack/congestion.ts";
export { type LargeRequests, type ResolverOptions, resolver } from "./stack/resolve/sip-resolver.ts";
export { udp } from "./transport/bun/udp.ts";
export type { Dns, DnsAnswer, NaptrRecord, SrvRecord } from "./transport/dns.ts";
export type { HostLookup } from "./transport/host-cache.ts";
export { type Diagnostics, diagnostics } from "./transport/node/diagnostics.ts";
export { type NodeDnsOptions, nodeDns } from "./transport/node/dns.ts";
export type { StreamKeepAlive, StreamOptions } from "./transport/node/stream-options.ts";
export { tcp } from "./transport/node/tcp.ts";
export { type TlsOptions, type TlsTransport, tls } from "./transport/node/tls.ts";
export {
  type HandshakeRefusal,
  type VerifyHandshake,
  type WebSocketServerOptions,
  type WebSocketServerTransport,
  webSocketServer,
} from "./transport/node/websocket-server.ts";
export type { BareUdpOptions as UdpOptions } from "./transport/udp-options.ts";
