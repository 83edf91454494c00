import { afterEach, describe, expect, test } from "vitest";
import type { WebSocketTransport } from "../../src/transport/websocket-client.ts";
import { message } from "./contract.ts";
import { anywhere, endClients, started, turn } from "./dialer-world.ts";

afterEach(endClients);

describe("keep-alive", () => {
  test("pings within its interval and stays while the server answers", async () => {
    const { last, clock, states } = started({ keepAlive: { interval: 20_000, timeout: 10_000 } });
    last().accept();
    for (let i = 1; i <= 5; i++) {
      clock.advance(8000);
      // A message between pings does not put the next one off.
      last().say("message");
      clock.advance(7999);
      expect(last().sent).toHaveLength(i - 1);
      clock.advance(4001);
      expect(last().sent).toHaveLength(i);
      last().say(i % 2 ? "\r\n" : "any message");
    }
    expect(last().sent).toEqual(Array(5).fill("\r\n\r\n"));
    expect(states).toEqual(["connecting", "connected"]);
  });

  test("takes a server that answers none for dead (RFC 5626 §4.4.1)", async () => {
    const { last, clock, states, recorder, made } = started({ keepAlive: true });
    last().accept();
    clock.advance(25_000 + 10_000);
    expect(recorder.closed.map(({ error }) => error?.code)).toEqual(["connection_closed"]);
    expect(states.slice(0, 3)).toEqual(["connecting", "connected", "disconnected connection_closed"]);
    clock.advance(1000);
    expect(made).toHaveLength(2);
  });

  test("only sends where the timeout is 0", async () => {
    const { last, clock, states } = started({ keepAlive: { interval: 1000, timeout: 0 } });
    last().accept();
    clock.advance(10_000);
    expect(last().sent.length).toBeGreaterThanOrEqual(10);
    expect(states).toEqual(["connecting", "connected"]);
  });
});

describe("reconnecting", () => {
  test("backs off, makes a new flow, and starts over when connected", async () => {
    const { last, clock, made, transport, recorder, send, states } = started();
    last().accept();
    const flow = transport.flow(anywhere)!;
    last().end(1001, "re\nstart");
    expect(flow.open).toBe(false);
    expect(recorder.closed).toMatchObject([{ flow, error: { code: "connection_closed" } }]);
    expect(recorder.closed[0]?.error?.message).toContain("1001 re?start");
    const waits: number[] = [];
    for (let failures = 0; failures < 8; failures++) {
      waits.push(clock.next! - clock.now());
      clock.advance(waits.at(-1)!);
      if (failures < 7) last().end();
    }
    const bounds = [1, 2, 4, 8, 16, 30, 30, 30].map((seconds) => seconds * 1000);
    waits.forEach((wait, i) => {
      expect(wait).toBeGreaterThanOrEqual(bounds[i]! / 2);
      expect(wait).toBeLessThanOrEqual(bounds[i]!);
    });
    last().accept();
    expect(states.at(-1)).toBe("connected");
    const next = transport.flow(anywhere)!;
    expect(next).not.toBe(flow);
    expect(next.id).not.toBe(flow.id);
    expect(transport.flowById(flow.id)).toBeUndefined();
    expect(transport.flowById(next.id)).toBe(next);
    expect(recorder.closed).toHaveLength(1);
    const old: string[] = [];
    transport.send(message("x"), flow, (error) => old.push(error.code));
    send("y");
    await turn();
    expect(old).toEqual(["connection_closed"]);
    expect(last().sent).toHaveLength(1);
    clock.advance(5000);
    last().end();
    expect(clock.next! - clock.now()).toBeLessThanOrEqual(1000);
    expect(made).toHaveLength(9);
  });

  test("takes a connection that is closed at once for a failure, and goes on with the next server", () => {
    const url = ["wss://one.example.com/", "wss://two.example.com/"];
    const { last, clock, made, states } = started({ url, reconnect: { attempts: 4 } });
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      last().accept();
      clock.advance(4000);
      last().end(1013, "try again later");
      waits.push(clock.next! - clock.now());
      clock.advance(waits[i]!);
    }
    waits.forEach((wait, i) => void expect(wait).toBeGreaterThanOrEqual(500 * 2 ** i));
    expect(made.map((each) => url.indexOf(each.url))).toEqual([0, 1, 0, 1, 0]);
    last().accept();
    last().end();
    expect([states.at(-1), clock.size]).toEqual(["disconnected connection_closed", 0]);
  });

  test("gives up after so many attempts, until told otherwise", async () => {
    const { last, clock, made, transport, send, recorder } = started({ reconnect: { attempts: 2 } });
    const flow = transport.flow(anywhere)!;
    for (let i = 0; i < 3; i++) {
      last().end();
      clock.advance(60_000);
    }
    expect(made).toHaveLength(3);
    expect(clock.size).toBe(0);
    expect(recorder.closed).toMatchObject([{ flow, error: { code: "transport_failed" } }]);
    expect(transport.flowById(flow.id)).toBeUndefined();
    const failures = send("x");
    await turn();
    expect(failures).toEqual(["connection_closed"]);
    transport.reconnect();
    // The attempts are counted anew.
    last().end();
    clock.advance(1000);
    last().accept();
    expect(transport.state).toBe("connected");
    send("y");
    expect(last().sent).toHaveLength(1);
  });

  test("tries servers in their order, waits after the last, and begins anew with the first", async () => {
    const url = ["wss://one.example.com/", "wss://two.example.com:8443/", "wss://[2001:db8::3]/"];
    const { last, clock, made, transport, start, states, recorder, send } = started({ url });
    const failures = send("x");
    last().end();
    expect(made.map((each) => each.url)).toEqual(url.slice(0, 2));
    last().end();
    expect(transport.flow(anywhere)!.remote).toEqual({ host: "2001:db8::3", port: 443 });
    last().accept();
    await start;
    // What was sent while they were tried goes to the one that took the connection.
    expect([last().sent.length, failures]).toEqual([1, []]);
    expect(recorder.errors.map(({ code }) => code)).toEqual(["transport_failed", "transport_failed"]);
    // Which of them is tried is no change of state.
    expect(states).toEqual(["connecting", "connected"]);
    last().end();
    expect(made).toHaveLength(3);
    clock.advance(1000);
    expect(last().url).toBe(url[0]);
    expect(transport.flow(anywhere)!.remote).toEqual({ host: "one.example.com", port: 443 });
    last().accept();
    expect(states.at(-1)).toBe("connected");
  });

  test("lets nothing wait any more when it has given up", async () => {
    const { last, clock, send } = started({ whileDisconnected: "wait", reconnect: { attempts: 1 } });
    const before = send("before");
    last().end();
    clock.advance(1000);
    last().end();
    const after = send("after");
    await turn();
    expect([before, after, clock.size]).toEqual([["transport_failed"], ["connection_closed"], 0]);
  });

  test("begins with the preferred server again after a connection that held, and when told to reconnect", () => {
    const url = ["wss://one.example.com/", "wss://two.example.com/"];
    const { last, clock, made, transport, recorder } = started({ url });
    last().accept();
    clock.advance(5000);
    last().end();
    clock.advance(1000);
    last().end();
    last().accept();
    transport.reconnect();
    expect(made.map((each) => url.indexOf(each.url))).toEqual([0, 0, 1, 0]);
    // That of the attempt; a flow's end is told as such.
    expect(recorder.errors.map(({ code }) => code)).toEqual(["transport_failed"]);
  });

  test("takes an error before the connection for its end, which Node 22 tells of in no other way", async () => {
    const { last, made, clock, start, states } = started({ url: ["wss://a.example/", "wss://b.example/"] });
    last().onerror?.({});
    expect(made).toHaveLength(2);
    last().onerror?.({});
    await start;
    expect([states.at(-1), clock.size]).toEqual(["disconnected transport_failed", 1]);
    // The others tell of the end as well.
    last().onclose?.({ code: 1006 });
    expect(clock.size).toBe(1);
    last().accept();
    expect(states.at(-1)).toBe("disconnected transport_failed");
  });

  test("fails at the start where none of the servers can be reached", async () => {
    const { last, made, start } = started({
      url: ["wss://a.example/", "wss://b.example/"],
      reconnect: false,
    });
    last().end();
    last().end();
    await expect(start).rejects.toMatchObject({ code: "transport_failed" });
    expect(made).toHaveLength(2);
  });

  test.each([[[]], [["wss://a.example/", "ws://b.example/"]], [["wss://a.example/", "http://b.example/"]]])(
    "refuses the servers %j",
    (url) => {
      expect(() => started({ url })).toThrow(expect.objectContaining({ code: "uri_invalid" }));
    },
  );

  test("at once when the network has changed", async () => {
    const { last, made, transport, recorder, states, clock, send } = started({ sendLimit: 1000 });
    last().accept();
    const flow = transport.flow(anywhere)!;
    // The old one is about to be dropped for what it does not take: that is not the new one's affair.
    last().bufferedAmount = 1001;
    send("too much");
    transport.reconnect();
    await turn();
    expect(made[0]?.closes).toHaveLength(1);
    expect(recorder.closed).toMatchObject([{ flow, error: { code: "connection_closed" } }]);
    last().accept();
    // The old socket's late words reach nobody.
    made[0]?.say("late");
    made[0]?.end();
    expect(recorder.messages).toEqual([]);
    expect(states).toEqual(["connecting", "connected", "connecting", "connected"]);
    last().onclose?.(undefined);
    expect(recorder.closed.at(-1)?.error?.message).toMatch(/connection: 1006$/);
    transport.reconnect();
    // There is no attempt besides this one.
    clock.advance(9000);
    expect(made).toHaveLength(3);
  });

  test("survives an onState that throws, and one that closes", async () => {
    const thrown = started({
      onState: () => {
        throw new Error("bug");
      },
    });
    thrown.last().accept();
    await thrown.start;
    expect(thrown.recorder.errors.map(({ code }) => code)).toEqual(["core_failed", "core_failed"]);
    let transport: WebSocketTransport | undefined;
    const closing = started({
      onState: (state) => {
        if (state === "disconnected") void transport?.close();
      },
    });
    transport = closing.transport;
    closing.last().accept();
    closing.last().end();
    expect(closing.clock.size).toBe(0);
    expect(closing.recorder.closed).toHaveLength(1);
    const hasty = started({
      onState: (state) => {
        if (state === "connecting" && hasty) void hasty.transport.close();
      },
    });
    hasty.last().end();
    hasty.transport.reconnect();
    await turn();
    expect(hasty.made).toHaveLength(1);
  });
});
