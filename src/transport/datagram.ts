// SIP over UDP on any runtime's datagram socket: one socket, a flow per remote address. It does not
// retransmit, resolve SIP names (RFC 3263) or choose TCP for large requests: those are the floors above.

import { systemClock } from "../clock.ts";
import { apart } from "../core/text.ts";
import { checkNumbers } from "../demands.ts";
import { notWanted, SipError } from "../errors.ts";
import { checkPort, formatAddress, ipFamily, isWildcard, parseAddress, unmapIPv4 } from "./address.ts";
import { AnswerBlocks } from "./answer-blocks.ts";
import type { Answers, AnswersHost } from "./answers.ts";
import type { DatagramRuntime, DatagramSocket } from "./datagram-socket.ts";
import { HostCache } from "./host-cache.ts";
import { frameKind } from "./keep-alive.ts";
import { deliver, failLater, report } from "./notify.ts";
import { RecentMap } from "./recent-map.ts";
import { responseFlow } from "./response-flow.ts";
import { bindError, socketError } from "./socket-error.ts";
import { answerStun } from "./stun.ts";
import { isStun } from "./stun-message.ts";
import { StunProbes } from "./stun-probes.ts";
import type { Address, Flow, SendFailed, Transport, TransportReceiver } from "./transport.ts";
import type { UdpOptions } from "./udp-options.ts";

/** A power of two. */
const HEARD = 256;

class DatagramFlow implements Flow {
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

function idOf(host: string, port: number): string {
  return `udp:${formatAddress(host, port)}`;
}

/** UDP over the sockets of `runtime`. */
export class DatagramTransport implements Transport {
  readonly protocol: string = "UDP";
  readonly reliable: boolean = false;
  readonly secure: boolean = false;
  readonly framed: boolean = true;
  readonly responseFlow: Transport["responseFlow"];

  readonly #runtime: DatagramRuntime;
  readonly #options: UdpOptions;
  readonly #family: 4 | 6;
  /** Those that the socket can send to: an IPv6 one to IPv4 where it is bound to all addresses, or to a mapped one. */
  readonly #families: readonly number[];
  readonly #flows: RecentMap<string, DatagramFlow>;
  readonly #hosts: HostCache;
  readonly #sendQueueLimit: number;
  #local: Address;
  #sentBy: string;
  #opening: Promise<DatagramSocket> | undefined;
  #socket: DatagramSocket | undefined;
  #receiver: TransportReceiver | undefined;
  /** The flows that were heard of last, by the lowest bits of their port: found without making their key. */
  readonly #heard: (DatagramFlow | undefined)[] = new Array<DatagramFlow | undefined>(HEARD).fill(undefined);
  #closing: Promise<void> | undefined;
  #queued = 0;
  readonly #probes: StunProbes;
  #dropped: number | undefined;
  readonly #counts = { fillers: 0, stun: 0, stunAnswers: 0, stunDropped: 0, unreachable: 0 };

  constructor(runtime: DatagramRuntime, options: UdpOptions) {
    const { host = "0.0.0.0", port = 5060, clock = systemClock, lookup = runtime.lookup } = options;
    parseAddress(formatAddress(host));
    checkNumbers(options, 1, "recvBufferSize", "sendBufferSize", "flowLimit", "hostLimit");
    checkNumbers(options, 0, "sendQueueLimit", "hostTtl");
    this.responseFlow = options.symmetric ? undefined : responseFlow;
    this.#runtime = runtime;
    this.#options = options;
    this.#family = ipFamily(host) === 6 ? 6 : 4;
    this.#flows = new RecentMap(options.flowLimit ?? 20_000);
    const mixed = isWildcard(host) || unmapIPv4(host) !== host;
    const both = this.#family === 6 && mixed && options.ipv6Only !== true;
    const families = both ? ([6, 4] as const) : [this.#family];
    this.#families = families;
    const { hostLimit: limit = 256, hostTtl: ttl = 30_000 } = options;
    this.#hosts = new HostCache({ families, limit, ttl, clock, lookup });
    this.#probes = new StunProbes(clock, (data, flow) => this.send(data, flow, () => {}));
    this.#sendQueueLimit = options.sendQueueLimit ?? 4 * 1024 * 1024;
    this.#local = { host, port: checkPort(port) };
    this.#sentBy = runtime.sentBy(options.advertise, this.#local);
  }

  get local(): Address {
    return this.#local;
  }

  get sentBy(): string {
    return this.#sentBy;
  }

  /**
   * `fillers`: datagrams of CR, LF and NUL; `stun`: Binding requests answered; `stunAnswers`: what ours were answered
   * with; `stunDropped`: other STUN;
   * `unreachable`: what ICMP told of peers, where the runtime lets it be heard; `dropped`: datagrams that the
   * kernel had no room for, where it tells (Linux), and those that came while 32,768, or 16 MiB of them, waited.
   */
  get counts(): Readonly<Record<string, number>> {
    this.#noteDropped();
    const dropped = this.#dropped;
    return { ...this.#counts, ...(dropped === undefined ? undefined : { dropped }) };
  }

  async start(receiver: TransportReceiver): Promise<void> {
    if (this.#opening || this.#closing) throw new SipError("closed", "a UDP transport starts once");
    const { host, port } = this.#local;
    this.#opening = this.#runtime.open(this.#local, this.#options, this.#family, {
      message: (data, from, at) => this.#receive(data, from, at),
      error: (cause) => report(this.#receiver, socketError(cause, "UDP socket")),
      unreachable: () => void this.#counts.unreachable++,
    });
    let socket: DatagramSocket;
    try {
      socket = await this.#opening;
    } catch (cause) {
      this.#opening = undefined;
      throw cause instanceof SipError ? cause : bindError(cause, "UDP", host, port);
    }
    if (this.#closing) throw new SipError("closed", "the UDP transport was closed while it started");
    this.#local = { host: unmapIPv4(socket.local.host), port: socket.local.port };
    this.#sentBy = this.#runtime.sentBy(this.#options.advertise, this.#local);
    this.#socket = socket;
    this.#receiver = receiver;
  }

  flow(remote: Address): Flow | undefined {
    const { host, port } = remote;
    if (!this.#receiver || !(port >= 1 && port <= 65535)) return undefined;
    const known = this.#flows.get(idOf(host, port));
    if (known) return known;
    const family = ipFamily(host);
    if (family !== 0 && !this.#families.includes(family)) return undefined;
    // It may stand in a message, which the flow outlives.
    return this.#newFlow(apart(host), port);
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
    const { wire, remote } = flow as DatagramFlow;
    if (wire !== undefined) this.#transmit(data, remote.port, wire, failed);
    else {
      // A lookup may take longer than what was left of an answer is kept.
      const copy = data.slice();
      this.#hosts.resolve(remote.host).then(
        (address) => this.#transmit(copy, remote.port, this.#wire(address) ?? address, failed),
        (cause) => failed(socketError(cause, `${remote.host} has no IPv${this.#family} address`)),
      );
    }
  }

  probe(flow: Flow): Promise<Address> {
    if (!this.#socket) return Promise.reject(new SipError("closed", "the UDP transport is not open"));
    // Whatever else it is would be thrown at by a timer of the probe's, at nobody.
    if (flow?.transport !== this) return Promise.reject(notWanted("probe", "a flow of this transport", flow));
    return this.#probes.ask(flow);
  }

  answers(host: AnswersHost): Answers {
    // A stack leaves those of its other transports here, too; of a stranger nobody knows how long it holds on to octets.
    return new AnswerBlocks(host, ({ transport }) =>
      transport instanceof DatagramTransport ? transport.#queued > 0 : true,
    );
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      const opening = this.#opening;
      this.#noteDropped();
      this.#socket = undefined;
      this.#receiver = undefined;
      this.#probes.close();
      this.#flows.clear();
      this.#heard.fill(undefined);
      // One that could not be opened leaves nothing to close.
      const socket = await opening?.catch(() => undefined);
      await socket?.close();
    })();
    return this.#closing;
  }

  /** Behind its end nobody tells any more. */
  #noteDropped(): void {
    if (!this.#socket) return;
    const here = this.#socket.dropped;
    const kernel = this.#runtime.dropped(this.#local);
    this.#dropped = kernel === undefined ? here : kernel + (here ?? 0);
  }

  #transmit(data: Uint8Array<ArrayBuffer>, port: number, host: string, failed: SendFailed): void {
    const socket = this.#socket;
    if (!socket) {
      failLater(failed, new SipError("closed", "the UDP transport is not open"));
      return;
    }
    // Asking the socket is dear: it is done only if our own count, which may include what the kernel has
    // taken in this turn, is past the limit.
    const limit = this.#sendQueueLimit;
    if (this.#queued > limit && (socket.waiting?.() ?? this.#queued) > limit) {
      failLater(failed, new SipError("transport_failed", "the UDP send queue is full"));
      return;
    }
    const { length } = data;
    this.#queued += length;
    try {
      socket.send(data, port, host, (error) => {
        this.#queued -= length;
        if (error) failed(socketError(error, `sending to ${formatAddress(host, port)}`));
      });
    } catch (cause) {
      this.#queued -= length;
      failLater(failed, socketError(cause, `sending to ${formatAddress(host, port)}`));
    }
  }

  #receive(data: Uint8Array, host: string, port: number): void {
    const receiver = this.#receiver;
    if (!receiver) return;
    if (frameKind(data) !== "message") {
      this.#counts.fillers++;
      return;
    }
    // No SIP message begins with such an octet; most STUN does with 0 or 1.
    if (data[0]! < 0x20 && isStun(data)) {
      this.#takeStun(data, host, port);
      return;
    }
    const place = port & (HEARD - 1);
    let flow = this.#heard[place];
    if (flow === undefined || flow.remote.port !== port || flow.remote.host !== host) {
      const from = unmapIPv4(host);
      flow = this.#flows.get(idOf(from, port)) ?? this.#newFlow(from, port);
      this.#heard[place] = flow;
    }
    deliver(receiver, data, flow);
  }

  #takeStun(data: Uint8Array, host: string, port: number): void {
    const { stun = true } = this.#options;
    const remote = { host: unmapIPv4(host), port };
    if (this.#probes.take(data, remote)) {
      this.#counts.stunAnswers++;
      return;
    }
    const answer = stun ? answerStun(data, remote) : undefined;
    if (answer) this.#transmit(answer, port, host, () => {});
    this.#counts[answer ? "stun" : "stunDropped"]++;
  }

  #newFlow(host: string, port: number): DatagramFlow {
    const id = idOf(host, port);
    // One that was heard of without a look into the others may have been forgotten among them.
    const heard = this.#heard[port & (HEARD - 1)];
    const flow = heard?.id === id ? heard : new DatagramFlow(this, id, { host, port }, this.#wire(host));
    this.#flows.set(id, flow);
    return flow;
  }

  /** An IPv6 socket sends to IPv4 peers by their mapped address (RFC 4291 §2.5.5.2). */
  #wire(host: string): string | undefined {
    const family = ipFamily(host);
    if (family === 0) return undefined;
    return family < this.#family ? `::ffff:${host}` : host;
  }
}
