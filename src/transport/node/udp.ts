// SIP over UDP on Node's dgram: one socket, a flow per remote address. It does not retransmit, resolve
// SIP names (RFC 3263) or choose TCP for large requests: those are the floors above.

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { lookup as dnsLookup } from "node:dns";
import { systemClock } from "../../clock.ts";
import { SipError } from "../../errors.ts";
import { checkPort, formatAddress, ipFamily, parseAddress, unmapIPv4 } from "../address.ts";
import { frameKind } from "../keep-alive.ts";
import { deliver, failLater, report } from "../notify.ts";
import { RecentMap } from "../recent-map.ts";
import { answerStun, isStun } from "../stun.ts";
import type { Address, Flow, SendFailed, Transport, TransportReceiver } from "../transport.ts";
import { HostCache, systemLookup } from "./host-cache.ts";
import { sentByOf } from "./local-address.ts";
import { bindError, socketError } from "./socket-error.ts";
import type { UdpOptions } from "./udp-options.ts";

/**
 * SIP over UDP (RFC 3261 §18).
 *
 * `start` rejects with a SipError: `address_in_use`, or `transport_failed` where the socket cannot be
 * opened. A datagram too large for UDP, an unreachable network or a full queue is told to the send's
 * `failed` with code `transport_failed`; a send after close with `closed`. Datagrams of nothing but
 * CR, LF and NUL are keep-alives and dropped: RFC 5626 §4.4.2 has STUN on UDP, and no pong. STUN Binding
 * requests are answered.
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
  readonly #counts = { fillers: 0, stun: 0, stunDropped: 0 };

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

  /** `fillers`: datagrams of CR, LF and NUL; `stun`: Binding requests answered; `stunDropped`: other STUN. */
  get counts(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }

  async start(receiver: TransportReceiver): Promise<void> {
    if (this.#socket || this.#closing) throw new SipError("closed", "a UDP transport starts once");
    const { host, port } = this.#local;
    const { recvBufferSize, sendBufferSize, ipv6Only = false } = this.#options;
    const socket = createSocket({
      type: this.#family === 6 ? "udp6" : "udp4",
      lookup: this.#lookup as never,
      ipv6Only,
      reuseAddr: this.#options.reuseAddress ?? false,
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
        try {
          for (const each of this.#options.multicast ?? []) {
            const { group, interface: on } = typeof each === "string" ? { group: each } : each;
            socket.addMembership(group, on);
          }
        } catch (cause) {
          refuse(cause);
          return;
        }
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
    if (!receiver) return;
    if (frameKind(data) !== "message") {
      this.#counts.fillers++;
      return;
    }
    // No SIP message begins with such an octet; most STUN does with 0 or 1.
    if (data[0]! < 0x20 && isStun(data)) {
      this.#answerStun(data, address, port);
      return;
    }
    // Bursts come from one peer: comparing with the last one is cheaper than building its key.
    let flow = this.#last;
    if (flow === undefined || flow.remote.port !== port || flow.wire !== address) {
      flow = this.#flow(unmapIPv4(address), port);
      this.#last = flow;
    }
    deliver(receiver, data, flow);
  }

  #answerStun(data: Uint8Array, address: string, port: number): void {
    const { stun = true } = this.#options;
    const answer = stun ? answerStun(data, { host: unmapIPv4(address), port }) : undefined;
    if (answer) this.#transmit(answer, port, address, () => {});
    this.#counts[answer ? "stun" : "stunDropped"]++;
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
