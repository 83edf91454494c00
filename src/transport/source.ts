// Who counts as one source where there is a limit on each: an IPv4 address, or a /64 of IPv6.

const MAPPED = "0:0:0:0:0:ffff";
const TRANSLATED = "64:ff9b:0:0:0:0";

/**
 * What a source is counted by. The least that one customer has of IPv6 is a /64 (RFC 6177 §2), and each of its 2^64
 * addresses would have a limit to itself. A mapped address is the IPv4 address in it (RFC 4291 §2.5.5.2), as is a
 * translated one (RFC 6052 §2.1): all that reach an IPv6 network through a translator are in one /64. A zone, which is ours
 * and not the peer's, is left out. An IPv4 address or a name is not looked into: this is asked for each request.
 */
export function sourceOf(host: string): string {
  if (!host.includes(":")) return host;
  const groups = groupsOf(host.split("%", 1)[0]!.toLowerCase());
  if (groups === undefined) return host;
  const { length } = groups;
  const prefix = groups.slice(0, 6).join(":");
  if (prefix !== MAPPED && prefix !== TRANSLATED) return `${groups.slice(0, 4).join(":")}::/64`;
  return length === 7 ? groups[6]! : groups.slice(6).map(dotted).join(".");
}

/** Its groups without leading zeros, of which a dotted tail is one for two; undefined where there are not as many as it takes. */
function groupsOf(address: string): readonly string[] | undefined {
  const whole = address.includes(".") ? 7 : 8;
  const [head = [], tail] = address.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const short = tail && whole - head.length - tail.length;
  const groups = [...head, ...new Array<string>(Math.max(0, short ?? 0)).fill("0"), ...(tail ?? [])];
  return groups.length === whole ? groups.map((group) => group.replace(/^0+(?=.)/, "")) : undefined;
}

function dotted(group: string): string {
  const value = Number.parseInt(group, 16);
  return `${value >> 8}.${value & 255}`;
}
