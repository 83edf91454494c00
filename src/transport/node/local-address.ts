// Which of its own addresses a transport writes into Via: the advertised one, the bound one, or, where it listens on every
// interface, one that peers can reach; and which of them it calls from.

import { networkInterfaces } from "node:os";
import { formatAddress, ipFamily, isWildcard, parseAddress } from "../address.ts";
import type { Address } from "../transport.ts";

/**
 * The first address of that family that is not loopback or link-local; loopback where there is none. Who listens on all of
 * IPv6 takes IPv4 as well, and is reached by that on a machine that has nothing else.
 */
export function reachableAddress(family: 4 | 6): string {
  return family === 6 ? (reachable(6) ?? reachable(4) ?? "::1") : (reachable(4) ?? "127.0.0.1");
}

function reachable(family: 4 | 6): string | undefined {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter((each) => !each.internal && each.family === `IPv${family}`)
    .map(({ address }) => address);
  return outside.find((address) => !address.startsWith("fe80:") && !address.startsWith("169.254."));
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

/**
 * The address to call `remote` from: one of a machine with several is called from as well, since the peer knows it by the
 * Via. Undefined, for the system to choose, where it is none, every one, or of another family.
 */
export function callFrom(local: string, remote: string): string | undefined {
  const family = isWildcard(local) ? 0 : ipFamily(local);
  return family !== 0 && family === ipFamily(remote) ? local : undefined;
}
