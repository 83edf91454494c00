// SIP over UDP on Node's dgram: one socket, a flow per remote address. It does not retransmit, resolve
// SIP names (RFC 3263) or choose TCP for large requests: those are the floors above.

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { lookup as dnsLookup } from "node:dns";
import { type Clock, systemClock } from "../../clock.ts";
import { SipError } from "../../errors.ts";
import { checkPort, formatAddress, ipFamily, parseAddress, unmapIPv4 } from "../address.ts";
import { frameKind } from "../keep-alive.ts";
import { deliver, failLater, report } from "../notify.ts";
import { RecentMap } from "../recent-map.ts";
import type { Address, Flow, SendFailed, Transport, TransportReceiver } from "../transport.ts";
import { HostCache, type HostLookup, systemLookup } from "./host-cache.ts";
import { sentByOf } from "./local-address.ts";
import { bindError, socketError } from "./socket-error.ts";

/** Options of `udp`; all of them have defaults. */
export interface UdpOptions {
  /** The address to bind; its family is the socket's. Default "0.0.0.0"; "::" takes IPv4 as well. */
  host?: string;
  /** The port to bind, 0 for any free one (`local.port` tells it after start). Default 5060. */
  port?: number;
  /** `host` or `host:port` for the Via's sent-by, where peers see another address than the bound one. Default: the bound address, or the first reachable one of this machine where a wildcard is bound. */
  advertise?: string;
  /** The kernel's receive buffer in bytes. Default: the system's, which a burst of some hundred messages can fill. */
  recvBufferSize?: number;
  /** The kernel's send buffer in bytes. Default: the system's. */
  sendBufferSize?: number;
  /** True keeps a "::" socket from taking IPv4. Default false. */
  ipv6Only?: boolean;
  /** How many bytes may wait for the kernel to take them; a send beyond fails. Default 4 MiB. */
  sendQueueLimit?: number;
  /** How many flow objects are kept; the least recently used go first and are made anew when met again. Default 20,000. */
  flowLimit?: number;
  /** How many host names are remembered. Default 256. */
  hostLimit?: number;
  /** How long a host name's address is remembered, in milliseconds. Default 30,000. */
  hostTtl?: number;
  /** Finds the address of a host name. Default: the operating system's resolver. */
  lookup?: HostLookup;
  /** Default: the runtime's. It only ages host names. */
  clock?: Clock;
}

/**
 * SIP over UDP (RFC 3261 §18).
 *
 * `start` rejects with a SipError: `address_in_use`, or `transport_failed` where the socket cannot be
 * opened. A datagram too large for UDP, an unreachable network or a full queue is told to the send's
 * `failed` with code `transport_failed`; a send after close with `closed`. Datagrams of nothing but
 * CR, LF and NUL are keep-alives and dropped: RFC 5626 §3.5.2 has STUN on UDP, and no pong.
 *
 * @throws SipError `value_invalid` where `advertise` is not a host or host:port, `host` not an IP address or name, or `port` none
 */
export function udp(options: UdpOptions = {}): Transport {
  return new UdpTransport(options);
}

class UdpFlow implements Flow {
  readonly transport: Transport;
  readonly id: string;
  readonly remote: Address;
  /** The address as the socket wants it; undefined for a host name, which is looked up. */
  readonly wire: string | undefined;

  constructor(transport: Transport, id: string, remote: Address, wire: string | undefined) {
    this.transport = transport;
    this.id = id;
    this.remote = remote;
    this.wire = wire;
  }

  get local(): Address {
    return this.transport.local;
  }

  /** RFC 5626 §2: a datagram flow is an address pair, which nothing closes. */
  get open(): boolean {
    return true;
  }
}

class UdpTransport implements Transport {
  readonly protocol: string = "UDP";
  readonly reliable: boolean = false;
  readonly secure: boolean = false;
  readonly framed: boolean = true;

  readonly #options: UdpOptions;
  readonly #family: 4 | 6;
  readonly #flows: RecentMap<string, UdpFlow>;
  readonly #hosts: HostCache;
  readonly #sendQueueLimit: number;
  #local: Address;
  #sentBy: string;
  #socket: Socket | undefined;
  #receiver: TransportReceiver | undefined;
  #last: UdpFlow | undefined;
  #closing: Promise<void> | undefined;
  #queued = 0;

  constructor(options: UdpOptions) {
    const { host = "0.0.0.0", port = 5060, clock = systemClock, lookup = systemLookup } = options;
    parseAddress(formatAddress(host));
    this.#options = options;
    this.#family = ipFamily(host) === 6 ? 6 : 4;
    this.#flows = new RecentMap(options.flowLimit ?? 20_000);
    const { hostLimit: limit = 256, hostTtl: ttl = 30_000 } = options;
    this.#hosts = new HostCache({ family: this.#family, limit, ttl, clock, lookup });
    this.#sendQueueLimit = options.sendQueueLimit ?? 4 * 1024 * 1024;
    this.#local = { host, port: checkPort(port) };
    this.#sentBy = sentByOf(options.advertise, this.#local);
  }

  get local(): Address {
    return this.#local;
  }

  get sentBy(): string {
    return this.#sentBy;
  }

  async start(receiver: TransportReceiver): Promise<void> {
    if (this.#socket || this.#closing) throw new SipError("closed", "a UDP transport starts once");
    const { host, port } = this.#local;
    const { recvBufferSize, sendBufferSize, ipv6Only = false } = this.#options;
    const socket = createSocket({
      type: this.#family === 6 ? "udp6" : "udp4",
      lookup: this.#lookup as never,
      ipv6Only,
      ...(recvBufferSize === undefined ? undefined : { recvBufferSize }),
      ...(sendBufferSize === undefined ? undefined : { sendBufferSize }),
    });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      const refuse = (cause: unknown): void => {
        this.#socket = undefined;
        socket.close();
        reject(bindError(cause, "UDP", host, port));
      };
      socket.once("error", refuse);
      socket.once("close", () =>
        reject(new SipError("closed", "the UDP transport was closed while it started")),
      );
      const bound = (): void => {
        socket.off("error", refuse);
        resolve();
      };
      try {
        socket.bind({ address: host, port }, bound);
      } catch (cause) {
        refuse(cause);
      }
    });
    const bound = socket.address();
    this.#local = { host: unmapIPv4(bound.address), port: bound.port };
    this.#sentBy = sentByOf(this.#options.advertise, this.#local);
    this.#receiver = receiver;
    socket.on("error", (cause) => report(this.#receiver, socketError(cause, "UDP socket")));
    socket.on("message", (data, info) => this.#receive(data, info));
  }

  flow(remote: Address): Flow | undefined {
    const { host, port } = remote;
    if (!this.#receiver || !(port >= 1 && port <= 65535)) return undefined;
    // An IPv4 socket cannot send to IPv6.
    if (this.#family === 4 && ipFamily(host) === 6) return undefined;
    return this.#flow(host, port);
  }

  flowById(id: string): Flow | undefined {
    const known = this.#flows.get(id);
    if (known || !this.#receiver || !id.startsWith("udp:")) return known;
    // A datagram flow is never closed, only forgotten: its id says all that is needed to make it again.
    try {
      const { host, port } = parseAddress(id.slice(4));
      const flow = port === undefined || ipFamily(host) === 0 ? undefined : this.flow({ host, port });
      return flow?.id === id ? flow : undefined;
    } catch {
      return undefined;
    }
  }

  send(data: Uint8Array<ArrayBuffer>, flow: Flow, failed: SendFailed): void {
    const { wire, remote } = flow as UdpFlow;
    if (wire !== undefined) this.#transmit(data, remote.port, wire, failed);
    else {
      this.#hosts.resolve(remote.host).then(
        (address) => this.#transmit(data, remote.port, this.#wire(address) ?? address, failed),
        (cause) => failed(socketError(cause, `${remote.host} has no IPv${this.#family} address`)),
      );
    }
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const socket = this.#socket;
      this.#socket = undefined;
      this.#receiver = undefined;
      this.#flows.clear();
      this.#last = undefined;
      if (socket) socket.close(resolve);
      else resolve();
    });
    return this.#closing;
  }

  #transmit(data: Uint8Array, port: number, address: string, failed: SendFailed): void {
    const socket = this.#socket;
    if (!socket || !this.#receiver) {
      failLater(failed, new SipError("closed", "the UDP transport is not open"));
      return;
    }
    // Node counts exactly, but a call into it for each send is too dear: it is asked only if our own
    // count, which includes what the kernel has taken in this turn, is past the limit.
    if (this.#queued > this.#sendQueueLimit && socket.getSendQueueSize() > this.#sendQueueLimit) {
      failLater(failed, new SipError("transport_failed", "the UDP send queue is full"));
      return;
    }
    const { length } = data;
    this.#queued += length;
    try {
      socket.send(data, port, address, (error) => {
        this.#queued -= length;
        if (error) failed(socketError(error, `sending to ${formatAddress(address, port)}`));
      });
    } catch (cause) {
      this.#queued -= length;
      failLater(failed, socketError(cause, `sending to ${formatAddress(address, port)}`));
    }
  }

  #receive(data: Uint8Array, { address, port }: RemoteInfo): void {
    const receiver = this.#receiver;
    if (!receiver || frameKind(data) !== "message") return;
    // Bursts come from one peer: comparing with the last one is cheaper than building its key.
    let flow = this.#last;
    if (flow === undefined || flow.remote.port !== port || flow.wire !== address) {
      flow = this.#flow(unmapIPv4(address), port);
      this.#last = flow;
    }
    deliver(receiver, data, flow);
  }

  #flow(host: string, port: number): UdpFlow {
    const id = `udp:${formatAddress(host, port)}`;
    const known = this.#flows.get(id);
    if (known) return known;
    const flow = new UdpFlow(this, id, { host, port }, this.#wire(host));
    this.#flows.set(id, flow);
    return flow;
  }

  /** An IPv6 socket sends to IPv4 peers by their mapped address (RFC 4291 §2.5.5.2). */
  #wire(host: string): string | undefined {
    const family = ipFamily(host);
    if (family === 0) return undefined;
    return family < this.#family ? `::ffff:${host}` : host;
  }

  /**
   * The socket's own lookup. What send gives it is an address by then, and is answered at once: a third
   * more echoes per second than with Node's default, which waits a turn. Only bind may give a name.
   */
  readonly #lookup = (host: string, family: 4 | 6, done: LookupDone): void => {
    if (this.#receiver) done(null, host, family);
    else dnsLookup(host, { family }, done);
  };
}

type LookupDone = (error: Error | null, address: string, family: number) => void;
