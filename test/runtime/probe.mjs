// Probe: uses the built package, by path, in whichever runtime runs this, and prints what came of it as JSON.
// It talks to the switchboard at UDP_ADDRESS and HTTP_ADDRESS, each given as host:port on the command line.

import process from "node:process";
import { createRequest, parseMessage, Stack, webSocket } from "../../dist/index.js";
import { udp } from "../../dist/node.js";

const [udpAddress, httpAddress] = process.argv.slice(2);

/** What the package makes of a message that it parses and one value of which it changes. */
function parse() {
  const text = [
    "INVITE sip:bob@biloxi.example.com SIP/2.0",
    "v: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK776asdhds",
    "Max-Forwards: 70",
    'To: "Böb" <sip:bob@biloxi.example.com>',
    "From: Alice <sip:alice@atlanta.example.com>;tag=1928301774",
    "Call-ID: a84b4c76e66710@pc33.atlanta.example.com",
    "CSeq: 314159 INVITE",
    "Content-Length: 4",
    "",
    "v=0\n",
  ].join("\r\n");
  const request = parseMessage(new TextEncoder().encode(text));
  const { headers } = request;
  const read = {
    method: request.method,
    user: request.uri.user,
    branch: headers.get("Via")[0].branch,
    name: headers.get("To").displayName,
    tag: headers.get("From").tag,
    cseq: headers.get("CSeq").number,
    body: request.bodyText,
    untouched: request.toString() === text,
  };
  headers.set("Max-Forwards", 69);
  return { ...read, edited: request.toString() === text.replace("Max-Forwards: 70", "Max-Forwards: 69") };
}

/** Sends OPTIONS, and closes all; what came back, and what is left. */
async function ping(transport, address) {
  const core = { onRequest() {}, onResponse() {}, onError() {} };
  const stack = new Stack({ transports: [transport], core, timers: { t1: 100, t4: 100 } });
  await stack.start();
  const request = createRequest("OPTIONS", `sip:${address}`, { from: `<sip:probe@${address}>` });
  const response = await stack.send(request).final;
  await stack.close({ drain: 5000 });
  const { client, server, timers } = stack.stats.transactions;
  return {
    status: response.status,
    allow: response.headers.get("Allow"),
    branch: response.headers.get("Via")[0].branch.startsWith("z9hG4bK"),
    left: client + server + timers,
  };
}

/** The runtime's WebSocket; Node has one of its own from version 22 on. */
async function webSocketClass() {
  return globalThis.WebSocket ?? (await import("ws")).WebSocket;
}

const url = `ws://${httpAddress}`;
console.log(
  JSON.stringify({
    runtime: globalThis.Deno ? `Deno ${globalThis.Deno.version.deno}` : `Node ${process.versions.node}`,
    parse: parse(),
    udp: await ping(udp({ host: "127.0.0.1", port: 0 }), udpAddress),
    webSocket: await ping(webSocket({ url, WebSocket: await webSocketClass() }), httpAddress),
  }),
);
