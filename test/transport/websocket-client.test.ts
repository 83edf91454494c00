import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type WebSocketOptions, webSocket } from "../../src/transport/websocket-client.ts";
import { encode, message, Recorder } from "./contract.ts";
import { anywhere, endClients, started, turn } from "./dialer-world.ts";

afterEach(endClients);

describe("connecting", () => {
  test("asks for the subprotocol sip and for array buffers, and describes itself", async () => {
    const { transport, start, last, states } = started();
    expect(last()).toMatchObject({
      url: "wss://edge.example.com/sip",
      protocols: ["sip"],
      binaryType: "arraybuffer",
    });
    last().accept();
    await start;
    expect(transport).toMatchObject({
      protocol: "WSS",
      secure: true,
      reliable: true,
      framed: true,
      state: "connected",
    });
    expect(transport.sentBy).toMatch(/^[a-z0-9]{12}\.invalid$/);
    expect(transport.flow(anywhere)?.local).toEqual(transport.local);
    expect(transport.flow(anywhere)?.remote).toEqual({ host: "edge.example.com", port: 443 });
    expect(states).toEqual(["connecting", "connected"]);
    expect(webSocket({ url: "ws://[::1]:8080", WebSocket })).toMatchObject({ protocol: "WS", secure: false });
  });

  test.each(["", "http://a.example", "a.example", "ws://"])("refuses the URL %j", (url) => {
    expect(() => webSocket({ url, WebSocket })).toThrow(expect.objectContaining({ code: "uri_invalid" }));
  });

  test.each(["", "a b", "a;b=c", "a.invalid\r\nX: y", "a:99999"])("refuses the sent-by %j", (advertise) => {
    const make = () => webSocket({ url: "ws://a.example", WebSocket, advertise });
    expect(make).toThrow(expect.objectContaining({ code: "value_invalid" }));
  });

  test.each([
    { connectTimeout: Number.NaN },
    { closeTimeout: -1 },
    { queueLimit: "5" },
    { queueTimeout: Number.NaN },
    { sendLimit: null },
    { reconnect: { baseDelay: Number.NaN } },
    { reconnect: { attempts: -1 } },
    { reconnect: { maxDelay: "30000" } },
    { keepAlive: { interval: 0 } },
    { keepAlive: { timeout: -1 } },
  ])("refuses a number that is none: %j", (options) => {
    expect(() => started(options as never)).toThrow(expect.objectContaining({ code: "value_invalid" }));
  });

  test("puts an IPv6 address in brackets for its sent-by", () => {
    const { sentBy } = webSocket({ url: "ws://a.example", WebSocket, advertise: "2001:db8::1" });
    expect(sentBy).toBe("[2001:db8::1]");
  });

  test("says what to do where there is no WebSocket", () => {
    const holder = globalThis as { WebSocket?: unknown };
    const kept = holder.WebSocket;
    holder.WebSocket = undefined;
    try {
      expect(() => webSocket({ url: "ws://a.example" })).toThrow(
        expect.objectContaining({ code: "unsupported" }),
      );
    } finally {
      if (kept === undefined) delete holder.WebSocket;
      else holder.WebSocket = kept;
    }
  });

  test("counts its connections, the attempts that failed, and what is no message", async () => {
    const { transport, made, last, clock, send } = started({ whileDisconnected: "wait" });
    const nothing = { connections: 0, opened: 0, failed: 0, pings: 0, fillers: 0, waiting: 0 };
    expect(transport.counts).toEqual(nothing);
    last().end();
    send("one");
    expect(transport.counts).toEqual({ ...nothing, failed: 1, waiting: 1 });
    while (made.length < 2) clock.advance(100);
    last().accept();
    for (const frame of ["\r\n\r\n", "\r\n", "", new Blob(["x"]), new Uint8Array([13, 10]).buffer])
      last().say(frame);
    const stands = { ...nothing, connections: 1, opened: 1, failed: 1, pings: 1, fillers: 4 };
    expect(transport.counts).toEqual(stands);
    last().end();
    expect(transport.counts).toEqual({ ...stands, connections: 0 });
    await transport.close();
    expect(transport.counts).toEqual({ ...stands, connections: 0 });
  });

  test("without reconnect, a failed first attempt rejects start", async () => {
    const { start, last, states, clock, recorder } = started({ reconnect: false });
    last().end();
    await expect(start).rejects.toMatchObject({ code: "transport_failed" });
    expect(recorder.errors).toEqual([]);
    expect(states).toEqual(["connecting", "disconnected transport_failed"]);
    expect(clock.size).toBe(0);
  });

  test("with reconnect, start resolves after the first attempt, and onError hears of the failure", async () => {
    const { start, last, recorder, transport } = started();
    last().end();
    await start;
    expect(transport.state).toBe("disconnected");
    expect(recorder.errors.map(({ code }) => code)).toEqual(["transport_failed"]);
  });

  test("gives up an attempt that takes too long", async () => {
    const { clock, last, states } = started({ connectTimeout: 3000 });
    clock.advance(3000);
    expect(last().closes).toHaveLength(1);
    expect(states.at(-1)).toBe("disconnected transport_failed");
    // Whatever the given-up socket does now is nobody's business.
    last().accept();
    last().end();
    expect(states).toHaveLength(2);
  });

  test("says so, too, of a socket that tells of its end from within close", () => {
    const causes: (string | undefined)[] = [];
    const { clock, last } = started({
      connectTimeout: 3000,
      onState: (_, cause) => causes.push(cause?.message),
    });
    last().close = () => last().end();
    clock.advance(3000);
    expect(causes).toEqual([undefined, expect.stringContaining("in time")]);
  });

  test("waits for ever where connectTimeout is 0", () => {
    const { clock, states } = started({ connectTimeout: 0 });
    expect([clock.size, states]).toEqual([0, ["connecting"]]);
  });

  test.each(["", "chat"])("refuses a server that agrees to %j instead of sip", async (protocol) => {
    const { start, last } = started({ reconnect: false });
    last().accept(protocol);
    await expect(start).rejects.toMatchObject({ message: expect.stringContaining("subprotocol") });
    expect(last().closes).toHaveLength(1);
  });

  test("takes a constructor that throws for a failed attempt", async () => {
    const thrower = class {
      constructor() {
        throw new Error("blocked by policy");
      }
    } as unknown as NonNullable<WebSocketOptions["WebSocket"]>;
    const { start, states } = started({ WebSocket: thrower, reconnect: false });
    expect(states).toEqual(["connecting"]);
    await expect(start).rejects.toMatchObject({ code: "transport_failed" });
    const closed = started({ WebSocket: thrower });
    await closed.transport.close();
    await expect(closed.start).rejects.toMatchObject({ code: "closed" });
    expect([closed.states, closed.clock.size]).toEqual([["connecting", "disconnected"], 0]);
  });

  test("closed meanwhile, start rejects", async () => {
    const { start, transport, clock, states } = started();
    const closed = transport.close();
    clock.advance(1000);
    await closed;
    await expect(start).rejects.toMatchObject({ code: "closed" });
    expect(states).toEqual(["connecting", "disconnected"]);
    expect(clock.size).toBe(0);
  });

  test("starts once", async () => {
    const { transport } = started();
    await expect(transport.start(new Recorder())).rejects.toMatchObject({ code: "closed" });
    const { transport: closed, start, last } = started();
    start.catch(() => {});
    const done = closed.close();
    last().end();
    await done;
    await expect(closed.start(new Recorder())).rejects.toMatchObject({ code: "closed" });
  });
});

describe("sending", () => {
  test("waits while it connects, in order and up to the limit", async () => {
    const { last, send, start } = started({ queueLimit: 2 });
    const [one, two, three] = [send("one"), send("two"), send("three")];
    await turn();
    expect([one, two, three]).toEqual([[], [], ["transport_failed"]]);
    expect(last().sent).toEqual([]);
    last().accept();
    await start;
    expect(last().sent).toEqual(["one", "two"].map((name) => new TextDecoder().decode(message(name))));
  });

  test("goes as text, or as octets where it is not UTF-8", async () => {
    const { last, transport } = started();
    last().accept();
    const flow = transport.flow(anywhere)!;
    transport.send(encode("ü"), flow, () => {});
    transport.send(Uint8Array.of(255), flow, () => {});
    expect(last().sent).toEqual(["ü", Uint8Array.of(255)]);
  });

  test("fails while there is no connection", async () => {
    const { last, send } = started();
    const waiting = send("while connecting");
    last().end();
    const late = send("while disconnected");
    await turn();
    expect(waiting).toEqual(["transport_failed"]);
    expect(late).toEqual(["connection_closed"]);
  });

  test("waits for the next connection where it is told to, but not for ever", async () => {
    const { last, send, clock, made, recorder } = started({
      whileDisconnected: "wait",
      queueTimeout: 10_000,
    });
    const stale = send("stale");
    last().end();
    clock.advance(10_001);
    const fresh = send("fresh");
    while (made.length < 3) {
      last().end();
      clock.advance(5000);
    }
    last().accept();
    await turn();
    expect(stale).toEqual(["timeout"]);
    expect(fresh).toEqual([]);
    expect(last().sent).toEqual([new TextDecoder().decode(message("fresh"))]);
    expect(recorder.closed).toEqual([]);
  });

  test("fails with what the WebSocket throws", async () => {
    const { last, send } = started();
    last().accept();
    last().broken = true;
    const failures = send("x");
    await turn();
    expect(failures).toEqual(["transport_failed"]);
  });

  test("drops a connection whose server does not read, after the send", async () => {
    const { last, send, recorder, states } = started({ sendLimit: 1000 });
    last().accept();
    last().bufferedAmount = 1000;
    send("x");
    await turn();
    expect(recorder.closed).toEqual([]);
    last().bufferedAmount = 1001;
    send("x");
    expect(recorder.closed).toEqual([]);
    await turn();
    expect(recorder.closed).toHaveLength(1);
    expect(states.at(-1)).toBe("disconnected transport_failed");
  });

  test("drops one whose server pings, and reads no pongs", async () => {
    const { last, recorder } = started({ sendLimit: 1000 });
    last().accept();
    last().bufferedAmount = 1001;
    last().say("\r\n\r\n");
    await turn();
    expect(recorder.closed).toHaveLength(1);
  });

  test("keeps a connection that does not tell how much is waiting, as Cloudflare's do not", async () => {
    const { last, send, recorder } = started({ sendLimit: 1000 });
    last().accept();
    Reflect.set(last(), "bufferedAmount", undefined);
    expect(send("x")).toEqual([]);
    await turn();
    expect(recorder.closed).toEqual([]);
  });
});

describe("receiving", () => {
  test("hands on text as it is, and array buffers as octets; nothing else", async () => {
    const { last, recorder } = started();
    last().say("before it is open");
    last().accept();
    last().say("text");
    last().say(Uint8Array.of(1, 2).buffer);
    last().say({ odd: true });
    expect(recorder.messages.map(({ data }) => data)).toEqual(["text", Uint8Array.of(1, 2)]);
  });

  test("answers a double CRLF, ignores a single one", async () => {
    const { last, recorder } = started();
    last().accept();
    last().say("\r\n\r\n");
    last().say("\r\n");
    expect(last().sent).toEqual(["\r\n"]);
    expect(recorder.messages).toEqual([]);
  });
});
