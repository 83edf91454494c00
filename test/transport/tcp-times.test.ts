// The times and ends of TCP connections, on real sockets: idleness, connecting, and what is left when one is over.

import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
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

  it("has all the time there is once it stands", async () => {
    const { port, sockets } = await rawServer();
    const { transport, recorder, clock } = await startTcp({ connectTimeout: 60, idleTimeout: 0 });
    const flow = transport.flow({ host: HOST, port })!;
    await until(() => sockets.length === 1 && clock.pending.size === 0);
    await sleep(80);
    expect([flow.open, recorder.closed]).toEqual([true, []]);
  });

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

  it("that takes no more is told of after the send that found it so", async () => {
    const { transport, recorder } = await startTcp({ sendLimit: 1000, lookup: () => {} });
    const flow = transport.flow({ host: "never.example.com", port: 5060 })!;
    for (let i = 0; i < 30 && recorder.closed.length === 0; i++) sendOn(flow, text("one"));
    expect([flow.open, recorder.closed]).toEqual([true, []]);
    await until(() => recorder.closed.length === 1);
  });
});
