import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import {
  MemoryNetwork,
  type MemoryNetworkOptions,
  type MemoryTransportOptions,
} from "../../src/transport/memory.ts";
import type { Flow, Transport } from "../../src/transport/transport.ts";
import { message, Recorder } from "./contract.ts";

interface Host {
  readonly transport: Transport;
  readonly recorder: Recorder;
}

interface World {
  readonly clock: VirtualClock;
  readonly network: MemoryNetwork;
  host(options?: MemoryTransportOptions): Promise<Host>;
}

function world(options: MemoryNetworkOptions = {}): World {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, ...options });
  return {
    clock,
    network,
    async host(of) {
      const transport = network.transport(of);
      const recorder = new Recorder();
      await transport.start(recorder);
      return { transport, recorder };
    },
  };
}

function flowTo(from: Host, to: Host): Flow {
  const flow = from.transport.flow(to.transport.local);
  if (!flow) throw new Error("no flow");
  return flow;
}

/** Sends m0 … m(count-1) at 1 ms intervals and says which arrived, in their order. */
async function run(options: MemoryNetworkOptions, count = 200, protocol = "UDP"): Promise<string[]> {
  const { clock, host } = world(options);
  const [a, b] = [await host({ protocol }), await host({ protocol })];
  const flow = flowTo(a, b);
  for (let i = 0; i < count; i++) {
    a.transport.send(message(`m${i}`), flow, () => {});
    clock.advance(1);
  }
  clock.advance(10_000);
  await a.transport.close();
  await b.transport.close();
  expect(clock.size).toBe(0);
  return b.recorder.texts.map((text) => /sip:(\S+)/.exec(text)?.[1] ?? "?");
}

const numbers = (names: string[]): number[] => names.map((name) => Number(name.slice(1)));
const sorted = (names: string[]): boolean => numbers(names).every((n, i, all) => i === 0 || all[i - 1]! <= n);

describe("datagrams", () => {
  test("all arrive in order on a perfect network, never within the send", async () => {
    expect(await run({})).toHaveLength(200);
    const { host, clock } = world();
    const [a, b] = [await host(), await host()];
    a.transport.send(message("x"), flowTo(a, b), () => {});
    expect(b.recorder.messages).toHaveLength(0);
    clock.advance(0);
    expect(b.recorder.messages).toHaveLength(1);
  });

  test("arrive as they were sent, whatever becomes of their octets meanwhile", async () => {
    const { host, clock } = world({ delay: 40_000 });
    const [a, b] = [await host(), await host()];
    const data = message("x");
    a.transport.send(data, flowTo(a, b), () => {});
    data.fill(0x61);
    clock.advance(40_000);
    expect(b.recorder.texts).toEqual([new TextDecoder().decode(message("x"))]);
  });

  test("are lost as often as told, the same ones for the same seed", async () => {
    const first = await run({ loss: 0.3, seed: 11 });
    expect(first.length).toBeGreaterThan(110);
    expect(first.length).toBeLessThan(170);
    expect(await run({ loss: 0.3, seed: 11 })).toEqual(first);
    expect(await run({ loss: 0.3, seed: 12 })).not.toEqual(first);
    expect(await run({ loss: 1 })).toEqual([]);
  });

  test("are doubled as often as told", async () => {
    const arrived = await run({ duplicate: 0.5, seed: 2 });
    expect(new Set(arrived).size).toBe(200);
    expect(arrived.length).toBeGreaterThan(260);
    expect(arrived.length).toBeLessThan(340);
  });

  test("overtake each other only where told", async () => {
    expect(sorted(await run({ delay: 15 }))).toBe(true);
    const held = await run({ reorder: 0.2, reorderBy: 10 });
    expect(held).toHaveLength(200);
    expect(sorted(held)).toBe(false);
    expect(sorted(await run({ delay: [0, 50] }))).toBe(false);
  });

  test("take as long as told", async () => {
    const { host, clock } = world({ delay: 40 });
    const [a, b] = [await host(), await host()];
    a.transport.send(message("x"), flowTo(a, b), () => {});
    clock.advance(39);
    expect(b.recorder.messages).toHaveLength(0);
    clock.advance(1);
    expect(b.recorder.messages).toHaveLength(1);
  });

  test("are dropped one by one by a filter, and by changed faults", async () => {
    const { host, clock, network } = world({ drop: ({ text }) => text.includes("sip:bad") });
    const [a, b] = [await host(), await host()];
    const flow = flowTo(a, b);
    for (const name of ["good", "bad"]) a.transport.send(message(name), flow, () => {});
    network.set({ loss: 1 });
    a.transport.send(message("unlucky"), flow, () => {});
    network.set({ loss: 0 });
    a.transport.send(message("lucky"), flow, () => {});
    clock.advance(1);
    expect(b.recorder.texts.map((text) => text.split(" ")[1])).toEqual(["sip:good", "sip:lucky"]);
  });

  test("to nobody, or over a blocked way, are lost without an error", async () => {
    const { host, clock, network } = world();
    const [a, b] = [await host({ host: "10.9.0.1" }), await host({ host: "10.9.0.2" })];
    const failures: unknown[] = [];
    const nobody = a.transport.flow({ host: "10.9.0.3", port: 5060 })!;
    a.transport.send(message("x"), nobody, (error) => failures.push(error));
    network.block("10.9.0.1", "10.9.0.2");
    a.transport.send(message("y"), flowTo(a, b), (error) => failures.push(error));
    clock.advance(1000);
    network.unblock("10.9.0.2", "10.9.0.1");
    a.transport.send(message("z"), flowTo(a, b), (error) => failures.push(error));
    clock.advance(1000);
    expect(b.recorder.texts).toHaveLength(1);
    expect(failures).toEqual([]);
  });

  test.each([
    ["arrive", 0, ["transport_failed"]],
    ["are lost on the way", 1, []],
  ])("to nobody are answered by ICMP, where that is asked for, if they %s", async (_how, loss, codes) => {
    const { host, clock } = world({ unreachable: true, loss });
    const { transport, recorder } = await host({ host: "10.9.0.1" });
    transport.send(message("x"), transport.flow({ host: "10.9.0.3", port: 5060 })!, () => {});
    clock.advance(1000);
    expect(recorder.closed.map(({ error }) => error?.code)).toEqual(codes);
  });
});

describe("reliable transports", () => {
  test("lose nothing and keep the order, whatever datagrams suffer", async () => {
    const faults = { loss: 0.5, duplicate: 0.5, reorder: 0.5, delay: [0, 100] as const };
    for (const protocol of ["TCP", "TLS"]) {
      expect(numbers(await run(faults, 200, protocol))).toEqual(Array.from({ length: 200 }, (_, i) => i));
    }
  });

  test("describe themselves", () => {
    const { network } = world();
    const of = (protocol: string): Transport => network.transport({ protocol });
    expect(of("UDP")).toMatchObject({ reliable: false, secure: false, framed: true });
    expect(of("TCP")).toMatchObject({ reliable: true, secure: false, framed: false });
    expect(of("tls")).toMatchObject({ protocol: "TLS", reliable: true, secure: true, framed: false });
    expect(of("WSS")).toMatchObject({ reliable: true, secure: true, framed: true });
    expect(of("WS").sentBy).toMatch(/\.invalid$/);
  });

  test("can be cut: both ends hear of it, what is on the way is lost, and they can connect anew", async () => {
    const { host, clock, network } = world({ delay: 10 });
    const [a, b] = [await host({ protocol: "TCP" }), await host({ protocol: "TCP" })];
    const flow = flowTo(a, b);
    a.transport.send(message("before"), flow, () => {});
    clock.advance(20);
    a.transport.send(message("on its way"), flow, () => {});
    expect(network.cut(a.transport, b.transport)).toBe(1);
    expect(a.recorder.closed).toEqual([]);
    clock.advance(0);
    for (const { recorder } of [a, b]) {
      expect(recorder.closed.map(({ error }) => error?.code)).toEqual(["connection_closed"]);
    }
    clock.advance(100);
    expect(b.recorder.texts).toHaveLength(1);
    const again = flowTo(a, b);
    expect(again).not.toBe(flow);
    a.transport.send(message("again"), again, () => {});
    clock.advance(100);
    expect(b.recorder.texts).toHaveLength(2);
    expect(network.cut(b.transport.local.host, a.transport.local.host)).toBe(1);
    expect(network.cut(a.transport, a.transport)).toBe(0);
  });

  test("bring what was sent before a close", async () => {
    const { host, clock } = world({ delay: [0, 100] });
    const [a, b] = [await host({ protocol: "TCP" }), await host({ protocol: "TCP" })];
    const flow = flowTo(a, b);
    clock.advance(200);
    for (let i = 0; i < 20; i++) a.transport.send(message(`m${i}`), flow, () => {});
    await a.transport.close();
    clock.advance(200);
    expect(b.recorder.texts).toHaveLength(20);
    expect(b.recorder.closed).toHaveLength(1);
  });

  test("fail where nobody listens, later", async () => {
    const { host, clock } = world();
    const a = await host({ protocol: "TCP" });
    const flow = a.transport.flow({ host: "10.9.0.9", port: 5060 })!;
    const codes: string[] = [];
    a.transport.send(message("x"), flow, (error) => codes.push(error.code));
    expect(codes).toEqual([]);
    await clock.advanceAsync(1);
    expect(codes).toEqual(["transport_failed"]);
    expect(a.recorder.closed).toMatchObject([{ flow, error: { code: "transport_failed" } }]);
    expect(a.transport.flow({ host: "10.9.0.9", port: 5060 })).not.toBe(flow);
  });

  test("keep so many messages for a connection that is being made, and no more", async () => {
    const { host, clock } = world({ delay: 5 });
    const [a, b] = [await host({ protocol: "TCP", queueLimit: 2 }), await host({ protocol: "TCP" })];
    const codes: string[] = [];
    for (let i = 0; i < 3; i++)
      a.transport.send(message(`m${i}`), flowTo(a, b), (error) => codes.push(error.code));
    await clock.advanceAsync(100);
    expect(codes).toEqual(["transport_failed"]);
    expect(b.recorder.texts).toHaveLength(2);
  });

  test("a WebSocket server does not call its clients", async () => {
    const { host, clock } = world();
    const [client, server] = [await host({ protocol: "WS" }), await host({ protocol: "WS", port: 80 })];
    client.transport.send(message("x"), flowTo(client, server), () => {});
    clock.advance(1);
    const { flow, data } = server.recorder.messages[0]!;
    expect(typeof data).toBe("string");
    expect(server.transport.flow(flow.remote)).toBe(flow);
    expect(server.transport.flow({ host: "10.9.0.9", port: 1 })).toBeUndefined();
    await client.transport.close();
    clock.advance(1);
    expect(server.transport.flow(flow.remote)).toBeUndefined();
  });
});

describe("the network", () => {
  test("has each address once", async () => {
    const { network, host } = world();
    const first = await host({ host: "10.9.0.1" });
    const second = network.transport({ host: "10.9.0.1" });
    await expect(second.start(new Recorder())).rejects.toMatchObject({ code: "address_in_use" });
    await host({ host: "10.9.0.1", protocol: "TCP" });
    await first.transport.close();
    await host({ host: "10.9.0.1" });
    const free = [await host({ host: "10.9.0.1", port: 0 }), await host({ host: "10.9.0.1", port: 0 })];
    expect(new Set(free.map(({ transport }) => transport.local.port)).size).toBe(2);
    await second.close();
  });

  test("keeps a bounded trace, and prints it as a ladder", async () => {
    const lines: string[] = [];
    const { host, clock, network } = world({ traceLimit: 3, delay: 5, log: (line) => lines.push(line) });
    const [a, b] = [await host({ host: "10.9.0.1" }), await host({ host: "10.9.0.2" })];
    for (let i = 0; i < 5; i++) {
      network.set({ loss: i === 4 ? 1 : 0 });
      a.transport.send(message(`m${i}`), flowTo(a, b), () => {});
      clock.advance(10);
    }
    expect(network.trace.map(({ at, arrives }) => [at, ...arrives])).toEqual([[20, 25], [30, 35], [40]]);
    expect(lines).toHaveLength(5);
    expect(network.ladder().split("\n")).toEqual(lines.slice(2));
    expect(lines[3]).toBe(
      "      30 ms  10.9.0.1:5060 → 10.9.0.2:5060  UDP  OPTIONS sip:m3 SIP/2.0  (1 OPTIONS)  → 35",
    );
    expect(lines[4]).toContain("✗ lost");
    network.clearTrace();
    expect(network.ladder()).toBe("");
  });
});
