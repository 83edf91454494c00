// WebSocketHttp: the HTTP server of a WebSocket transport that was given none: it listens, holds sockets that have not asked
// for anything yet to their limits, and has the certificates.

import { createServer, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer, Server as SecureServer, type ServerOptions } from "node:https";
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from "node:net";
import process from "node:process";
import type { Duplex } from "node:stream";
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import type { Clock, TimerHandle } from "../../clock.ts";
import { notWanted } from "../../errors.ts";
import { SourceLimit } from "./source-limit.ts";
import type { WebSocketServerOptions } from "./websocket-server.ts";

/** What such a server goes by. */
export interface WebSocketHttpOptions {
  /** How long a handshake may take to arrive, that of TLS included, in whole milliseconds; 0 for ever. */
  readonly timeout: number;
  /** How many connections there may be; as many sockets again may not have asked for one. */
  readonly maxConnections: number;
  /** How many of them from one source. */
  readonly sourceLimit: number;
  /** Key and certificate, where it is secure. */
  readonly tls: ServerOptions | undefined;
  readonly clock: Clock;
  /** A server of its own listens, in front of HTTP's. Default: in Bun, whose HTTP servers know nothing of what is before HTTP. */
  readonly apart?: boolean;
}

export class WebSocketHttp {
  /** Whose upgrades are taken. */
  readonly http: Server;
  /** What listens; most often the same. */
  readonly #listener: NetServer;
  /** All sockets, those in the middle of a TLS handshake as well. */
  readonly #sockets = new Set<Socket>();
  /** What has to ask for something in time, where HTTP does not see to that. */
  readonly #silent = new Map<Duplex, TimerHandle>();
  readonly #clock: Clock;
  #dropped = 0;

  constructor(options: WebSocketHttpOptions) {
    const { timeout, maxConnections, sourceLimit, tls, apart = "bun" in process.versions } = options;
    this.#clock = options.clock;
    const limits = {
      headersTimeout: timeout,
      requestTimeout: timeout,
      // Node looks for those that are late every 30 seconds unless told.
      connectionsCheckingInterval: Math.ceil(Math.min(timeout || 60_000, 60_000) / 2),
    };
    // Node takes 0 for its own two minutes.
    const secure = { handshakeTimeout: timeout || 0x7fffffff, ...tls };
    const whole = tls && !apart;
    this.http = whole
      ? createSecureServer({ ...limits, ...secure }, answerPlain)
      : createServer(limits, answerPlain);
    this.#listener = apart ? this.#inFront(tls && secure, options) : this.http;
    const sources = new SourceLimit(2 * sourceLimit);
    this.#listener.on("connection", (socket: Socket) => {
      // Room for as many that have not asked for anything yet, and for those that get a 503.
      if (this.#sockets.size >= 2 * maxConnections || !sources.admit(socket)) {
        this.#dropped++;
        socket.destroy();
        return;
      }
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** How many sockets were dropped because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The bound address, once it listens. */
  get address(): AddressInfo | undefined {
    const address = this.#listener.address();
    return address === null || typeof address === "string" ? undefined : address;
  }

  /**
   * Resolves when it listens; rejects with what the runtime says, or undefined where it was closed meanwhile.
   *
   * @param onError told of faults of the server from then on
   */
  listen(host: string, port: number, onError: (cause: unknown) => void): Promise<void> {
    const server = this.#listener;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.once("close", () => reject());
      server.listen({ host, port }, () => {
        server.off("error", reject);
        server.on("error", onError);
        resolve();
      });
    });
  }

  setSecureContext(context: SecureContextOptions): void {
    (this.#listener as TlsServer).setSecureContext(context);
  }

  /** Ends the listening, and every socket; resolves when they are gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#listener.close(() => resolve());
      this.http.closeAllConnections();
      // Those do not include the sockets that HTTP has not seen yet.
      for (const socket of this.#sockets) socket.destroy();
      for (const socket of [...this.#silent.keys()]) this.#heard(socket);
    });
  }

  /** A server that hands on what it has accepted or, with TLS, decrypted. */
  #inFront(secure: ServerOptions | undefined, { timeout }: WebSocketHttpOptions): NetServer {
    this.http.on("upgrade", (_request, socket) => this.#heard(socket));
    const handOn = (socket: Socket): void => {
      if (timeout > 0)
        this.#silent.set(
          socket,
          this.#clock.set(() => socket.destroy(), timeout),
        );
      socket.once("close", () => this.#heard(socket));
      this.http.emit("connection", socket);
    };
    if (!secure) return createNetServer(handOn);
    const server = createTlsServer(secure, handOn);
    // It tells of a handshake that takes too long, and leaves it at that.
    server.on("tlsClientError", (_cause: Error, socket: TLSSocket) => void socket.destroy());
    return server;
  }

  #heard(socket: Duplex): void {
    const timer = this.#silent.get(socket);
    if (timer !== undefined) this.#clock.clear(timer);
    this.#silent.delete(socket);
  }
}

/** @throws SipError `value_invalid` for a `secure` that is neither, and for TLS that is to be none: SIPS URIs would be refused */
export function isSecure({ server, tls, secure }: WebSocketServerOptions): boolean {
  const own = server ? server instanceof SecureServer : tls !== undefined;
  if (secure !== undefined && typeof secure !== "boolean") throw notWanted("secure", "true or false", secure);
  if (own && secure === false) throw notWanted("secure", "true", "false where there is TLS");
  return secure ?? own;
}

/** A request that does not ask for an upgrade (RFC 9110 §15.5.22). */
function answerPlain(_request: unknown, response: ServerResponse): void {
  response.writeHead(426, { Upgrade: "websocket", Connection: "close" }).end();
}
