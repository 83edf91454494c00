import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { VirtualClock } from "../../src/clock.ts";
import { webSocketServer } from "../../src/transport/node/websocket-server.ts";
import { selfSigned, TrustingWebSocket } from "./certificate.ts";
import { Recorder } from "./contract.ts";
import { CountingClock } from "./counting-clock.ts";
import { cleanups, connected, deafClient, endAll, refusal, started } from "./listener-world.ts";
import { settle } from "./settle.ts";

afterEach(endAll);

describe("the handshake", () => {
  test("agrees to the subprotocol sip, wherever it stands in the offer", async () => {
    const { url } = await started();
    const { socket } = await connected(url, ["chat", "sip"]);
    expect(socket.protocol).toBe("sip");
    const spaced = httpRequest(url.replace("ws:", "http:"), {
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "chat, sip",
      },
    });
    const [answer, stream] = (await once(spaced.end(), "upgrade")) as [IncomingMessage, Duplex];
    cleanups.push(() => stream.destroy());
    expect(answer.headers["sec-websocket-protocol"]).toBe("sip");
  });

  test.each([[[]], [["sips"]], [["chat"]], [["SIP"]]])(
    "refuses the offer %j with 400 (RFC 7118 §4.1)",
    async (offer) => {
      const { url, transport } = await started();
      expect((await refusal(url, offer)).statusCode).toBe(400);
      expect(transport.connections).toBe(0);
    },
  );

  test("asks verify: false is 403, a refusal is its own status, a throw is 500", async () => {
    const seen: (string | undefined)[] = [];
    const { url, recorder, transport } = await started({
      verify: async ({ headers }) => {
        seen.push(headers.origin);
        if (headers.origin === "https://evil.example") return false;
        if (headers.origin === "https://who.example")
          return { status: 401, headers: { "WWW-Authenticate": "Basic" } };
        if (headers.origin === "https://bug.example") throw new Error("bug");
        return true;
      },
    });
    const from = (origin: string): Promise<IncomingMessage> => refusal(url, ["sip"], { origin });
    expect((await from("https://evil.example")).statusCode).toBe(403);
    const challenge = await from("https://who.example");
    expect([challenge.statusCode, challenge.headers["www-authenticate"]]).toEqual([401, "Basic"]);
    expect((await from("https://bug.example")).statusCode).toBe(500);
    expect(recorder.errors.map(({ code }) => code)).toEqual(["core_failed"]);
    await connected(url);
    expect(seen).toHaveLength(4);
    expect(transport.connections).toBe(1);
  });

  test.each([
    [{ status: 401, headers: { "X-Of": "a\r\nSet-Cookie: evil" } }],
    [{ status: 401, headers: { "X-Of: a\r\nSet-Cookie": "evil" } }],
    [{ status: "401 No\r\nSet-Cookie: evil" as unknown as number }],
  ])("answers 500 where %j would add header fields of the client's own", async (verdict) => {
    const { url, recorder } = await started({ verify: () => verdict });
    const { statusCode, headers } = await refusal(url);
    expect([statusCode, headers["set-cookie"]]).toEqual([500, undefined]);
    expect(recorder.errors.map(({ code }) => code)).toEqual(["core_failed"]);
  });

  test.each([
    [undefined],
    [null],
    ["yes"],
    [1],
    [{}],
    [{ status: 101 }],
    [{ status: 200 }],
    [{ status: 1000 }],
  ])(
    "answers 500 where verify gives %j, which is no answer",
    async (verdict) => {
      const { url, recorder, transport } = await started({ verify: () => verdict as unknown as boolean });
      expect((await refusal(url)).statusCode).toBe(500);
      expect(recorder.errors.map(({ code }) => code)).toEqual(["core_failed"]);
      expect([transport.connections, transport.counts?.refused]).toEqual([0, 1]);
    },
    3000,
  );

  test.each([["WS"], ["WSS"]])(
    "ends sockets that stay silent, and takes so many of them: %s",
    async (kind) => {
      const tls = kind === "WSS" ? { tls: selfSigned() } : {};
      const { transport } = await started({ handshakeTimeout: 500, maxConnections: 3, ...tls });
      const ended: unknown[] = [];
      const silent = Array.from({ length: 8 }, () => {
        const socket = connect(transport.local.port, "127.0.0.1");
        cleanups.push(() => socket.destroy());
        socket.on("error", () => {});
        socket.resume();
        const end = once(socket, "close");
        void end.then(() => ended.push(socket));
        return end;
      });
      await vi.waitUntil(() => ended.length >= 2, { timeout: 400, interval: 10 });
      expect(ended.length).toBe(2);
      expect(transport.counts?.dropped).toBe(2);
      await Promise.all(silent);
    },
    2000,
  );

  test.each([
    [0, "WS"],
    [Number.POSITIVE_INFINITY, "WS"],
    [1500.5, "WS"],
    [0, "WSS"],
    [Number.POSITIVE_INFINITY, "WSS"],
  ])("takes a handshakeTimeout of %d, over %s", async (handshakeTimeout, protocol) => {
    const verify = async () => {
      await settle();
      return true;
    };
    const tls = protocol === "WSS" ? { tls: selfSigned() } : {};
    const { transport, url } = await started({ handshakeTimeout, verify, ...tls });
    const socket = new WebSocket(url.replace("ws", protocol.toLowerCase()), ["sip"], {
      rejectUnauthorized: false,
    });
    cleanups.push(() => socket.terminate());
    await once(socket, "open");
    expect(transport.connections).toBe(1);
  });

  test("does not wait for verify for ever", async () => {
    const clock = new VirtualClock();
    const { url } = await started({ clock, handshakeTimeout: 5000, verify: () => new Promise(() => {}) });
    const response = refusal(url);
    await settle();
    clock.advance(5000);
    expect((await response).statusCode).toBe(503);
  });

  test("is given up when the client hangs up, or the transport closes, while it is verified", async () => {
    const clock = new CountingClock();
    let decide: (verdict: boolean) => void = () => {};
    const { url, transport } = await started({
      clock,
      verify: () => new Promise((resolve) => (decide = resolve)),
    });
    for (const end of [(socket: WebSocket) => socket.terminate(), () => transport.close()]) {
      const socket = new WebSocket(url, ["sip"]);
      socket.on("error", () => {});
      await settle();
      await end(socket);
      await settle();
      if (end.length === 0) expect(clock.pending.size).toBe(0);
      decide(true);
      await settle();
      expect(transport.connections).toBe(0);
    }
    expect(clock.pending.size).toBe(0);
  });

  const limits = [{ maxConnections: 2 }, { maxPerSource: 2 }];
  test.each(limits)("is refused with 503 beyond %o, and taken again below it", async (limit) => {
    const { url, transport } = await started(limit);
    const { socket } = await connected(url);
    await connected(url);
    expect((await refusal(url)).statusCode).toBe(503);
    socket.close();
    await once(socket, "close");
    await connected(url);
    expect(transport.connections).toBe(2);
    // Those that are not decided on count as well.
    const slow = await started({ ...limit, verify: () => new Promise(() => {}) });
    for (let i = 0; i < 2; i++) {
      const waiting = new WebSocket(slow.url, ["sip"]);
      waiting.on("error", () => {});
    }
    await settle();
    expect((await refusal(slow.url)).statusCode).toBe(503);
  });

  test("takes its path only", async () => {
    const { url } = await started({ path: "/sip" });
    expect((await refusal(`${url}other`)).statusCode).toBe(404);
    const { socket } = await connected(`${url}sip?token=1`);
    expect(socket.protocol).toBe("sip");
  });

  test("answers a plain request with 426", async () => {
    const { transport } = await started();
    const asked = httpRequest({ host: "127.0.0.1", port: transport.local.port }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(426);
  });
});

describe("the server", () => {
  test("says that its port is in use", async () => {
    const { transport } = await started();
    const second = webSocketServer({ host: "127.0.0.1", port: transport.local.port });
    await expect(second.start(new Recorder())).rejects.toMatchObject({ code: "address_in_use" });
    await second.close();
  });

  test("is WS or WSS by what it stands on", async () => {
    expect((await started()).transport).toMatchObject({
      protocol: "WS",
      secure: false,
      reliable: true,
      framed: true,
    });
    const tls = await started({ tls: selfSigned() });
    expect(tls.transport).toMatchObject({ protocol: "WSS", secure: true });
    const socket = new TrustingWebSocket(`wss://127.0.0.1:${tls.transport.local.port}`, ["sip"]);
    await once(socket, "open");
    socket.close();
    const server = createServer();
    for (const fronted of [{ port: 8080 }, { server }, { tls: selfSigned() }])
      expect(webSocketServer({ ...fronted, secure: true })).toMatchObject({ protocol: "WSS", secure: true });
    // The certificate is nobody's here: that server has none.
    expect(webSocketServer({ server, tls: selfSigned() })).toMatchObject({ protocol: "WS", secure: false });
    expect(() => webSocketServer({ port: 65_536 })).toThrow(
      expect.objectContaining({ code: "value_invalid" }),
    );
  });

  test("closed while it starts, it rejects and leaves its port free", async () => {
    const transport = webSocketServer({ host: "127.0.0.1", port: 0 });
    const start = transport.start(new Recorder());
    start.catch(() => {});
    await transport.close();
    await expect(start).rejects.toMatchObject({ code: "closed" });
    const unused = webSocketServer({ host: "127.0.0.1", port: 0 });
    await unused.close();
    for (const each of [transport, unused])
      await expect(each.start(new Recorder())).rejects.toMatchObject({ code: "closed" });
  });

  test("closes with 1001, leaves no timer, and frees its port", async () => {
    const clock = new CountingClock();
    const { url, transport, recorder } = await started({ clock, pingInterval: 0 });
    expect(clock.pending.size).toBe(0);
    const { socket } = await connected(url);
    const closed = once(socket, "close");
    const { port } = transport.local;
    await transport.close();
    expect((await closed)[0]).toBe(1001);
    expect(recorder.closed).toMatchObject([{ error: undefined }]);
    expect(clock.pending.size).toBe(0);
    expect((await started({ port })).transport.local.port).toBe(port);
  });

  test.each(["TLS", "plain"])("does not wait for a %s socket without a request", async (kind) => {
    const { transport } = await started(kind === "TLS" ? { tls: selfSigned() } : {});
    const silent = connect(transport.local.port, "127.0.0.1");
    silent.on("error", () => {});
    cleanups.push(() => silent.destroy());
    await once(silent, "connect");
    await settle();
    const before = performance.now();
    await transport.close();
    expect(performance.now() - before).toBeLessThan(2000);
  });

  test("does not wait long for a client that answers no close", async () => {
    const clock = new CountingClock();
    const { transport, recorder } = await started({ clock, closeTimeout: 50 });
    await deafClient(transport.local);
    await connected(`ws://127.0.0.1:${transport.local.port}/`);
    const before = performance.now();
    await transport.close();
    expect(performance.now() - before).toBeLessThan(2000);
    expect(recorder.closed).toHaveLength(2);
    expect(clock.pending.size).toBe(0);
  });

  test("shares it with others of its kind: a path that is nobody's is answered 404, and only once", async () => {
    const server: Server = createServer();
    const paths = ["/a", "/b", "/c"];
    const servers = paths.map((path) => webSocketServer({ server, path }));
    for (const each of servers) await each.start(new Recorder());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    const base = `ws://127.0.0.1:${servers[0]!.local.port}`;
    for (const path of paths) await connected(base + path);
    expect(servers.map(({ connections }) => connections)).toEqual([1, 1, 1]);
    expect((await refusal(`${base}/d`)).statusCode).toBe(404);
    await Promise.all(servers.map((each) => each.close()));
  });

  test("hangs up on what it still verifies on a server of the user's", async () => {
    const server: Server = createServer();
    const transport = webSocketServer({ server, verify: () => new Promise(() => {}) });
    await transport.start(new Recorder());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    const socket = new WebSocket(`ws://127.0.0.1:${transport.local.port}`, ["sip"]);
    socket.on("error", () => {});
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await once(server, "upgrade");
    await transport.close();
    await closed;
    expect(server.listening).toBe(true);
  });

  test("shares a server of the user's, which it neither opens nor closes", async () => {
    const server: Server = createServer((_request, response) => response.end("page"));
    const other = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      if (request.url === "/chat") other.handleUpgrade(request, socket, head, (chat) => chat.send("hello"));
    });
    const transport = webSocketServer({ server, path: "/sip", advertise: "edge.example.com" });
    await transport.start(new Recorder());
    expect(transport.sentBy).toBe("edge.example.com:80");
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    const base = `ws://127.0.0.1:${transport.local.port}`;
    expect(transport.local.port).toBeGreaterThan(0);
    expect(transport.sentBy).toBe(`edge.example.com:${transport.local.port}`);
    const { socket } = await connected(`${base}/sip`);
    const chat = new WebSocket(`${base}/chat`);
    expect(String((await once(chat, "message"))[0])).toBe("hello");
    chat.terminate();
    const closed = once(socket, "close");
    await transport.close();
    await closed;
    expect(server.listening).toBe(true);
    expect(server.listenerCount("upgrade")).toBe(1);
  });
});
