// The user's functions among the options of TLS: one that throws costs a handshake, and never the process.

import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type TlsOptions, tls } from "../../src/transport/node/tls.ts";
import { webSocketServer } from "../../src/transport/node/websocket-server.ts";
import { Authority } from "./certificate.ts";
import { message, Recorder } from "./contract.ts";
import { cleanups, endAll, HOST, sendOn, start, until } from "./stream-world.ts";

afterEach(endAll);

const authority = new Authority();
const ca = authority.cert;
const identity = { ...authority.issue({ dns: ["server.example.com"] }), ca };
const text = new TextDecoder().decode(message("one"));

/** A client that asks for a name, and whether its handshake went well. */
async function handshake(port: number, more: object = {}): Promise<boolean> {
  const socket = connectTls({ host: HOST, port, ca, servername: "server.example.com", ...more });
  cleanups.push(() => socket.destroy());
  socket.on("error", () => {});
  return new Promise((resolve) => {
    socket.once("secureConnect", () => resolve(true));
    socket.once("close", () => resolve(false));
  });
}

type Hooks = Partial<TlsOptions["tls"]>;

const BAD: [string, Hooks, object][] = [
  ["an SNICallback that throws", { SNICallback: () => fail() }, {}],
  // As many are, whatever their type says.
  ["an async SNICallback that rejects", { SNICallback: async () => fail() }, {}],
  ["an ALPNCallback that throws", { ALPNCallback: () => fail() }, { ALPNProtocols: ["sip"] }],
];

function fail(): never {
  throw new Error("no such name");
}

describe.each(BAD)("%s", (_what, hooks, client) => {
  it("fails the handshake of a TLS server, which reports it and goes on", async () => {
    const server = await start((clock) =>
      tls({ host: HOST, port: 0, clock, tls: { ...identity, ...hooks } }),
    );
    const { port } = server.transport.local;
    expect(await handshake(port, client)).toBe(false);
    await until(() => server.recorder.errors.length === 1);
    expect(server.recorder.errors).toMatchObject([
      { code: "core_failed", cause: { message: "no such name" } },
    ]);
    await until(() => server.transport.counts?.handshakes === 1);
    // Without SNI, or ALPN, nobody asks the function.
    expect(await handshake(port, { servername: "", checkServerIdentity: () => undefined })).toBe(true);
  });

  it("fails the handshake of a WebSocket server, too", async () => {
    const recorder = new Recorder();
    const transport = webSocketServer({ host: HOST, port: 0, tls: { ...identity, ...hooks } });
    await transport.start(recorder);
    cleanups.push(() => transport.close());
    expect(await handshake(transport.local.port, client)).toBe(false);
    await vi.waitUntil(() => recorder.errors.length === 1);
    expect(recorder.errors).toMatchObject([{ code: "core_failed", cause: { message: "no such name" } }]);
  });
});

it("an SNICallback that rejects behind its answer is reported, and the answer holds", async () => {
  const SNICallback = async (_name: string, done: (error: Error | null) => void): Promise<void> => {
    done(null);
    fail();
  };
  const server = await start((clock) =>
    tls({ host: HOST, port: 0, clock, tls: { ...identity, SNICallback } }),
  );
  expect(await handshake(server.transport.local.port)).toBe(true);
  await until(() => server.recorder.errors.length === 1);
});

it("a checkServerIdentity that throws fails the connection that it was asked about", async () => {
  const server = await start((clock) => tls({ host: HOST, port: 0, clock, tls: identity }));
  const client = await start((clock) =>
    tls({ host: HOST, port: 0, clock, tls: identity, client: { checkServerIdentity: () => fail() } }),
  );
  const flow = client.transport.flow({ ...server.transport.local, domain: "server.example.com" });
  const failures = flow ? sendOn(flow, text) : [];
  await until(() => failures.length === 1);
  expect(failures).toMatchObject([{ code: "transport_failed", cause: { message: "no such name" } }]);
  expect(server.recorder.messages).toEqual([]);
});
