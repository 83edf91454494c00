// SIP over WebSocket, the server's side (RFC 7118): its options and what it promises. The work is done
// by WebSocketListener.

import type { Server } from "node:http";
import type { Server as SecureServer, ServerOptions } from "node:https";
import type { SecureContextOptions } from "node:tls";
import type { Clock } from "../../clock.ts";
import type { Random } from "../../random.ts";
import type { Flow, Transport } from "../transport.ts";
import type { VerifyHandshake } from "./websocket-handshake.ts";
import { WebSocketListener } from "./websocket-listener.ts";

export type { HandshakeRefusal, VerifyHandshake } from "./websocket-handshake.ts";

/** Options of `webSocketServer`; all of them have defaults. */
export interface WebSocketServerOptions {
  /** The address to listen on. Default "0.0.0.0". Unused with `server`. */
  host?: string | undefined;
  /** The port to listen on, 0 for any free one. Default 80, 443 with `tls` (RFC 7118 §5.2.2). Unused with `server`. */
  port?: number | undefined;
  /** Takes handshakes for this path only, without query. Default: for every path. */
  path?: string | undefined;
  /** Key and certificate: the transport makes an HTTPS server and is WSS. Unused with `server`. */
  tls?: ServerOptions | undefined;
  /**
   * An HTTP or HTTPS server of yours, whose upgrades are taken. You listen and close it; only its SIP connections are
   * closed here.
   */
  server?: Server | SecureServer | undefined;
  /**
   * True where TLS ends in front of this server, at a reverse proxy say, so that its protocol is WSS and SIPS URIs go by it. Nobody
   * may get here around that proxy. Default: true with `tls` or an HTTPS server, and nothing else then.
   */
  secure?: boolean | undefined;
  /**
   * `host` or `host:port` for the Via's sent-by. Default: the bound address, or the first reachable one of this machine
   * where a wildcard is bound.
   */
  advertise?: string | undefined;
  /** Decides on each handshake. Default: everyone is let in. */
  verify?: VerifyHandshake | undefined;
  /** How long a handshake may take to arrive, that of TLS included, and to verify, in milliseconds; 0 for ever. Default 10,000. */
  handshakeTimeout?: number | undefined;
  /** The largest message, in bytes; a larger one closes its connection with 1009. Default 262,144. */
  messageSize?: number | undefined;
  /**
   * How many connections may be open, handshakes included; more are refused with 503. On a server of its own as many
   * sockets again may not have asked for anything yet; more are dropped. Default 10,000.
   */
  maxConnections?: number | undefined;
  /**
   * How many of them may come from one address, of IPv6 from one /64; more are refused or dropped likewise. A proxy in
   * front is one address. Default: no limit of its own.
   */
  maxPerSource?: number | undefined;
  /**
   * How often a ping goes to every connection, in milliseconds; one that answers none until the next is dropped. 0 for
   * never. Default 30,000.
   */
  pingInterval?: number | undefined;
  /** How many bytes may wait for a client that does not read; past it the connection is dropped. Default 1 MiB. */
  sendLimit?: number | undefined;
  /** How many bytes may wait before nothing more is read from that client until they are gone. Default 64 KiB. */
  pauseLimit?: number | undefined;
  /**
   * How many octets all connections together may hold, of messages that have begun, with what came between their
   * pieces, and of what clients do not read; past it the connection that holds most is dropped. Default 256 MiB.
   */
  heldLimit?: number | undefined;
  /** How long close waits for closing handshakes, in milliseconds. Default 1,000. */
  closeTimeout?: number | undefined;
  /** Default: the runtime's. */
  clock?: Clock | undefined;
  /** Makes the flows' ids. Default: cryptographic. */
  random?: Random | undefined;
}

/** A WebSocket server as a transport. */
export interface WebSocketServerTransport extends Transport {
  /** How many connections are open. */
  readonly connections: number;
  /**
   * Closes the connection of a flow, with 1000 unless told otherwise.
   *
   * @throws SipError `value_invalid` for a code that may not be sent, or a reason of more than 123 octets (RFC 6455 §7.4)
   */
  disconnect(flow: Flow, code?: number, reason?: string): void;
  /**
   * Takes another key and certificate, or whatever else is given, for the connections from now on; those
   * that stand go on. What is not given stays.
   *
   * @throws SipError `value_invalid` for keys and certificates that are none, and where none is left; then the old ones stay.
   *   `unsupported` without the option `tls`: the certificates of a server of yours are its own to change
   */
  setSecureContext(options: SecureContextOptions): void;
}

/**
 * SIP over WebSocket for clients that connect to it (RFC 7118): browsers, and others that nothing
 * else reaches. Its protocol is "WS", or "WSS" where it is secure.
 *
 * `start` rejects with `address_in_use` or `transport_failed`. A handshake that does not offer the
 * subprotocol `sip` is answered 400, one that `verify` refuses 403. A text frame is handed on as a
 * string, a binary one as octets; a double CRLF is answered by a CRLF (RFC 5626 §4.4.1, RFC 7118 §6).
 * `flow` finds a client's open connection by its address, and is undefined where there is none.
 *
 * @throws SipError `value_invalid` where `advertise` is not a host or host:port, `port` no port, `tls` no key
 *   and its certificate nor anything that finds one (`pfx`, `SNICallback`), `path` without its slash,
 *   `secure` false with TLS, or a number none
 */
export function webSocketServer(options: WebSocketServerOptions = {}): WebSocketServerTransport {
  return new WebSocketListener(options);
}
