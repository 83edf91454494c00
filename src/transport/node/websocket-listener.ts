// WebSocketListener: the server's side of SIP over WebSocket on ws. Takes connections, keeps them by id
// and by remote address, supervises them, and never calls a client.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer, Server as SecureServer, type ServerOptions } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { SecureContextOptions } from "node:tls";
import { WebSocketServer } from "ws";
import { type Clock, systemClock, type TimerHandle } from "../../clock.ts";
import { SipError } from "../../errors.ts";
import { defaultRandom, type Random } from "../../random.ts";
import { checkPort, formatAddress, unmapIPv4 } from "../address.ts";
import { deliver, failLater, report, tellClosed } from "../notify.ts";
import { bindError, socketError } from "../socket-error.ts";
import type { Address, Flow, SendFailed, TransportReceiver } from "../transport.ts";
import { sentByOf } from "./local-address.ts";
import { changedContext, checkSecureContext } from "./secure-context.ts";
import { SourceLimit } from "./source-limit.ts";
import { type ConnectionOwner, WebSocketConnection } from "./websocket-connection.ts";
import { Handshakes, offersSip, refuse } from "./websocket-handshake.ts";
import type { WebSocketServerOptions, WebSocketServerTransport } from "./websocket-server.ts";

/** How many servers have let a handshake pass because of its path. */
const passedOn = new WeakMap<IncomingMessage, number>();

export class WebSocketListener implements ConnectionOwner, WebSocketServerTransport {
  readonly protocol: string;
  readonly reliable: boolean = true;
  readonly secure: boolean;
  readonly framed: boolean = true;

  readonly #options: WebSocketServerOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #acceptor: WebSocketServer;
  readonly #byId = new Map<string, WebSocketConnection>();
  readonly #byRemote = new Map<string, WebSocketConnection>();
  readonly #handshakes: Handshakes;
  readonly #sourceLimit: number;
  /** Of those that have asked for a connection. */
  readonly #sources: SourceLimit;
  /** All sockets of a server of our own, those in the middle of a TLS handshake as well. */
  readonly #sockets = new Set<Socket>();
  /** What a secure server of our own is made of. */
  #tls: ServerOptions | undefined;
  #server: Server | SecureServer | undefined;
  #receiver: TransportReceiver | undefined;
  #bound: Address | undefined;
  #sentBy: string | undefined;
  #pingTimer: TimerHandle | undefined;
  #closing: Promise<void> | undefined;
  #emptied: (() => void) | undefined;

  constructor(options: WebSocketServerOptions) {
    this.#options = options;
    this.#tls = options.server ? undefined : options.tls;
    if (this.#tls) checkSecureContext(this.#tls);
    this.secure = options.secure ?? (options.tls !== undefined || options.server instanceof SecureServer);
    this.protocol = this.secure ? "WSS" : "WS";
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? defaultRandom;
    this.#sourceLimit = options.maxPerSource ?? Number.POSITIVE_INFINITY;
    this.#sources = new SourceLimit(this.#sourceLimit);
    this.#handshakes = new Handshakes({
      verify: options.verify,
      timeout: options.handshakeTimeout ?? 10_000,
      clock: this.#clock,
      onFault: (error) => report(this.#receiver, error),
    });
    this.#acceptor = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // Compression costs memory per connection, and a small frame can inflate to a large one.
      perMessageDeflate: false,
      maxPayload: options.maxPayload ?? 4 * 65536,
      handleProtocols: () => "sip",
    });
    checkPort(this.local.port);
    sentByOf(options.advertise, this.local);
  }

  get local(): Address {
    if (this.#bound) return this.#bound;
    const { host = "0.0.0.0", port = this.#options.tls ? 443 : 80 } = this.#options;
    const bound = (this.#server ?? this.#options.server)?.address();
    if (!bound || typeof bound === "string") return { host, port };
    this.#bound = { host: unmapIPv4(bound.address), port: bound.port };
    return this.#bound;
  }

  get sentBy(): string {
    // Every request asks for it, and finding it takes system calls: kept once the server is bound.
    const sentBy = this.#sentBy ?? sentByOf(this.#options.advertise, this.local);
    if (this.#bound) this.#sentBy = sentBy;
    return sentBy;
  }

  get connections(): number {
    return this.#byId.size;
  }

  async start(receiver: TransportReceiver): Promise<void> {
    if (this.#server || this.#closing)
      throw new SipError("closed", "a WebSocket server transport starts once");
    const { server } = this.#options;
    this.#receiver = receiver;
    this.#server = server ?? this.#makeServer();
    this.#server.on("upgrade", this.#onUpgrade);
    if (!server) await this.#listen(this.#server);
    this.#schedulePings();
  }

  flow(remote: Address): Flow | undefined {
    return opened(this.#byRemote.get(formatAddress(remote.host, remote.port)));
  }

  flowById(id: string): Flow | undefined {
    return opened(this.#byId.get(id));
  }

  send(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void {
    if (this.#closing) failLater(failed, new SipError("closed", "the WebSocket server transport is closed"));
    else (flow as WebSocketConnection).send(data, failed);
  }

  disconnect(flow: Flow, code = 1000, reason = ""): void {
    try {
      (flow as WebSocketConnection).close(code, reason);
    } catch (cause) {
      throw new SipError("value_invalid", `no WebSocket closes with ${code} and that reason`, { cause });
    }
  }

  setSecureContext(options: SecureContextOptions): void {
    if (!this.#tls) {
      const whose = this.#options.server
        ? "the certificates of a server of yours are set there"
        : "without the option tls there are none";
      throw new SipError("unsupported", `this WebSocket server has no certificates to change: ${whose}`);
    }
    const next = changedContext(this.#tls, options);
    checkSecureContext(next);
    (this.#server as SecureServer | undefined)?.setSecureContext(next);
    this.#tls = next;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    if (this.#pingTimer !== undefined) this.#clock.clear(this.#pingTimer);
    server?.off("upgrade", this.#onUpgrade);
    this.#handshakes.close();
    await this.#closeConnections();
    this.#receiver = undefined;
    if (!server || server === this.#options.server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
      // Those do not include the sockets that HTTP has not seen yet.
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #closeConnections(): Promise<void> {
    if (this.#byId.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.set(() => {
        for (const connection of [...this.#byId.values()]) connection.drop(undefined);
      }, this.#options.closeTimeout ?? 1000);
      this.#emptied = () => {
        this.#clock.clear(timer);
        resolve();
      };
      for (const connection of [...this.#byId.values()]) connection.close(1001, "going away");
    });
  }

  /** Sockets that stay silent, in TLS or before a request, are no connections yet: they have limits of the same size. */
  #makeServer(): Server | SecureServer {
    const { handshakeTimeout: timeout = 10_000, maxConnections = 10_000 } = this.#options;
    const tls = this.#tls;
    const limits = {
      headersTimeout: timeout,
      requestTimeout: timeout,
      // Node looks for those that are late every 30 seconds unless told.
      connectionsCheckingInterval: Math.ceil(Math.min(timeout || 60_000, 60_000) / 2),
    };
    const server = tls
      ? createSecureServer({ ...limits, handshakeTimeout: timeout, ...tls }, answerPlain)
      : createServer(limits, answerPlain);
    // Room for as many that have not asked for anything yet, and for those that get a 503.
    server.maxConnections = 2 * maxConnections;
    const sources = new SourceLimit(2 * this.#sourceLimit);
    server.on("connection", (socket: Socket) => {
      if (!sources.admit(socket)) socket.destroy();
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    return server;
  }

  #listen(server: Server | SecureServer): Promise<void> {
    const { host, port } = this.local;
    return new Promise((resolve, reject) => {
      const refused = (cause: unknown): void => {
        this.#server = undefined;
        server.off("upgrade", this.#onUpgrade);
        reject(bindError(cause, this.protocol, host, port));
      };
      server.once("error", refused);
      server.once("close", () =>
        reject(new SipError("closed", "the WebSocket server was closed while it started")),
      );
      server.listen({ host, port }, () => {
        server.off("error", refused);
        server.on("error", (cause) => report(this.#receiver, socketError(cause, "WebSocket server")));
        resolve();
      });
    });
  }

  #schedulePings(): void {
    const { pingInterval = 30_000 } = this.#options;
    if (pingInterval <= 0 || this.#closing) return;
    this.#pingTimer = this.#clock.set(() => {
      for (const connection of [...this.#byId.values()]) connection.supervise();
      this.#schedulePings();
    }, pingInterval);
  }

  readonly #onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const { path, maxConnections = 10_000 } = this.#options;
    if (path !== undefined && (request.url ?? "").split("?", 1)[0] !== path) {
      // On the user's server somebody else may serve that path; the last of several of us knows that nobody does.
      const passed = (passedOn.get(request) ?? 0) + 1;
      passedOn.set(request, passed);
      if (passed >= (this.#server?.listenerCount("upgrade") ?? 0)) refuse(stream, { status: 404 });
      return;
    }
    if (!offersSip(request)) refuse(stream, { status: 400 }, "the subprotocol must be sip (RFC 7118)");
    else if (this.#byId.size + this.#handshakes.size >= maxConnections) refuse(stream, { status: 503 });
    else if (!this.#sources.admit(stream as Socket)) refuse(stream, { status: 503 });
    else {
      this.#handshakes
        .decide(request, stream, () => this.#accept(request, stream, head))
        .catch((cause) => report(this.#receiver, socketError(cause, "WebSocket handshake")));
    }
  };

  #accept(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#acceptor.handleUpgrade(request, stream, head, (socket) => {
      const { localAddress = "", localPort = 0, remoteAddress = "", remotePort = 0 } = stream as Socket;
      const connection = new WebSocketConnection({
        transport: this,
        id: this.#random.text(22),
        local: { host: unmapIPv4(localAddress), port: localPort },
        remote: { host: unmapIPv4(remoteAddress), port: remotePort },
        socket,
        stream,
        owner: this,
        sendLimit: this.#options.sendLimit ?? 1024 * 1024,
      });
      this.#byId.set(connection.id, connection);
      this.#byRemote.set(formatAddress(connection.remote.host, connection.remote.port), connection);
    });
  }

  onFrame(data: Uint8Array | string, connection: WebSocketConnection): void {
    if (this.#receiver && !this.#closing) deliver(this.#receiver, data, connection);
  }

  onEnd(connection: WebSocketConnection, error: SipError | undefined): void {
    this.#byId.delete(connection.id);
    const remote = formatAddress(connection.remote.host, connection.remote.port);
    if (this.#byRemote.get(remote) === connection) this.#byRemote.delete(remote);
    if (this.#receiver) tellClosed(this.#receiver, connection, this.#closing ? undefined : error);
    if (this.#byId.size === 0) this.#emptied?.();
  }
}

/** The connection, unless it is being closed. */
function opened(connection: WebSocketConnection | undefined): WebSocketConnection | undefined {
  return connection?.open ? connection : undefined;
}

/** A request that does not ask for an upgrade (RFC 9110 §15.5.22). */
function answerPlain(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { Upgrade: "websocket", Connection: "close" }).end();
}
