// Transports of the in-memory network. Everything that arrives does so from a timer of the network's
// clock, owned by the transport it arrives at: nothing re-enters its sender, and close leaves no timer.

import type { TimerHandle } from "../clock.ts";
import { SipError } from "../errors.ts";
import { formatAddress } from "./address.ts";
import { AnswerBlocks } from "./answer-blocks.ts";
import type { Answers, AnswersHost } from "./answers.ts";
import { frameKind, PONG } from "./keep-alive.ts";
import { MemoryConnection } from "./memory-connection.ts";
import type { Medium } from "./memory-medium.ts";
import { deliver, failLater, tellClosed } from "./notify.ts";
import { responseFlow } from "./response-flow.ts";
import type { Address, Flow, SendFailed, Transport, TransportReceiver } from "./transport.ts";

/** How a transport of the in-memory network is addressed. */
export interface MemoryTransportOptions {
  /** "UDP" is unreliable; "TCP", "TLS", "WS", "WSS" and any other name are reliable. Default "UDP". */
  protocol?: string | undefined;
  /** Default: the next of 10.0.0.1, 10.0.0.2, … */
  host?: string | undefined;
  /**
   * The port it listens on, 0 for a free one. Default 5060, 5061 for TLS; none for WS and WSS, which
   * makes a WebSocket client: it connects, is not connected to, and calls itself `.invalid`.
   */
  port?: number | undefined;
  /** The sent-by of its Via. Default: host and port. */
  sentBy?: string | undefined;
  /** How many messages may wait for a connection. Default 256. */
  queueLimit?: number | undefined;
}

class MemoryDatagramFlow implements Flow {
  readonly transport: Transport;
  readonly id: string;
  readonly remote: Address;
  readonly open: boolean = true;

  constructor(transport: Transport, id: string, remote: Address) {
    this.transport = transport;
    this.id = id;
    this.remote = remote;
  }

  get local(): Address {
    return this.transport.local;
  }
}

const encoder = new TextEncoder();
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class MemoryTransport implements Transport {
  readonly protocol: string;
  readonly reliable: boolean;
  readonly secure: boolean;
  readonly framed: boolean;
  readonly medium: Medium<MemoryTransport>;
  readonly queueLimit: number;
  readonly answers: ((host: AnswersHost) => Answers) | undefined;
  readonly responseFlow: Transport["responseFlow"];
  readonly #listens: boolean;
  readonly #websocket: boolean;
  readonly #datagramFlows = new Map<string, MemoryDatagramFlow>();
  readonly #connections = new Map<string, MemoryConnection>();
  readonly #byRemote = new Map<string, MemoryConnection>();
  readonly #timers = new Set<TimerHandle>();
  #local: Address;
  #sentBy: string | undefined;
  #receiver: TransportReceiver | undefined;
  #closed = false;

  constructor(medium: Medium<MemoryTransport>, options: MemoryTransportOptions) {
    const protocol = (options.protocol ?? "UDP").toUpperCase();
    this.medium = medium;
    this.protocol = protocol;
    this.reliable = protocol !== "UDP";
    this.answers = this.reliable ? undefined : (host) => new AnswerBlocks(host);
    this.responseFlow = this.reliable ? undefined : responseFlow;
    this.secure = protocol === "TLS" || protocol === "WSS";
    this.framed = protocol !== "TCP" && protocol !== "TLS";
    this.#websocket = protocol === "WS" || protocol === "WSS";
    this.#listens = !this.#websocket || options.port !== undefined;
    this.queueLimit = options.queueLimit ?? 256;
    const usual = this.#websocket ? 0 : protocol === "TLS" ? 5061 : 5060;
    this.#local = { host: options.host ?? medium.newHost(), port: options.port ?? usual };
    const name = `${this.#local.host.replaceAll(/[.:]/g, "-")}.invalid`;
    this.#sentBy = options.sentBy ?? (this.#listens ? undefined : name);
  }

  get local(): Address {
    return this.#local;
  }

  get sentBy(): string {
    return this.#sentBy ?? formatAddress(this.#local.host, this.#local.port);
  }

  async start(receiver: TransportReceiver): Promise<void> {
    if (this.#receiver || this.#closed) throw new SipError("closed", "an in-memory transport starts once");
    if (this.#listens) {
      const { host, port } = this.#local;
      this.#local = { host, port: port === 0 ? this.medium.newPort() : port };
      this.medium.listen(this);
    }
    this.#receiver = receiver;
  }

  flow(remote: Address): Flow | undefined {
    if (!this.#receiver) return undefined;
    if (!this.reliable) return this.#datagramFlow(remote);
    const pooled = this.#byRemote.get(formatAddress(remote.host, remote.port));
    if (pooled) return pooled;
    // A WebSocket server does not call its clients.
    if (this.#websocket && this.#listens) return undefined;
    const local = { host: this.#local.host, port: this.medium.newPort() };
    const connection = this.#connection(local, remote, this.#websocket ? undefined : remote.host);
    connection.connect();
    return connection;
  }

  flowById(id: string): Flow | undefined {
    return this.#connections.get(id) ?? this.#datagramFlows.get(id);
  }

  send(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void {
    if (this.#closed || !this.#receiver) {
      failLater(failed, new SipError("closed", "the in-memory transport is not open"));
    } else if (flow instanceof MemoryConnection) flow.send(data, failed);
    else this.#sendDatagram(data, flow.remote);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.medium.leave(this);
    for (const connection of [...this.#connections.values()]) connection.close();
    for (const timer of this.#timers) this.medium.clock.clear(timer);
    this.#timers.clear();
    this.#datagramFlows.clear();
    this.#receiver = undefined;
  }

  // For the network's other transports and for MemoryConnection.

  /** Runs `callback` in `delay` milliseconds, unless the transport is closed by then. */
  after(delay: number, callback: () => void): void {
    if (this.#closed) return;
    const timer = this.medium.clock.set(() => {
      this.#timers.delete(timer);
      callback();
    }, delay);
    this.#timers.add(timer);
  }

  /** A peer's connection came in. */
  accept(peer: MemoryConnection): MemoryConnection {
    return this.#connection(peer.remote, peer.local, undefined);
  }

  /** A message arrived on a flow of this transport. */
  arrive(data: Uint8Array, flow: Flow): void {
    const receiver = this.#receiver;
    if (!receiver) return;
    const kind = frameKind(data);
    if (kind === "message") deliver(receiver, this.#websocket ? textOf(data) : new Uint8Array(data), flow);
    else if (kind === "ping" && flow instanceof MemoryConnection) flow.send(encoder.encode(PONG), () => {});
  }

  /** One of its connections ended. */
  forget(connection: MemoryConnection, error: SipError | undefined): void {
    this.#connections.delete(connection.id);
    const { host, port } = connection.remote;
    const remote = formatAddress(host, port);
    if (this.#byRemote.get(remote) === connection) this.#byRemote.delete(remote);
    if (this.#receiver) tellClosed(this.#receiver, connection, error);
  }

  /** Its open connections. */
  get connections(): Iterable<MemoryConnection> {
    return this.#connections.values();
  }

  #connection(local: Address, remote: Address, domain: string | undefined): MemoryConnection {
    const connection = new MemoryConnection(this, this.medium.random.text(22), local, remote, domain);
    this.#connections.set(connection.id, connection);
    this.#byRemote.set(formatAddress(remote.host, remote.port), connection);
    return connection;
  }

  /** ICMP has said that nobody listens there (RFC 3261 §18.4). */
  #unreachable(remote: Address): void {
    const where = formatAddress(remote.host, remote.port);
    const error = new SipError("transport_failed", `${where} is unreachable`);
    if (this.#receiver) tellClosed(this.#receiver, this.#datagramFlow(remote), error);
  }

  #datagramFlow({ host, port }: Address): MemoryDatagramFlow {
    const id = `udp:${formatAddress(host, port)}`;
    const known = this.#datagramFlows.get(id);
    if (known) return known;
    const flow = new MemoryDatagramFlow(this, id, { host, port });
    this.#datagramFlows.set(id, flow);
    return flow;
  }

  #sendDatagram(data: Uint8Array, remote: Address): void {
    const { medium } = this;
    const sent = medium.describe(this.protocol, this.#local, remote, data);
    const delays = medium.fate(sent);
    const target = medium.find(this.protocol, this.#local, remote);
    medium.trace.add({ ...sent, arrives: target ? delays.map((delay) => sent.at + delay) : [] });
    const from = this.#local;
    // What is lost arrives nowhere to be refused.
    if (delays.length > 0 && medium.refuses(this.protocol, from, remote))
      this.after(medium.delay(), () => this.#unreachable(remote));
    // The sender's octets are its own again by the time that they arrive.
    const copy = data.slice();
    for (const delay of target ? delays : []) {
      target?.after(delay, () => target.arrive(copy, target.#datagramFlow(from)));
    }
  }
}

/** WebSocket hands over text where the octets are UTF-8, and octets otherwise, as its transports send them. */
function textOf(data: Uint8Array): Uint8Array | string {
  try {
    return utf8.decode(data);
  } catch {
    return new Uint8Array(data);
  }
}
