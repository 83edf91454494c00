// StreamTransport: what TCP and TLS share: the listener, the pool of connections by remote address, the
// limits on them. What a connection does is StreamConnection's; what differs is in a StreamKind.

import type { Server, Socket } from "node:net";
import type { Clock, TimerHandle } from "../../clock.ts";
import { apart } from "../../core/text.ts";
import { SipError } from "../../errors.ts";
import { checkPort, formatAddress, parseAddress, unmapIPv4 } from "../address.ts";
import { withContentLength } from "../content-length.ts";
import { deliver, failLater, report, tellClosed, tellFault } from "../notify.ts";
import { bindError, socketError } from "../socket-error.ts";
import type { Address, Flow, SendFailed, Target, Transport, TransportReceiver } from "../transport.ts";
import { callFrom, sentByOf } from "./local-address.ts";
import { StreamConnection, type StreamOwner } from "./stream-connection.ts";
import { type StreamOptions, type StreamSettings, streamSettings } from "./stream-options.ts";
import { discard, StreamPool } from "./stream-pool.ts";

/** What makes TCP or TLS of a stream transport. */
export interface StreamKind {
  readonly protocol: string;
  readonly secure: boolean;
  readonly port: number;
  /** A server that is not listening yet. */
  createServer(): Server;
  /** The server's event that brings a socket which is ready to be read. */
  readonly accepts: "connection" | "secureConnection";
  /** A client socket that is connecting. `from` is the address to call from. */
  connect(remote: Address, domain: string, from: string | undefined): Socket;
  readonly connects: "connect" | "secureConnect";
  /** The domains that a connection's peer has shown to be; undefined where the transport cannot know. */
  domains(socket: Socket): readonly string[] | undefined;
}

export class StreamTransport implements Transport, StreamOwner {
  readonly protocol: string;
  readonly reliable: boolean = true;
  readonly secure: boolean;
  readonly framed: boolean = false;
  readonly alias: ((flow: Flow, port: number) => void) | undefined;

  readonly #kind: StreamKind;
  readonly #options: StreamOptions;
  readonly #clock: Clock;
  readonly #settings: StreamSettings;
  readonly #pool: StreamPool;
  #local: Address;
  #sentBy: string;
  #server: Server | undefined;
  #receiver: TransportReceiver | undefined;
  #sweeper: TimerHandle | undefined;
  /** Set before anybody is told of the end, who might begin anew. */
  #over = false;
  #closing: Promise<void> | undefined;
  #counts = { accepted: 0, opened: 0, refused: 0, pings: 0, faults: 0, handshakes: 0 };

  constructor(kind: StreamKind, options: StreamOptions) {
    const { host = "0.0.0.0", port = kind.port, listen = true } = options;
    parseAddress(formatAddress(host));
    this.#kind = kind;
    this.protocol = kind.protocol;
    this.secure = kind.secure;
    this.#options = options;
    this.#settings = streamSettings(options);
    this.#clock = this.#settings.clock;
    const { maxConnections = 10_000, maxPerSource = Infinity, heldLimit } = options;
    this.#pool = new StreamPool(maxConnections, maxPerSource, heldLimit);
    this.#local = { host, port: checkPort(port) || (listen ? 0 : kind.port) };
    this.#sentBy = sentByOf(options.advertise, this.#local);
    this.alias = options.alias ? (flow, on) => this.#alias(flow as StreamConnection, on) : undefined;
  }

  get local(): Address {
    return this.#local;
  }

  get sentBy(): string {
    return this.#sentBy;
  }

  get counts(): Readonly<Record<string, number>> {
    return { connections: this.#pool.size, ...this.#counts, ...this.#pool.held.counts };
  }

  async start(receiver: TransportReceiver): Promise<void> {
    if (this.#server || this.#receiver || this.#over)
      throw new SipError("closed", `a ${this.protocol} transport starts once`);
    if (this.#options.listen ?? true) await this.#serve();
    this.#receiver = receiver;
    this.#sweep();
  }

  async #serve(): Promise<void> {
    const server = this.#kind.createServer();
    this.#server = server;
    // First of all: what is past the limits costs no handshake.
    server.prependListener("connection", (socket: Socket) => this.#admit(socket));
    server.on(this.#kind.accepts, (socket: Socket) => this.#accept(socket));
    server.on("tlsClientError", (_cause: Error, socket: Socket) => {
      this.#counts.handshakes++;
      // Node tells of a handshake that takes too long, and leaves it at that.
      socket.destroy();
    });
    await this.#listen(server);
    const bound = server.address();
    if (bound !== null && typeof bound === "object") {
      this.#local = { host: unmapIPv4(bound.address), port: bound.port };
      this.#sentBy = sentByOf(this.#options.advertise, this.#local);
    }
  }

  flow(remote: Address & Pick<Target, "domain">): Flow | undefined {
    const { host, port, domain = host } = remote;
    if (!this.#receiver || this.#over || !(port >= 1 && port <= 65535)) return undefined;
    const known = this.#pool.find(host, port, this.secure ? domain : host);
    if (known) return known;
    if (this.#pool.isFull(host)) {
      this.#counts.refused++;
      return undefined;
    }
    // They may stand in a message, which the connection outlives.
    return this.#open({ host: apart(host), port }, apart(domain));
  }

  flowById(id: string): Flow | undefined {
    return this.#pool.byId(id);
  }

  ping(flow: Flow): void {
    if (flow instanceof StreamConnection && flow.transport === this) flow.ping();
  }

  send(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void {
    if (this.#over) failLater(failed, new SipError("closed", `the ${this.protocol} transport is closed`));
    // What was read from a datagram may come without one.
    else (flow as StreamConnection).send(withContentLength(data), failed);
  }

  close(): Promise<void> {
    this.#over = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The domains that the peer of a flow has shown to be. */
  domains(flow: Flow): readonly string[] | undefined {
    return this.#kind.domains((flow as StreamConnection).socket);
  }

  /** Tells of what belongs to no connection. */
  protected report(error: SipError): void {
    report(this.#receiver, error);
  }

  /** The server that listens, if any. */
  get server(): Server | undefined {
    return this.#server;
  }

  async #close(): Promise<void> {
    if (this.#sweeper !== undefined) this.#clock.clear(this.#sweeper);
    for (const connection of this.#pool.connections) connection.end(undefined);
    this.#pool.dropHandshakes();
    const server = this.#server;
    const quiet = server?.listening
      ? new Promise<void>((resolve) => server.close(() => resolve()))
      : undefined;
    await Promise.all([quiet, this.#pool.emptied()]);
    this.#receiver = undefined;
  }

  #listen(server: Server): Promise<void> {
    const { host, port } = this.#local;
    return new Promise((resolve, reject) => {
      const refused = (cause: unknown): void => {
        this.#server = undefined;
        reject(bindError(cause, this.protocol, host, port));
      };
      const closed = (): void =>
        reject(new SipError("closed", `the ${this.protocol} transport was closed while it started`));
      server.once("error", refused);
      // Bun calls nobody back then.
      server.once("close", closed);
      server.listen({ host, port }, () => {
        server.off("error", refused);
        server.on("error", (cause) => report(this.#receiver, socketError(cause, `${this.protocol} server`)));
        if (!this.#over) resolve();
        else {
          server.close();
          closed();
        }
      });
    });
  }

  #admit(socket: Socket): void {
    if (!this.#over && this.#pool.admit(socket)) return;
    this.#counts.refused++;
    discard(socket);
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    // Refused above, or gone before its turn came.
    if (socket.destroyed || remoteAddress === undefined || remotePort === undefined || this.#over) {
      discard(socket);
      return;
    }
    this.#counts.accepted++;
    const remote = { host: unmapIPv4(remoteAddress), port: remotePort };
    const settings = this.#settings;
    this.#pool.add(new StreamConnection({ transport: this, remote, socket, owner: this, settings }));
  }

  #open(remote: Address, domain: string): StreamConnection | undefined {
    const socket = this.#connect(remote, domain);
    if (!socket) return undefined;
    this.#counts.opened++;
    const connection = new StreamConnection({
      transport: this,
      remote,
      domain: this.secure ? domain : remote.host,
      socket,
      owner: this,
      settings: this.#settings,
      connects: this.#kind.connects,
    });
    this.#pool.add(connection);
    return connection;
  }

  /** Undefined where the runtime finds something wrong with where it is to go, or a user's `lookup` throws. */
  #connect(remote: Address, domain: string): Socket | undefined {
    try {
      return this.#kind.connect(remote, domain, callFrom(this.#local.host, remote.host));
    } catch (cause) {
      const where = `${this.protocol} ${formatAddress(remote.host, remote.port)}`;
      report(this.#receiver, socketError(cause, `${where} cannot be called`));
      return undefined;
    }
  }

  /** RFC 5923 §5: over TLS only for what the peer's certificate says that it is. */
  #alias(connection: StreamConnection, port: number): void {
    const { host } = connection.remote;
    for (const domain of this.secure ? (this.domains(connection) ?? []) : [host]) {
      this.#pool.alias(connection, host, port, domain);
    }
  }

  #sweep(): void {
    const { idleTimeout = 900_000 } = this.#options;
    if (idleTimeout <= 0 || this.#over) return;
    this.#sweeper = this.#clock.set(() => {
      const oldest = this.#clock.now() - idleTimeout;
      for (const connection of this.#pool.connections) {
        if (connection.active > oldest) continue;
        connection.end(new SipError("connection_closed", `the connection was idle for ${idleTimeout} ms`));
      }
      this.#sweep();
    }, idleTimeout / 4);
  }

  onFrame(data: Uint8Array, connection: StreamConnection): void {
    if (this.#receiver && !this.#over) deliver(this.#receiver, data, connection);
  }

  onPing(): void {
    this.#counts.pings++;
  }

  onFault(error: SipError, head: Uint8Array | undefined, connection: StreamConnection): void {
    this.#counts.faults++;
    if (this.#receiver && !this.#over) tellFault(this.#receiver, error, head, connection);
  }

  onHeld(octets: number): void {
    this.#pool.held.add(octets);
  }

  onEnd(connection: StreamConnection, error: SipError | undefined): void {
    this.#pool.remove(connection);
    if (this.#receiver) tellClosed(this.#receiver, connection, error);
  }

  onGone(connection: StreamConnection): void {
    this.#pool.gone(connection);
  }
}
