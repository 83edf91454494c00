// How the WebSocket client closes, on a fake server and with the ws package's class.

import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { SipError } from "../../src/errors.ts";
import { webSocket } from "../../src/transport/websocket-client.ts";
import { Recorder } from "./contract.ts";
import { CountingClock } from "./counting-clock.ts";
import { anywhere, endClients, type Made, started, turn } from "./dialer-world.ts";

afterEach(endClients);

describe("closing", () => {
  test("waits for the socket, but not for ever", async () => {
    const { transport, last, clock, recorder, states, send } = started();
    last().accept();
    let closed = false;
    const closing = transport.close().then(() => {
      closed = true;
    });
    expect(last().closes).toEqual([1000]);
    expect(recorder.closed).toMatchObject([{ error: undefined }]);
    await turn();
    expect(closed).toBe(false);
    last().end(1000);
    await closing;
    expect(clock.size).toBe(0);
    expect(states).toEqual(["connecting", "connected", "disconnected"]);
    expect(transport.flow(anywhere)).toBeUndefined();
    expect(() => send("x")).toThrow("no flow");
  });

  test.each<[string, (made: Made) => void]>([
    ["given up for another one", ({ transport }) => transport.reconnect()],
    ["of a server that answers no keep-alives", ({ clock }) => clock.advance(1010)],
  ])("waits for the socket of a connection, too, that was %s", async (_how, giveUp) => {
    const all = started({ keepAlive: { interval: 1000, timeout: 10 }, reconnect: { baseDelay: 10 } });
    const { transport, made, last, clock } = all;
    last().accept();
    giveUp(all);
    let closed = false;
    const closing = transport.close().then(() => {
      closed = true;
    });
    for (const socket of made.slice(1)) socket.end(1000);
    await turn();
    expect([made[0]!.closes, closed]).toEqual([[1000], false]);
    made[0]!.end(1000);
    await closing;
    expect(clock.size).toBe(0);
  });

  test("hangs up on a server that answers no keep-alives, where the class can", () => {
    const { transport, last, clock, recorder } = started({ keepAlive: { interval: 1000, timeout: 10 } });
    last().accept();
    transport.flow(anywhere);
    let hungUp = 0;
    Reflect.set(last(), "terminate", () => hungUp++);
    clock.advance(1010);
    expect([recorder.closed.length, hungUp]).toEqual([1, 0]);
    clock.advance(1000);
    expect(hungUp).toBe(1);
  });

  test("fails what still waits", async () => {
    const { transport, send, clock } = started();
    const failures = send("x");
    const closing = transport.close();
    clock.advance(1000);
    await closing;
    expect(failures).toEqual(["closed"]);
  });

  test("hangs up on a server that answers no close, where the class can", async () => {
    const { transport, last, clock } = started();
    last().accept();
    let hungUp = 0;
    Reflect.set(last(), "terminate", () => hungUp++);
    const closing = transport.close();
    clock.advance(999);
    expect(hungUp).toBe(0);
    clock.advance(1);
    await closing;
    expect(hungUp).toBe(1);
  });

  test("is the end for who reconnects when there is no connection, or when a flow ends", async () => {
    const { transport, last, made, recorder, clock } = started({
      onState: (state) => void (state === "disconnected" && transport.reconnect()),
    });
    recorder.onFlowClosed = () => transport.reconnect();
    last().accept();
    transport.flow(anywhere);
    const closed = transport.close();
    last().end();
    await closed;
    expect([made.length, transport.state, clock.size]).toEqual([1, "disconnected", 0]);
  });

  test.each([
    ["a connection is lost", (made: Made) => made.last().end()],
    ["one is given up for another", (made: Made) => made.transport.reconnect()],
  ])("is the end for who closes when %s, and for who begins anew there is one more", async (_when, lose) => {
    for (const [then, end, count] of [
      ["close", "disconnected", 1],
      ["reconnect", "connecting", 2],
    ] as const) {
      const all = started();
      const { transport, last, recorder, clock, states, made } = all;
      last().accept();
      transport.flow(anywhere);
      recorder.onFlowClosed = () => void transport[then]();
      lose(all);
      expect([made.length, transport.state]).toEqual([count, end]);
      clock.advance(9999);
      expect([made.length, transport.state, clock.size]).toEqual([count, end, count - 1]);
      expect(states).toEqual(["connecting", "connected", end]);
    }
  });

  test("is the end for who closes when one of several servers cannot be reached", () => {
    const url = ["wss://one.example", "wss://two.example"];
    const { transport, last, recorder, clock, states, made } = started({ url });
    recorder.onError = () => void transport.close();
    last().end();
    expect([made.length, transport.state, clock.size]).toEqual([1, "disconnected", 0]);
    expect(states).toEqual(["connecting", "disconnected"]);
  });

  test("tells nothing new while it waits for its next attempt", async () => {
    const { transport, last, states } = started();
    last().end();
    await transport.close();
    expect(states).toEqual(["connecting", "disconnected transport_failed"]);
  });
});

describe("with the ws package's class", () => {
  test("is refused by a server of another subprotocol, and leaves nothing behind", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => false });
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const clock = new CountingClock();
    const transport = webSocket({ url: `ws://127.0.0.1:${port}`, WebSocket, clock, reconnect: false });
    await expect(transport.start(new Recorder())).rejects.toMatchObject({ code: "transport_failed" });
    await transport.close();
    expect(clock.pending.size).toBe(0);
    server.close();
  });

  test("survives close while it connects, and a server that never answers", async () => {
    const server = createServer(() => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const url = `ws://127.0.0.1:${port}`;
    const clock = new CountingClock();
    const errors: SipError[] = [];
    const slow = webSocket({ url, WebSocket, clock, connectTimeout: 50, reconnect: false });
    await slow.start(new Recorder()).catch((error) => errors.push(error));
    const hasty = webSocket({ url, WebSocket, clock });
    const start = hasty.start(new Recorder()).catch((error) => errors.push(error));
    await hasty.close();
    await start;
    await slow.close();
    expect(errors.map(({ code }) => code)).toEqual(["transport_failed", "closed"]);
    expect(clock.pending.size).toBe(0);
    server.close();
  });
});
