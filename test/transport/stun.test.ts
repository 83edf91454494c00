// STUN on the SIP port: what a Binding request is answered with, by the test vectors of RFC 5769 where they
// have some, and on a socket.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { udp } from "../../src/transport/node/udp.ts";
import { answerStun } from "../../src/transport/stun.ts";
import { isStun, readStun } from "../../src/transport/stun-message.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { Recorder } from "./contract.ts";

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
});

const bytes = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.replace(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hex = (data: Uint8Array | undefined): string => Buffer.from(data ?? []).toString("hex");

const ID = "b7e7a701bc34d686fa87dfae";
/** RFC 5769 §2.1's request, of which SOFTWARE and FINGERPRINT matter here. */
const RFC5769 = bytes(`
  00010058 2112a442 ${ID} 80220010 5354554e 20746573 7420636c 69656e74
  00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020
  00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf`);
const bare = (type = "0001", id = ID) => bytes(`${type} 0000 2112a442 ${id}`);

describe("a Binding request", () => {
  it("is answered with the address that it came from, as RFC 5769 §2.2 and §2.3 encode it", () => {
    const v4 = answerStun(bare(), { host: "192.0.2.1", port: 32853 });
    expect(hex(v4)).toBe(`0101000c2112a442${ID}002000080001a147e112a643`);
    const v6 = answerStun(bare(), { host: "2001:db8:1234:5678:11:2233:4455:6677", port: 32853 });
    expect(hex(v6)).toBe(`010100182112a442${ID}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9`);
    const short = answerStun(bare("0001", "0".repeat(24)), { host: "fe80::1%eth0", port: 0x2112 });
    expect(hex(short).slice(40)).toBe(`0020001400020000${"df92a442"}${"0".repeat(22)}01`);
    const dotted = answerStun(bare("0001", "0".repeat(24)), { host: "64:ff9b::192.0.2.1", port: 0x2112 });
    expect(hex(dotted).slice(56)).toBe(hex(bytes(`2176 5bd9 0000 0000 0000 0000 c000 0201`)));
  });

  it("has a FINGERPRINT answered by one, and checked", () => {
    const request = bytes(hex(RFC5769).replace("002400046e0001ff", "802400046e0001ff"));
    expect(answerStun(request, { host: "192.0.2.1", port: 1 })).toBeUndefined();
    const plain = bytes(`0001 0008 2112a442 ${ID} 80280004 00000000`);
    const right = withFingerprint(plain);
    const answer = answerStun(right, { host: "192.0.2.1", port: 1 })!;
    expect(hex(answer.subarray(-8, -4))).toBe("80280004");
    expect(hex(withFingerprint(answer))).toBe(hex(answer));
    right[right.length - 1]! ^= 1;
    expect(answerStun(right, { host: "192.0.2.1", port: 1 })).toBeUndefined();
  });

  it("is refused with 420 where it has what must be understood, as ICE's PRIORITY", () => {
    const answer = hex(answerStun(RFC5769, { host: "192.0.2.1", port: 1 }));
    expect(answer.slice(0, 4)).toBe("0111");
    expect(answer).toContain(`0009001500000414${Buffer.from("Unknown Attribute").toString("hex")}000000`);
    expect(answer).toContain("000a000200240000");
    const two = bytes(`0001 0008 2112a442 ${ID} 00030000 00050000`);
    expect(hex(answerStun(two, { host: "192.0.2.1", port: 1 }))).toMatch(/000a000400030005$/);
    const three = bytes(`0001 000c 2112a442 ${ID} 00030000 00050000 00070000`);
    const answered = answerStun(three, { host: "192.0.2.1", port: 1 })!;
    expect(readStun(answered)?.attributes[1]).toEqual([0x000a, Uint8Array.of(0, 3, 0, 5, 0, 7)]);
    const { type, attributes } = readStun(answerStun(two, { host: "192.0.2.1", port: 1 })!)!;
    const reason = new TextEncoder().encode("Unknown Attribute");
    expect([type, attributes]).toEqual([
      0x0111,
      [
        [0x0009, Uint8Array.of(0, 0, 4, 20, ...reason)],
        [0x000a, Uint8Array.of(0, 3, 0, 5)],
      ],
    ]);
  });

  it.each([
    ["an indication", bare("0011")],
    ["a response", bare("0101")],
    ["another method", bare("0003")],
    ["a length that is not its own", bytes(`0001 0004 2112a442 ${ID}`)],
    ["an attribute that does not end", bytes(`0001 0004 2112a442 ${ID} 80220010`)],
    ["a length that no four divide", bytes(`0001 0002 2112a442 ${ID} 8022`)],
    ["a FINGERPRINT before the end", bytes(`0001 000c 2112a442 ${ID} 80280004 00000000 80220000`)],
    ["a right FINGERPRINT before the end", early()],
    ["too much by four octets", bytes(`0001 0214 2112a442 ${ID} 80220210 ${"00".repeat(528)}`)],
    ["too much", bytes(`0001 0400 2112a442 ${ID} 802203fc ${"00".repeat(1020)}`)],
    ["no cookie", bytes(`0001 0000 2112a443 ${ID}`)],
    ["nothing", new Uint8Array(0)],
  ])("is not what %s is", (_what, data) => {
    expect(answerStun(data, { host: "192.0.2.1", port: 1 })).toBeUndefined();
  });

  it("may fill the smallest path there is (RFC 8489 §6.1)", () => {
    const longest = bytes(`0001 0210 2112a442 ${ID} 8022020c ${"00".repeat(524)}`);
    expect(longest).toHaveLength(548);
    expect(answerStun(longest, { host: "192.0.2.1", port: 1 })).toBeDefined();
  });

  it("is told from SIP", () => {
    expect(isStun(bare())).toBe(true);
    expect(isStun(new TextEncoder().encode("OPTIONS sip:a SIP/2.0\r\n\r\n"))).toBe(false);
  });
});

describe("on a socket", () => {
  const ask = async (transport: Transport, data: Uint8Array) => {
    const socket = createSocket("udp4");
    closing.push(socket);
    socket.send(data, transport.local.port, "127.0.0.1");
    const [answer] = (await once(socket, "message")) as [Buffer];
    return { answer, port: socket.address().port };
  };

  it("is answered beside SIP, and counted", async () => {
    const transport = udp({ host: "127.0.0.1", port: 0 });
    const recorder = new Recorder();
    await transport.start(recorder);
    closing.push(transport);
    const { answer, port } = await ask(transport, bare());
    expect(answer.readUInt16BE(26) ^ 0x2112).toBe(port);
    expect(transport.counts).toMatchObject({ stun: 1, stunDropped: 0 });
    expect(recorder.messages).toEqual([]);
  });

  it("is not, where that is turned off", async () => {
    const transport = udp({ host: "127.0.0.1", port: 0, stun: false });
    const recorder = new Recorder();
    await transport.start(recorder);
    closing.push(transport);
    const socket = createSocket("udp4");
    closing.push(socket);
    socket.send(bare(), transport.local.port, "127.0.0.1");
    for (let i = 0; i < 200 && transport.counts?.stunDropped === 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(transport.counts).toMatchObject({ stun: 0, stunDropped: 1 });
    expect(recorder.messages).toEqual([]);
  });
});

/** Writes the FINGERPRINT that a message should have into its last four octets. */
function withFingerprint(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const table = Array.from({ length: 256 }, (_, n) => {
    let value = n;
    for (let i = 0; i < 8; i++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value >>> 0;
  });
  let crc = 0xffffffff;
  for (const octet of message.subarray(0, -8)) crc = (crc >>> 8) ^ table[(crc ^ octet) & 255]!;
  const copy = Uint8Array.from(message);
  new DataView(copy.buffer).setUint32(copy.length - 4, (crc ^ 0xffffffff ^ 0x5354554e) >>> 0);
  return copy;
}

/** A message with a FINGERPRINT that is right as far as it goes, and an attribute behind it. */
function early(): Uint8Array {
  const whole = withFingerprint(bytes(`0001 0008 2112a442 ${ID} 80280004 00000000`));
  const longer = new Uint8Array([...whole, 0x80, 0x22, 0, 0]);
  longer[3] = 12;
  return longer;
}
