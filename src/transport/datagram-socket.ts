// DatagramSocket: what UDP asks of a runtime: to open a socket, to send and to close. The rest of the
// transport is the same everywhere.

import type { HostLookup } from "./host-cache.ts";
import type { Address } from "./transport.ts";
import type { UdpOptions } from "./udp-options.ts";

/** What a socket tells its transport. */
export interface DatagramEvents {
  /** `data` is read before the call returns. */
  message(data: Uint8Array, host: string, port: number): void;
  /** A fault of the socket that no send asked to hear of. */
  error(cause: unknown): void;
  /** ICMP says that somebody cannot be reached, and the runtime does not say who (RFC 3261 §18.4). */
  unreachable(): void;
}

/** Told when a send is over, with the error if it could not be done; may be called within the send. */
export type DatagramSent = (error: unknown) => void;

/** One bound socket. */
export interface DatagramSocket {
  readonly local: Address;
  /** Sends, or keeps `data` until the kernel takes it. Throws as the runtime does: then `sent` is not called. */
  send(data: Uint8Array<ArrayBuffer>, port: number, host: string, sent: DatagramSent): void;
  /** How many bytes wait for the kernel, where `sent` is called later than the kernel takes them. */
  waiting?(): number | undefined;
  /** How many datagrams it has read and let go of because too many waited, where that may happen. */
  readonly dropped?: number;
  /** Resolves when nothing of the socket is left. */
  close(): Promise<void>;
}

/** A runtime's datagram sockets, and what goes with them. */
export interface DatagramRuntime {
  /** Binds a socket, and joins the groups of `options`; rejects with what the runtime throws. */
  open(local: Address, options: UdpOptions, family: 4 | 6, events: DatagramEvents): Promise<DatagramSocket>;
  /** The system's resolver. */
  readonly lookup: HostLookup;
  /** How many datagrams the kernel has dropped because nobody read them in time, where it tells. */
  dropped(local: Address): number | undefined;
  /** The sent-by for `advertise` and a bound address. */
  sentBy(advertise: string | undefined, local: Address): string;
}
