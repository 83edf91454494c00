// UDP on a runtime's sockets that the test makes up: what no real socket can be made to do.

import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { SipError } from "../../src/errors.ts";

import { parseMessage } from "../../src/message/parse.ts";
import { DatagramTransport } from "../../src/transport/datagram.ts";
import type { DatagramEvents, DatagramSent, DatagramSocket } from "../../src/transport/datagram-socket.ts";
import { KeyedHash } from "../../src/transport/keyed-hash.ts";
import type { Flow } from "../../src/transport/transport.ts";
import type { UdpOptions } from "../../src/transport/udp-options.ts";
import { message, Recorder } from "./contract.ts";

interface Sent {
  readonly data: Uint8Array;
  readonly host: string;
  readonly sent: DatagramSent;
}

function world(options: UdpOptions = {}, open?: () => Promise<DatagramSocket>) {
  let events: DatagramEvents | undefined;
  const out: Sent[] = [];
  const socket = {
    local: { host: options.host ?? "192.0.2.9", port: 5060 },
    broken: false,
    closed: 0,
    send(data: Uint8Array<ArrayBuffer>, _port: number, host: string, sent: DatagramSent) {
      if (socket.broken) throw new Error("no buffers");
      out.push({ data, host, sent });
    },
    close: async () => void socket.closed++,
  };
  const transport = new DatagramTransport(
    {
      open: async (_local, _options, _family, given) => {
        events = given;
        return open ? await open() : socket;
      },
      lookup: async () => "192.0.2.7",
      dropped: () => 3,
      sentBy: (_advertise, { host }) => host,
    },
    { host: "192.0.2.9", ...options },
  );
  const recorder = new Recorder();
  const hear = (data: Uint8Array, host = "192.0.2.1"): void => events?.message(data, host, 5060);
  const send = (data = message("x"), host = "192.0.2.1"): string[] => {
    const failures: string[] = [];
    transport.send(data, transport.flow({ host, port: 5060 })!, ({ code }) => failures.push(code));
    return failures;
  };
  return { transport, recorder, socket, out, hear, send };
}

/** A STUN message without attributes (RFC 8489 §5). */
function stun(type: number): Uint8Array {
  return Uint8Array.of(type >> 8, type & 255, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Array<number>(12).fill(7));
}

describe("a response goes to", () => {
  const way = async (via: string, options: UdpOptions = {}) => {
    const { transport, recorder } = world(options);
    await transport.start(recorder);
    const text = `OPTIONS sip:b@c SIP/2.0\r\nVia: SIP/2.0/UDP ${via}\r\n\r\n`;
    const flow = transport.flow({ host: "192.0.2.1", port: 40_000 })!;
    const { host, port } = (transport.responseFlow?.(flow, parseMessage(text)) ?? flow).remote;
    return `${host}:${port}`;
  };

  test.each([
    ["the sent-by's port", "192.0.2.1:5070;branch=z", "192.0.2.1:5070"],
    ["5060, where its sent-by has no port", "192.0.2.1;branch=z", "192.0.2.1:5060"],
    ["its source, where that is what its sent-by says", "192.0.2.1:40000;branch=z", "192.0.2.1:40000"],
    ["maddr, where the port is that of its source, too", "a.b:40000;maddr=192.0.2.8", "192.0.2.8:40000"],
    ["maddr, before rport", "192.0.2.1:7;rport;maddr=192.0.2.8;branch=z", "192.0.2.8:7"],
    [
      "the sent-by's port, or maddr in brackets where it is IPv6",
      "a.example:7;maddr=[2001:db8::1]",
      "2001:db8::1:7",
    ],
    ["its source, where there is no way to maddr", "192.0.2.1:5070;maddr=a.example;rport", "192.0.2.1:40000"],
    ["its source, for a port that is none", "192.0.2.1:0;branch=z", "192.0.2.1:40000"],
    ["its source, for a Via that cannot be read", "[;branch=z", "192.0.2.1:40000"],
  ])("%s", async (_what, via, expected) => {
    expect(await way(via, { host: "::" })).toBe(expected);
  });

  test("its source for an address of another family", async () => {
    expect(await way("192.0.2.1;maddr=[2001:db8::1]")).toBe("192.0.2.1:40000");
  });

  test("its source, where the option says so", async () => {
    expect(await way("192.0.2.1:5070;maddr=192.0.2.2", { symmetric: true })).toBe("192.0.2.1:40000");
  });
});

describe("a datagram socket", () => {
  test("tells what it had to let go of with what the kernel had no room for", async () => {
    const { transport, recorder, socket } = world();
    expect(transport.counts).not.toHaveProperty("dropped");
    await transport.start(recorder);
    expect(transport.counts).toMatchObject({ dropped: 3 });
    Object.assign(socket, { dropped: 4 });
    expect(transport.counts).toMatchObject({ dropped: 7 });
    await transport.close();
    expect(transport.counts).toMatchObject({ dropped: 7 });
  });

  test("gets no more than the limit, which what has left does not count for", async () => {
    const { transport, recorder, out, send, socket } = world({ sendQueueLimit: 100 });
    await transport.start(recorder);
    const data = new Uint8Array(60);
    const failures = [send(data), send(data), send(data)];
    await null;
    expect(failures).toEqual([[], [], ["transport_failed"]]);
    for (const { sent } of out.splice(0)) sent(undefined);
    socket.broken = true;
    failures.push(send(data), send(data), send(data));
    await null;
    socket.broken = false;
    failures.push(send(data));
    await null;
    expect(failures.slice(3).flat()).toHaveLength(3);
    out[0]?.sent(new Error("unreachable"));
    expect(failures[6]).toEqual(["transport_failed"]);
  });

  test("knows the flow of who was heard of just now, however many others were met meanwhile", async () => {
    const { transport, recorder, hear } = world({ flowLimit: 10 });
    await transport.start(recorder);
    for (let other = 0; other < 100; other++) {
      hear(message("x"));
      transport.flow({ host: `198.51.100.${other}`, port: 5060 });
    }
    const [flow, ...others] = new Set(recorder.messages.map((each) => each.flow));
    expect(others).toEqual([]);
    expect(transport.flow({ host: "192.0.2.1", port: 5060 })).toBe(flow);
    expect(transport.flow({ host: "198.51.100.0", port: 5060 })!.remote.host).toBe("198.51.100.0");
  });

  test("leads to every port that there is", async () => {
    const { transport, recorder } = world();
    await transport.start(recorder);
    const led = [0, 1, 65_535, 65_536, Number.NaN].map((port) => transport.flow({ host: "192.0.2.1", port }));
    expect(led.map((flow) => flow?.remote.port)).toEqual([undefined, 1, 65_535, undefined, undefined]);
  });

  test("is asked how much waits where it knows", async () => {
    const { transport, recorder, send, socket } = world({ sendQueueLimit: 100 });
    let waiting = 0;
    Object.assign(socket, { waiting: () => waiting });
    await transport.start(recorder);
    const failures = [send(new Uint8Array(200)), send()];
    waiting = 101;
    failures.push(send());
    await null;
    expect(failures).toEqual([[], [], ["transport_failed"]]);
  });

  test("is sent to by mapped addresses where it is an IPv6 one for both families", async () => {
    const { transport, recorder, send, out } = world({ host: "::" });
    await transport.start(recorder);
    send(message("x"), "there.example.com");
    send(message("x"), "192.0.2.1");
    send(message("x"), "2001:db8::1");
    await new Promise((resolve) => setImmediate(resolve));
    expect(out.map(({ host }) => host).sort()).toEqual([
      "2001:db8::1",
      "::ffff:192.0.2.1",
      "::ffff:192.0.2.7",
    ]);
  });

  test("of IPv4 reaches no IPv6, bound to whatever", async () => {
    const { transport, recorder } = world({ host: "0.0.0.0" });
    await transport.start(recorder);
    expect(transport.flow({ host: "::1", port: 5060 })).toBeUndefined();
  });

  test("has its fillers and its STUN counted, of which requests alone are answered, with the address that the peer has", async () => {
    const { transport, recorder, hear, out } = world({ host: "::" });
    expect(transport.counts).not.toHaveProperty("dropped");
    await transport.start(recorder);
    hear(Uint8Array.of(13, 10));
    hear(stun(0x0101));
    hear(stun(0x0001), "::ffff:192.0.2.1");
    expect(transport.counts).toMatchObject({ fillers: 1, stun: 1, stunDropped: 1, dropped: 3 });
    expect(recorder.messages).toEqual([]);
    // XOR-MAPPED-ADDRESS (RFC 8489 §14.2): IPv4.
    const { data, host } = out[0]!;
    const at = data.findIndex((octet, i) => octet === 0x00 && data[i + 1] === 0x20);
    expect([host, data[at + 5]]).toEqual(["::ffff:192.0.2.1", 1]);
  });

  // Its peers would be told what is for others.
  test.each(["192.0.2.1", "there.example.com"])(
    "that has not sent to %s yet has octets that nobody writes to",
    async (host) => {
      const asked: ((address: string) => void)[] = [];
      const lookup = () => new Promise<string>((resolve) => void asked.push(resolve));
      const { transport, recorder, out } = world({ lookup });
      await transport.start(recorder);
      const clock = new VirtualClock();
      const timers = { count: () => {} };
      const answers = transport.answers({ clock, hash: new KeyedHash("secret"), life: 32_000, timers });
      const flow = transport.flow({ host, port: 5060 })!;
      const fill = (octet: string) =>
        [...new Array(400).keys()].map((i) => answers.add(`${octet}${i}`, octet.repeat(1000), flow)!.bytes!);
      const before = fill("a");
      for (const bytes of before) transport.send(bytes, flow, () => {});
      clock.advance(1);
      fill("b");
      clock.advance(31_999);
      fill("c");
      asked[0]?.("192.0.2.7");
      await new Promise((resolve) => setImmediate(resolve));
      expect(out.map(({ data }) => String.fromCharCode(...data))).toEqual(before.map(() => "a".repeat(1000)));
    },
  );

  // A stack has its answers from one of its transports, for all of them.
  test.each(["another socket", "a stranger"])(
    "leaves octets alone that %s may not have sent",
    async (who) => {
      const [lender, other] = [world(), world()];
      for (const each of [lender, other]) await each.transport.start(each.recorder);
      const clock = new VirtualClock();
      const timers = { count: () => {} };
      const answers = lender.transport.answers({
        clock,
        hash: new KeyedHash("secret"),
        life: 32_000,
        timers,
      });
      const remote = { host: "192.0.2.1", port: 5060 };
      const flow = who === "a stranger" ? ({ remote, transport: {} } as Flow) : other.transport.flow(remote)!;
      const fill = (octet: string) =>
        [...new Array(400).keys()].map((i) => answers.add(`${octet}${i}`, octet.repeat(1000), flow)!.bytes!);
      const before = fill("a");
      if (who !== "a stranger") for (const bytes of before) other.transport.send(bytes, flow, () => {});
      clock.advance(1);
      fill("b");
      clock.advance(31_999);
      fill("c");
      expect(before.map((bytes) => String.fromCharCode(...bytes))).toEqual(
        before.map(() => "a".repeat(1000)),
      );
    },
  );

  test("that cannot be opened says why, in the runtime's words or ours, and may be tried again", async () => {
    const unsupported = new SipError("unsupported", "not here");
    const { transport, recorder } = world({}, () => Promise.reject(unsupported));
    await expect(transport.start(recorder)).rejects.toBe(unsupported);
    await expect(transport.start(recorder)).rejects.toBe(unsupported);
    const late = world({}, () => Promise.reject(new Error("no")));
    const start = late.transport.start(late.recorder);
    const closed = late.transport.close();
    await expect(start).rejects.toMatchObject({ code: "transport_failed" });
    await closed;
  });

  test("is heard of no more when it is closed", async () => {
    const { transport, recorder, hear, socket, send } = world({ host: "::ffff:192.0.2.9" });
    await transport.start(recorder);
    expect([transport.local.host, transport.sentBy]).toEqual(["192.0.2.9", "192.0.2.9"]);
    hear(message("one"));
    const { flow } = recorder.messages[0]!;
    send();
    await transport.close();
    hear(message("two"));
    expect([recorder.messages.length, socket.closed, transport.flowById(flow!.id)]).toEqual([
      1,
      1,
      undefined,
    ]);
  });
});
