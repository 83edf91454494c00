// Domain: which URIs are the switchboard's own. It has one set of users under several names: those that its
// stack knows, and this machine's.

import { hostname, networkInterfaces } from "node:os";

const LOOPBACK = ["127.0.0.1", "::1"];

/** The names, addresses and ports that the switchboard answers to. */
export class Domain {
  #stack;
  #addresses;

  /**
   * `hosts` are where it listens: at all of this machine's addresses, or at these alone. `advertised` is the host that
   * peers see, if it is none of this machine's.
   */
  constructor(stack, hosts, advertised) {
    this.#stack = stack;
    const everywhere = hosts.some((host) => host === "0.0.0.0" || host === "::");
    const interfaces = everywhere ? Object.values(networkInterfaces()).flat() : [];
    const addresses = [...hosts, ...interfaces.map(({ address }) => address)];
    const names = addresses.some((address) => LOOPBACK.includes(address)) ? ["localhost"] : [];
    this.#addresses = new Set([...names, hostname().toLowerCase(), advertised, ...addresses]);
  }

  /**
   * True where the switchboard is responsible for that URI (RFC 3261 §16.5), or where a Route with it is the
   * switchboard's (§16.4). A host with another port is another server, and an address without one means 5060
   * (§19.1.2); a domain's name does not.
   */
  serves(uri) {
    if (this.#stack.isLocal(uri)) return true;
    const host = uri.isSip && uri.host.toLowerCase();
    return this.#addresses.has(host) && this.#listensOn(uri.port ?? 5060);
  }

  #listensOn(port) {
    return this.#stack.transports.some(({ local }) => local.port === port);
  }
}
