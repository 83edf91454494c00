// The HTTP server of a WebSocket transport where TLS ends in front of it, as in Bun; and what such a transport counts.

import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import { WebSocketHttp } from "../../src/transport/node/websocket-http.ts";
import { selfSigned, TrustingWebSocket } from "./certificate.ts";
import { message } from "./contract.ts";
import { CountingClock } from "./counting-clock.ts";
import { cleanups, connected, endAll, refusal, started } from "./listener-world.ts";

afterEach(endAll);

describe("TLS in front of HTTP", () => {
  const named = (name: string) => selfSigned({ dns: [name] });

  async function listening(options: Partial<ConstructorParameters<typeof WebSocketHttp>[0]> = {}) {
    const clock = new CountingClock();
    const limits = { timeout: 500, maxConnections: 100, sourceLimit: 100 };
    const server = new WebSocketHttp({ ...limits, tls: named("a.example"), clock, apart: true, ...options });
    const acceptor = new WebSocketServer({ noServer: true });
    server.http.on("upgrade", (request, socket, head) => {
      acceptor.handleUpgrade(request, socket, head, (each) => each.on("message", (data) => each.send(data)));
    });
    await server.listen("127.0.0.1", 0, () => {});
    cleanups.push(async () => {
      await server.close();
      expect(clock.pending.size).toBe(0);
    });
    const { port } = server.address as AddressInfo;
    const secure = async (): Promise<TLSSocket> => {
      const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
      cleanups.push(() => socket.destroy());
      socket.on("error", () => {});
      await once(socket, "secureConnect");
      return socket.resume();
    };
    return { server, clock, port, secure };
  }

  test("takes WebSockets, for longer than a handshake may take", async () => {
    const { port, clock } = await listening();
    const socket = new TrustingWebSocket(`wss://127.0.0.1:${port}`, []);
    cleanups.push(() => socket.terminate());
    await once(socket, "open");
    expect(clock.pending.size).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 700));
    socket.send("hello");
    const [data] = await once(socket, "message");
    expect(`${data}`).toBe("hello");
  });

  test("waits for nobody who has gone, and for ever where it is told so", async () => {
    const { clock, secure } = await listening({ timeout: 60_000 });
    const gone = await secure();
    await vi.waitUntil(() => clock.pending.size === 1);
    gone.destroy();
    await vi.waitUntil(() => clock.pending.size === 0);
    const patient = await listening({ timeout: 0 });
    const socket = await patient.secure();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([socket.destroyed, patient.clock.pending.size]).toEqual([false, 0]);
  });

  test("ends what asks for nothing in time, in TLS and behind it, an octet now and then notwithstanding", async () => {
    const { port, secure } = await listening();
    const ended: string[] = [];
    const raw = connect(port, "127.0.0.1").on("error", () => {});
    raw.resume().on("close", () => ended.push("raw"));
    const [silent, slow] = [await secure(), await secure()];
    silent.on("close", () => ended.push("silent"));
    slow.on("close", () => ended.push("slow"));
    slow.write("GET / HTTP/1.1\r\nHost: x\r\n");
    const trickle = setInterval(() => slow.write("X: y\r\n"), 20);
    cleanups.push(() => clearInterval(trickle));
    await vi.waitUntil(() => ended.length === 3, 4000);
  });

  test("waits for ever where there is no time to be in", async () => {
    const { secure, clock } = await listening({
      timeout: 0,
      tls: { ...named("a.example"), handshakeTimeout: 1000 },
    });
    await secure();
    expect(clock.pending.size).toBe(0);
  });

  test("drops what is past the limits, and answers what wants no WebSocket", async () => {
    const { server, port, secure } = await listening({ sourceLimit: 1 });
    const sockets = [await secure(), await secure()];
    const third = connect(port, "127.0.0.1")
      .on("error", () => {})
      .resume();
    await once(third, "close");
    expect(server.dropped).toBe(1);
    sockets[0]!.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const [data] = await once(sockets[0]!, "data");
    expect(`${data}`).toContain("426");
  });

  test("takes new certificates", async () => {
    const { server, secure } = await listening();
    server.setSecureContext(named("b.example"));
    expect((await secure()).getPeerCertificate().subjectaltname).toBe("DNS:b.example");
  });
});

test("a WebSocket server counts what is open, let in, refused, dropped, and what is no message", async () => {
  const { transport, url } = await started({ maxConnections: 2, path: "/", maxPerSource: 10 });
  const { socket } = await connected(url);
  await connected(url);
  expect((await refusal(url)).statusCode).toBe(503);
  expect((await refusal(url, ["chat"])).statusCode).toBe(400);
  expect((await refusal(`${url}other`)).statusCode).toBe(404);
  for (const frame of ["\r\n\r\n", "\r\n", message("one")]) socket.send(frame);
  await vi.waitUntil(() => transport.counts?.fillers === 1);
  socket.terminate();
  await vi.waitUntil(() => transport.connections === 1);
  expect(transport.counts).toEqual({
    connections: 1,
    accepted: 2,
    refused: 3,
    dropped: 0,
    pings: 1,
    fillers: 1,
    faults: 0,
    held: 0,
    shed: 0,
  });
});
