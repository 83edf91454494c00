// What can go wrong with connections, which every runtime has to tell in the same way and as soon.

import { generateKeyPairSync } from "node:crypto";
import { connect, createServer } from "node:net";
import { connect as connectSecure } from "node:tls";

const own = { host: "127.0.0.1", port: 0 };
const quiet = { onRequest() {}, onResponse() {}, onError() {} };

/** What became of each, by the code of the error. */
export async function connections({ Stack, webSocket }, { tcp, tls, webSocketServer }, WebSocket, identity) {
  const port = await freePort();
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const other = { key: privateKey.export({ type: "pkcs8", format: "pem" }), cert: identity.cert };
  const hurried = async (transport) => {
    const start = transport.start(quiet);
    await transport.close();
    return start;
  };
  const call = async (url) => {
    const stack = new Stack({ transports: [webSocket({ url, WebSocket, reconnect: false })], core: quiet });
    await stack.start().finally(() => stack.close());
  };
  const running = tls({ ...own, tls: identity });
  const wss = webSocketServer({ ...own, tls: { key: identity.key, cert: identity.cert } });
  await wss.start(quiet);
  const hasty = webSocketServer({ ...own, handshakeTimeout: 300, tls: identity });
  await hasty.start(quiet);
  const plain = webSocketServer({ ...own, handshakeTimeout: 300 });
  await plain.start(quiet);
  const outcome = {
    closedWhileStarting: await codes(
      [tcp(own), tls({ ...own, tls: identity }), webSocketServer(own)].map(hurried),
    ),
    nobodyListens: await codes([call(`ws://127.0.0.1:${port}`)]),
    untrusted: await codes([call(`wss://localhost:${wss.local.port}`)]),
    badKey: await codes([
      async () => tls({ tls: { key: "no", cert: "no" } }),
      async () => tls({ tls: other }),
      async () => tls({ tls: {} }),
    ]),
    newKey: await codes([running, wss].map((each) => async () => each.setSecureContext(identity))),
    badNewKey: await codes(
      [running, wss].map((each) => async () => each.setSecureContext({ key: "no", cert: "no" })),
    ),
    silent: await codes([
      silent(hasty.local.port),
      silent(hasty.local.port, identity.cert),
      silent(plain.local.port),
    ]),
    crowds: [
      await crowd(webSocketServer, { maxConnections: 2 }),
      await crowd(webSocketServer, { maxPerSource: 1 }),
      await crowd(webSocketServer, { maxConnections: 2, tls: identity }),
    ],
    identities: await identities(tls, identity),
  };
  await Promise.all([wss.close(), hasty.close(), plain.close()]);
  return outcome;
}

/** How every runtime answers. */
export const CONNECTIONS = {
  closedWhileStarting: ["closed", "closed", "closed"],
  nobodyListens: ["transport_failed"],
  untrusted: ["transport_failed"],
  badKey: ["value_invalid", "value_invalid", "value_invalid"],
  newKey: ["done", "done"],
  badNewKey: ["value_invalid", "value_invalid"],
  silent: ["done", "done", "done"],
  crowds: [
    [4, 2],
    [2, 4],
    [4, 2],
  ],
  identities: {
    "127.0.0.1": "heard of probe.example.com",
    "probe.example.com": "heard of probe.example.com",
    "other.example.com": "transport_failed",
    "127.0.0.2": "transport_failed",
    "no certificate": "connection_closed",
  },
};

/** The codes of what they reject with; "late" where that takes more than three seconds. */
function codes(doings) {
  return Promise.all(
    doings.map(async (doing) => {
      let timer;
      const late = new Promise((done) => {
        timer = setTimeout(done, 3000, "late");
      });
      const promise = typeof doing === "function" ? doing() : doing;
      const code = promise.then(
        () => "done",
        (error) => error.code,
      );
      return Promise.race([code, late]).finally(() => clearTimeout(timer));
    }),
  );
}

/** Resolves when the server has ended a socket that says nothing: in its TLS handshake or, where that has a certificate, behind it. */
function silent(port, ca) {
  const socket = ca
    ? connectSecure({ port, host: own.host, ca, checkServerIdentity: () => undefined })
    : connect(port, own.host);
  return new Promise((done) =>
    socket
      .on("error", () => {})
      .on("close", done)
      .resume(),
  );
}

/** How many of six sockets that say nothing a server lets in, and how many it has counted as dropped. */
async function crowd(webSocketServer, options) {
  const server = webSocketServer({ ...own, ...options });
  await server.start(quiet);
  const sockets = [];
  let ended = 0;
  for (let i = 0; i < 6; i++) {
    const socket = connect(server.local.port, own.host);
    sockets.push(
      socket
        .on("error", () => {})
        .on("close", () => ended++)
        .resume(),
    );
  }
  await new Promise((done) => setTimeout(done, 300));
  const { dropped } = server.counts;
  const left = 6 - ended;
  for (const socket of sockets) socket.destroy();
  await server.close();
  return [left, dropped];
}

/** What becomes of connections to a server that asks for certificates: for each domain, and who shows what. */
async function identities(tls, { key, cert, ca }) {
  const heard = [];
  const server = tls({ ...own, tls: { key, cert, ca, requestCert: true } });
  await server.start({ ...quiet, onMessage: (_data, flow) => heard.push(flow), onFlowClosed() {} });
  const call = async (options, domain) => {
    const client = tls({ ...own, listen: false, tls: options });
    let told;
    const closed = new Promise((done) => {
      told = done;
    });
    await client.start({ ...quiet, onFlowClosed: (_flow, error) => told(error?.code) });
    const flow = client.flow({ ...server.local, domain });
    client.send(
      new TextEncoder().encode("OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n"),
      flow,
      () => {},
    );
    const before = heard.length;
    let outcome;
    for (let i = 0; i < 300 && outcome === undefined; i++) {
      const soon = new Promise((done) => setTimeout(done, 10));
      outcome = await Promise.race([closed, soon]);
      if (heard.length > before) outcome = `heard of ${server.domains(heard.at(-1)).join()}`;
    }
    await client.close();
    return outcome;
  };
  const known = { key, cert, ca };
  const outcomes = {};
  for (const domain of [own.host, "probe.example.com", "other.example.com", "127.0.0.2"])
    outcomes[domain] = await call(known, domain);
  outcomes["no certificate"] = await call({ ca }, own.host);
  await server.close();
  return outcomes;
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, own.host, done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
