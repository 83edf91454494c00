// Which of its own addresses a listening transport writes into Via: the advertised one, the bound one,
// or, where it listens on every interface, one that peers can reach.

import { networkInterfaces } from "node:os";
import { formatAddress, isWildcard, parseAddress } from "../address.ts";
import type { Address } from "../transport.ts";

/** The first address of that family that is not loopback or link-local; loopback where there is none. */
export function reachableAddress(family: 4 | 6): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address, internal, family: name } of addresses ?? []) {
      if (
        !internal &&
        name === `IPv${family}` &&
        !address.startsWith("fe80:") &&
        !address.startsWith("169.254.")
      ) {
        return address;
      }
    }
  }
  return family === 6 ? "::1" : "127.0.0.1";
}

/**
 * The sent-by of a transport (RFC 3261 §18.1.1), always with its port.
 *
 * @param advertise `host` or `host:port` given by the user
 * @throws SipError `value_invalid` where `advertise` is neither
 */
export function sentByOf(advertise: string | undefined, local: Address): string {
  let { host, port } = local;
  if (advertise !== undefined) {
    const found = parseAddress(advertise);
    host = found.host;
    port = found.port ?? port;
  } else if (isWildcard(host)) host = reachableAddress(host.includes(":") ? 6 : 4);
  // A zone means nothing to others (RFC 4007 §11.2), and RFC 3261's IPv6reference has none.
  return formatAddress(host.replace(/%.*/, ""), port);
}
