// Each runtime runs the same probe: the built package parses, runs transactions, holds the contract of
// transports over every transport, and makes OPTIONS round trips to itself and to the switchboard. That the probe
// ends shows that nothing of the package stays.

import { createSocket } from "node:dgram";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program } from "../browser/program.mjs";
import { startSwitchboard } from "../browser/switchboard.mjs";
import { hasIpv6 } from "../support/ipv6.ts";
import { Authority } from "../transport/certificate.ts";
import { CONNECTIONS } from "./connections.mjs";
import { HOSTILE_SERVERS } from "./hostile-servers.mjs";
import { HOSTILE_STREAMS } from "./hostile-streams.mjs";
import { HOSTILE_CLIENTS } from "./hostile-websockets.mjs";
import { startRelay } from "./relay.mjs";
import { PHONE } from "./websockets.mjs";
import { workerdConfig } from "./workerd.mjs";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const root = path("../../");
const { devDependencies, optionalDependencies } = JSON.parse(readFileSync(path("package.json"), "utf8"));

/** A Node of the lock file, which has one for each platform; on others Node is tested in its own version alone. */
function packagedNode(major) {
  const name = `node${major}-${process.platform}-${process.arch}`;
  const command = path(`node_modules/${name}/bin/node`);
  return existsSync(command)
    ? [{ name: `Node ${optionalDependencies[name].split("@").at(-1)}`, command, args: [] }]
    : [];
}

const NODES = [
  { name: `Node ${process.versions.node}`, command: process.execPath, args: [] },
  ...packagedNode(22),
  ...packagedNode(24),
];
const RUNTIMES = [
  ...NODES,
  { name: `Bun ${devDependencies.bun}`, command: path("node_modules/.bin/bun"), args: [] },
  {
    name: `Deno ${devDependencies.deno}`,
    command: path("node_modules/.bin/deno"),
    // The network, the names of its interfaces, the package's own files and `ws`, which reads two variables.
    // Deno.listenDatagram is behind a flag.
    args: [
      "run",
      "--no-prompt",
      "--unstable-net",
      "--allow-net",
      "--allow-sys",
      "--allow-read",
      "--allow-env",
    ],
  },
];

/** Runs a program to its end; what it printed. */
async function output(command, args, options, limit = 110_000) {
  const program = new Program(command, args, options);
  const timeout = setTimeout(() => program.kill(), limit);
  const exit = await program.exit();
  clearTimeout(timeout);
  expect(exit, program.output).toEqual({ code: 0, signal: null });
  return program.output;
}

const PARSED = {
  method: "INVITE",
  user: "bob",
  branch: "z9hG4bK776asdhds",
  name: "Böb",
  tag: "1928301774",
  cseq: 314159,
  body: "v=0\n",
  untouched: true,
  edited: true,
};
const TRANSACTIONS = { refused: 20, answered: 20, lost: true, left: [0, 0] };
const ANSWERED = {
  status: 200,
  allow: expect.arrayContaining(["INVITE", "OPTIONS"]),
  branch: true,
  left: 0,
};

/** What datagrams.mjs asks, and how every runtime answers. */
const DATAGRAMS = {
  inUse: "address_in_use",
  notOurs: "transport_failed",
  noGroup: "transport_failed",
  named: "127.0.0.1",
  tooLarge: "transport_failed",
  noRoute: "transport_failed",
  nobody: 1,
  readOn: [30, 0],
  mapped: ["127.0.0.1", "answer"],
  counts: { fillers: 2, stun: 1, stunAnswers: 0, stunDropped: 1 },
  mapping: true,
  seen: true,
  groups: ["all", "all"],
  largest: 65_507,
  burst: 400,
  rounds: [50, 50, 0],
  order: true,
  buffers: "lost some",
  portFree: true,
};

let switchboard;
let folder;

beforeAll(async () => {
  mkdirSync(join(root, "build"), { recursive: true });
  folder = mkdtempSync(join(root, "build/runtime-"));
  const authority = new Authority();
  const { key, cert } = authority.issue({ ip: ["127.0.0.1"], dns: ["probe.example.com"] });
  for (const [name, text] of Object.entries({ key, cert, ca: authority.cert })) {
    writeFileSync(join(folder, `${name}.pem`), text);
  }
  switchboard = await startSwitchboard("--t1", "100");
});

afterAll(async () => {
  await switchboard?.program.kill();
  if (folder) rmSync(folder, { recursive: true });
});

test("every Node that this platform has a package for is there", () => {
  const packaged = Object.keys(optionalDependencies).filter((name) =>
    name.endsWith(`-${process.platform}-${process.arch}`),
  );
  expect(NODES.length).toBe(1 + packaged.length);
});

describe.each(RUNTIMES)("$name", ({ name, command, args }) => {
  let report;

  beforeAll(async () => {
    // Each runtime's own way to trust the authority.
    const ca = join(folder, "ca.pem");
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: ca, DENO_CERT: ca };
    const given = [
      ...args,
      path("probe.mjs"),
      switchboard.sip,
      switchboard.http,
      folder,
      ...(hasIpv6 ? ["::1"] : []),
    ];
    const printed = await output(command, given, { env });
    report = JSON.parse(printed.trim().split("\n").at(-1));
  });

  test("is the runtime that was asked for", () => {
    expect(report.runtime).toBe(name);
  });

  test("parses, and writes back what was not touched", () => {
    expect(report.parse).toEqual(PARSED);
  });

  test("runs transactions over a network that loses", () => {
    expect(report.transactions).toEqual(TRANSACTIONS);
  });

  test.for(["UDP", "UDP, IPv6", "UDP by node:dgram", "TCP", "TLS", "WS", "WSS"])(
    "%s holds the contract",
    (transport, { skip }) => {
      skip(transport === "UDP, IPv6" && !hasIpv6);
      const { checks, failed } = report.transports[transport].conformance;
      expect(failed).toEqual([]);
      expect(checks).toBeGreaterThan(10);
      expect(report.transports[transport].options).toEqual(ANSWERED);
    },
  );

  test("UDP binds, refuses, reaches both families and hears groups", () => {
    // Deno's sockets have no such option: it needs leave to ask the C library.
    const otherwise = name.startsWith("Deno") ? { buffers: "unsupported" } : {};
    expect(report.datagrams).toEqual({ ...DATAGRAMS, ...otherwise });
  });

  test("connections fail with the same codes, and soon", () => {
    expect(report.connections).toEqual(CONNECTIONS);
  });

  test("TCP and TLS hold hostile peers to their limits, and leave nothing behind", () => {
    expect(report.hostileStreams).toEqual(HOSTILE_STREAMS);
  });

  test("a WebSocket server holds hostile clients to its limits, and leaves nothing behind", () => {
    // Bun has a ws of its own, which joins fragments as they come: there only their octets count.
    const otherwise = name.startsWith("Bun") ? { pieces: [false, "none", 0] } : {};
    const clients = { ...HOSTILE_CLIENTS, ...otherwise };
    expect(report.hostileWebSockets).toEqual({ ws: clients, wss: clients });
  });

  test("a WebSocket client says why a hostile server is none, in time, and leaves nothing behind", () => {
    expect(report.hostileServers).toEqual(HOSTILE_SERVERS);
  });

  test("OPTIONS to another process over UDP", () => {
    expect(report.udp).toEqual(ANSWERED);
  });

  test("OPTIONS to another process over WebSocket", () => {
    expect(report.webSocket).toEqual(ANSWERED);
  });
});

test("Deno sets the buffers of its sockets where it may ask the C library", async () => {
  const { command, args } = RUNTIMES.at(-1);
  const program = new Program(command, [...args, "--allow-ffi", path("buffers.mjs")]);
  const socket = createSocket("udp4");
  try {
    const [, ports] = await program.prints(/PORTS (.*)/);
    for (const port of JSON.parse(ports)) {
      for (let i = 0; i < 60; i++) socket.send(Buffer.alloc(1000, "A"), port, "127.0.0.1");
    }
    const [, heard] = await program.prints(/HEARD (.*)/);
    const [usual, small] = JSON.parse(heard);
    expect(usual).toBe(60);
    expect(small).toBeLessThan(30);
    expect(await program.exit()).toEqual({ code: 0, signal: null });
  } finally {
    socket.close();
    program.kill();
  }
});

// Deno makes an array as large as the socket's receive buffer for each datagram that it reads by node:dgram: one of megabytes
// stops it for seconds at the first burst.
test("Deno reads a burst by node:dgram", async () => {
  const { command, args } = RUNTIMES.at(-1);
  const program = new Program(command, [...args, path("flood.mjs")]);
  const socket = createSocket("udp4");
  try {
    const [, port] = await program.prints(/PORT (.*)/);
    for (let i = 0; i < 2000; i++) {
      socket.send("A".repeat(20), Number(port), "127.0.0.1");
      if (i % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const [, heard] = await program.prints(/HEARD (.*)/);
    expect(Number(heard)).toBeGreaterThan(500);
    expect(await program.exit()).toEqual({ code: 0, signal: null });
  } finally {
    socket.close();
    program.kill();
  }
});

const REQUIRE = `
  const { createRequest, parseMessage } = require("sippet");
  const request = createRequest("OPTIONS", "sip:bob@example.com", { from: "<sip:a@example.com>" });
  console.log(parseMessage(request.toString()).method, typeof require("sippet/node").udp);`;

test.each(NODES)('require("sippet") under $name', async ({ command }) => {
  const printed = await output(command, ["--no-warnings", "-e", REQUIRE], { cwd: root });
  expect(printed).toBe("OPTIONS function\n");
});

test(`workerd ${devDependencies.workerd}: parses, runs transactions, and speaks over WebSocket`, async () => {
  const relay = await startRelay();
  try {
    const variables = { RELAY: relay.address, HTTP: switchboard.http, SIP: switchboard.sip };
    const config = workerdConfig(folder, path("./"), join(root, "dist"), variables);
    const printed = await output(path("node_modules/.bin/workerd"), ["test", config]);
    const [, report] = /REPORT (.*)/.exec(printed) ?? [];
    const contract = { checks: 14, failed: [] };
    expect(JSON.parse(report)).toEqual({ parse: PARSED, transactions: TRANSACTIONS, contract, phone: PHONE });
  } finally {
    await relay.close();
  }
});

test("JSR would take the package as deno.json describes it", async () => {
  const options = { cwd: root, env: { ...process.env, NO_COLOR: "1" } };
  const args = ["publish", "--dry-run", "--allow-dirty", "--no-check"];
  const printed = await output(path("node_modules/.bin/deno"), args, options, 230_000);
  expect(printed).toContain("Success Dry run complete");
  for (const made of ["src/core/bytes.ts", "build/scalar.js", "dist/sip.wasm"]) {
    expect(printed).toContain(`/${made} (`);
  }
}, 240_000);
