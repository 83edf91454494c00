// Who counts as one source where there is a limit on each: an IPv4 address, or a /64 of IPv6.

import { addressOctets, ipFamily } from "./address.ts";

/**
 * What a source is counted by. The least that one customer has of IPv6 is a /64 (RFC 6177 §2), and each of its 2^64
 * addresses would have a limit to itself. A mapped address is the IPv4 address in it (RFC 4291 §2.5.5.2), and a zone,
 * which is ours and not the peer's, is left out. An IPv4 address or a name is not looked into: this is asked for each request.
 */
export function sourceOf(host: string): string {
  if (!host.includes(":") || ipFamily(host) !== 6) return host;
  const octets = addressOctets(host);
  const groups = new DataView(octets.buffer);
  const mapped = groups.getBigUint64(0) === 0n && groups.getUint32(8) === 0xffff;
  if (mapped) return octets.subarray(12).join(".");
  return `${[0, 2, 4, 6].map((at) => groups.getUint16(at).toString(16)).join(":")}::/64`;
}
