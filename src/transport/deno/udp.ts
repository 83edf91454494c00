// UDP on Deno.listenDatagram: Deno's node:dgram is some sixty times slower.

import { setImmediate } from "node:timers";
import { systemClock } from "../../clock.ts";
import { SipError } from "../../errors.ts";
import { ipFamily } from "../address.ts";
import { DatagramTransport } from "../datagram.ts";
import type { DatagramEvents, DatagramRuntime, DatagramSent, DatagramSocket } from "../datagram-socket.ts";
import { DatagramRound, ROUND } from "../node/datagram-round.ts";
import { droppedDatagrams } from "../node/dropped.ts";
import { sentByOf } from "../node/local-address.ts";
import { systemLookup } from "../node/system-lookup.ts";
import { setBuffers } from "../socket-buffers.ts";
import type { Address, Transport } from "../transport.ts";
import { type BareUdpOptions, checkBare, groupsOf, type MulticastGroup } from "../udp-options.ts";
import { mayAsk, setBuffer } from "./buffers.ts";

/**
 * SIP over UDP (RFC 3261 §18) in Deno, as `udp` of `sippet/node`, without `ipv6Only`, which Deno's sockets have not. Deno
 * wants `--unstable-net` for them, and `--allow-ffi` for `recvBufferSize` and `sendBufferSize`, and for 8 MiB to receive where
 * neither is given: without it they have the system's buffers, which bursts overrun. An IPv6 multicast group takes the index of
 * an interface, as text, for its `interface`.
 *
 * @throws SipError `value_invalid` where `advertise` is not a host or host:port, `host` not an IP address or name,
 *   `port` none, or a number none
 * @throws SipError `unsupported` for `ipv6Only`, for the size of a buffer without `--allow-ffi`, or where there is no
 *   `Deno.listenDatagram`
 */
export function udp(options: BareUdpOptions = {}): Transport {
  checkBare(options, "Deno", ["ipv6Only"]);
  const { Deno: deno } = globalThis as { Deno?: Partial<DenoGlobal> };
  if (!deno) throw new SipError("unsupported", "this is not Deno: take udp of sippet/node or sippet/bun");
  if (!deno.listenDatagram) {
    throw new SipError("unsupported", "there is no Deno.listenDatagram: run deno with --unstable-net");
  }
  if ((options.recvBufferSize ?? options.sendBufferSize) !== undefined && !mayAsk()) {
    throw new SipError("unsupported", "the size of a socket's buffer: run deno with --allow-ffi");
  }
  return new DatagramTransport(denoDatagrams, options);
}

interface NetAddress {
  readonly transport: "udp";
  readonly hostname: string;
  readonly port: number;
}
/** What is used of Deno's API. */
interface DatagramConn {
  readonly addr: NetAddress;
  receive(buffer: Uint8Array): Promise<[Uint8Array, NetAddress]>;
  send(data: Uint8Array, to: NetAddress): Promise<number>;
  joinMulticastV4(group: string, on: string): Promise<unknown>;
  joinMulticastV6(group: string, on: number): Promise<unknown>;
  close(): void;
}
interface DenoGlobal {
  listenDatagram(options: NetAddress & { reuseAddress: boolean; loopback: boolean }): DatagramConn;
}

const denoDatagrams: DatagramRuntime = {
  lookup: systemLookup,
  sentBy: sentByOf,
  dropped: droppedDatagrams,
  async open({ host, port }, options, _family, events) {
    const { Deno: deno } = globalThis as unknown as { Deno: DenoGlobal };
    const { reuseAddress = false } = options;
    const conn = deno.listenDatagram({
      transport: "udp",
      hostname: host,
      port,
      reuseAddress,
      // As other runtimes have it by themselves: groups hear what this machine sends.
      loopback: true,
    });
    try {
      const { hostname, port: bound } = conn.addr;
      await setBuffers(options, (which, size) => setBuffer({ host: hostname, port: bound }, which, size));
      for (const each of groupsOf(options)) await join(conn, each);
    } catch (cause) {
      conn.close();
      throw cause;
    }
    return new DenoSocket(conn, events);
  },
};

async function join(conn: DatagramConn, at: MulticastGroup): Promise<void> {
  if (ipFamily(at.group) !== 6) {
    await conn.joinMulticastV4(at.group, at.interface ?? "0.0.0.0");
    return;
  }
  const index = Number(at.interface ?? 0);
  if (!Number.isInteger(index)) throw new Error(`Deno wants the index of an interface, not ${at.interface}`);
  await conn.joinMulticastV6(at.group, index);
}

/** The most that a datagram can be. */
const LONGEST = 65_535;
/** How long to wait after a read that failed, in milliseconds: the next may fail as fast. */
const PAUSE = 100;

/** What is read to: many datagrams, since each is kept until it is worked on. */
const BLOCK = 262_144;

interface Outgoing {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly to: NetAddress;
  readonly sent: DatagramSent;
}

class DenoSocket implements DatagramSocket {
  readonly local: Address;
  readonly #conn: DatagramConn;
  readonly #events: DatagramEvents;
  readonly #round: DatagramRound;
  /** What is to go at the end of the round. */
  readonly #out: Outgoing[] = [];
  readonly #reading: Promise<void>;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(conn: DatagramConn, events: DatagramEvents) {
    this.local = { host: conn.addr.hostname, port: conn.addr.port };
    this.#conn = conn;
    this.#events = events;
    this.#round = new DatagramRound(events.message, () => this.#flush());
    this.#reading = this.#read();
  }

  get dropped(): number {
    return this.#round.dropped;
  }

  send(data: Uint8Array<ArrayBuffer>, port: number, host: string, sent: DatagramSent): void {
    const out = { data, to: { transport: "udp", hostname: host, port }, sent } as const;
    if (!this.#round.open) this.#transmit(out);
    else if (this.#out.push(out) >= ROUND) this.#flush();
  }

  #transmit({ data, to, sent }: Outgoing): void {
    this.#conn.send(data, to).then(() => sent(undefined), sent);
  }

  #flush(): void {
    for (const each of this.#out) this.#transmit(each);
    this.#out.length = 0;
  }

  async close(): Promise<void> {
    this.#flush();
    this.#closed = true;
    this.#conn.close();
    this.#wake?.();
    await this.#reading;
  }

  /** What is there already comes without a turn of the event loop in between, so this reads until all of it is read. */
  async #read(): Promise<void> {
    let block = new Uint8Array(BLOCK);
    let used = 0;
    while (!this.#closed) {
      try {
        if (BLOCK - used < LONGEST) {
          block = new Uint8Array(BLOCK);
          used = 0;
        }
        const [data, { hostname, port }] = await this.#conn.receive(block.subarray(used));
        used += data.length;
        this.#round.add(data, hostname, port);
        if (this.#round.full) await new Promise((resolve) => setImmediate(resolve));
      } catch (cause) {
        if (this.#closed) return;
        this.#events.error(cause);
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = systemClock.set(resolve, PAUSE);
      this.#wake = () => {
        systemClock.clear(timer);
        resolve();
      };
    });
  }
}
