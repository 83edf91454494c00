// TCP on real sockets: framing, keep-alives, limits, back-pressure, and every way for a connection to end.

import { afterEach, describe, expect, it } from "vitest";
import { hasIpv6 } from "../support/ipv6.ts";
import { message } from "./contract.ts";
import { endAll, HOST, rawClient, rawServer, sendOn, startTcp, until } from "./stream-world.ts";

afterEach(endAll);

const text = (name: string): string => new TextDecoder().decode(message(name));

describe("a connection that comes in", () => {
  it("is read by Content-Length, however it is cut", async () => {
    const { transport, recorder } = await startTcp();
    const { socket } = await rawClient(transport.local.port);
    const all =
      text("one") + text("two").replace("Length: 0\r\n\r\n", "Length: 3\r\n\r\nabc") + text("three");
    for (const octet of all) socket.write(octet);
    await until(() => recorder.messages.length === 3);
    expect(recorder.texts.join("")).toBe(all);
  });

  it("gets a CRLF for a double CRLF, and the stack sees neither (RFC 5626 §4.4.1)", async () => {
    const { transport, recorder } = await startTcp();
    const { socket, read } = await rawClient(transport.local.port);
    socket.write(`\r\n\r\n${text("one")}\r\n`);
    socket.write("\r\n");
    await until(() => read().length === 4);
    expect([read(), recorder.texts]).toEqual(["\r\n\r\n", [text("one")]]);
    expect(transport.counts).toMatchObject({ connections: 1, accepted: 1, opened: 0, pings: 2 });
  });

  it.each([
    ["value_invalid", 400, "Content-Length: x"],
    ["message_too_large", 413, "Content-Length: 900000000"],
  ])("is told of %s, answered, and then closed", async (code, status, line) => {
    const { transport, recorder } = await startTcp();
    recorder.onFaultSeen = (flow) => void sendOn(flow, "SIP/2.0 400 so\r\n\r\n");
    const { socket, read } = await rawClient(transport.local.port);
    const head = text("one").replace("Content-Length: 0", line);
    let ended = false;
    socket.on("end", () => {
      ended = true;
    });
    socket.write(text("zero") + head + "x".repeat(200_000));
    await until(() => ended);
    expect(read()).toBe("SIP/2.0 400 so\r\nContent-Length: 0\r\n\r\n");
    expect(recorder.texts).toEqual([text("zero")]);
    expect(recorder.faults).toMatchObject([{ error: { code, status }, head }]);
    await until(() => recorder.closed.length === 1);
    expect(recorder.closed).toMatchObject([{ error: { code: "connection_closed", cause: { code } } }]);
    expect(transport.counts).toMatchObject({ connections: 0, faults: 1 });
  });

  it("is closed when a message does not end in time, an octet now and then notwithstanding", async () => {
    const { transport, recorder } = await startTcp({ partialTimeout: 60 });
    const { socket } = await rawClient(transport.local.port);
    const trickle = setInterval(() => socket.write("x"), 5);
    await until(() => recorder.closed.length === 1);
    clearInterval(trickle);
    expect(recorder.closed).toMatchObject([{ error: { cause: { code: "timeout" } } }]);
  });

  it.each(["end", "resetAndDestroy"] as const)("that its peer ends by %s is told of", async (how) => {
    const { transport, recorder } = await startTcp();
    const { socket } = await rawClient(transport.local.port);
    socket.write(text("one"));
    await until(() => recorder.messages.length === 1);
    const { flow } = recorder.messages[0]!;
    socket[how]();
    await until(() => recorder.closed.length === 1);
    expect(recorder.closed).toMatchObject([{ error: { code: "connection_closed" } }]);
    expect(recorder.closed[0]!.flow).toBe(flow);
    expect([flow.open, transport.flowById(flow.id)]).toEqual([false, undefined]);
    const failures = sendOn(flow, text("late"));
    await until(() => failures.length === 1);
    expect(failures).toMatchObject([{ code: "connection_closed" }]);
  });

  it("is refused past the limit of all, and past that of its source", async () => {
    for (const options of [{ maxConnections: 2 }, { maxPerSource: 2 }]) {
      const { transport, recorder } = await startTcp(options);
      const { port } = transport.local;
      const first = await rawClient(port);
      await rawClient(port);
      const third = await rawClient(port);
      await until(() => third.socket.closed);
      expect(transport.counts).toMatchObject({ connections: 2, refused: 1 });
      first.socket.destroy();
      await until(() => recorder.closed.length === 1);
      const fourth = await rawClient(port);
      fourth.socket.write(text("four"));
      await until(() => recorder.messages.length === 1);
    }
  });

  it("is not opened past the limit to one address, whatever ports peers name", async () => {
    const { transport } = await startTcp({ maxPerSource: 2 });
    const servers = [await rawServer(), await rawServer(), await rawServer()];
    const flows = servers.map(({ port }) => transport.flow({ host: HOST, port }));
    expect(flows.map((flow) => flow?.open)).toEqual([true, true, undefined]);
    expect(transport.counts).toMatchObject({ opened: 2, refused: 1 });
    await until(() => servers[1]!.sockets.length === 1);
    expect(transport.flow({ host: HOST, port: servers[0]!.port })).toBe(flows[0]);
    await rawClient(transport.local.port);
    await until(() => transport.counts!.connections === 3);
    servers[0]!.sockets[0]!.destroy();
    await until(() => transport.counts!.connections === 2);
    expect(transport.flow({ host: HOST, port: servers[2]!.port })?.open).toBe(true);
  });

  it("brings nothing more in while its peer does not read what goes out", async () => {
    const { transport, recorder } = await startTcp({ pauseLimit: 1000, sendLimit: 1e9 });
    const answer = "SIP/2.0 200 OK\r\n".padEnd(100_000, "x");
    recorder.onArrival = (flow) => void sendOn(flow, answer);
    const { socket } = await rawClient(transport.local.port);
    socket.pause();
    let sent = 0;
    const more = setInterval(() => {
      for (let i = 0; i < 20; i++, sent++) socket.write(text(`m${sent}`.padEnd(3000, "m")));
    }, 1);
    await until(() => sent > 300);
    clearInterval(more);
    const before = recorder.messages.length;
    expect(before).toBeLessThan(sent / 2);
    socket.resume();
    await until(() => recorder.messages.length === sent);
  });

  it("brings no more of what was read with it either", async () => {
    const { transport, recorder } = await startTcp({ pauseLimit: 20_000, sendLimit: 100_000 });
    recorder.onArrival = (flow) => void sendOn(flow, "SIP/2.0 200 OK\r\n".padEnd(10_000, "x"));
    const { socket, read } = await rawClient(transport.local.port);
    const names = Array.from({ length: 200 }, (_, i) => `m${i}`);
    socket.write(`${names.map(text).join("\r\n\r\n")}${text("last").slice(0, 20)}`);
    await until(() => recorder.messages.length === 200);
    socket.write(text("last").slice(20));
    await until(() => recorder.messages.length === 201);
    expect(recorder.closed).toEqual([]);
    expect(recorder.texts).toEqual([...names, "last"].map(text));
    await until(() => read().length >= 201 * 10_000);
    expect(transport.counts).toMatchObject({ pings: 199 });
  });

  it("is read again where less waits than the socket itself finds too much", async () => {
    const { transport, recorder } = await startTcp({ pauseLimit: 100 });
    recorder.onArrival = (flow) => void sendOn(flow, "x".repeat(200));
    const { socket, read } = await rawClient(transport.local.port);
    for (const name of ["one", "two", "three"]) {
      const before = read().length;
      socket.write(text(name));
      await until(() => read().length > before);
    }
    expect(recorder.messages).toHaveLength(3);
  });

  it("is dropped when its peer lets more than the limit wait", async () => {
    const { transport, recorder } = await startTcp({ sendLimit: 100_000 });
    const { socket } = await rawClient(transport.local.port);
    socket.pause();
    socket.write(text("one"));
    await until(() => recorder.messages.length === 1);
    const { flow } = recorder.messages[0]!;
    const failed: unknown[] = [];
    for (let i = 0; i < 200 && flow.open; i++) {
      flow.transport.send(message("x".repeat(50_000)), flow, ({ code }) => failed.push(code));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => recorder.closed.length === 1);
    expect(recorder.closed).toMatchObject([{ error: { code: "transport_failed" } }]);
    expect(failed).toContain("transport_failed");
  });
});

describe("a connection that goes out", () => {
  it("needs nobody who listens", async () => {
    const { port, sockets } = await rawServer();
    const { transport } = await startTcp({ listen: false });
    expect([transport.local, transport.sentBy]).toEqual([{ host: HOST, port: 5060 }, `${HOST}:5060`]);
    await expect(transport.start(undefined as never)).rejects.toMatchObject({ code: "closed" });
    sendOn(transport.flow({ host: HOST, port })!, text("one"));
    await until(() => sockets.length === 1);
    // Its port may be another's.
    const twin = await startTcp({ listen: false, port, advertise: "a.example.com" });
    expect(twin.transport.sentBy).toBe(`a.example.com:${port}`);
  });

  it("is one for each address, and takes what comes back", async () => {
    const [calling, called] = [await startTcp(), await startTcp()];
    const flow = calling.transport.flow(called.transport.local)!;
    sendOn(flow, text("one"));
    expect(calling.transport.flow(called.transport.local)).toBe(flow);
    await until(() => called.recorder.messages.length === 1);
    const back = called.recorder.messages[0]!.flow;
    expect(called.transport.flow({ ...flow.local })).toBe(back);
    sendOn(back, text("two"));
    await until(() => calling.recorder.messages.length === 1);
    expect(calling.recorder.messages[0]!.flow).toBe(flow);
    expect(calling.transport.counts).toMatchObject({ connections: 1, opened: 1, accepted: 0 });
    expect(called.transport.counts).toMatchObject({ connections: 1, opened: 0, accepted: 1 });
  });

  it("that nobody takes fails its sends, and is told of", async () => {
    const { port, server } = await rawServer();
    server.close();
    const { transport, recorder } = await startTcp();
    const flow = transport.flow({ host: HOST, port })!;
    const failures = [...[sendOn(flow, text("one")), sendOn(flow, text("two"))]];
    await until(() => recorder.closed.length === 1);
    expect(failures.flat()).toMatchObject([{ code: "transport_failed" }, { code: "transport_failed" }]);
    expect(recorder.closed).toMatchObject([{ flow, error: { code: "transport_failed" } }]);
  });

  it("that does not stand in time fails alike", async () => {
    const { transport, recorder } = await startTcp({ connectTimeout: 30, lookup: () => {} });
    const flow = transport.flow({ host: "never.example.com", port: 5060 })!;
    const failures = sendOn(flow, text("one"));
    await until(() => recorder.closed.length === 1);
    expect(failures).toMatchObject([{ code: "transport_failed" }]);
  });

  it("lets no more wait for it than the limit", async () => {
    const { transport, recorder } = await startTcp({ sendLimit: 1000, lookup: () => {} });
    const flow = transport.flow({ host: "never.example.com", port: 5060 })!;
    const failures = Array.from({ length: 30 }, () => sendOn(flow, text("one")));
    await until(() => recorder.closed.length === 1);
    await until(() => failures.every((each) => each.length === 1));
  });

  it("takes a message that is larger than the limit: it is not the peer's doing", async () => {
    const { transport, recorder } = await startTcp({ sendLimit: 1000 });
    let octets = 0;
    const { port } = await rawServer((socket) => {
      socket.on("data", ({ length }) => {
        octets += length;
      });
    });
    const flow = transport.flow({ host: HOST, port })!;
    const failures = [sendOn(flow, "x".repeat(500)), sendOn(flow, "y".repeat(300_000))];
    await until(() => octets === 300_500);
    failures.push(sendOn(flow, "z".repeat(500)), sendOn(flow, "z".repeat(300_000)));
    await until(() => octets === 601_000);
    expect([failures.flat(), recorder.closed, flow.open]).toEqual([[], [], true]);
  });

  it.skipIf(!hasIpv6)(
    "comes from the transport's own address, where its family is that of the target",
    async () => {
      const called = [await startTcp(), await startTcp({ host: "::1" })];
      const { transport } = await startTcp({ host: "127.0.0.2" });
      for (const each of called) sendOn(transport.flow(each.transport.local)!, text("one"));
      await until(() => called.every(({ recorder }) => recorder.messages.length === 1));
      expect(called.map(({ recorder }) => recorder.messages[0]!.flow.remote.host)).toEqual([
        "127.0.0.2",
        "::1",
      ]);
      expect(transport.flow({ host: HOST, port: 0 })).toBeUndefined();
    },
  );

  it("comes from any address of the machine where the transport's own is a name that nothing was bound to", async () => {
    const { port, sockets } = await rawServer();
    const { transport } = await startTcp({ host: "localhost", listen: false });
    expect(transport.flow({ host: "localhost", port })).toBeDefined();
    await until(() => sockets.length === 1);
  });

  it("that the runtime refuses to open is none, and the reason is told", async () => {
    const lookup = () => {
      throw new Error("no names today");
    };
    const { transport, recorder } = await startTcp({ lookup });
    expect(transport.flow({ host: "a.example.com", port: 5060 })).toBeUndefined();
    expect(recorder.errors).toMatchObject([
      { code: "transport_failed", message: expect.stringContaining("no names today") },
    ]);
  });

  it("is closed where its peer sends what cannot be read, which its sender hears as such", async () => {
    const { port } = await rawServer((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const { transport, recorder } = await startTcp();
    transport.flow({ host: HOST, port });
    await until(() => recorder.closed.length === 1);
    expect(recorder.faults).toMatchObject([{ error: { code: "start_line_invalid" } }]);
    expect(recorder.closed[0]!.error).toMatchObject({
      code: "connection_closed",
      cause: { code: "start_line_invalid" },
    });
  });

  it("is not opened past the limit", async () => {
    const { port, sockets } = await rawServer();
    const { port: other } = await rawServer();
    const { transport, recorder } = await startTcp({ maxConnections: 1 });
    expect(transport.flow({ host: HOST, port })).toBeDefined();
    await until(() => sockets.length === 1);
    expect(transport.flow({ host: HOST, port: other })).toBeUndefined();
    expect(transport.counts).toMatchObject({ refused: 1 });
    sockets[0]!.destroy();
    await until(() => recorder.closed.length === 1);
    await until(() => transport.flow({ host: HOST, port: other }) !== undefined);
  });

  it("is pinged, and dropped when nothing comes back", async () => {
    const deaf = await rawServer();
    let pings = 0;
    const polite = await rawServer((socket) => {
      socket.on("data", (data) => {
        if (data.toString() !== "\r\n\r\n") return;
        pings++;
        socket.write("\r\n");
      });
    });
    const { transport, recorder } = await startTcp({ keepAlive: { interval: 30, timeout: 60 } });
    const silent = transport.flow({ host: HOST, port: deaf.port })!;
    const alive = transport.flow({ host: HOST, port: polite.port })!;
    await until(() => recorder.closed.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(recorder.closed).toMatchObject([{ error: { code: "connection_closed" } }]);
    expect(recorder.closed[0]!.flow).toBe(silent);
    expect(alive.open).toBe(true);
    await until(() => pings > 2);
  });

  it("is the one that came in, for the port that its peer gave as an alias", async () => {
    const { transport, recorder } = await startTcp({ alias: true });
    const { socket } = await rawClient(transport.local.port);
    socket.write(text("one"));
    await until(() => recorder.messages.length === 1);
    const { flow } = recorder.messages[0]!;
    transport.alias?.(flow, 5099);
    expect(transport.flow({ host: HOST, port: 5099 })).toBe(flow);
    // Said again it is no other; a peer that says another each time has 31, besides its own address.
    for (let i = 0; i < 40; i++) transport.alias?.(flow, 5099);
    for (let i = 0; i < 40; i++) transport.alias?.(flow, 6000 + i);
    const found = Array.from({ length: 30 }, (_, i) => transport.flow({ host: HOST, port: 6000 + i }));
    expect(new Set(found)).toEqual(new Set([flow]));
    expect(transport.flow({ host: HOST, port: 6030 })).not.toBe(flow);
    // The last to say it has it, and keeps it when the one before goes.
    const { socket: second } = await rawClient(transport.local.port);
    second.write(text("two"));
    await until(() => recorder.messages.length === 2);
    const { flow: later } = recorder.messages[1]!;
    transport.alias?.(later, 5099);
    socket.destroy();
    await until(() => !flow.open);
    expect(transport.flow({ host: HOST, port: 5099 })).toBe(later);
    transport.alias?.(flow, 6000);
    expect(transport.flow({ host: HOST, port: 6000 })).not.toBe(flow);
    expect((await startTcp()).transport.alias).toBeUndefined();
  });
});
