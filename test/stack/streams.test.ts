// Stacks over TCP and TLS on real sockets: refusals that need the stream, connections that end under their
// transactions, answers whose connection is gone, aliases.

import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import type { Core } from "../../src/stack/core.ts";
import type { StackOptions } from "../../src/stack/options.ts";
import { Stack } from "../../src/stack/stack.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { tcp } from "../../src/transport/node/tcp.ts";
import { tls } from "../../src/transport/node/tls.ts";
import { udp } from "../../src/transport/node/udp.ts";
import type { Flow, Transport } from "../../src/transport/transport.ts";
import { Authority } from "../transport/certificate.ts";
import { CountingClock } from "../transport/counting-clock.ts";
import { cleanups, endAll, HOST, rawClient, rawServer, until } from "../transport/stream-world.ts";
import { statuses, text } from "./support.ts";

afterEach(endAll);

async function started(
  make: (clock: CountingClock) => readonly Transport[],
  core: Partial<Core> = {},
  options: Partial<StackOptions> = {},
) {
  const clock = new CountingClock();
  const errors: string[] = [];
  const refused: string[] = [];
  const stack = new Stack({
    clock,
    transports: make(clock),
    onRefused: ({ code, status }) => void refused.push(`${code} ${status}`),
    ...options,
    core: {
      onRequest: (_request, transaction) => transaction?.respond(200),
      onResponse: () => {},
      onError: ({ code }) => void errors.push(code),
      ...core,
    },
  });
  await stack.start();
  cleanups.push(async () => {
    await stack.close();
    const { client, server, timers } = stack.stats.transactions;
    const open = stack.stats.transports.map(({ connections }) => connections ?? 0);
    expect([client, server, timers, clock.pending.size, ...open]).toEqual([0, 0, 0, 0, ...open.map(() => 0)]);
  });
  return { stack, errors, refused, port: stack.transports[0]!.local.port };
}

const tcpStack = (core: Partial<Core> = {}, options: Parameters<typeof tcp>[0] = {}) =>
  started((clock) => [tcp({ host: HOST, port: 0, clock, ...options })], core);

describe("over TCP", () => {
  it("a call of a hundred requests takes one connection, which ends with its stack", async () => {
    const [alice, bob] = [await tcpStack(), await tcpStack()];
    const sent = Array.from({ length: 100 }, () =>
      alice.stack.send(
        createRequest("OPTIONS", `sip:${HOST}:${bob.port};transport=tcp`, { from: "<sip:a@b>;tag=1" }),
      ),
    );
    const responses = await Promise.all(sent.map(({ final }) => final));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(bob.stack.stats).toMatchObject({
      traffic: { TCP: { received: { OPTIONS: 100 }, sent: { "2xx": 100 } } },
    });
    expect(bob.stack.stats.transports).toMatchObject([{ protocol: "TCP", connections: 1, accepted: 1 }]);
  });

  it.each([
    ["a Content-Length that is none", "Content-Length: x", 400, "value_invalid 400"],
    ["Content-Lengths that differ", "Content-Length: 1\r\nl: 2", 400, "value_duplicate 400"],
    ["a body without one", "Content-Type: text/plain", 400, "header_missing 400"],
    ["one past the limit", "Content-Length: 99999999", 413, "message_too_large 413"],
  ])("%s is answered, counted, and the connection closed", async (_what, line, status, told) => {
    const { refused, port, stack } = await tcpStack();
    const { socket, read } = await rawClient(port);
    let ended = false;
    socket.on("end", () => {
      ended = true;
    });
    socket.write(text("OPTIONS", "10.1.1.1", [line]));
    await until(() => ended);
    expect([statuses([read()]), refused]).toEqual([[status], [told]]);
    // RFC 3261 §18.2.1.
    expect(read()).toContain(`\r\nVia: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bK-1;received=${HOST}\r\n`);
    expect(stack.stats).toMatchObject({ answered: 1, received: 1 });
  });

  it("what cannot be read on is shown to a tap as well", async () => {
    const seen: string[] = [];
    const { port } = await started(
      (clock) => [tcp({ host: HOST, port: 0, clock })],
      {},
      {
        tap: (data, direction) =>
          void seen.push(`${direction} ${new TextDecoder().decode(data as Uint8Array)}`),
      },
    );
    const { socket, read } = await rawClient(port);
    socket.write(text("OPTIONS", "10.1.1.1", ["Content-Length: x"]));
    await until(() => read() !== "");
    expect(seen.map((each) => each.split(" ", 3).slice(0, 2))).toEqual([
      ["in", "OPTIONS"],
      ["out", "SIP/2.0"],
    ]);
  });

  it.each([
    [
      "a response with one",
      `SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP a\r\nContent-Length: x\r\n\r\n`,
      "value_invalid drop",
    ],
    ["a request without a Via", `OPTIONS sip:a SIP/2.0\r\nContent-Length: x\r\n\r\n`, "value_invalid drop"],
    ["what is not SIP", "GET / HTTP/1.1\r\n\r\n", "start_line_invalid drop"],
  ])("%s is not answered", async (_what, lines, told) => {
    const { refused, port, stack } = await tcpStack();
    const { socket, read } = await rawClient(port);
    socket.write(lines);
    await until(() => socket.closed || socket.readableEnded);
    expect([read(), refused, stack.stats.answered]).toEqual(["", [told], 0]);
  });

  it("a connection that is reset ends what waits on it, at once", async () => {
    const { port, sockets } = await rawServer((socket) => socket.resume());
    const { stack, errors } = await tcpStack();
    const sent = ["INVITE", "OPTIONS"].map((method) =>
      stack.send(createRequest(method, `sip:${HOST}:${port};transport=tcp`, { from: "<sip:a@b>;tag=1" })),
    );
    await until(() => sockets.length === 1);
    sockets[0]!.resetAndDestroy();
    for (const { final } of sent) await expect(final).rejects.toMatchObject({ code: "connection_closed" });
    expect(errors).toEqual(["connection_closed", "connection_closed"]);
  });

  it("an answer whose connection is gone opens one, to the sent-by's port (RFC 3261 §18.2.2)", async () => {
    const got: string[] = [];
    const { port: peer } = await rawServer((socket) =>
      socket.on("data", (data) => got.push(data.toString())),
    );
    const held: ServerTransaction[] = [];
    const { port, errors } = await tcpStack({
      onRequest: (_request, transaction) => void held.push(transaction!),
    });
    const { socket } = await rawClient(port);
    const request = text("OPTIONS", `pc.example.com:${peer}`, ["Content-Length: 0"]).replace("/UDP", "/TCP");
    socket.write(request);
    await until(() => held.length === 1);
    socket.destroy();
    await until(() => errors.length === 1);
    held[0]!.respond(200);
    await until(() => got.length === 1);
    expect(statuses(got)).toEqual([200]);
  });

  it("a peer's connection is the way to it, where it has asked for that (RFC 5923)", async () => {
    const { port, stack } = await tcpStack({}, { alias: true });
    const { socket, read } = await rawClient(port);
    const lines = text("OPTIONS", `${HOST}:5099;alias`, ["Content-Length: 0"]).replace("/UDP", "/TCP");
    socket.write(lines);
    await until(() => read() !== "");
    stack
      .send(createRequest("OPTIONS", `sip:${HOST}:5099;transport=tcp`, { from: "<sip:a@b>;tag=1" }))
      .final.catch(() => {});
    await until(() => read().includes("OPTIONS sip:"));
    expect(stack.stats.transports).toMatchObject([{ opened: 0, accepted: 1 }]);
    // And asks for as much itself.
    expect(read()).toMatch(/^Via: SIP\/2\.0\/TCP .*;alias\r$/m);
    stack.sendStateless(createRequest("ACK", `sip:${HOST}:5099;transport=tcp`, { from: "<sip:a@b>;tag=1" }));
    await until(() => read().includes("ACK sip:"));
    expect(read()).toMatch(/\nACK .*\r\nVia: SIP\/2\.0\/TCP .*;alias\r$/m);
  });

  it("a stack that does not take aliases asks for none", async () => {
    const bob = await tcpStack();
    const alice = await tcpStack();
    const request = createRequest("OPTIONS", `sip:${HOST}:${bob.port};transport=tcp`, {
      from: "<sip:a@b>;tag=1",
    });
    const sent = alice.stack.send(request);
    await sent.final.catch(() => {});
    expect(sent.request.headers.first("Via")?.params.has("alias")).toBe(false);
  });

  it("what came as a datagram without Content-Length leaves with one", async () => {
    const bob = await tcpStack();
    const { stack } = await started((clock) => [
      udp({ host: HOST, port: 0, clock }),
      tcp({ host: HOST, port: 0, clock }),
    ]);
    const request = createRequest("MESSAGE", `sip:${HOST}:${bob.port};transport=tcp`, {
      from: "<sip:a@b>;tag=1",
    });
    request.body = "hello";
    request.headers.delete("Content-Length");
    expect((await stack.send(request).final).status).toBe(200);
  });
});

describe("over TLS", () => {
  it("sips goes to whom its certificate names, and to nobody else", async () => {
    const authority = new Authority();
    const identity = { ...authority.issue({ dns: ["localhost"] }), ca: authority.cert };
    const make = (clock: CountingClock) => [tls({ host: HOST, port: 0, clock, tls: identity })];
    const [alice, bob] = [await started(make), await started(make)];
    const options = (host: string, more = "") =>
      createRequest("OPTIONS", `sips:${host}:${bob.port}${more}`, { from: "<sips:a@b>;tag=1" });
    expect((await alice.stack.send(options("localhost")).final).status).toBe(200);
    // RFC 5922 §4: maddr says where, and the host still who.
    expect((await alice.stack.send(options("localhost", `;maddr=${HOST}`)).final).status).toBe(200);
    await expect(alice.stack.send(options(HOST)).final).rejects.toMatchObject({ code: "transport_failed" });
  });
});

it.each(["TCP", "TLS"])(
  "a callee who rings when his connection breaks is cancelled by another: %s",
  async (protocol) => {
    const authority = new Authority();
    const identity = { ...authority.issue({ dns: ["localhost"] }), ca: authority.cert };
    const make = (clock: CountingClock) => [
      protocol === "TLS"
        ? tls({ host: HOST, port: 0, clock, tls: identity })
        : tcp({ host: HOST, port: 0, clock }),
    ];
    const [rings, told]: [Flow[], Flow[]] = [[], []];
    const bob = await started(make, {
      onRequest(request, transaction) {
        transaction!.respond(180);
        rings.push(request.flow!);
      },
      onCancel(cancel, transaction) {
        transaction.respond(487);
        told.push(cancel.flow!);
      },
    });
    const alice = await started(make);
    const uri = `sip:localhost:${bob.port};transport=${protocol.toLowerCase()}`;
    const sent = alice.stack.send(createRequest("INVITE", uri, { from: "<sip:a@b>;tag=1" }));
    await until(() => rings.length === 1 && sent.state === "proceeding");
    (rings[0] as unknown as { socket: Socket }).socket.destroy();
    await expect(sent.final).rejects.toMatchObject({ code: "connection_closed" });
    await until(() => told.length === 1);
    expect(told[0]).not.toBe(rings[0]);
  },
);

describe("strict routers (RFC 3261 §16.12)", () => {
  it("get themselves as Request-URI, and it as the last Route; loose ones get what there is", async () => {
    const seen: [string, string[]][] = [];
    const { stack: router, port } = await started((clock) => [udp({ host: HOST, port: 0, clock })], {
      onRequest: (request, transaction) => {
        seen.push([`${request.uri}`, request.headers.get("Route").map((route) => `${route}`)]);
        transaction?.respond(200);
      },
    });
    expect(router.transports).toHaveLength(1);
    const { stack } = await started((clock) => [udp({ host: HOST, port: 0, clock })]);
    for (const lr of ["", ";lr"]) {
      const request = createRequest("OPTIONS", "sip:bob@far.invalid", { from: "<sip:a@b>;tag=1" });
      request.headers.set("Route", [`<sip:${HOST}:${port}${lr}>`, "<sip:second.invalid;lr>"]);
      await stack.send(request).final;
      expect(`${request.uri}`).toBe("sip:bob@far.invalid");
    }
    expect(seen).toEqual([
      [`sip:${HOST}:${port}`, ["<sip:second.invalid;lr>", "<sip:bob@far.invalid>"]],
      ["sip:bob@far.invalid", [`<sip:${HOST}:${port};lr>`, "<sip:second.invalid;lr>"]],
    ]);
  });
});
