// The contract of transports, run against every transport of ours.

import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { MemoryNetwork } from "../../src/transport/memory.ts";
import type { StreamOptions } from "../../src/transport/node/stream-options.ts";
import { tcp } from "../../src/transport/node/tcp.ts";
import { tls } from "../../src/transport/node/tls.ts";
import { udp } from "../../src/transport/node/udp.ts";
import { type WebSocketServerOptions, webSocketServer } from "../../src/transport/node/websocket-server.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { webSocket } from "../../src/transport/websocket-client.ts";
import { Authority, selfSigned, TrustingWebSocket } from "./certificate.ts";
import { type ContractPair, contractChecks } from "./contract.ts";
import { CountingClock } from "./counting-clock.ts";
import { settle } from "./settle.ts";

/** Makes the caller when it is first asked for: a client's URL is known once its server listens. */
function pairOf(callee: Transport, make: () => Transport, clock?: CountingClock): ContractPair {
  let caller: Transport | undefined;
  return {
    callee,
    caller() {
      caller ??= make();
      return caller;
    },
    settle,
    ...(clock && { timers: () => clock.pending.size }),
  };
}

function udpPair(caller: string, callee: string): ContractPair {
  return pairOf(udp({ host: callee, port: 0 }), () => udp({ host: caller, port: 0 }));
}

function webSocketPair(options: WebSocketServerOptions = {}): ContractPair {
  const clock = new CountingClock();
  const callee = webSocketServer({ host: "127.0.0.1", port: 0, clock, ...options });
  const scheme = options.tls ? "wss" : "ws";
  const url = (): string => `${scheme}://127.0.0.1:${callee.local.port}/`;
  return pairOf(callee, () => webSocket({ url: url(), WebSocket: TrustingWebSocket, clock }), clock);
}

function tcpPair(host: string, caller = host, options: StreamOptions = {}): ContractPair {
  const clock = new CountingClock();
  const make = (on: string): Transport => tcp({ host: on, port: 0, clock, ...options });
  return pairOf(make(host), () => make(caller), clock);
}

const authority = new Authority();

function tlsPair(): ContractPair {
  const clock = new CountingClock();
  const identity = { ...authority.issue({ ip: ["127.0.0.1"] }), ca: authority.cert };
  const make = (): Transport =>
    tls({ host: "127.0.0.1", port: 0, clock, tls: { ...identity, requestCert: true } });
  return pairOf(make(), make, clock);
}

function memoryPair(protocol: string, delay: number | [number, number]): ContractPair {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, delay });
  const client = protocol === "WS" ? {} : { port: 5062 };
  const pair = pairOf(network.transport({ protocol, port: 5060 }), () =>
    network.transport({ protocol, ...client }),
  );
  return { ...pair, settle: () => clock.advanceAsync(1000), timers: () => clock.size };
}

const subjects: Record<string, () => ContractPair> = {
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
  describe(name, () => {
    test.each(contractChecks)("$name", async ({ run }) => {
      const pair = make();
      try {
        await run(pair);
      } finally {
        await Promise.all([pair.caller().close(), pair.callee.close()]);
      }
      expect(pair.timers?.() ?? 0).toBe(0);
    });
  });
}
