// Probe: uses the built package, by path, in whichever runtime runs this, and prints what came of it as JSON.
// Arguments: the switchboard's UDP and HTTP addresses, each as host:port, and a folder with key.pem, cert.pem
// and ca.pem, which the runtime trusts; then the machine's loopback address of IPv6, if it has one.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import * as bun from "../../dist/bun.js";
import * as deno from "../../dist/deno.js";
import * as sippet from "../../dist/index.js";
import * as node from "../../dist/node.js";
import * as testing from "../../dist/testing.js";
import { connections } from "./connections.mjs";
import { datagrams } from "./datagrams.mjs";
import { hostileServers } from "./hostile-servers.mjs";
import { hostileStreams } from "./hostile-streams.mjs";
import { hostileWebSockets } from "./hostile-websockets.mjs";
import { parse, transactions } from "./library.mjs";

const { createRequest, Stack, webSocket } = sippet;
const { tcp, tls, webSocketServer } = node;
/** The runtime's own datagram sockets. */
const { udp } = globalThis.Deno ? deno : globalThis.Bun ? bun : node;
const [udpAddress, httpAddress, certificates, loopback6] = process.argv.slice(2);
const pem = (name) => readFileSync(join(certificates, `${name}.pem`), "utf8");
const identity = { key: pem("key"), cert: pem("cert"), ca: pem("ca") };
/** The runtime's WebSocket; Node has one of its own from version 22 on. */
const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
const own = { host: "127.0.0.1", port: 0 };
const quiet = { onRequest() {}, onResponse() {}, onError() {} };

/** A pair for the conformance suite: a WebSocket server, and a client that connects to it. */
function webSocketPair(scheme, options) {
  const callee = webSocketServer({ ...own, ...options });
  const url = () => `${scheme}://127.0.0.1:${callee.local.port}/`;
  return { callee, caller: () => webSocket({ url: url(), WebSocket }) };
}

const secured = { ...own, tls: identity };
/** Every transport that the package has, by the protocol in Via. */
const TRANSPORTS = {
  UDP: () => ({ callee: udp(own), caller: () => udp(own) }),
  ...(loopback6 && {
    "UDP, IPv6": () => ({
      callee: udp({ host: loopback6, port: 0 }),
      caller: () => udp({ host: loopback6, port: 0 }),
    }),
  }),
  "UDP by node:dgram": () => ({ callee: node.udp(own), caller: () => node.udp(own) }),
  TCP: () => ({ callee: tcp(own), caller: () => tcp(own) }),
  TLS: () => ({ callee: tls(secured), caller: () => tls(secured) }),
  WS: () => webSocketPair("ws", {}),
  WSS: () => webSocketPair("wss", { tls: { key: identity.key, cert: identity.cert } }),
};

/** Runs the contract of transports; what failed, and why. */
async function conformance(make) {
  const failed = [];
  const checks = testing.transportConformance(make);
  for (const { name, run } of checks) await run().catch((error) => failed.push(`${name}: ${error.message}`));
  return { checks: checks.length, failed };
}

const live = ({ stats }) => stats.transactions.client + stats.transactions.server + stats.transactions.timers;

/** Sends OPTIONS, and closes all; what came back, and what is left. */
async function ping(transport, target) {
  const stack = new Stack({ transports: [transport], core: quiet, timers: { t1: 100, t4: 100 } });
  await stack.start();
  const request = createRequest("OPTIONS", `sip:${target}`, { from: "<sip:probe@example.com>" });
  const response = await stack.send(request).final;
  await stack.close({ drain: 5000 });
  return {
    status: response.status,
    allow: response.headers.get("Allow"),
    branch: response.headers.get("Via")[0].branch.startsWith("z9hG4bK"),
    left: live(stack),
  };
}

/** OPTIONS from one stack of this runtime to another. */
async function pair(make) {
  const { callee, caller } = make();
  const onRequest = (request, transaction) => {
    const response = request.createResponse(200);
    response.headers.set("Allow", ["OPTIONS", "INVITE"]);
    transaction.respond(response);
  };
  const server = new Stack({ transports: [callee], core: { ...quiet, onRequest } });
  await server.start();
  const client = caller();
  const { host, port } = callee.local;
  const name = host.includes(":") ? `[${host}]` : host;
  const answer = await ping(client, `${name}:${port};transport=${client.protocol.toLowerCase()}`);
  await server.close();
  return { ...answer, left: answer.left + live(server) };
}

function runtime() {
  if (globalThis.Deno) return `Deno ${globalThis.Deno.version.deno}`;
  if (globalThis.Bun) return `Bun ${globalThis.Bun.version}`;
  return `Node ${process.versions.node}`;
}

const transports = {};
for (const [name, make] of Object.entries(TRANSPORTS)) {
  transports[name] = { conformance: await conformance(make), options: await pair(make) };
}
const url = `ws://${httpAddress}`;
console.log(
  JSON.stringify({
    runtime: runtime(),
    parse: parse(sippet),
    transactions: await transactions(sippet, testing),
    transports,
    datagrams: await datagrams(udp),
    connections: await connections(sippet, node, WebSocket, identity),
    hostileStreams: await hostileStreams(node, identity),
    hostileWebSockets: await hostileWebSockets(node, identity),
    hostileServers: await hostileServers(sippet, WebSocket),
    udp: await ping(udp(own), udpAddress),
    webSocket: await ping(webSocket({ url, WebSocket }), httpAddress),
  }),
);
