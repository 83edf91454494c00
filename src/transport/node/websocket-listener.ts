// WebSocketListener: the server's side of SIP over WebSocket on ws. Takes connections, keeps them by id
// and by remote address, supervises them, and never calls a client.

import type { IncomingMessage, Server } from "node:http";
import type { Server as SecureServer, ServerOptions } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { SecureContextOptions } from "node:tls";
import { WebSocketServer } from "ws";
import { type Clock, systemClock, type TimerHandle } from "../../clock.ts";
import { checkNumbers } from "../../demands.ts";
import { notWanted, SipError } from "../../errors.ts";
import { defaultRandom, type Random } from "../../random.ts";
import { checkPort, formatAddress, unmapIPv4 } from "../address.ts";
import { deliver, failLater, report, tellClosed } from "../notify.ts";
import { bindError, socketError } from "../socket-error.ts";
import type { Address, Flow, SendFailed, TransportReceiver } from "../transport.ts";
import { HeldLimit } from "./held-limit.ts";
import { sentByOf } from "./local-address.ts";
import { changedContext, checkServerContext, withoutResumption } from "./secure-context.ts";
import { SourceLimit } from "./source-limit.ts";
import { guardedServer } from "./tls-hooks.ts";
import { type ConnectionOwner, WebSocketConnection } from "./websocket-connection.ts";
import { Handshakes, handshakeLimit, offersSip, refuse } from "./websocket-handshake.ts";
import { isSecure, WebSocketHttp } from "./websocket-http.ts";
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
  readonly #held: HeldLimit;
  /** Of those that have asked for a connection. */
  readonly #sources: SourceLimit;
  /** What a secure server of our own is made of. */
  #tls: ServerOptions | undefined;
  /** Where the user has given none. */
  #own: WebSocketHttp | undefined;
  /** Whose upgrades are taken. */
  #server: Server | SecureServer | undefined;
  #receiver: TransportReceiver | undefined;
  #bound: Address | undefined;
  #sentBy: string | undefined;
  #pingTimer: TimerHandle | undefined;
  #closing: Promise<void> | undefined;
  #emptied: (() => void) | undefined;
  #counts = { asked: 0, accepted: 0, pings: 0, fillers: 0, faults: 0 };

  constructor(options: WebSocketServerOptions) {
    const { path, messageSize = 4 * 65_536 } = options;
    if (path?.startsWith("/") === false) throw notWanted("path", 'one that begins with "/"', path);
    checkNumbers(options, 0, "handshakeTimeout", "pingInterval", "closeTimeout", "sendLimit", "pauseLimit");
    checkNumbers(options, 1, "messageSize", "maxConnections", "maxPerSource", "heldLimit");
    this.#options = options;
    if (options.tls && !options.server) {
      checkServerContext(options.tls);
      this.#tls = withoutResumption(guardedServer(options.tls, (error) => report(this.#receiver, error)));
    }
    this.secure = isSecure(options);
    this.protocol = this.secure ? "WSS" : "WS";
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? defaultRandom;
    this.#sources = new SourceLimit(options.maxPerSource ?? Number.POSITIVE_INFINITY);
    this.#held = new HeldLimit(() => this.#byId.values(), options.heldLimit);
    this.#handshakes = new Handshakes({
      verify: options.verify,
      timeout: handshakeLimit(options),
      clock: this.#clock,
      onFault: (error) => report(this.#receiver, error),
    });
    this.#acceptor = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // Compression costs memory per connection, and a small frame can inflate to a large one.
      perMessageDeflate: false,
      maxPayload: messageSize,
      // Each piece takes a hundred times the one octet that may be in it.
      maxFragments: 1024,
      maxBufferedChunks: Math.max(4096, messageSize >> 6),
      handleProtocols: () => "sip",
    });
    checkPort(this.local.port);
    sentByOf(options.advertise, this.local);
  }

  get local(): Address {
    if (this.#bound) return this.#bound;
    const { host = "0.0.0.0", port = this.#options.tls ? 443 : 80 } = this.#options;
    const bound = this.#own ? this.#own.address : this.#options.server?.address();
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

  get counts(): Readonly<Record<string, number>> {
    const { asked, ...counts } = this.#counts;
    const refused = asked - counts.accepted - this.#handshakes.size;
    const dropped = this.#own?.dropped ?? 0;
    return { connections: this.connections, ...counts, refused, dropped, ...this.#held.counts };
  }

  async start(receiver: TransportReceiver): Promise<void> {
    if (this.#server || this.#closing)
      throw new SipError("closed", "a WebSocket server transport starts once");
    const { server } = this.#options;
    this.#receiver = receiver;
    if (!server) this.#own = this.#makeServer();
    this.#server = server ?? this.#own?.http;
    this.#server?.on("upgrade", this.#onUpgrade);
    if (this.#own) await this.#listen(this.#own);
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
    const next = withoutResumption(changedContext(this.#tls, options));
    checkServerContext(next);
    this.#own?.setSecureContext(next);
    this.#tls = next;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#pingTimer !== undefined) this.#clock.clear(this.#pingTimer);
    this.#server?.off("upgrade", this.#onUpgrade);
    this.#handshakes.close();
    await this.#closeConnections();
    this.#receiver = undefined;
    await this.#own?.close();
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
  #makeServer(): WebSocketHttp {
    const { maxConnections = 10_000, maxPerSource } = this.#options;
    return new WebSocketHttp({
      timeout: handshakeLimit(this.#options),
      maxConnections,
      sourceLimit: maxPerSource ?? Number.POSITIVE_INFINITY,
      tls: this.#tls,
      clock: this.#clock,
    });
  }

  async #listen(own: WebSocketHttp): Promise<void> {
    const { host, port } = this.local;
    try {
      await own.listen(host, port, (cause) => report(this.#receiver, socketError(cause, "WebSocket server")));
    } catch (cause) {
      if (cause === undefined)
        throw new SipError("closed", "the WebSocket server was closed while it started");
      own.http.off("upgrade", this.#onUpgrade);
      this.#own = undefined;
      this.#server = undefined;
      throw bindError(cause, this.protocol, host, port);
    }
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
      if (passed < (this.#server?.listenerCount("upgrade") ?? 0)) return;
      this.#counts.asked++;
      refuse(stream, { status: 404 });
      return;
    }
    this.#counts.asked++;
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
      this.#counts.accepted++;
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
        pauseLimit: this.#options.pauseLimit ?? 65_536,
      });
      this.#byId.set(connection.id, connection);
      this.#byRemote.set(formatAddress(connection.remote.host, connection.remote.port), connection);
    });
  }

  onFrame(data: Uint8Array | string, connection: WebSocketConnection): void {
    if (this.#receiver && !this.#closing) deliver(this.#receiver, data, connection);
  }

  onOther(kind: "ping" | "filler" | "fault"): void {
    this.#counts[`${kind}s`]++;
  }

  onHeld(octets: number): void {
    this.#held.add(octets);
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
