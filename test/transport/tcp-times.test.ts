// The times and ends of TCP connections, on real sockets: idleness, connecting, and what is left when one is over.

import type { Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import type { StreamConnection } from "../../src/transport/node/stream-connection.ts";
import { tcp } from "../../src/transport/node/tcp.ts";
import type { Flow } from "../../src/transport/transport.ts";
import { message } from "./contract.ts";
import { endAll, HOST, rawClient, rawServer, sendOn, startTcp, until } from "./stream-world.ts";

afterEach(endAll);

const text = (name: string) => new TextDecoder().decode(message(name));

describe("a connection", () => {
  it.each(["read", "written"])(
    "is closed when it has been idle for too long, and not while it is %s",
    async (how) => {
      const { transport, recorder } = await startTcp({ idleTimeout: 200 });
      const { socket } = await rawClient(transport.local.port);
      socket.write(text("one"));
      await until(() => recorder.messages.length === 1);
      const { flow } = recorder.messages[0]!;
      for (let i = 0; i < 10; i++) {
        if (how === "read") socket.write(text("x"));
        else sendOn(flow, text("x"));
        await sleep(30);
      }
      expect(transport.counts?.connections).toBe(1);
      await until(() => recorder.closed.length === 1);
      expect(recorder.closed).toMatchObject([{ error: { code: "connection_closed" } }]);
    },
  );

  it("is idle for a quarter longer than it may at most", async () => {
    const clock = new VirtualClock();
    const { transport, recorder } = await startTcp({ clock, idleTimeout: 1000 });
    await rawClient(transport.local.port);
    await until(() => transport.counts?.connections === 1);
    clock.advance(999);
    expect(recorder.closed).toEqual([]);
    clock.advance(251);
    expect(recorder.closed).toHaveLength(1);
    await until(() => clock.size === 1);
  });

  it("has all the time there is once it stands", async () => {
    const { port, sockets } = await rawServer();
    const { transport, recorder, clock } = await startTcp({ connectTimeout: 60, idleTimeout: 0 });
    const flow = transport.flow({ host: HOST, port })!;
    await until(() => sockets.length === 1 && clock.pending.size === 0);
    await sleep(80);
    expect([flow.open, recorder.closed]).toEqual([true, []]);
  });

  it.each([0, Infinity])(
    "may take as long as it likes to stand where connectTimeout is %s",
    async (connectTimeout) => {
      const { port, sockets } = await rawServer();
      const { transport, recorder, clock } = await startTcp({ connectTimeout, idleTimeout: 0 });
      const flow = transport.flow({ host: HOST, port })!;
      await until(() => sockets.length === 1 && clock.pending.size === 0);
      expect([flow.open, recorder.closed]).toEqual([true, []]);
    },
  );

  it("that is closed before it stands does not stand afterwards", async () => {
    const { port } = await rawServer();
    const { transport, recorder, clock } = await startTcp({ keepAlive: { interval: 10, timeout: 10 } });
    const flow = transport.flow({ host: HOST, port })!;
    const failures = sendOn(flow, text("one"));
    await transport.close();
    expect([flow.open, clock.pending.size, recorder.closed.length]).toEqual([false, 0, 1]);
    expect(failures).toMatchObject([{ code: "closed" }]);
  });

  it("that ends within a message leaves no timer", async () => {
    const { transport, recorder, clock } = await startTcp({ idleTimeout: 0, partialTimeout: 10_000 });
    const { socket } = await rawClient(transport.local.port);
    socket.write(text("one") + text("two").slice(0, 10));
    await until(() => clock.pending.size === 1);
    socket.end();
    await until(() => transport.counts?.connections === 0 && socket.closed);
    await until(() => clock.pending.size === 0);
    expect(recorder.faults).toEqual([]);
  });

  it("is not late with a message while it is not read from", async () => {
    const clock = new VirtualClock();
    const { transport, recorder } = await startTcp({ clock, idleTimeout: 0, partialTimeout: 1000 });
    const { socket } = await rawClient(transport.local.port);
    socket.pause();
    socket.write(text("one") + text("two").slice(0, 10));
    await until(() => recorder.messages.length === 1 && clock.size === 1);
    sendOn(recorder.messages[0]!.flow, "x".repeat(8_000_000));
    clock.advance(5000);
    expect([recorder.faults, clock.size]).toEqual([[], 0]);
    socket.resume();
    await until(() => clock.size === 1, "its time");
    socket.write(text("two").slice(10));
    await until(() => recorder.messages.length === 2);
  });

  it("answers keep-alives by what it takes, while its pongs are not read", async () => {
    const clock = new VirtualClock();
    const { port, sockets } = await rawServer((socket) => socket.pause());
    const keepAlive = { interval: 1000, timeout: 1000 };
    const { transport, recorder } = await startTcp({ clock, keepAlive, idleTimeout: 0, sendLimit: 1e9 });
    const flow = transport.flow({ host: HOST, port }) as StreamConnection;
    await until(() => sockets.length === 1 && flow.socket.readyState === "open");
    // Two writes, each more than the kernels have room for: its peer reads the first, and some of the second.
    sendOn(flow, "x".repeat(16_000_000));
    await sleep(10);
    sendOn(flow, "x".repeat(16_000_000));
    clock.advance(1000);
    const peer = sockets[0]!;
    peer.on("data", () => {
      if (flow.socket.writableLength < 17_000_000) peer.pause();
    });
    peer.resume();
    await until(() => flow.socket.writableLength < 17_000_000);
    clock.advance(1000);
    expect([flow.open, recorder.closed, flow.socket.isPaused()]).toEqual([true, [], true]);
    clock.advance(3000);
    expect(recorder.closed).toMatchObject([{ error: { code: "connection_closed" } }]);
  });

  it.each([
    ["a pong", "\r\n", true],
    ["anything", "\r", true],
    ["nothing", "", false],
  ])(
    "that is asked for a pong lives by %s in ten seconds (RFC 5626 §4.4.1)",
    async (_what, answer, lives) => {
      const clock = new VirtualClock();
      const heard: string[] = [];
      const { port, sockets } = await rawServer((socket) =>
        socket.on("data", (data) => {
          heard.push(String(data));
          if (String(data) === "\r\n\r\n") socket.write(answer);
        }),
      );
      const { transport, recorder } = await startTcp({ clock, idleTimeout: 0 });
      const flow = transport.flow({ host: HOST, port })!;
      sendOn(flow, text("one"));
      await until(() => heard.length === 1);
      transport.ping!(flow);
      await until(() => heard.join("").endsWith("\r\n\r\n"));
      await sleep(20);
      clock.advance(6000);
      // Another one does not put the first off.
      if (!lives) transport.ping!(flow);
      clock.advance(4000);
      expect([flow.open, recorder.closed.length, clock.size]).toEqual([lives, lives ? 0 : 1, 0]);
      if (!lives) expect(recorder.closed).toMatchObject([{ error: { code: "connection_closed" } }]);
      // What is gone, or another transport's, is not pinged.
      sockets[0]!.destroy();
      await until(() => !flow.open);
      transport.ping!(flow);
      transport.ping!({ ...flow } as never);
      expect(clock.size).toBe(0);
    },
  );

  it.each(["went out", "came in"])(
    "that %s and is asked for a pong has ten seconds where the transport has keep-alives of its own, too",
    async (way) => {
      const clock = new VirtualClock();
      const { transport, recorder } = await startTcp({ clock, keepAlive: true, idleTimeout: 0 });
      let heard = "";
      let flow: Flow | undefined;
      if (way === "went out") {
        const { port } = await rawServer((socket) => socket.on("data", (data) => (heard += data)));
        flow = transport.flow({ host: HOST, port })!;
        sendOn(flow, text("one"));
        await until(() => heard.length > 0);
      } else {
        const { socket, read } = await rawClient(transport.local.port);
        socket.write(text("one"));
        await until(() => recorder.messages.length === 1);
        flow = recorder.messages[0]!.flow;
        // Who has called pings for itself.
        expect([clock.size, read()]).toEqual([0, ""]);
      }
      transport.ping!(flow);
      clock.advance(9999);
      expect(flow.open).toBe(true);
      clock.advance(1);
      expect(flow.open).toBe(false);
      expect(recorder.closed).toMatchObject([{ error: { code: "connection_closed" } }]);
      await until(() => clock.size === 0);
    },
  );

  it("that is given up fails what it has not written by the reason why", async () => {
    const clock = new VirtualClock();
    const { port, sockets } = await rawServer((socket) => socket.pause());
    const { transport, recorder } = await startTcp({ clock, idleTimeout: 0, sendLimit: 1e9 });
    const flow = transport.flow({ host: HOST, port }) as StreamConnection;
    await until(() => sockets.length === 1 && flow.socket.readyState === "open");
    const failures = sendOn(flow, "x".repeat(16_000_000));
    transport.ping!(flow);
    clock.advance(10_000);
    await until(() => failures.length === 1);
    expect(failures).toEqual([recorder.closed[0]!.error]);
  });

  it("that takes no more is told of after the send that found it so", async () => {
    const { transport, recorder } = await startTcp({ sendLimit: 1000, lookup: () => {} });
    const flow = transport.flow({ host: "never.example.com", port: 5060 })!;
    for (let i = 0; i < 30 && recorder.closed.length === 0; i++) sendOn(flow, text("one"));
    expect([flow.open, recorder.closed]).toEqual([true, []]);
    await until(() => recorder.closed.length === 1);
  });
});

describe("closing", () => {
  it("writes what waits before it ends", async () => {
    const { port, sockets } = await rawServer();
    const { transport } = await startTcp();
    const flow = transport.flow({ host: HOST, port })!;
    await until(() => sockets.length === 1);
    let got = "";
    sockets[0]!.on("data", (data) => {
      got += data;
    });
    sendOn(flow, text("last"));
    await transport.close();
    await until(() => got !== "");
    expect(got).toBe(text("last"));
  });

  it("writes it to who has called, too, and more than the kernel takes at once", async () => {
    const { transport, recorder } = await startTcp();
    const { socket, read } = await rawClient(transport.local.port);
    socket.write(text("one"));
    await until(() => recorder.messages.length === 1);
    sendOn(recorder.messages[0]!.flow, "x".repeat(8_000_000));
    await transport.close();
    await until(() => read().length === 8_000_000);
  });

  it("does not wait for a connection that does not stand yet", async () => {
    const { transport, recorder } = await startTcp({ closeTimeout: 60_000, lookup: () => {} });
    const flow = transport.flow({ host: "never.example.com", port: 5060 })!;
    await transport.close();
    expect(recorder.closed).toMatchObject([{ flow, error: undefined }]);
  });

  it("does not wait for a peer that never ends", async () => {
    const { transport } = await startTcp({ closeTimeout: 50 });
    const { socket } = await rawClient(transport.local.port);
    await until(() => transport.counts?.connections === 1);
    socket.pause();
    socket.allowHalfOpen = true;
    const since = performance.now();
    await transport.close();
    expect(performance.now() - since).toBeLessThan(1000);
  });

  it("opens nothing more", async () => {
    const { port } = await rawServer();
    const { transport } = await startTcp();
    const closed = transport.close();
    expect(transport.flow({ host: HOST, port })).toBeUndefined();
    await closed;
    expect(transport.counts).toMatchObject({ opened: 0 });
  });

  it("opens nothing more for who hears that a connection ends with it", async () => {
    const { port } = await rawServer();
    const { transport, recorder } = await startTcp();
    transport.flow({ host: HOST, port });
    recorder.onFlowClosed = () => void transport.flow({ host: HOST, port });
    await transport.close();
    expect(transport.counts).toMatchObject({ opened: 1, connections: 0 });
  });

  it("lets go of a listener that has had a fault", async () => {
    const { transport, recorder } = await startTcp();
    const { server } = transport as unknown as { server: Server };
    server.emit("error", new Error("too many open files"));
    expect(recorder.errors).toMatchObject([{ code: "transport_failed" }]);
    await transport.close();
    expect(server.listening).toBe(false);
  });

  it("while it starts, and a port in use, are told", async () => {
    const { transport } = await startTcp();
    expect(() => tcp({ host: "a b" })).toThrow(expect.objectContaining({ code: "value_invalid" }));
    await expect(startTcp({ port: transport.local.port })).rejects.toMatchObject({ code: "address_in_use" });
    await expect(transport.start(undefined as never)).rejects.toMatchObject({ code: "closed" });
  });
});
