// A DNS server for tests, on loopback: A, AAAA, SRV and NAPTR records from a table, everything else is
// NXDOMAIN or NODATA. It counts what it is asked, and can be told not to answer.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** Records by name, in small letters, and by type. */
export type Zone = Record<
  string,
  {
    a?: readonly string[];
    aaaa?: readonly string[];
    /** priority, weight, port, target */
    srv?: readonly (readonly [number, number, number, string])[];
    /** order, preference, flags, service, replacement */
    naptr?: readonly (readonly [number, number, string, string, string])[];
  }
>;

const TYPES: Readonly<Record<number, "a" | "aaaa" | "srv" | "naptr">> = {
  1: "a",
  28: "aaaa",
  33: "srv",
  35: "naptr",
};
const NXDOMAIN = 3;
const SERVFAIL = 2;

function labels(name: string): Buffer {
  const parts = name.replace(/\.$/, "").split(".").filter(Boolean);
  return Buffer.concat([
    ...parts.map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)])),
    Buffer.from([0]),
  ]);
}

const u16 = (...numbers: number[]): Buffer =>
  Buffer.concat(numbers.map((n) => Buffer.from([n >> 8, n & 255])));
const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);

function ipv6(address: string): Buffer {
  const [left = "", right] = address.split("::");
  const groups = (part: string | undefined): number[] =>
    part ? part.split(":").map((g) => Number.parseInt(g, 16)) : [];
  const [head, tail] = [groups(left), groups(right)];
  return u16(...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail);
}

export class DnsServer {
  zone: Zone;
  /** Seconds. */
  ttl = 300;
  /** Names that are answered with SERVFAIL. */
  readonly broken: Set<string> = new Set();
  /** What was asked: "srv _sip._udp.example.com". */
  readonly asked: string[] = [];
  readonly #socket: Socket = createSocket("udp4");

  constructor(zone: Zone) {
    this.zone = zone;
  }

  async start(): Promise<string> {
    this.#socket.on("message", (data, { address, port }) =>
      this.#socket.send(this.#answer(data), port, address),
    );
    this.#socket.bind(0, "127.0.0.1");
    await once(this.#socket, "listening");
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(query: Buffer): Buffer {
    const parts: string[] = [];
    let at = 12;
    for (let length = query[at]!; length > 0; length = query[at]!) {
      parts.push(query.toString("latin1", at + 1, at + 1 + length));
      at += length + 1;
    }
    const name = parts.join(".").toLowerCase();
    const question = query.subarray(12, at + 5);
    const type = query.readUInt16BE(at + 1);
    const kind = TYPES[type];
    this.asked.push(`${kind ?? type} ${name}`);
    const found = this.zone[name];
    const records = this.broken.has(name) || !found ? [] : this.#records(found, kind);
    const code = this.broken.has(name) ? SERVFAIL : found ? 0 : NXDOMAIN;
    // A response, authoritative, recursion available.
    const header = Buffer.concat([query.subarray(0, 2), u16(0x8580 | code, 1, records.length, 0, 0)]);
    const answers = records.map((data) =>
      Buffer.concat([u16(0xc00c, type, 1, this.ttl >> 16, this.ttl & 0xffff, data.length), data]),
    );
    return Buffer.concat([header, question, ...answers]);
  }

  #records(found: Zone[string], kind: "a" | "aaaa" | "srv" | "naptr" | undefined): Buffer[] {
    if (kind === "a") return (found.a ?? []).map((address) => Buffer.from(address.split(".").map(Number)));
    if (kind === "aaaa") return (found.aaaa ?? []).map(ipv6);
    if (kind === "srv")
      return (found.srv ?? []).map(([p, w, port, target]) =>
        Buffer.concat([u16(p, w, port), labels(target)]),
      );
    if (kind !== "naptr") return [];
    return (found.naptr ?? []).map(([order, preference, flags, service, replacement]) =>
      Buffer.concat([u16(order, preference), text(flags), text(service), text(""), labels(replacement)]),
    );
  }
}
