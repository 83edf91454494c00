// MemoryConnection: one end of a reliable connection of the in-memory network. It loses nothing and
// keeps the order until it is closed or cut, like TCP.

import { SipError } from "../errors.ts";
import { formatAddress } from "./address.ts";
import type { MemoryTransport } from "./memory-transport.ts";
import { failLater } from "./notify.ts";
import type { Address, Flow, SendFailed } from "./transport.ts";

export class MemoryConnection implements Flow {
  readonly transport: MemoryTransport;
  readonly id: string;
  readonly local: Address;
  readonly remote: Address;
  readonly domain: string | undefined;
  #open = true;
  #cut = false;
  #peer: MemoryConnection | undefined;
  /** What was sent before the connection stood. */
  #waiting: { data: Uint8Array; failed: SendFailed }[] = [];
  /** What is on the way to this end. A timer takes the first one, so that equal times cannot swap two. */
  #inbox: Uint8Array[] = [];
  #lastArrival = 0;

  /** @param domain the host that it is opened for, where it is */
  constructor(
    transport: MemoryTransport,
    id: string,
    local: Address,
    remote: Address,
    domain: string | undefined,
  ) {
    this.transport = transport;
    this.id = id;
    this.local = local;
    this.remote = remote;
    this.domain = domain;
  }

  get open(): boolean {
    return this.#open;
  }

  /** The other end, once connected. */
  get peer(): MemoryConnection | undefined {
    return this.#peer;
  }

  connect(): void {
    const { transport, local, remote } = this;
    const { medium, protocol } = transport;
    transport.after(medium.delay(), () => {
      if (!this.#open) return;
      const target = medium.find(protocol, local, remote);
      if (!target) {
        const where = `${protocol} ${formatAddress(remote.host, remote.port)}`;
        this.end(new SipError("transport_failed", `nobody listens at ${where}`));
        return;
      }
      const peer = target.accept(this);
      this.#peer = peer;
      peer.#peer = this;
      for (const { data } of this.#waiting.splice(0)) this.#transmit(data, peer);
    });
  }

  send(data: Uint8Array, failed: SendFailed): void {
    if (!this.#open) failLater(failed, new SipError("connection_closed", "the connection is closed"));
    else if (this.#peer) this.#transmit(data, this.#peer);
    else if (this.#waiting.length < this.transport.queueLimit) this.#waiting.push({ data, failed });
    else failLater(failed, new SipError("transport_failed", "too many messages wait for the connection"));
  }

  /** Closes this end at once; the other hears of it after what was sent before. */
  close(): void {
    const peer = this.#peer;
    this.end(undefined);
    peer?.transport.after(this.#transit(), () => {
      peer.end(new SipError("connection_closed", "the peer closed the connection"));
    });
  }

  /** Both ends are gone on the clock's next tick, and what is on the way with them. */
  cut(): void {
    for (const end of [this, this.#peer]) {
      if (!end) continue;
      end.#inbox.length = 0;
      end.#cut = true;
      end.transport.after(0, () => end.end(new SipError("connection_closed", "the connection was cut")));
    }
  }

  /** This end is gone: what waits fails, what is on the way to it is lost. */
  end(error: SipError | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    this.#inbox.length = 0;
    const why = error ?? new SipError("closed", "the transport was closed");
    for (const { failed } of this.#waiting.splice(0)) failLater(failed, why);
    this.transport.forget(this, error);
  }

  get #receives(): boolean {
    return this.#open && !this.#cut;
  }

  #transmit(data: Uint8Array, peer: MemoryConnection): void {
    const { medium, protocol } = this.transport;
    const sent = medium.describe(protocol, this.local, this.remote, data);
    const delay = this.#transit();
    medium.trace.add({ ...sent, arrives: peer.#receives ? [sent.at + delay] : [] });
    if (!peer.#receives) return;
    peer.#inbox.push(data);
    peer.transport.after(delay, () => {
      const next = peer.#inbox.shift();
      if (next) peer.transport.arrive(next, peer);
    });
  }

  /** Milliseconds on the way, never so few that a message overtakes the one before it. */
  #transit(): number {
    const { medium } = this.transport;
    const now = medium.clock.now();
    this.#lastArrival = Math.max(now + medium.delay(), this.#lastArrival);
    return this.#lastArrival - now;
  }
}
