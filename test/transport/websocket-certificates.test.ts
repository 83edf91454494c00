// New certificates of a WebSocket server while it runs, on real sockets.

import { once } from "node:events";
import { createServer as createSecureServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type WebSocket, WebSocket as WebSocketOfWs } from "ws";
import { changedContext } from "../../src/transport/node/secure-context.ts";
import { webSocketServer } from "../../src/transport/node/websocket-server.ts";
import { webSocket } from "../../src/transport/websocket-client.ts";
import { selfSigned, TrustingWebSocket } from "./certificate.ts";
import { message, Recorder } from "./contract.ts";
import { cleanups, endAll, started } from "./listener-world.ts";

afterEach(endAll);

describe("setSecureContext", () => {
  const named = (name: string) => selfSigned({ dns: [name] });
  const joined = async (port: number): Promise<[WebSocket, string | undefined]> => {
    const socket = new TrustingWebSocket(`wss://127.0.0.1:${port}`, ["sip"]);
    cleanups.push(() => socket.terminate());
    const upgraded = once(socket, "upgrade") as Promise<[{ socket: TLSSocket }]>;
    await once(socket, "open");
    return [socket, (await upgraded)[0].socket.getPeerCertificate().subjectaltname];
  };

  test("is for the connections from then on; those that stand go on", async () => {
    const { transport, recorder } = await started({ tls: named("old.example.com") });
    const { port } = transport.local;
    const [before, old] = await joined(port);
    transport.setSecureContext(named("new.example.com"));
    const [after, fresh] = await joined(port);
    expect([old, fresh]).toEqual(["DNS:old.example.com", "DNS:new.example.com"]);
    before.send(message("one"));
    after.send(message("two"));
    await vi.waitUntil(() => recorder.messages.length === 2);
  });

  test("may be called before start", async () => {
    const transport = webSocketServer({ host: "127.0.0.1", port: 0, tls: named("old.example.com") });
    transport.setSecureContext(named("new.example.com"));
    await transport.start(new Recorder());
    cleanups.push(() => transport.close());
    expect((await joined(transport.local.port))[1]).toBe("DNS:new.example.com");
  });

  test("keeps the old ones where the new ones are none", async () => {
    const { transport } = await started({ tls: named("old.example.com") });
    const { key } = named("new.example.com");
    for (const bad of [{ key: "no", cert: "no" }, { key }]) {
      expect(() => transport.setSecureContext(bad)).toThrow(
        expect.objectContaining({ code: "value_invalid" }),
      );
    }
    expect((await joined(transport.local.port))[1]).toBe("DNS:old.example.com");
    expect(() => webSocketServer({ tls: { key: "no" } })).toThrow(
      expect.objectContaining({ code: "value_invalid" }),
    );
  });

  test("replaces a PKCS #12 file by a key and its certificate, which Node would go on with", () => {
    const [pfx, pem] = [{ pfx: "old", passphrase: "x" }, named("new.example.com")];
    expect(changedContext(pfx, pem)).toEqual({ passphrase: "x", ...pem });
    expect(changedContext(pfx, { ciphers: "ALL" })).toEqual({ ...pfx, ciphers: "ALL" });
    expect(changedContext(pem, { cert: "new" })).toEqual({ ...pem, cert: "new" });
    expect(changedContext(pfx, { pfx: "new" })).toEqual({ ...pfx, pfx: "new" });
  });

  test.each([
    ["a server of the user's", { server: createSecureServer(), tls: named("ours.example.com") }],
    ["a server without TLS", {}],
  ])("is not for %s, and says so", (_what, options) => {
    expect(() => webSocketServer(options).setSecureContext(named("new.example.com"))).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
  });
});

test("a client whose server's certificate is not trusted is told why, where its WebSocket class tells", async () => {
  const { transport } = await started({ tls: selfSigned({ dns: ["server.example.com"] }) });
  const client = webSocket({
    ...{ url: `wss://127.0.0.1:${transport.local.port}`, WebSocket: WebSocketOfWs, reconnect: false },
  });
  await expect(client.start(new Recorder())).rejects.toMatchObject({
    ...{ code: "transport_failed", cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" } },
  });
  await client.close();
});
