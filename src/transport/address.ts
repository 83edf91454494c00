// Addresses as text: host:port with IPv6 brackets, and what is a numeric host. No sockets, no name
// lookups, no runtime's own helpers: it runs in browsers too.

import { SipError } from "../errors.ts";

export { hostPort as formatAddress } from "../message/host-port.ts";

/** Host and port as they were written; the port is undefined where none was. */
export interface HostPort {
  /** Without brackets. */
  readonly host: string;
  readonly port: number | undefined;
}

/** 4 or 6 for an IP address of that family (IPv6 without brackets), 0 for anything else. Linear, allocates little. */
export function ipFamily(host: string): 0 | 4 | 6 {
  if (host.includes(":")) return isIPv6(host) ? 6 : 0;
  return isIPv4(host) ? 4 : 0;
}

/** A host without the brackets of an IPv6reference, which it has in a URL and as the value of a parameter (RFC 3261 §25.1). */
export function unbracketed(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

/**
 * Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address.
 *
 * @throws SipError `value_invalid` where the text is none of these, or the port is not 0 to 65535
 */
export function parseAddress(text: string): HostPort {
  if (ipFamily(text) === 6) return { host: text, port: undefined };
  const found = /^(?:\[([^\][]*)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(text);
  const host = found?.[1] ?? found?.[2];
  const port = found?.[3] === undefined ? undefined : Number(found[3]);
  const valid = host !== undefined && (found?.[1] === undefined || ipFamily(host) === 6);
  if (!valid || (port !== undefined && port > 65535)) {
    throw new SipError("value_invalid", `not a host or host:port: ${JSON.stringify(text.slice(0, 100))}`);
  }
  return { host, port };
}

/**
 * The port itself, where one can be listened on: 0 (any free one) to 65535.
 *
 * @throws SipError `value_invalid` otherwise; Node's datagram sockets would take it modulo 65536
 */
export function checkPort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new SipError("value_invalid", `not a port: ${port}`);
}

/** An IPv4 address out of its IPv6-mapped form (`::ffff:192.0.2.1`), as dual-stack sockets show it; else the host itself. */
export function unmapIPv4(host: string): string {
  return host.startsWith("::ffff:") && host.includes(".") ? host.slice(7) : host;
}

/** True for the addresses that mean "every interface", which no peer can send to. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::" || host === "";
}

/** The 4 or 16 octets of an IP address; a zone is left out. */
export function addressOctets(host: string): Uint8Array {
  if (ipFamily(host) === 4) return Uint8Array.from(host.split("."), Number);
  const octets = new Uint8Array(16);
  const bare = host.split("%", 1)[0]!;
  // A dotted tail stands for two groups (RFC 4291 §2.2).
  const dotted = bare.slice(bare.lastIndexOf(":") + 1);
  const tail = dotted.includes(".") ? Uint8Array.from(dotted.split("."), Number) : undefined;
  const text = tail ? `${bare.slice(0, -dotted.length)}0:0` : bare;
  const [left = "", right] = text.split("::");
  const groups = (part: string | undefined): number[] =>
    part ? part.split(":").map((group) => Number.parseInt(group, 16)) : [];
  const [head, end] = [groups(left), groups(right)];
  const all = [...head, ...new Array<number>(Math.max(0, 8 - head.length - end.length)).fill(0), ...end];
  all.forEach((group, i) => {
    octets[2 * i] = group >> 8;
    octets[2 * i + 1] = group & 255;
  });
  if (tail) octets.set(tail, 12);
  return octets;
}

function isIPv4(host: string): boolean {
  if (host.length < 7 || host.length > 15) return false;
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) && host.split(".").every((part) => Number(part) < 256);
}

function isIPv6(host: string): boolean {
  const zone = host.indexOf("%");
  let address = zone < 0 ? host : host.slice(0, zone);
  if (address.length > 45 || (zone >= 0 && !/^[\w.-]{1,32}$/.test(host.slice(zone + 1)))) return false;
  // A dotted tail stands for two groups (RFC 4291 §2.2).
  const tail = address.slice(address.lastIndexOf(":") + 1);
  if (tail.includes(".")) {
    if (!isIPv4(tail)) return false;
    address = `${address.slice(0, -tail.length)}0:0`;
  }
  const halves = address.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}
