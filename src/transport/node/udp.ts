// UDP on Node's dgram.

import { createSocket, type Socket } from "node:dgram";
import { lookup as dnsLookup } from "node:dns";
import process from "node:process";
import { DatagramTransport } from "../datagram.ts";
import type { DatagramEvents, DatagramRuntime, DatagramSent, DatagramSocket } from "../datagram-socket.ts";
import { WIDE } from "../socket-buffers.ts";
import type { Address, Transport } from "../transport.ts";
import { groupsOf, type UdpOptions } from "../udp-options.ts";
import { DatagramRound, ROUND } from "./datagram-round.ts";
import { droppedDatagrams } from "./dropped.ts";
import { sentByOf } from "./local-address.ts";
import { systemLookup } from "./system-lookup.ts";

/**
 * SIP over UDP (RFC 3261 §18).
 *
 * `start` rejects with a SipError: `address_in_use`, or `transport_failed` where the socket cannot be
 * opened. A datagram too large for UDP, an unreachable network or a full queue is told to the send's
 * `failed` with code `transport_failed`; a send after close with `closed`. Datagrams of nothing but
 * CR, LF and NUL are keep-alives and dropped: RFC 5626 §4.4.2 has STUN on UDP, and no pong. STUN Binding
 * requests are answered.
 *
 * @throws SipError `value_invalid` where `advertise` is not a host or host:port, `host` not an IP address or name, `port`
 *   none, or a number none
 */
export function udp(options: UdpOptions = {}): Transport {
  return new DatagramTransport(nodeDatagrams, options);
}

const nodeDatagrams: DatagramRuntime = {
  lookup: systemLookup,
  sentBy: sentByOf,
  dropped: droppedDatagrams,
  async open(local, options, family, events) {
    const { recvBufferSize = 0, sendBufferSize, ipv6Only = false, reuseAddress = false } = options;
    let bound = false;
    /**
     * What send gives it is an address by then, and is answered at once: a third more echoes per second than
     * with Node's default, which waits a turn. Only bind may give a name.
     */
    const lookup = (host: string, version: 4 | 6, done: LookupDone): void => {
      if (bound) done(null, host, version);
      else dnsLookup(host, { family: version }, done);
    };
    const socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      lookup: lookup as never,
      ipv6Only,
      reuseAddr: reuseAddress,
      ...(recvBufferSize > 0 && { recvBufferSize }),
      ...(sendBufferSize === undefined ? undefined : { sendBufferSize }),
    });
    try {
      await bind(socket, local);
      if (recvBufferSize === 0) widen(socket);
      for (const { group, interface: on } of groupsOf(options)) socket.addMembership(group, on);
    } catch (cause) {
      socket.close();
      throw cause;
    }
    bound = true;
    socket.on("error", (cause) => events.error(cause));
    return new NodeSocket(socket, events);
  },
};

/** Makes room for a burst: Linux gives what it may, others refuse, and leave what there was. */
function widen(socket: Socket): void {
  // Deno makes an array as large as that for each datagram that it reads: a burst would stop it for seconds.
  if ("deno" in process.versions) return;
  try {
    if (socket.getRecvBufferSize() < WIDE) socket.setRecvBufferSize(WIDE);
  } catch {
    // The system's own has to do.
  }
}

function bind(socket: Socket, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: host, port }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

interface Outgoing {
  readonly data: Uint8Array;
  readonly port: number;
  readonly host: string;
  readonly sent: DatagramSent;
}

class NodeSocket implements DatagramSocket {
  readonly local: Address;
  readonly #socket: Socket;
  readonly #round: DatagramRound;
  /** What is to go at the end of the round. */
  readonly #out: Outgoing[] = [];

  constructor(socket: Socket, events: DatagramEvents) {
    const { address, port } = socket.address();
    this.local = { host: address, port };
    this.#socket = socket;
    const round = new DatagramRound(events.message, () => this.#flush());
    this.#round = round;
    socket.on("message", (data, from) => round.add(data, from.address, from.port));
  }

  get dropped(): number {
    return this.#round.dropped;
  }

  send(data: Uint8Array<ArrayBuffer>, port: number, host: string, sent: DatagramSent): void {
    if (!this.#round.open) this.#socket.send(data, port, host, sent);
    else if (this.#out.push({ data, port, host, sent }) >= ROUND) this.#flush();
  }

  #flush(): void {
    const out = this.#out;
    for (const { data, port, host, sent } of out) {
      try {
        this.#socket.send(data, port, host, sent);
      } catch (cause) {
        // It may be within one's own send.
        queueMicrotask(() => sent(cause));
      }
    }
    out.length = 0;
  }

  waiting(): number | undefined {
    // Deno's has none.
    return (this.#socket as Partial<Socket>).getSendQueueSize?.();
  }

  close(): Promise<void> {
    this.#flush();
    return new Promise((resolve) => void this.#socket.close(() => resolve()));
  }
}

type LookupDone = (error: Error | null, address: string, family: number) => void;
