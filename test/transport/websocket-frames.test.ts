import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import type { SipError } from "../../src/errors.ts";
import { message } from "./contract.ts";
import { connected, deafClient, endAll, started } from "./listener-world.ts";
import { settle } from "./settle.ts";

afterEach(endAll);

describe("frames", () => {
  test("text comes as a string, binary as octets, and both go back as what they can be", async () => {
    const { url, recorder, transport } = await started();
    const { socket, heard } = await connected(url);
    socket.send("OPTIONS sip:ü SIP/2.0\r\n\r\n");
    socket.send(message("binary"), { binary: true });
    await settle();
    expect(recorder.messages[0]?.data).toBe("OPTIONS sip:ü SIP/2.0\r\n\r\n");
    expect(recorder.messages[1]?.data).toBeInstanceOf(Uint8Array);
    const { flow } = recorder.messages[0]!;
    transport.send(message("text"), flow, () => {});
    transport.send(Uint8Array.of(65, 255), flow, () => {});
    await settle();
    expect(heard).toEqual([`text ${Buffer.from(message("text"))}`, `binary ${Buffer.of(65, 255)}`]);
  });

  test("a double CRLF is answered by a CRLF, a single one ignored (RFC 5626 §4.4.1)", async () => {
    const { url, recorder, transport } = await started();
    const { socket, heard } = await connected(url);
    for (const frame of ["\r\n\r\n", "\r\n", "", Buffer.from("\r\n\r\n"), "\0"]) socket.send(frame);
    await settle();
    expect(heard).toEqual(["text \r\n", "text \r\n"]);
    expect([recorder.messages, transport.counts]).toMatchObject([[], { pings: 2, fillers: 3 }]);
  });

  test("one too large closes its connection with 1009, and no other", async () => {
    const { url, recorder, transport } = await started({ messageSize: 1000 });
    const [good, bad] = [await connected(url), await connected(url)];
    bad.socket.send("x".repeat(1001));
    const [code] = await once(bad.socket, "close");
    expect(code).toBe(1009);
    expect(transport.counts).toMatchObject({ faults: 1 });
    good.socket.send("x".repeat(1000));
    await settle();
    expect(recorder.texts).toEqual(["x".repeat(1000)]);
    expect(recorder.closed.map(({ error }) => error?.code)).toEqual(["transport_failed"]);
    expect(transport.connections).toBe(1);
  });

  test("text that is not UTF-8 closes its connection with 1007", async () => {
    const { url, recorder } = await started();
    const { socket } = await connected(url);
    socket.send(Buffer.of(0xff, 0xfe), { binary: false });
    const [code] = await once(socket, "close");
    expect(code).toBe(1007);
    expect(recorder.messages).toHaveLength(0);
  });

  test("garbage instead of frames ends the connection and nothing else", async () => {
    const { transport, recorder, url } = await started();
    const socket = await deafClient(transport.local);
    socket.write(Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 31) & 255)));
    socket.resume();
    await once(socket, "close");
    await settle();
    expect(recorder.closed).toHaveLength(1);
    const { socket: next } = await connected(url);
    next.send("still here");
    await settle();
    expect(recorder.texts).toEqual(["still here"]);
  });
});

describe("flows", () => {
  test("have random ids, and are found by id and remote address while they are open", async () => {
    const { url, recorder, transport } = await started();
    const clients = [await connected(url), await connected(url)];
    for (const { socket } of clients) socket.send("x");
    await settle();
    const flows = recorder.messages.map(({ flow }) => flow);
    expect(new Set(flows.map(({ id }) => id)).size).toBe(2);
    for (const flow of flows) {
      expect(flow.id).toMatch(/^[\w-]{22}$/);
      expect(transport.flowById(flow.id)).toBe(flow);
      expect(transport.flow(flow.remote)).toBe(flow);
      expect(flow.local).toEqual(transport.local);
    }
    expect(transport.flow({ host: "127.0.0.1", port: 1 })).toBeUndefined();
    clients[0]?.socket.close(4000, "bye\n\x1b");
    await settle();
    expect(recorder.closed[0]?.error).toMatchObject({
      code: "connection_closed",
      message: expect.stringContaining("4000 bye??"),
    });
    expect(transport.flow(flows[0]!.remote)).toBeUndefined();
    expect(transport.flowById(flows[0]!.id)).toBeUndefined();
    expect(flows[0]?.open).toBe(false);
  });

  test("can be disconnected by the server", async () => {
    const { url, recorder, transport } = await started();
    const { socket } = await connected(url);
    socket.send("x");
    await settle();
    const { flow } = recorder.messages[0]!;
    const refused = expect.objectContaining({ name: "SipError", code: "value_invalid" });
    expect(() => transport.disconnect(flow, 1005)).toThrow(refused);
    expect(() => transport.disconnect(flow, 4001, "x".repeat(124))).toThrow(refused);
    transport.disconnect(flow, 4001, "enough");
    const [code, reason] = await once(socket, "close");
    expect([code, String(reason)]).toEqual([4001, "enough"]);
    await settle();
    expect(recorder.closed).toHaveLength(1);
    expect(flow.open).toBe(false);
  });

  test("bring and take nothing more once they are disconnected, though the client answers no close", async () => {
    const { recorder, transport } = await started();
    const socket = await deafClient(transport.local);
    const flow = transport.flow({ host: "127.0.0.1", port: socket.localPort ?? 0 });
    if (!flow) throw new Error("no flow");
    transport.disconnect(flow, 1008, "enough");
    expect(flow.open).toBe(false);
    expect([transport.flow(flow.remote), transport.flowById(flow.id)]).toEqual([undefined, undefined]);
    // A masked text frame.
    socket.write(Uint8Array.of(0x81, 0x81, 0, 0, 0, 0, 65));
    const failures: string[] = [];
    transport.send(Uint8Array.of(65), flow, ({ code }) => failures.push(code));
    await settle();
    expect([recorder.messages, failures]).toEqual([[], ["connection_closed"]]);
    expect(transport.connections).toBe(1);
  });

  test("take a message that is larger than the send limit: it is not the client's doing", async () => {
    const { url, transport, recorder } = await started({ sendLimit: 1000 });
    const { socket, heard } = await connected(url);
    socket.send("x");
    await settle();
    const { flow } = recorder.messages[0]!;
    transport.send(new Uint8Array(300_000).fill(65), flow, () => {});
    await once(socket, "message");
    expect([heard[0]?.length, flow.open]).toEqual([300_005, true]);
  });

  test("whose client does not read are dropped at the send limit, and told", async () => {
    const { recorder, transport } = await started({ sendLimit: 100_000 });
    const socket = await deafClient(transport.local);
    const flow = transport.flow({ host: "127.0.0.1", port: socket.localPort ?? 0 });
    if (!flow) throw new Error("no flow");
    const failures: SipError[] = [];
    const times = new Map<number, number>();
    let told = 0;
    for (let i = 0; i < 2000 && flow.open; i++) {
      transport.send(new Uint8Array(10_000).fill(65), flow, (error) => {
        times.set(i, (times.get(i) ?? 0) + 1);
        failures.push(error);
      });
      expect(recorder.closed.length).toBe(told);
      if (i % 5 === 0) await sleep(1);
      told = recorder.closed.length;
    }
    expect(flow.open).toBe(false);
    expect(failures[0]).toMatchObject({
      code: "transport_failed",
      message: expect.stringContaining("does not read"),
    });
    expect(recorder.closed).toHaveLength(1);
    expect(recorder.closed[0]?.error?.code).toBe("transport_failed");
    expect(transport.connections).toBe(0);
    await settle();
    expect(new Set(times.values())).toEqual(new Set([1]));
  });

  test("that answer no pings are dropped, the others are not", async () => {
    const clock = new VirtualClock();
    const { url, recorder, transport } = await started({ clock, pingInterval: 30_000 });
    const [silent, talking] = [await deafClient(transport.local), await deafClient(transport.local)];
    const { socket } = await connected(url);
    let pings = 0;
    socket.on("ping", () => pings++);
    for (let i = 0; i < 3; i++) {
      clock.advance(30_000);
      // A masked text frame: whatever comes proves that a client lives.
      talking.write(Uint8Array.of(0x81, 0x81, 0, 0, 0, 0, 65));
      await settle();
    }
    expect(pings).toBe(3);
    expect(transport.connections).toBe(2);
    await once(silent.resume(), "close");
    expect(recorder.closed.map(({ error }) => error?.message)).toEqual([expect.stringContaining("no pings")]);
  });
});
