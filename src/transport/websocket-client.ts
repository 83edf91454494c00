// SIP over WebSocket, the client's side (RFC 7118): its options and what it promises. The work is done
// by WebSocketDialer.

import type { Clock } from "../clock.ts";
import type { SipError } from "../errors.ts";
import type { Random } from "../random.ts";
import type { ReconnectOptions } from "./backoff.ts";
import type { NetworkEvents } from "./network-watch.ts";
import type { Transport } from "./transport.ts";
import { WebSocketDialer } from "./websocket-dialer.ts";
import type { WebSocketConstructor } from "./websocket-like.ts";
import type { KeepAliveOptions } from "./websocket-link.ts";

export type { ReconnectOptions } from "./backoff.ts";
export type { NetworkEvents } from "./network-watch.ts";
export type { WebSocketConstructor, WebSocketLike } from "./websocket-like.ts";
export type { KeepAliveOptions } from "./websocket-link.ts";

/** How a client stands with its server. */
export type ConnectionState = "connecting" | "connected" | "disconnected";

/** Options of `webSocket`; all but `url` have defaults. */
export interface WebSocketOptions {
  /**
   * The server, `ws://…` or `wss://…`; or several, all the one or all the other, the preferred first: each attempt goes
   * through them in turn.
   */
  url: string | readonly string[];
  /** A W3C WebSocket constructor. Default: `globalThis.WebSocket`; on Node 20 pass the `ws` package's class. */
  WebSocket?: WebSocketConstructor | undefined;
  /** Connects again when a connection fails or is lost. Default true, with the defaults of ReconnectOptions. */
  reconnect?: boolean | ReconnectOptions | undefined;
  /**
   * Sends a double CRLF now and then, and takes a silent server for dead (RFC 5626 §4.4.1). Default false: not every
   * server answers.
   */
  keepAlive?: boolean | KeepAliveOptions | undefined;
  /**
   * What becomes of a message that is sent while there is no connection nor an attempt at one: it fails with
   * `connection_closed`, or waits for the next connection. Default "fail".
   */
  whileDisconnected?: "fail" | "wait" | undefined;
  /**
   * Tells of the network: a page's `window`, a worker's `self`. When it is gone the connection is given up at once, with
   * `connection_closed`, and there are no attempts until it is back; then there is one at once. Default none.
   */
  network?: NetworkEvents | undefined;
  /** How many messages may wait for a connection; more fail. Default 256. */
  queueLimit?: number | undefined;
  /**
   * How long a message may wait, in milliseconds; later it is not sent any more and fails with `timeout`. Default
   * 32,000 (64 × T1).
   */
  queueTimeout?: number | undefined;
  /** How many bytes may wait for a server that does not read; past it the connection is dropped. Default 1 MiB. */
  sendLimit?: number | undefined;
  /** How long an attempt to connect may take, in milliseconds, 0 for as long as the runtime lets it. Default 10,000. */
  connectTimeout?: number | undefined;
  /** How long close waits for the closing handshake, in milliseconds. Default 1,000. */
  closeTimeout?: number | undefined;
  /**
   * `host` or `host:port` for the Via's sent-by. Default: a random name under `.invalid`, as RFC 7118 has it for
   * clients that do not know their address.
   */
  advertise?: string | undefined;
  /**
   * Is told of every change; `cause` says why a connection was lost or not made, and is missing after close. What it
   * throws or rejects with goes to the stack's onError (`core_failed`).
   */
  onState?: ((state: ConnectionState, cause?: SipError) => void) | undefined;
  /** Default: the runtime's. */
  clock?: Clock | undefined;
  /** Draws the sent-by, the flows' ids and the jitter. Default: cryptographic. */
  random?: Random | undefined;
}

/** A WebSocket client as a transport. */
export interface WebSocketTransport extends Transport {
  /** How it stands with its server now; `onState` tells of changes. */
  readonly state: ConnectionState;
  /**
   * `connections`: 1 while it is connected; `opened`: connections made; `failed`: attempts that failed; `pings` and `fillers`:
   * keep-alives of the server's, and frames with nothing in them; `waiting`: messages that wait for a connection.
   */
  readonly counts: Readonly<Record<string, number>>;
  /**
   * Connects anew and at once: drops the connection that stands, or ends the wait for the next attempt.
   * For when the network has changed and the old connection does not know; see the option `network`.
   */
  reconnect(): void;
}

/**
 * SIP over one WebSocket connection to a server, which is the way to everybody: `flow` gives its flow
 * for any address. Runs wherever there is a W3C WebSocket.
 *
 * `start` resolves when the first attempt has ended: connected, or, with `reconnect`, failed and to be
 * tried again (`onState` and the stack's onError tell). Without `reconnect` a failed first attempt
 * rejects with `transport_failed`. What is sent while it connects waits.
 *
 * Each connection is a flow of its own, because the server takes it for one. A flow begins when the
 * last one ended and ends when its connection is lost; failed attempts between do not end it.
 *
 * @throws SipError `unsupported` where there is no WebSocket, `uri_invalid` where `url` is not a ws or wss URL,
 *   `value_invalid` where `advertise` is not a host or host:port, or a number none
 */
export function webSocket(options: WebSocketOptions): WebSocketTransport {
  return new WebSocketDialer(options);
}
