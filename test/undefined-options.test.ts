// An option that is undefined is one that was left out: `{ flow: found?.flow }` says no more than nothing does. The types let
// it be said where `exactOptionalPropertyTypes` asks, as in this project.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { VirtualClock } from "../src/clock.ts";
import type { Content } from "../src/dialog/content.ts";
import type { InviteOptions } from "../src/dialog/invite-options.ts";
import { UserAgent } from "../src/dialog/user-agent.ts";
import type { UserAgentRequest } from "../src/dialog/user-agent-options.ts";
import { DigestClient } from "../src/digest/client.ts";
import { DigestServer } from "../src/digest/server.ts";
import { createRequest } from "../src/message/create-request.ts";
import { SipProxy } from "../src/proxy/proxy.ts";
import type { ProxyTarget } from "../src/proxy/target.ts";
import { MemoryLocation } from "../src/registrar/memory-location.ts";
import { Registrar } from "../src/registrar/registrar.ts";
import { Registration } from "../src/registration/registration.ts";
import { congestion } from "../src/stack/congestion.ts";
import type { SendOptions } from "../src/stack/options.ts";
import { resolver } from "../src/stack/resolve/sip-resolver.ts";
import { Stack } from "../src/stack/stack.ts";
import type { ServerTransaction } from "../src/transaction/server-transaction.ts";
import { MemoryNetwork } from "../src/transport/memory.ts";
import { tcp } from "../src/transport/node/tcp.ts";
import { udp } from "../src/transport/node/udp.ts";
import { webSocketServer } from "../src/transport/node/websocket-server.ts";
import type { Transport } from "../src/transport/transport.ts";
import { webSocket } from "../src/transport/websocket-client.ts";

/** All optional members of an interface, undefined, but for those given: what the source names, whatever it comes to. */
function nothing<G extends object>(file: string, name: string, given: G): G {
  const source = readFileSync(new URL(`../src/${file}.ts`, import.meta.url), "utf8");
  const [, body = ""] =
    new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, "m").exec(source) ?? [];
  const names = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\?[:(]/gm)].map(([, each]) => each as string);
  expect(names.length, `${file}#${name}`).toBeGreaterThan(0);
  return { ...Object.fromEntries(names.map((each) => [each, undefined])), ...given };
}

const core = { onRequest() {}, onResponse() {}, onError() {} };
const stackOf = (transports: readonly Transport[], clock?: VirtualClock) =>
  new Stack(nothing("stack/options", "StackOptions", { transports, core, ...(clock && { clock }) }));

it("makes everything as it is made without options", async () => {
  const host = { host: "127.0.0.1", port: 0 };
  const stack = stackOf([
    udp(nothing("transport/udp-options", "UdpOptions", host)),
    tcp(nothing("transport/node/stream-options", "StreamOptions", host)),
    webSocketServer(nothing("transport/node/websocket-server", "WebSocketServerOptions", host)),
  ]);
  await stack.start();
  const [, , server] = stack.transports;
  const url = `ws://127.0.0.1:${server!.local.port}`;
  const page = stackOf([
    webSocket(nothing("transport/websocket-client", "WebSocketOptions", { url, WebSocket })),
  ]);
  await page.start();
  const gate = congestion(nothing("stack/congestion-options", "CongestionOptions", {}));
  const dns = resolver(nothing("stack/resolve/sip-resolver", "ResolverOptions", { dns: false as const }));
  const careful = new Stack({ transports: [udp(host)], core, gate, resolver: dns });
  await careful.start();
  const { port } = stack.transports[0]!.local;
  const request = createRequest(
    "OPTIONS",
    `sip:127.0.0.1:${port}`,
    nothing("message/create-request", "RequestInit", { from: "<sip:a@example.com>" }),
  );
  for (const each of [careful, page]) {
    const sent = each.send(request, nothing("stack/options", "SendOptions", {}));
    sent.terminate();
    expect(sent.state).toBe("terminated");
  }
  const location = new MemoryLocation(nothing("registrar/memory-location", "MemoryLocationOptions", {}));
  const registrar = new Registrar(
    nothing("registrar/registrar-options", "RegistrarOptions", { stack, location }),
  );
  const register = createRequest("REGISTER", `sip:127.0.0.1:${port}`, {
    from: "<sip:a@127.0.0.1>",
    to: `<sip:a@127.0.0.1:${port}>`,
    contact: "<sip:a@b>",
  });
  expect((await registrar.register(register)).headers.get("Contact")[0]?.params.get("expires")).toBe("3600");
  expect(new SipProxy(nothing("proxy/options", "ProxyOptions", { stack })).stats.live).toBe(0);
  const asking = new DigestServer(
    nothing("digest/server", "DigestServerOptions", {
      realm: "example.com",
      lookup: () => ({ password: "x" }),
    }),
  );
  const credentials = { username: "a", password: "x" };
  const client = new DigestClient(nothing("digest/client", "DigestClientOptions", { credentials }));
  const missing = await asking.check(register);
  expect(missing.ok).toBe(false);
  if (missing.ok) return;
  const again = await client.answer(register, asking.challenge(register, missing));
  expect((await asking.check(again!)).ok).toBe(true);
  await Promise.all([stack, page, careful].map((each) => each.close()));
});

it("calls and registers, and goes where the user agent's own options say", async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(nothing("transport/memory", "MemoryNetworkOptions", { clock }));
  const make = (protocol: string) =>
    network.transport(nothing("transport/memory-transport", "MemoryTransportOptions", { protocol }));
  const [alice, bob] = [stackOf([make("UDP"), make("TCP")], clock), stackOf([make("TCP")], clock)];
  await Promise.all([alice.start(), bob.start()]);
  const target = { protocol: "TCP", ...bob.transports[0]!.local };
  const ua = new UserAgent(
    nothing("dialog/user-agent-options", "UserAgentOptions", {
      stack: alice,
      from: "<sip:alice@example.com>",
      sendOptions: { target },
    }),
  );
  const call = ua.invite(
    "sip:bob@example.com",
    nothing("dialog/content", "Content", { body: "offer" }),
    {},
    nothing("dialog/invite-options", "InviteOptions", {}),
  );
  const told: string[] = [];
  const registration = new Registration(
    nothing("registration/options", "RegistrationOptions", {
      stack: alice,
      registrar: "sip:example.com",
      aor: "<sip:alice@example.com>",
      send: { target, flow: undefined },
    }),
  );
  await clock.advanceAsync(10);
  for (const { text } of network.trace)
    told.push(/^Contact: <[^;]*(;transport=\w+)>/m.exec(text)?.[1] ?? text);
  expect(told).toEqual([";transport=tcp", ";transport=tcp"]);
  registration.close();
  call.cancel();
  ua.close();
  await Promise.all([alice.close(), bob.close()]);
  expect(clock.size).toBe(0);
});

it("leaves the core the responses to a request with credentials", async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock });
  const got: number[] = [];
  const onResponse = ({ status }: { status: number }) => void got.push(status);
  const onRequest: typeof core.onRequest = (_request?: unknown, transaction?: ServerTransaction) =>
    transaction?.respond(200);
  const alice = new Stack({ transports: [network.transport()], core: { ...core, onResponse }, clock });
  const bob = new Stack({ transports: [network.transport()], core: { ...core, onRequest }, clock });
  await Promise.all([alice.start(), bob.start()]);
  const request = createRequest("OPTIONS", `sip:${bob.transports[0]!.sentBy}`, {
    from: "<sip:a@example.com>",
  });
  const credentials = new DigestClient({ credentials: { username: "a", password: "x" } });
  alice.send(request, nothing("stack/options", "SendOptions", { credentials }));
  await clock.advanceAsync(100);
  expect(got).toEqual([200]);
  await Promise.all([alice.close(), bob.close()]);
});

it("is what the types say, too", () => {
  const send: SendOptions = { flow: undefined, target: undefined, branch: undefined, credentials: undefined };
  const invite: InviteOptions = { flow: undefined, target: undefined, reliable: undefined, timer: undefined };
  const content: Content = { body: undefined, contentType: undefined, headers: undefined, reason: undefined };
  const init: UserAgentRequest = { ...content, from: undefined, to: undefined, callId: undefined };
  const target: ProxyTarget = {
    uri: "sip:a@b",
    flow: undefined,
    path: undefined,
    q: undefined,
    hops: undefined,
  };
  expect([send, invite, init, target].flatMap(Object.values).filter((each) => each !== undefined)).toEqual([
    "sip:a@b",
  ]);
});
