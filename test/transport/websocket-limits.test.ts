// How many connections one source may have to a WebSocket server; what it shares with the limit on all is tested with that.

import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { message } from "./contract.ts";
import { cleanups, connected, endAll, refusal, started } from "./listener-world.ts";
import { settle } from "./settle.ts";

afterEach(endAll);

describe("one source", () => {
  test("leaves others theirs: its limit is not all that there is", async () => {
    const { url } = await started({ maxPerSource: 1, host: "0.0.0.0" });
    await connected(url);
    const other = new WebSocket(url, ["sip"], { localAddress: "127.0.0.2" });
    cleanups.push(() => other.terminate());
    await once(other, "open");
    expect((await refusal(url)).statusCode).toBe(503);
  });

  test("has what is not decided on counted, until it is refused", async () => {
    let decide: (verdict: boolean) => void = () => {};
    const verify = () => new Promise<boolean>((resolve) => (decide = resolve));
    const { url } = await started({ maxPerSource: 1, verify });
    const first = refusal(url);
    await settle();
    expect((await refusal(url)).statusCode).toBe(503);
    decide(false);
    expect((await first).statusCode).toBe(403);
    await settle();
    const next = connected(url);
    await settle();
    decide(true);
    await next;
  });

  test("may have as many sockets again that have asked for nothing", async () => {
    const { transport } = await started({ maxPerSource: 2 });
    const ended: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      const socket = connect(transport.local.port, "127.0.0.1");
      cleanups.push(() => socket.destroy());
      socket.on("error", () => {}).resume();
      socket.on("close", () => ended.push(socket));
    }
    await vi.waitUntil(() => ended.length === 2);
    await settle();
    expect(ended).toHaveLength(2);
  });

  test("has the limit on a server of the user's, too, for what asks for SIP there", async () => {
    const server = createServer((_request, response) => void response.end()).listen(0, "127.0.0.1");
    cleanups.push(() => server.close());
    await once(server, "listening");
    await started({ server, maxPerSource: 1, path: "/sip" });
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await refusal(`${url}/other`)).statusCode).toBe(404);
    const { socket } = await connected(`${url}/sip`);
    expect((await refusal(`${url}/sip`)).statusCode).toBe(503);
    socket.terminate();
    await settle();
  });
});

describe("a client that does not read", () => {
  test("is not read from until it does, and loses nothing", async () => {
    const { transport, recorder, url } = await started({ pauseLimit: 20_000 });
    recorder.onArrival = (flow) => transport.send(message("x".repeat(5000)), flow, () => {});
    const { socket } = await connected(url);
    let came = 0;
    socket.on("message", () => came++);
    socket.pause();
    let sent = 0;
    const more = setInterval(() => {
      for (let i = 0; i < 20; i++, sent++) socket.send("y".repeat(5000));
    }, 1);
    await vi.waitUntil(() => sent > 3000, 4000);
    clearInterval(more);
    expect(recorder.messages.length).toBeLessThan(sent);
    socket.resume();
    await vi.waitUntil(() => came === sent, 4000);
    expect(recorder.closed).toEqual([]);
  });

  test("gets no more of what came with the first in, either", async () => {
    const { transport, recorder, url } = await started({ pauseLimit: 20_000, sendLimit: 100_000 });
    recorder.onArrival = (flow) => transport.send(message("x".repeat(10_000)), flow, () => {});
    const { socket } = await connected(url);
    let came = 0;
    socket.on("message", () => came++);
    for (let i = 0; i < 300; i++) socket.send(`m${i}`);
    await vi.waitUntil(() => came === 300, 4000);
    expect(recorder.texts).toEqual(Array.from({ length: 300 }, (_, i) => `m${i}`));
  });
});

describe("a message in pieces", () => {
  /** A client whose octets come as the test has them, and what the server has sent it. */
  async function inPieces() {
    const server = createServer();
    const { transport, recorder } = await started({ server });
    const sent: Buffer[] = [];
    const client = new Duplex({ read() {}, write: (data, _encoding, done) => done(void sent.push(data)) });
    const headers = {
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-protocol": "sip",
    };
    server.emit("upgrade", { method: "GET", url: "/", headers } as never, client, Buffer.alloc(0));
    await vi.waitUntil(() => transport.connections === 1, 1000);
    /** A closing frame with 1008: against the policy (RFC 6455 §7.4.1). */
    const closes = () => Buffer.concat(sent).includes(Buffer.from([0x88, 0x02, 0x03, 0xf0]));
    return { recorder, client, closes };
  }

  test("may be in a thousand fragments, and no more: each takes a hundred times its own octets", async () => {
    // Masked with zeros: text, then what goes on; of one octet.
    const fragments = (count: number) =>
      Buffer.concat([
        Buffer.from([0x01, 0x81, 0, 0, 0, 0, 97]),
        ...new Array<Buffer>(count - 1).fill(Buffer.from([0x00, 0x81, 0, 0, 0, 0, 97])),
      ]);
    const end = Buffer.from([0x80, 0x80, 0, 0, 0, 0]);
    const { recorder, client, closes } = await inPieces();
    client.push(Buffer.concat([fragments(1023), end]));
    await vi.waitUntil(() => recorder.messages.length === 1, 1000);
    client.push(fragments(1025));
    await vi.waitUntil(closes, 1000);
    expect(recorder.texts).toEqual(["a".repeat(1023)]);
  });

  test("may come in an octet here and there, and not all of it so", async () => {
    const { recorder, client, closes } = await inPieces();
    client.push(Buffer.from([0x81, 0xfe, 0x20, 0x00, 0, 0, 0, 0]));
    for (let i = 0; i < 4000; i++) client.push(Buffer.from("a"));
    client.push(Buffer.alloc(0x2000 - 4000, "b"));
    await vi.waitUntil(() => recorder.messages.length === 1, 1000);
    client.push(Buffer.from([0x81, 0xfe, 0x20, 0x00, 0, 0, 0, 0]));
    for (let i = 0; i < 4200; i++) client.push(Buffer.from("a"));
    await vi.waitUntil(closes, 1000);
  });
});
