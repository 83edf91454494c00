// Options of UDP.

import type { Clock } from "../clock.ts";
import { SipError } from "../errors.ts";
import type { HostLookup } from "./host-cache.ts";

/** Options of `udp`; all of them have defaults. */
export interface UdpOptions {
  /** The address to bind; its family is the socket's. Default "0.0.0.0"; "::" takes IPv4 as well. */
  host?: string | undefined;
  /** The port to bind, 0 for any free one (`local.port` tells it after start). Default 5060. */
  port?: number | undefined;
  /**
   * `host` or `host:port` for the Via's sent-by, where peers see another address than the bound one. Default: the bound
   * address, or the first reachable one of this machine where a wildcard is bound.
   */
  advertise?: string | undefined;
  /**
   * The kernel's receive buffer in bytes. Default: 8 MiB, or as much of that as the system allows; its own default, which Deno
   * has by `node:dgram`, holds a burst of some hundred messages.
   */
  recvBufferSize?: number | undefined;
  /** The kernel's send buffer in bytes. Default: the system's. */
  sendBufferSize?: number | undefined;
  /** True keeps a "::" socket from taking IPv4. Default false. */
  ipv6Only?: boolean | undefined;
  /**
   * Groups to listen to besides: "224.0.1.75" (sip.mcast.net), or with the address of the interface, the system's choice where
   * there is none. Default: none.
   */
  multicast?: readonly (string | { group: string; interface?: string })[] | undefined;
  /** True lets several sockets bind the same address and port, as those that listen to a group do. Default false. */
  reuseAddress?: boolean | undefined;
  /**
   * True sends responses to where their request came from, whatever its Via says: for peers behind a NAT that do not ask
   * for that by `rport`, and where no `maddr` may lead responses elsewhere. Default false: as the Via says (RFC 3261 §18.2.2).
   */
  symmetric?: boolean | undefined;
  /** Answers STUN Binding requests (RFC 5626 §4.4.2). Default true. */
  stun?: boolean | undefined;
  /** How many bytes may wait for the kernel to take them; a send beyond fails. Default 4 MiB. */
  sendQueueLimit?: number | undefined;
  /** How many flow objects are kept; the least recently used go first and are made anew when met again. Default 20,000. */
  flowLimit?: number | undefined;
  /** How many host names are remembered. Default 256. */
  hostLimit?: number | undefined;
  /** How long a host name's address is remembered, in milliseconds; that none was found, for 5,000 at most. Default 30,000. */
  hostTtl?: number | undefined;
  /** Finds the address of a host name. Default: the operating system's resolver. */
  lookup?: HostLookup | undefined;
  /** Default: the runtime's. It ages host names, and sends STUN requests again. */
  clock?: Clock | undefined;
}

/** A group as `multicast` names it, with its interface. */
export interface MulticastGroup {
  readonly group: string;
  readonly interface?: string;
}

/** The groups of `multicast`. */
export function groupsOf({ multicast = [] }: UdpOptions): readonly MulticastGroup[] {
  return multicast.map((each) => (typeof each === "string" ? { group: each } : each));
}

/** Options of `udp` on Bun's and Deno's own sockets, which cannot set that one. */
export type BareUdpOptions = Omit<UdpOptions, "ipv6Only">;

/**
 * Throws where an option is given that the runtime's sockets do not have.
 *
 * @param lacking the names of those
 * @throws SipError `unsupported`
 */
export function checkBare(
  options: UdpOptions,
  runtime: string,
  lacking: readonly (keyof UdpOptions)[],
): void {
  for (const name of lacking) {
    if (options[name] === undefined || options[name] === false) continue;
    throw new SipError(
      "unsupported",
      `${runtime}'s datagram sockets have no ${name}; udp of sippet/node has`,
    );
  }
}
