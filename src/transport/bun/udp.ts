// UDP on Bun.udpSocket, which is faster than Bun's node:dgram.

import { SipError } from "../../errors.ts";
import { DatagramTransport } from "../datagram.ts";
import type { DatagramRuntime, DatagramSent, DatagramSocket } from "../datagram-socket.ts";
import { DatagramRound, ROUND } from "../node/datagram-round.ts";
import { droppedDatagrams } from "../node/dropped.ts";
import { sentByOf } from "../node/local-address.ts";
import { systemLookup } from "../node/system-lookup.ts";
import { setBuffers } from "../socket-buffers.ts";
import type { Address, Transport } from "../transport.ts";
import { type BareUdpOptions, checkBare, groupsOf } from "../udp-options.ts";
import { setBuffer } from "./buffers.ts";

/**
 * SIP over UDP (RFC 3261 §18) in Bun, as `udp` of `sippet/node`, without `ipv6Only`, which Bun's sockets
 * have not. `counts.unreachable` says how often ICMP told that a peer
 * cannot be reached; Bun does not say which.
 *
 * @throws SipError `value_invalid` where `advertise` is not a host or host:port, `host` not an IP address or name,
 *   `port` none, or a number none
 * @throws SipError `unsupported` for `ipv6Only`, or where this is not Bun
 */
export function udp(options: BareUdpOptions = {}): Transport {
  checkBare(options, "Bun", ["ipv6Only"]);
  if (!(globalThis as { Bun?: unknown }).Bun) {
    throw new SipError("unsupported", "this is not Bun: take udp of sippet/node or sippet/deno");
  }
  return new DatagramTransport(bunDatagrams, options);
}

/** What is used of Bun's API. */
interface UdpSocket {
  readonly address: { readonly address: string; readonly port: number };
  /** Its descriptor; older versions have none. */
  readonly fd?: number;
  /** False where the kernel did not take it. Throws an error with a code. */
  send(data: Uint8Array, port: number, host: string): boolean;
  /** Datagram, port, host, and so on; how many of them the kernel took. Throws as send, and does not say at which. */
  sendMany(datagrams: readonly (Uint8Array | number | string)[]): number;
  addMembership(group: string, on?: string): void;
  close(): void;
}
interface BunGlobal {
  udpSocket(options: {
    hostname: string;
    port: number;
    flags: number;
    socket: {
      data(socket: UdpSocket, data: Uint8Array, port: number, host: string): void;
      drain(): void;
      error(error: Error & { errqueue?: boolean; code?: string }): void;
    };
  }): Promise<UdpSocket>;
}

/** What Bun's node:dgram passes for `reuseAddr`. */
const REUSE_ADDRESS = 4;
/** Codes that ICMP brings. The kernel fails the next send or read with them, whomever it is for. */
const ICMP: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "ENETDOWN",
  "ENOPROTOOPT",
]);

const bunDatagrams: DatagramRuntime = {
  lookup: systemLookup,
  sentBy: sentByOf,
  dropped: droppedDatagrams,
  async open({ host, port }, options, _family, events) {
    const { Bun: bun } = globalThis as unknown as { Bun: BunGlobal };
    let ours: BunSocket | undefined;
    const round = new DatagramRound(events.message, () => ours?.flush());
    const socket = await bun.udpSocket({
      hostname: host,
      port,
      flags: options.reuseAddress ? REUSE_ADDRESS : 0,
      socket: {
        data: (_socket, data, from, address) => round.add(data, address, from),
        drain: () => ours?.drain(),
        error(error) {
          if (error.errqueue) events.unreachable();
          // What comes from the queue may fail a read as well.
          else if (!ICMP.has(error.code)) events.error(error);
        },
      },
    });
    try {
      await setBuffers(options, (which, size) => setBuffer(socket.fd ?? -1, which, size));
      for (const { group, interface: on } of groupsOf(options)) {
        if (on === undefined) socket.addMembership(group);
        else socket.addMembership(group, on);
      }
    } catch (cause) {
      socket.close();
      throw cause;
    }
    ours = new BunSocket(socket, round);
    return ours;
  },
};

interface Waiting {
  readonly data: Uint8Array;
  readonly port: number;
  readonly host: string;
  readonly sent: DatagramSent;
}

class BunSocket implements DatagramSocket {
  readonly local: Address;
  readonly #socket: UdpSocket;
  readonly #round: DatagramRound;
  /** What is to go at the end of the round, as the socket takes it, and who is told. */
  readonly #out: (Uint8Array<ArrayBuffer> | number | string)[] = [];
  readonly #told: DatagramSent[] = [];
  /** What the kernel did not take; its bytes are limited by the transport. */
  #backlog: Waiting[] = [];

  constructor(socket: UdpSocket, round: DatagramRound) {
    const { address, port } = socket.address;
    this.local = { host: address, port };
    this.#socket = socket;
    this.#round = round;
  }

  get dropped(): number {
    return this.#round.dropped;
  }

  send(data: Uint8Array<ArrayBuffer>, port: number, host: string, sent: DatagramSent): void {
    if (this.#round.open) {
      this.#out.push(data, port, host);
      if (this.#told.push(sent) >= ROUND) this.flush();
    } else this.#sendNow(data, port, host, sent);
  }

  #sendNow(data: Uint8Array<ArrayBuffer>, port: number, host: string, sent: DatagramSent): void {
    if (this.#backlog.length === 0 && this.#hand(data, port, host)) sent(undefined);
    else this.#backlog.push({ data, port, host, sent });
  }

  /** Sends what a round has left, in one call of the kernel. */
  flush(): void {
    const out = this.#out.splice(0);
    const told = this.#told.splice(0);
    let taken = 0;
    try {
      if (told.length > 0 && this.#backlog.length === 0) taken = this.#socket.sendMany(out);
    } catch {
      // One of them is at fault: each by itself tells which.
    }
    for (let i = 0; i < taken; i++) told[i]!(undefined);
    for (let i = taken; i < told.length; i++) {
      const sent = told[i]!;
      try {
        this.#sendNow(
          out[3 * i] as Uint8Array<ArrayBuffer>,
          out[3 * i + 1] as number,
          out[3 * i + 2] as string,
          sent,
        );
      } catch (cause) {
        // It may be within one's own send.
        queueMicrotask(() => sent(cause));
      }
    }
  }

  /** The kernel takes more. */
  drain(): void {
    const backlog = this.#backlog;
    for (let i = 0; i < backlog.length; i++) {
      const { data, port, host, sent } = backlog[i]!;
      try {
        if (!this.#hand(data, port, host)) {
          this.#backlog = backlog.slice(i);
          return;
        }
        sent(undefined);
      } catch (cause) {
        sent(cause);
      }
    }
    this.#backlog = [];
  }

  async close(): Promise<void> {
    this.flush();
    this.#socket.close();
    for (const { sent } of this.#backlog.splice(0)) sent(new Error("the socket was closed"));
  }

  #hand(data: Uint8Array, port: number, host: string): boolean {
    try {
      return this.#socket.send(data, port, host);
    } catch (cause) {
      if (!ICMP.has((cause as { code?: string }).code)) throw cause;
      // Another peer's error, as likely as not, and it is gone now; it comes from the queue as well.
      return this.#socket.send(data, port, host);
    }
  }
}
