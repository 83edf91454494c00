// Domain: which URIs are the switchboard's own. It has one set of users under several names: those it is
// given, and this machine's.

import { hostname, networkInterfaces } from "node:os";

/** The names, addresses and ports that the switchboard answers to. */
export class Domain {
  #stack;
  #names;
  #addresses;

  /** `names` are domains; `advertised` is the host that peers see, if it is another. */
  constructor(stack, names, advertised) {
    this.#stack = stack;
    this.#names = new Set(names.map((name) => name.toLowerCase()));
    const interfaces = Object.values(networkInterfaces()).flat();
    const addresses = interfaces.map(({ address }) => address);
    this.#addresses = new Set(["localhost", hostname().toLowerCase(), advertised, ...addresses]);
  }

  /**
   * True where the switchboard is responsible for that URI (RFC 3261 §16.5). A host with another port is
   * another server, and an address without one means 5060 (§19.1.2); a domain's name does not.
   */
  serves(uri) {
    if (!uri.isSip) return false;
    const host = uri.host.toLowerCase();
    if (this.#names.has(host)) return uri.port === undefined || this.#listensOn(uri.port);
    return this.#addresses.has(host) && this.#listensOn(uri.port ?? 5060);
  }

  /** True where a Route names the switchboard (§16.4): by what it wrote into Record-Route, or by its name. */
  isRoute(uri) {
    return this.#stack.isLocal(uri) || this.serves(uri);
  }

  #listensOn(port) {
    return this.#stack.transports.some(({ local }) => local.port === port);
  }
}
