// Packet: one SIP message as a packet, for tools that read such: whatever it came by, TLS and WebSocket included, it is
// UDP here, which all of them take apart.

const encoder = new TextEncoder();

/** The addresses of a message, as a capture has them. */
export function ends(direction, flow) {
  const { local, remote, transport } = flow;
  // A socket bound to all addresses has none; its transport says which one peers see.
  const host = isWildcard(local.host) ? transport.sentBy.replace(/:\d+$/, "") : local.host;
  const [here, there] = [
    { ...local, host: address(host) },
    { ...remote, host: address(remote.host) },
  ];
  return direction === "in" ? { from: there, to: here } : { from: here, to: there };
}

/** The octets of a message that a tap was given. */
export function octets(data) {
  return typeof data === "string" ? encoder.encode(data) : data;
}

/** The addresses of both ends as octets, of one family: an IPv4 one beside an IPv6 one is mapped (RFC 4291 §2.5.5.2). */
export function addresses({ from, to }) {
  const found = [addressOctets(from.host), addressOctets(to.host)];
  return found.some(({ length }) => length === 16) ? found.map(mapped) : found;
}

function addressOctets(host) {
  if (!host.includes(":")) return Uint8Array.from(host.split("."), Number);
  const [left, right = ""] = host.split("::");
  const groups = (part) => part.split(":").filter(Boolean);
  const [head, tail] = [groups(left), groups(right)];
  const all = [...head, ...new Array(8 - head.length - tail.length).fill("0"), ...tail];
  return Uint8Array.from(
    all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}

/** An IP packet with UDP in it (RFC 791, RFC 8200, RFC 768). A message too long for one is cut. */
export function packet({ from, to }, message) {
  const [a, b] = addresses({ from, to });
  const six = a.length === 16;
  const header = six ? 40 : 20;
  const body = message.subarray(0, 65_535 - header - 8);
  const whole = new Uint8Array(header + 8 + body.length);
  const words = new DataView(whole.buffer);
  const length = 8 + body.length;
  if (six) {
    whole.set([0x60, 0, 0, 0, length >> 8, length & 255, 17, 64]);
    whole.set([...a, ...b], 8);
  } else {
    whole.set([0x45, 0, whole.length >> 8, whole.length & 255, 0, 0, 0, 0, 64, 17]);
    whole.set([...a, ...b], 12);
    words.setUint16(10, checksum(whole.subarray(0, 20)));
  }
  words.setUint16(header, from.port);
  words.setUint16(header + 2, to.port);
  words.setUint16(header + 4, length);
  whole.set(body, header + 8);
  const pseudo = [...a, ...b, 0, 17, length >> 8, length & 255];
  words.setUint16(header + 6, checksum([...pseudo, ...whole.subarray(header)]) || 0xffff);
  return whole;
}

/** RFC 1071. */
function checksum(bytes) {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function mapped(address) {
  return address.length === 16
    ? address
    : Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...address);
}

function isWildcard(host) {
  return host === "0.0.0.0" || host === "::";
}

/** A name, such as a WebSocket client's, is no address. */
function address(host) {
  const bare = host
    .replace(/^\[|\]$/g, "")
    .replace(/%.*/, "")
    .replace(/^::ffff:(?=[\d.]+$)/i, "");
  return /^\d+(\.\d+){3}$/.test(bare) || /^[\da-f]*:[\da-f:]*$/i.test(bare) ? bare : "0.0.0.0";
}
