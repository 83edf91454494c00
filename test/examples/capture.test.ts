// The captures of examples/capture: a file as Wireshark reads it, and datagrams as a Homer server does.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Flow } from "../../src/transport/transport.ts";

type Tap = (data: Uint8Array | string, direction: "in" | "out", flow: Flow, time: number) => void;
interface Capture {
  readonly tap: Tap;
  close(): Promise<void>;
}

const load = async (name: string) =>
  import(/* @vite-ignore */ new URL(`../../examples/capture/${name}.mjs`, import.meta.url).href);

const MESSAGE = "OPTIONS sip:a SIP/2.0\r\n\r\n";
const flow = (here: string, there: string, sentBy = "192.0.2.99:5060", reliable = false) =>
  ({
    local: { host: here, port: 5060 },
    remote: { host: there, port: 40_001 },
    transport: { sentBy, reliable },
  }) as unknown as Flow;

/** RFC 1071: of what has its checksum in it, the sum is all ones. */
function sound(bytes: Uint8Array): boolean {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff;
}

/** Takes a packet apart, and asserts that its lengths and checksums are right. */
function read(data: Buffer) {
  const six = data[0]! >> 4 === 6;
  const header = six ? 40 : 20;
  const [a, b] = six
    ? [data.subarray(8, 24), data.subarray(24, 40)]
    : [data.subarray(12, 16), data.subarray(16, 20)];
  const udp = data.subarray(header);
  expect(udp.readUInt16BE(4)).toBe(udp.length);
  expect(data.readUInt16BE(six ? 4 : 2)).toBe(six ? udp.length : data.length);
  if (!six) expect(sound(data.subarray(0, 20))).toBe(true);
  expect(sound(Uint8Array.of(...a, ...b, 0, 17, udp.length >> 8, udp.length & 255, ...udp))).toBe(true);
  const text = (octets: Buffer) => (six ? octets.toString("hex") : octets.join("."));
  return {
    from: `${text(a)} ${udp.readUInt16BE(0)}`,
    to: `${text(b)} ${udp.readUInt16BE(2)}`,
    body: udp.subarray(8).toString("latin1"),
  };
}

/** What a file has of these messages. */
async function captured(...messages: Parameters<Tap>[]) {
  const folder = mkdtempSync(join(tmpdir(), "sippet-capture-"));
  try {
    const { PcapFile } = await load("pcap");
    const file: Capture = new PcapFile(join(folder, "a.pcap"));
    for (const each of messages) file.tap(...each);
    await file.close();
    const data = readFileSync(join(folder, "a.pcap"));
    expect([data.readUInt32BE(0), data.readUInt16BE(4), data.readUInt32BE(20)]).toEqual([0xa1b2c3d4, 2, 101]);
    const packets: ReturnType<typeof read>[] = [];
    for (let at = 24; at < data.length; ) {
      const length = data.readUInt32BE(at + 8);
      expect(Math.abs(Date.now() / 1000 - data.readUInt32BE(at))).toBeLessThan(60);
      packets.push(read(data.subarray(at + 16, at + 16 + length)));
      at += 16 + length;
    }
    return packets;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it("writes each message as a packet between its two ends", async () => {
  const one = flow("192.0.2.1", "198.51.100.7");
  const six = flow("2001:db8::1", "2001:db8:0:0:0:0:0:2%eth0");
  const odd = new TextEncoder().encode(`${MESSAGE}x`);
  const [first, second, third] = await captured(
    [MESSAGE, "in", one, 0],
    [odd, "out", one, 0],
    [MESSAGE, "in", six, 0],
  );
  expect(first).toEqual({ from: "198.51.100.7 40001", to: "192.0.2.1 5060", body: MESSAGE });
  expect(second).toEqual({ from: "192.0.2.1 5060", to: "198.51.100.7 40001", body: `${MESSAGE}x` });
  const host = "20010db8000000000000000000000002";
  expect(third).toEqual({ from: `${host} 40001`, to: `${host.slice(0, -1)}1 5060`, body: MESSAGE });
});

it("knows a socket that is bound to all addresses by what its peers see, and a name by none", async () => {
  const [wild, mixed, named] = await captured(
    [MESSAGE, "out", flow("0.0.0.0", "198.51.100.7"), 0],
    [MESSAGE, "out", flow("::", "198.51.100.7", "[2001:db8::9]:5060"), 0],
    [MESSAGE, "out", flow("abc.invalid", "edge.example.com", "abc.invalid"), 0],
  );
  // A name of hexadecimal digits alone, and an address within another.
  const [cafe, within] = await captured(
    [MESSAGE, "out", flow("192.0.2.1", "cafe"), 0],
    [MESSAGE, "out", flow("192.0.2.1", "::ffff:198.51.100.7"), 0],
  );
  expect([cafe!.from, cafe!.to, cafe!.body]).toEqual(["192.0.2.1 5060", "0.0.0.0 40001", MESSAGE]);
  expect(within!.to).toBe("198.51.100.7 40001");
  expect(wild!.from).toBe("192.0.2.99 5060");
  expect([mixed!.from, mixed!.to]).toEqual([
    "20010db8000000000000000000000009 5060",
    "00000000000000000000ffffc6336407 40001",
  ]);
  expect([named!.from, named!.to]).toEqual(["0.0.0.0 5060", "0.0.0.0 40001"]);
});

it("cuts what fits no packet", async () => {
  const [packet] = await captured(["x".repeat(70_000), "in", flow("192.0.2.1", "192.0.2.2"), 0]);
  expect(packet!.body.length).toBe(65_507);
});

it("tells of a file that cannot be written, once, and goes on", async () => {
  const { PcapFile } = await load("pcap");
  const failures: string[] = [];
  const file: Capture = new PcapFile("/no/such/folder/a.pcap", ({ code }: { code: string }) =>
    failures.push(code),
  );
  for (let i = 0; i < 3; i++) {
    file.tap(MESSAGE, "in", flow("192.0.2.1", "192.0.2.2"), 0);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await file.close();
  expect(failures).toEqual(["ENOENT"]);
});

it("sends each message to a Homer server by HEP 3", async () => {
  const server = createSocket("udp4");
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const { HepSender } = await load("hep");
  const sender: Capture = new HepSender(
    { host: "127.0.0.1", port: server.address().port },
    {
      agent: 7,
      key: "secret",
    },
  );
  const next = async (...message: Parameters<Tap>) => {
    const heard = once(server, "message");
    sender.tap(...message);
    const [data] = (await heard) as [Buffer];
    expect([data.toString("latin1", 0, 4), data.readUInt16BE(4)]).toEqual(["HEP3", data.length]);
    const chunks = new Map<number, string>();
    for (let at = 6; at < data.length; at += data.readUInt16BE(at + 4)) {
      expect(data.readUInt16BE(at)).toBe(0);
      chunks.set(
        data.readUInt16BE(at + 2),
        data.subarray(at + 6, at + data.readUInt16BE(at + 4)).toString("hex"),
      );
    }
    const seconds = Number.parseInt(chunks.get(9)!, 16);
    expect(Math.abs(Date.now() / 1000 - seconds)).toBeLessThan(60);
    chunks.delete(9);
    chunks.delete(10);
    return Object.fromEntries(chunks);
  };
  const text = Buffer.from(MESSAGE).toString("hex");
  const common = { 11: "01", 12: "00000007", 14: Buffer.from("secret").toString("hex"), 15: text };
  expect(await next(MESSAGE, "in", flow("192.0.2.1", "198.51.100.7"), 0)).toEqual({
    ...{ 1: "02", 2: "11", 3: "c6336407", 4: "c0000201", 7: "9c41", 8: "13c4" },
    ...common,
  });
  expect(await next(MESSAGE, "out", flow("2001:db8::1", "2001:db8::2", "a", true), 0)).toEqual({
    ...{ 1: "0a", 2: "06", 7: "13c4", 8: "9c41" },
    ...{ 5: "20010db8000000000000000000000001", 6: "20010db8000000000000000000000002" },
    ...common,
  });
  // One family for both.
  const mixed = await next(MESSAGE, "out", flow("::", "198.51.100.7", "[2001:db8::9]:5060"), 0);
  expect([mixed[1], mixed[5], mixed[6]]).toEqual([
    "0a",
    "20010db8000000000000000000000009",
    "00000000000000000000ffffc6336407",
  ]);
  await sender.close();
  server.close();
});

it("leaves out what a Homer server is not found for in time, and counts it", async () => {
  const { HepSender } = await load("hep");
  const sender: Capture & { lost: number } = new HepSender({ host: "homer.invalid", port: 9060 });
  for (let i = 0; i < 2_000; i++) sender.tap(MESSAGE, "in", flow("192.0.2.1", "192.0.2.2"), 0);
  expect(sender.lost).toBe(1_000);
  await sender.close();
});

it("finds a Homer server by its name, and looks for it once", async () => {
  const server = createSocket("udp4");
  // Not where a socket is bound to by itself.
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const { HepSender } = await load("hep");
  const sender: Capture = new HepSender({ host: "localhost", port: server.address().port });
  const sources = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const heard = once(server, "message");
    sender.tap(MESSAGE, "in", flow("192.0.2.1", "192.0.2.2"), 0);
    sources.add(((await heard) as [Buffer, { address: string }])[1].address);
  }
  expect([...sources]).toEqual(["127.0.0.1"]);
  await sender.close();
  server.close();
});

it("closed, takes what comes no longer, and can be closed again", async () => {
  const { HepSender } = await load("hep");
  const { PcapFile } = await load("pcap");
  const folder = mkdtempSync(join(tmpdir(), "sippet-capture-"));
  try {
    const captures: Capture[] = [
      new HepSender({ host: "127.0.0.1", port: 9060 }),
      new PcapFile(join(folder, "messages.pcap")),
    ];
    for (const capture of captures) {
      await capture.close();
      capture.tap(MESSAGE, "in", flow("192.0.2.1", "192.0.2.2"), 0);
      await capture.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
