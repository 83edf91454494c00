// The contract of transports, run against every transport of ours.

import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { SipError } from "../../src/errors.ts";
import { transportConformance } from "../../src/transport/conformance/conformance.ts";
import type { TransportPair } from "../../src/transport/conformance/pair.ts";
import { MemoryNetwork } from "../../src/transport/memory.ts";
import type { StreamOptions } from "../../src/transport/node/stream-options.ts";
import { tcp } from "../../src/transport/node/tcp.ts";
import { tls } from "../../src/transport/node/tls.ts";
import { udp } from "../../src/transport/node/udp.ts";
import { type WebSocketServerOptions, webSocketServer } from "../../src/transport/node/websocket-server.ts";
import type { Flow, Transport, TransportReceiver } from "../../src/transport/transport.ts";
import { webSocket } from "../../src/transport/websocket-client.ts";
import { hasIpv6 } from "../support/ipv6.ts";
import { Authority, selfSigned, TrustingWebSocket } from "./certificate.ts";
import { CountingClock } from "./counting-clock.ts";
import { settle } from "./settle.ts";

function pairOf(callee: Transport, caller: () => Transport, clock?: CountingClock): TransportPair {
  return { callee, caller, settle, ...(clock && { timers: () => clock.pending.size }) };
}

function udpPair(caller: string, callee: string): TransportPair {
  return pairOf(udp({ host: callee, port: 0 }), () => udp({ host: caller, port: 0 }));
}

function webSocketPair(options: WebSocketServerOptions = {}): TransportPair {
  const clock = new CountingClock();
  const callee = webSocketServer({ host: "127.0.0.1", port: 0, clock, ...options });
  const scheme = options.tls ? "wss" : "ws";
  const url = (): string => `${scheme}://127.0.0.1:${callee.local.port}/`;
  return pairOf(callee, () => webSocket({ url: url(), WebSocket: TrustingWebSocket, clock }), clock);
}

function tcpPair(host: string, caller = host, options: StreamOptions = {}): TransportPair {
  const clock = new CountingClock();
  const make = (on: string): Transport => tcp({ host: on, port: 0, clock, ...options });
  return pairOf(make(host), () => make(caller), clock);
}

const authority = new Authority();

function tlsPair(): TransportPair {
  const clock = new CountingClock();
  const identity = { ...authority.issue({ ip: ["127.0.0.1"] }), ca: authority.cert };
  const make = (): Transport =>
    tls({ host: "127.0.0.1", port: 0, clock, tls: { ...identity, requestCert: true } });
  return pairOf(make(), make, clock);
}

function memoryPair(protocol: string, delay: number | [number, number]): TransportPair {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, delay });
  const client = protocol === "WS" ? {} : { port: 5062 };
  const pair = pairOf(network.transport({ protocol, port: 5060 }), () =>
    network.transport({ protocol, ...client }),
  );
  return { ...pair, settle: () => clock.advanceAsync(1000), timers: () => clock.size };
}

const subjects: Record<string, () => TransportPair> = {
  "UDP, IPv4": () => udpPair("127.0.0.1", "127.0.0.1"),
  "UDP, IPv6": () => udpPair("::1", "::1"),
  "UDP, IPv4 to a socket for both families": () => udpPair("127.0.0.1", "::ffff:127.0.0.1"),
  "UDP, a socket for both families to IPv4": () => udpPair("::ffff:127.0.0.1", "127.0.0.1"),
  "TCP, IPv4": () => tcpPair("127.0.0.1"),
  "TCP, IPv6": () => tcpPair("::1"),
  "TCP with keep-alives": () => tcpPair("127.0.0.1", "127.0.0.1", { keepAlive: { interval: 10 } }),
  "TLS, both sides with a certificate": () => tlsPair(),
  "WebSocket client and server": () => webSocketPair(),
  "WebSocket client and server over TLS": () => webSocketPair({ tls: selfSigned() }),
  "WebSocket server with verify": () => webSocketPair({ verify: async () => true, path: "/" }),
  "in-memory UDP": () => memoryPair("UDP", 0),
  "in-memory TCP": () => memoryPair("TCP", [0, 30]),
  "in-memory WS": () => memoryPair("WS", 7),
};

for (const [name, make] of Object.entries(subjects)) {
  describe.skipIf(name.endsWith("IPv6") && !hasIpv6)(name, () => {
    test.each(transportConformance(make))("$name", ({ run }) => run());
  });
}

describe("the suite itself", () => {
  const checks = (change: (transport: Transport) => Transport) =>
    transportConformance(() => {
      const { callee, caller, ...rest } = memoryPair("TCP", 0);
      return { ...rest, callee: change(callee), caller: () => change(caller()) };
    });
  const failing = async (change: (transport: Transport) => Transport): Promise<string[]> => {
    const failed: string[] = [];
    for (const { name, run } of checks(change)) await run().catch(() => failed.push(name));
    return failed;
  };
  /** The transport with one of its members changed. */
  const but = (transport: Transport, name: keyof Transport, value: unknown): Transport =>
    Object.defineProperty(transport, name, { value });

  test("finds nothing where nothing is wrong", async () => {
    expect(await failing((transport) => transport)).toEqual([]);
  });

  test("finds what cannot be a Via's", async () => {
    expect(await failing((transport) => but(transport, "sentBy", "a b"))).toEqual([
      "describes itself as Via wants it",
    ]);
  });

  test("finds a flow that is not found", async () => {
    expect(await failing((transport) => but(transport, "flowById", () => undefined))).toEqual([
      "finds a flow by its id, and none by another",
    ]);
  });

  /** The transport, whose receiver hears some things otherwise. */
  const hearing = (
    transport: Transport,
    hear: (receiver: TransportReceiver) => Partial<TransportReceiver>,
  ): Transport => {
    const start = transport.start.bind(transport);
    return but(transport, "start", (receiver: TransportReceiver) => {
      const own: TransportReceiver = {
        onMessage: (data, flow) => receiver.onMessage(data, flow),
        onFlowClosed: (flow, error) => receiver.onFlowClosed(flow, error),
        onError: (error) => receiver.onError(error),
      };
      return start({ ...own, ...hear(own) });
    });
  };
  const ends = ["when it is closed, once", "when its caller closes, once"].map(
    (how) => `tells both ends of a connection ${how}`,
  );
  const row = "carries fifty messages in a row";
  type Send = Parameters<Transport["send"]>;

  test.each<[string, (transport: Transport) => Transport, string[]]>([
    [
      "messages of a stream that are handed on as one",
      (transport) =>
        hearing(transport, ({ onMessage }) => {
          let held: Uint8Array = new Uint8Array();
          return {
            onMessage(data, flow) {
              const whole = Buffer.concat([held, data as Uint8Array]);
              held = Buffer.from(data as Uint8Array).includes("sip:m7 ") ? whole : new Uint8Array();
              if (held.length === 0) onMessage(whole, flow);
            },
          };
        }),
      [row],
    ],
    [
      "a failure of what has arrived",
      (transport) => {
        const send = transport.send.bind(transport);
        return but(transport, "send", (...[data, flow, failed]: Send) => {
          send(data, flow, failed);
          queueMicrotask(() => failed(new SipError("transport_failed", "so it says")));
        });
      },
      [row, "tells a send after close that it failed, later and once", ...ends],
    ],
    [
      "an error where there is none",
      (transport) =>
        hearing(transport, ({ onMessage, onError }) => ({
          onMessage(data, flow) {
            onError(new SipError("transport_failed", "so it says"));
            onMessage(data, flow);
          },
        })),
      [row, "survives a receiver that throws"],
    ],
    [
      "a flow that is found when it is gone",
      (transport) => {
        const flows = new Map<string, Flow | undefined>();
        const flowById = transport.flowById.bind(transport);
        return but(
          hearing(transport, ({ onMessage }) => ({
            onMessage(data, flow) {
              flows.set(flow.id, flow);
              onMessage(data, flow);
            },
          })),
          "flowById",
          (id: string) => flowById(id) ?? flows.get(id),
        );
      },
      [ends[1]!],
    ],
    [
      "an end that the other end does not hear of",
      (transport) =>
        hearing(transport, ({ onFlowClosed }) => ({
          onFlowClosed: (flow, error) => void (error || onFlowClosed(flow, error)),
        })),
      ends,
    ],
    [
      "an end that is told twice",
      (transport) =>
        hearing(transport, ({ onFlowClosed }) => ({
          onFlowClosed(flow, error) {
            onFlowClosed(flow, error);
            onFlowClosed(flow, error);
          },
        })),
      ends,
    ],
  ])("finds %s", async (_what, change, expected) => {
    expect(await failing(change)).toEqual(expected);
  });

  test("finds what is left when both are closed", async () => {
    const left = transportConformance(() => ({ ...memoryPair("UDP", 0), timers: () => 1 }));
    await expect(left[0]!.run()).rejects.toThrow("timers after close: expected 0, got 1");
  });
});
