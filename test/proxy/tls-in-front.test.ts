// A WebSocket server whose TLS ends in front of it, at a reverse proxy: SIPS URIs by it (RFC 5630, RFC 7118 §5).

import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { createRequest } from "../../src/message/create-request.ts";
import type { Request } from "../../src/message/request.ts";
import { SipProxy } from "../../src/proxy/proxy.ts";
import { Stack } from "../../src/stack/stack.ts";
import { webSocketServer } from "../../src/transport/node/websocket-server.ts";
import type { Flow } from "../../src/transport/transport.ts";
import { webSocket } from "../../src/transport/websocket-client.ts";
import "../support/core.ts";
import { selfSigned, TrustingWebSocket } from "../transport/certificate.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Takes TLS off, and hands on what was in it. */
async function front(port: number): Promise<number> {
  const sockets: TLSSocket[] = [];
  const server = createServer(selfSigned(), (socket) => {
    sockets.push(socket);
    const behind = connect(port, "127.0.0.1");
    socket.pipe(behind).pipe(socket);
    socket.on("error", () => behind.destroy());
    behind.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A proxy behind such a front, and the phones alice and bob, who registered by their flows. */
async function world(secure: boolean | undefined) {
  const transport = webSocketServer({
    ...{ host: "127.0.0.1", port: 0, advertise: "edge.example.com:443" },
    ...(secure === undefined ? {} : { secure }),
  });
  const flows = new Map<string, Flow>();
  const edge = new Stack({
    transports: [transport],
    core: {
      onRequest: (request, transaction) => {
        const { user = "" } = request.headers.get("From")?.uri ?? {};
        if (request.flow) flows.set(user, request.flow);
        if (request.method === "REGISTER") return transaction?.respond(200);
        const flow = flows.get(request.uri.user ?? "");
        const uri = "sips:bob@b.invalid;transport=ws";
        return void proxy.forward(request, transaction, flow ? [{ uri, flow }] : []);
      },
      onResponse() {},
      onError() {},
    },
  });
  const proxy = new SipProxy({ stack: edge });
  await edge.start();
  cleanups.push(() => edge.close());
  const url = `wss://127.0.0.1:${await front(transport.local.port)}`;
  const phone = async (name: string) => {
    const requests: Request[] = [];
    const stack = new Stack({
      transports: [webSocket({ url, WebSocket: TrustingWebSocket as never })],
      core: {
        onRequest(request, transaction) {
          requests.push(request);
          transaction?.respond(200);
        },
        onResponse() {},
        onError() {},
      },
    });
    await stack.start();
    cleanups.push(() => stack.close());
    const ask = (method: string, uri: string) =>
      stack.send(createRequest(method, uri, { from: `<sips:${name}@example.com>` })).final;
    await ask("REGISTER", "sips:example.com");
    return { ask, requests };
  };
  return { alice: await phone("alice"), bob: await phone("bob") };
}

test("a request to a SIPS URI goes by it, and its Via and Record-Route say so", async () => {
  const { alice, bob } = await world(true);
  const response = await alice.ask("SUBSCRIBE", "sips:bob@example.com");
  expect(response.status).toBe(200);
  const { headers, uri } = bob.requests[0]!;
  expect(uri.scheme).toBe("sips");
  expect(headers.raw("Via").map((via) => via.split(";")[0])).toEqual([
    "SIP/2.0/WSS edge.example.com:443",
    expect.stringMatching(/^SIP\/2\.0\/WSS \w+\.invalid$/),
  ]);
  for (const { uri } of headers.get("Record-Route"))
    expect([uri.scheme, uri.hostPort, uri.params.get("transport")]).toEqual([
      ...["sips", "edge.example.com:443", "ws"],
    ]);
});

test("without its word that it is secure it goes nowhere", async () => {
  const { alice, bob } = await world(undefined);
  expect((await alice.ask("SUBSCRIBE", "sips:bob@example.com")).status).toBe(480);
  expect(bob.requests).toEqual([]);
});
