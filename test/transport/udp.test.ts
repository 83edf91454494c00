import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import type { SipError } from "../../src/errors.ts";
import { udp } from "../../src/transport/node/udp.ts";
import type { Transport } from "../../src/transport/transport.ts";
import type { UdpOptions } from "../../src/transport/udp-options.ts";
import { hasIpv6 } from "../support/ipv6.ts";
import { encode, message, Recorder } from "./contract.ts";
import { settle } from "./settle.ts";

const open: (Transport | Socket)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function started(options: UdpOptions = {}): Promise<{ transport: Transport; recorder: Recorder }> {
  const transport = udp({ host: "127.0.0.1", port: 0, ...options });
  const recorder = new Recorder();
  await transport.start(recorder);
  open.push(transport);
  return { transport, recorder };
}

async function rawSocket(): Promise<{ socket: Socket; port: number; heard: string[] }> {
  const socket = createSocket("udp4");
  const heard: string[] = [];
  socket.on("message", (data) => heard.push(data.toString("latin1")));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  open.push(socket);
  return { socket, port: socket.address().port, heard };
}

async function failureOf(
  transport: Transport,
  host: string,
  data: Uint8Array<ArrayBuffer>,
): Promise<SipError> {
  const flow = transport.flow({ host, port: 5060 });
  if (!flow) throw new Error("no flow");
  return new Promise((resolve) => transport.send(data, flow, resolve));
}

describe("udp", () => {
  test("says that an address is in use, and where", async () => {
    const { transport } = await started();
    const { port } = transport.local;
    const second = udp({ host: "127.0.0.1", port });
    await expect(second.start(new Recorder())).rejects.toMatchObject({
      code: "address_in_use",
      message: expect.stringContaining(`UDP 127.0.0.1:${port} is in use`),
    });
    await second.close();
  });

  test("says that an address is not this machine's", async () => {
    const transport = udp({ host: "192.0.2.1", port: 0 });
    await expect(transport.start(new Recorder())).rejects.toMatchObject({ code: "transport_failed" });
    await transport.close();
  });

  test.each([{ host: "not a host" }, { advertise: "a b" }, { host: "" }, { port: 70_000 }, { port: -1 }])(
    "refuses the options %j",
    (options) => {
      expect(() => udp(options)).toThrow(expect.objectContaining({ code: "value_invalid" }));
    },
  );

  test("writes the real port into sent-by, or the advertised one", async () => {
    const { transport } = await started();
    expect(transport.sentBy).toBe(`127.0.0.1:${transport.local.port}`);
    const nat = await started({ advertise: "sip.example.com" });
    expect(nat.transport.sentBy).toBe(`sip.example.com:${nat.transport.local.port}`);
    const wild = await started({ host: "0.0.0.0" });
    expect(wild.transport.local.host).toBe("0.0.0.0");
    expect(wild.transport.sentBy).not.toContain("0.0.0.0:");
  });

  test("binds a host name", async () => {
    const { transport } = await started({ host: "localhost" });
    expect(transport.local.host).toBe("127.0.0.1");
  });

  test("names a flow by its remote address, one object for each", async () => {
    const { transport, recorder } = await started();
    const [one, two] = [await rawSocket(), await rawSocket()];
    for (const { socket } of [one, two, one, two]) {
      socket.send(message("x"), transport.local.port, "127.0.0.1");
      await settle();
    }
    const flows = recorder.messages.map(({ flow }) => flow);
    expect(flows.map(({ id }) => id)).toEqual(
      [one, two, one, two].map(({ port }) => `udp:127.0.0.1:${port}`),
    );
    expect(flows[2]).toBe(flows[0]);
    expect(flows[3]).toBe(flows[1]);
    expect(flows[0]?.remote).toEqual({ host: "127.0.0.1", port: one.port });
    expect(flows[0]?.local).toEqual(transport.local);
  });

  test("drops keep-alives and answers none of them (RFC 5626 §3.5.2)", async () => {
    const { transport, recorder } = await started();
    const { socket, heard } = await rawSocket();
    for (const text of ["\r\n\r\n", "\r\n", "", "\0", "\0\0\0\0"]) {
      socket.send(encode(text), transport.local.port, "127.0.0.1");
    }
    socket.send(encode("x"), transport.local.port, "127.0.0.1");
    await settle();
    expect(recorder.texts).toEqual(["x"]);
    expect(heard).toEqual([]);
  });

  test("hands garbage on unharmed and goes on", async () => {
    const { transport, recorder } = await started();
    const { socket } = await rawSocket();
    const garbage = Uint8Array.from({ length: 65_507 }, (_, i) => (i * 7 + 1) & 255);
    socket.send(garbage, transport.local.port, "127.0.0.1");
    socket.send(message("good"), transport.local.port, "127.0.0.1");
    await settle();
    expect(Buffer.from(recorder.bytes[0] ?? []).equals(garbage)).toBe(true);
    expect(recorder.texts).toHaveLength(2);
    expect(recorder.errors).toEqual([]);
  });

  test("tells a send that UDP cannot carry, or whose host there is not", async () => {
    const { transport } = await started({
      lookup: async (host) => {
        if (host === "there.example") return "127.0.0.1";
        throw new Error(`no such host: ${host}`);
      },
    });
    const large = await failureOf(transport, "127.0.0.1", new Uint8Array(70_000));
    expect(large).toMatchObject({ code: "transport_failed", message: expect.stringContaining("EMSGSIZE") });
    const nowhere = await failureOf(transport, "gone.example", message("x"));
    expect(nowhere).toMatchObject({
      code: "transport_failed",
      message: expect.stringContaining("gone.example"),
    });
  });

  test("sends to a host name", async () => {
    const { transport } = await started({ lookup: async () => "127.0.0.1" });
    const { port, heard } = await rawSocket();
    const flow = transport.flow({ host: "there.example", port });
    if (!flow) throw new Error("no flow");
    const failures: SipError[] = [];
    transport.send(message("named"), flow, (error) => failures.push(error));
    await settle();
    expect(heard).toHaveLength(1);
    expect(failures).toEqual([]);
    expect(transport.flow({ host: "there.example", port })).toBe(flow);
  });

  test("fails a send whose host is looked up while the transport closes", async () => {
    let answer: (address: string) => void = () => {};
    const { transport } = await started({ lookup: () => new Promise((resolve) => (answer = resolve)) });
    const failure = failureOf(transport, "slow.example", message("x"));
    await transport.close();
    answer("127.0.0.1");
    expect(await failure).toMatchObject({ code: "closed" });
  });

  test("has no flow that it could not send on", async () => {
    const { transport } = await started();
    expect(transport.flow({ host: "::1", port: 5060 })).toBeUndefined();
    for (const port of [0, 65_536, Number.NaN, -1]) {
      expect(transport.flow({ host: "127.0.0.1", port })).toBeUndefined();
    }
    await transport.close();
    expect(transport.flow({ host: "127.0.0.1", port: 5060 })).toBeUndefined();
  });

  test.skipIf(!hasIpv6).each([
    ["::1", false, false],
    ["::", true, false],
    ["::", false, true],
  ])("bound to %s, ipv6Only %j, reaches IPv4: %j", async (host, ipv6Only, reaches) => {
    const { transport } = await started({ host, ipv6Only });
    expect(transport.flow({ host: "127.0.0.1", port: 5060 }) !== undefined).toBe(reaches);
    expect(transport.flow({ host: "::1", port: 5060 })).toBeDefined();
  });

  test("forgets old flows beyond the limit, and makes them again by address or id", async () => {
    const { transport } = await started({ flowLimit: 10 });
    const first = transport.flow({ host: "127.0.0.1", port: 1000 });
    const used = transport.flow({ host: "127.0.0.1", port: 999 });
    for (let port = 1001; port < 1100; port++) {
      transport.flow({ host: "127.0.0.1", port });
      expect(transport.flow({ host: "127.0.0.1", port: 999 })).toBe(used);
    }
    const again = transport.flowById("udp:127.0.0.1:1000");
    expect(again).not.toBe(first);
    expect(again?.remote).toEqual(first?.remote);
    for (const id of [
      "udp:127.0.0.1",
      "udp:127.0.0.1:0",
      "udp:a.example:1",
      "udp:127.0.0.1:01",
      "udp:",
      "tcp:1.2.3.4:5",
    ]) {
      expect(transport.flowById(id)).toBeUndefined();
    }
  });

  test("receives no more than IPv6 where told so", async () => {
    const both = await started({ host: "::", ipv6Only: false });
    const only = await started({ host: "::", ipv6Only: true });
    const { socket } = await rawSocket();
    socket.send(message("four"), both.transport.local.port, "127.0.0.1");
    socket.send(message("four"), only.transport.local.port, "127.0.0.1");
    await settle();
    expect(both.recorder.messages[0]?.flow.remote.host).toBe("127.0.0.1");
    expect(only.recorder.messages).toHaveLength(0);
  });

  test("sets the kernel's buffers", async () => {
    // A burst that overruns the smallest receive buffer fits into a larger one.
    const burst = async (recvBufferSize: number): Promise<number> => {
      const { transport, recorder } = await started({ recvBufferSize });
      const sender = await started({ sendBufferSize: 1 << 20 });
      const flow = sender.transport.flow(transport.local);
      if (!flow) throw new Error("no flow");
      for (let i = 0; i < 100; i++) sender.transport.send(new Uint8Array(1000).fill(65), flow, () => {});
      await settle();
      return recorder.messages.length;
    };
    expect(await burst(1 << 18)).toBe(100);
    expect(await burst(4096)).toBeLessThan(100);
  });

  test.for(["127.0.0.1", "::1"])(
    "counts what the kernel drops: on %s all is received, or counted",
    async (host, { skip }) => {
      skip(process.platform !== "linux" || (host === "::1" && !hasIpv6));
      const { transport, recorder } = await started({ host, recvBufferSize: 4096 });
      const sender = await started({ host });
      const flow = sender.transport.flow(transport.local);
      if (!flow) throw new Error("no flow");
      for (let i = 0; i < 200; i++) sender.transport.send(new Uint8Array(1000).fill(65), flow, () => {});
      await settle();
      const { dropped = 0 } = transport.counts ?? {};
      expect(dropped).toBeGreaterThan(0);
      expect(recorder.messages.length + dropped).toBe(200);
      expect(sender.transport.counts?.dropped).toBe(0);
    },
  );

  test.runIf(process.platform === "linux")("takes as large a receive buffer as it may", async () => {
    const limit = Number(readFileSync("/proc/sys/net/core/rmem_max", "latin1"));
    const { transport, recorder } = await started();
    const sender = await started();
    const flow = sender.transport.flow(transport.local);
    if (!flow) throw new Error("no flow");
    // Two thousand octets of the buffer for a thousand of message, and twice what was asked for: at half of the
    // limit, all of it arrives.
    const count = Math.min(2000, Math.floor(limit / 4000));
    for (let i = 0; i < count; i++) sender.transport.send(new Uint8Array(1000).fill(65), flow, () => {});
    for (let i = 0; i < 100 && recorder.messages.length < count; i++) await settle();
    expect(recorder.messages.length).toBe(count);
  });

  test("starts once", async () => {
    const { transport } = await started();
    await expect(transport.start(new Recorder())).rejects.toMatchObject({ code: "closed" });
    await transport.close();
    await expect(transport.start(new Recorder())).rejects.toMatchObject({ code: "closed" });
  });

  test("closed while it starts, it rejects and leaves no socket", async () => {
    const transport = udp({ host: "127.0.0.1", port: 0 });
    const start = transport.start(new Recorder());
    await transport.close();
    await expect(start).rejects.toMatchObject({ code: "closed" });
  });

  test("leaves its port free after close", async () => {
    const { transport } = await started();
    const { port } = transport.local;
    await transport.close();
    const { transport: next } = await started({ port });
    expect(next.local.port).toBe(port);
  });

  test("hears a group that it was told of, beside others that do", async () => {
    const options = {
      host: "0.0.0.0",
      multicast: [{ group: "224.0.1.75", interface: "127.0.0.1" }],
      reuseAddress: true,
    };
    const one = await started(options);
    const two = await started({ ...options, port: one.transport.local.port });
    const { socket } = await rawSocket();
    socket.setMulticastInterface("127.0.0.1");
    socket.send(message("all"), one.transport.local.port, "224.0.1.75");
    await settle();
    expect([one.recorder.messages.length, two.recorder.messages.length]).toEqual([1, 1]);
    expect(one.recorder.messages[0]!.flow.remote.host).toBe("127.0.0.1");
  });

  test("cannot open a group that is none", async () => {
    const { port, socket } = await rawSocket();
    socket.close();
    open.pop();
    const transport = udp({ host: "127.0.0.1", port, multicast: ["192.0.2.1"] });
    await expect(transport.start(new Recorder())).rejects.toMatchObject({ code: "transport_failed" });
    await transport.close();
    // It was bound by then, and has let go.
    expect((await started({ port })).transport.local.port).toBe(port);
  });
});
