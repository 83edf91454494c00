// Run: `npm run soak -- --seconds N --seed N`: one server over UDP, TCP and WebSocket under valid calls, torture
// messages and mutants, loss, and 2,000 connections that come and go (--connections N). Exit code 1 unless every valid
// call completed, every connection was answered, in a run of minutes half of them stood at once, the heap after garbage
// collection is where it was after the first quarter, and every file descriptor is closed.

import { createSocket } from "node:dgram";
import { readdirSync, readlinkSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";
import { bytes } from "../../src/core/bytes.ts";
import { useInline } from "../../src/core/init.ts";
import { createAck } from "../../src/message/create-ack.ts";
import { createRequest } from "../../src/message/create-request.ts";
import type { Core } from "../../src/stack/core.ts";
import { Stack } from "../../src/stack/stack.ts";
import { tcp } from "../../src/transport/node/tcp.ts";
import { udp } from "../../src/transport/node/udp.ts";
import { webSocketServer } from "../../src/transport/node/websocket-server.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { webSocket } from "../../src/transport/websocket-client.ts";
import { rng } from "../core/rng.ts";
import { makeWork, mutate } from "../fuzz/mutate.ts";
import { loadSeeds } from "../fuzz/seeds.ts";

useInline(bytes);
const { values } = parseArgs({
  options: { seconds: { type: "string" }, seed: { type: "string" }, connections: { type: "string" } },
});
const seconds = Number(values.seconds ?? 60);
const crowd = Number(values.connections ?? 2000);
const random = rng(Number(values.seed ?? 3261));
const own = { host: "127.0.0.1", port: 0 };
const timers = { t1: 100, t2: 400, t4: 400 };
const quiet: Core = { onRequest() {}, onResponse() {}, onError() {} };
const seeds = await loadSeeds();
const counts = { calls: 0, failed: 0, noise: 0, connections: 0, visits: 0, unanswered: 0, peak: 0 };
const faults: string[] = [];
const gc = (globalThis as { gc?: () => void }).gc;
if (!gc) throw new Error("run it by npm run soak: it needs --expose-gc");

process.on("uncaughtException", (error) => faults.push(`crash: ${error.stack}`));
process.on("unhandledRejection", (error) => faults.push(`unhandled rejection: ${error}`));

/** Open sockets and files, where the system shows them; by name: each socket has one of its own. */
function descriptors(): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      return []; // The one that the folder itself was read by.
    }
  });
}

/** Loses one datagram in ten. What the server says to an INVITE comes through: this core does not repeat its 2xx. */
function losing(transport: Transport, keep: RegExp): Transport {
  const send = transport.send.bind(transport);
  transport.send = (data, flow, failed) => {
    if (random.below(10) > 0 || keep.test(Buffer.from(data).toString("latin1"))) send(data, flow, failed);
  };
  return transport;
}

/** A torture message or another seed, as it is or changed. */
function garbage(): Uint8Array {
  const seed = seeds[random.below(seeds.length)]!;
  if (random.below(4) === 0) return seed;
  const work = makeWork();
  work.data.set(seed);
  work.length = seed.length;
  mutate(random, work, seeds[random.below(seeds.length)]!);
  return work.data.slice(0, work.length);
}

const before = descriptors();
const listening = [losing(udp(own), /^CSeq: \d+ INVITE\r$/m), tcp(own), webSocketServer(own)] as const;
const server = new Stack({
  transports: listening,
  timers,
  core: {
    ...quiet,
    onRequest(request, transaction) {
      if (request.method === "INVITE") transaction?.respond(180);
      transaction?.respond(200);
    },
  },
});
await server.start();
const [udpPort, tcpPort, wsPort] = listening.map(({ local }) => local.port) as [number, number, number];

/** One valid call on a client's stack: INVITE, ACK, BYE; now and then a MESSAGE. */
async function call(stack: Stack, uri: string): Promise<void> {
  counts.calls++;
  const from = `<sip:a@example.com>;tag=t${counts.calls}`;
  try {
    const invite = createRequest("INVITE", uri, { from });
    const sent = stack.send(invite);
    const answer = await sent.final;
    if (answer.status !== 200) throw new Error(`INVITE got ${answer.status}`);
    stack.sendStateless(createAck(sent.request, answer));
    const to = answer.headers.get("To")!;
    const bye = await stack.send(createRequest("BYE", uri, { from, to })).final;
    const message = await stack.send(createRequest("MESSAGE", uri, { from })).final;
    if (bye.status !== 200 || message.status !== 200) throw new Error(`${bye.status}, ${message.status}`);
  } catch (error) {
    counts.failed++;
    if (faults.length < 10) faults.push(`a call over ${stack.transports[0]!.protocol} failed: ${error}`);
  }
}

/** A client that comes, calls a few times and goes, again and again. */
async function clients(make: () => Transport, uri: string, until: number): Promise<void> {
  while (performance.now() < until) {
    const stack = new Stack({ transports: [make()], core: quiet, timers });
    await stack.start();
    for (let i = 0; i < 5 && performance.now() < until; i++) await call(stack, uri);
    await stack.close();
  }
}

/** Garbage in datagrams, on TCP connections that are cut and in frames. */
async function noise(until: number): Promise<void> {
  const socket = createSocket("udp4");
  while (performance.now() < until) {
    for (let i = 0; i < 10; i++) {
      const data = garbage();
      if (data.length < 60_000) socket.send(data, udpPort, own.host);
    }
    const stream = connect(tcpPort, own.host).on("error", () => {});
    const end = (): void => void (random.below(2) ? stream.destroy() : stream.resetAndDestroy());
    stream.on("connect", () => stream.write(garbage(), () => setTimeout(end, random.below(200))));
    const frames = new WebSocket(`ws://${own.host}:${wsPort}`, "sip").on("error", () => {});
    frames.on("open", () => {
      frames.send(garbage());
      setTimeout(() => (random.below(2) ? frames.close() : frames.terminate()), random.below(200));
    });
    counts.noise += 12;
    counts.connections += 2;
    await sleep(20);
  }
  socket.close();
}

const PING = "\r\n\r\n";

/** Comes over a stream or a WebSocket, asks something, stays a while and goes, politely or not; again and again. */
async function visitor(number: number, until: number): Promise<void> {
  while (performance.now() < until) {
    // As fast as the machine lets them, and no faster: who is slow to answer is not to be drowned.
    if (arriving >= DOOR) {
      await sleep(200 + random.below(1000));
      continue;
    }
    arriving++;
    counts.visits++;
    const { answered, leave } = await (number % 2 ? visitByStream() : visitByFrames()).finally(
      () => void arriving--,
    );
    if (!answered) counts.unanswered++;
    present++;
    counts.peak = Math.max(counts.peak, present);
    // Nobody goes before all are there.
    const stay = 1000 + random.below(8000);
    for (let began = performance.now(); performance.now() < until; await sleep(1000)) {
      if (present < crowd && counts.peak < crowd) began = performance.now();
      if (performance.now() - began > stay) break;
    }
    present--;
    leave();
  }
}

/** How many may be on their way in at once; how many are; how many have been answered, and stay. */
const DOOR = 64;
let arriving = 0;
let present = 0;

interface Visit {
  readonly answered: boolean;
  leave(): void;
}

/** How long an answer may take on a busy machine. */
const PATIENCE = 30_000;

/** A ping, and whether the pong came. */
async function visitByStream(): Promise<Visit> {
  const socket = connect(tcpPort, own.host).on("error", () => {});
  const answer = new Promise<boolean>((resolve) => {
    socket.on("connect", () => socket.write(PING));
    socket.on("data", () => resolve(true));
    socket.on("close", () => resolve(false));
  });
  const ways = [() => socket.end(), () => socket.destroy(), () => socket.resetAndDestroy()];
  return { answered: await within(answer), leave: () => void ways[random.below(ways.length)]!() };
}

/** An OPTIONS, and whether its 200 came. */
async function visitByFrames(): Promise<Visit> {
  const socket = new WebSocket(wsUrl, "sip").on("error", () => {});
  const mark = `v${counts.visits}`;
  const lines = [
    "OPTIONS sip:b@example.com SIP/2.0",
    `Via: SIP/2.0/WS ${mark}.invalid;branch=z9hG4bK${mark}`,
    "Max-Forwards: 70",
    "To: <sip:b@example.com>",
    `From: <sip:${mark}@example.com>;tag=${mark}`,
    `Call-ID: ${mark}`,
    "CSeq: 1 OPTIONS",
    "Content-Length: 0",
  ];
  const answer = new Promise<boolean>((resolve) => {
    socket.on("open", () => socket.send(`${lines.join("\r\n")}\r\n\r\n`));
    socket.on("message", (data) => resolve(String(data).startsWith("SIP/2.0 200 ")));
    socket.on("close", () => resolve(false));
  });
  const leave = (): void => (random.below(2) ? socket.close() : socket.terminate());
  return { answered: await within(answer), leave };
}

async function within(answer: Promise<boolean>): Promise<boolean> {
  const gone = new AbortController();
  const late = sleep(PATIENCE, false, { signal: gone.signal }).catch(() => false);
  const came = await Promise.race([answer, late]);
  gone.abort();
  return came;
}

const WS = WebSocket as unknown as NonNullable<Parameters<typeof webSocket>[0]["WebSocket"]>;
const wsUrl = `ws://${own.host}:${wsPort}`;

/** Everything at once for so long, then a rest until the transactions are over; the heap after it, in MB. */
async function round(milliseconds: number): Promise<number> {
  const until = performance.now() + milliseconds;
  const lossy = (): Transport => losing(udp(own), /^$/);
  await Promise.all([
    ...Array.from({ length: 8 }, () => clients(lossy, `sip:b@${own.host}:${udpPort}`, until)),
    ...Array.from({ length: 8 }, () =>
      clients(() => tcp(own), `sip:b@${own.host}:${tcpPort};transport=tcp`, until),
    ),
    ...Array.from({ length: 8 }, () =>
      clients(() => webSocket({ url: wsUrl, WebSocket: WS }), `sip:b@${own.host};transport=ws`, until),
    ),
    noise(until),
    ...Array.from({ length: crowd }, (_, i) => visitor(i, until)),
  ]);
  await sleep(64 * timers.t1 + 2 * timers.t4 + 500);
  for (let i = 0; i < 3; i++) {
    gc?.();
    await sleep(20);
  }
  return process.memoryUsage().heapUsed / 1e6;
}

const first = await round(250 * seconds);
const last = await round(750 * seconds);
const { client, server: servers, timers: pending } = server.stats.transactions;
await server.close();
await sleep(500);
const after = descriptors();
console.log(
  JSON.stringify({ seconds, ...counts, heap: [first, last], descriptors: [before.length, after.length] }),
);
// What V8 compiles meanwhile stays; a leak of one transaction a call would be far above this.
if (last > first * 1.1 + 2) faults.push(`the heap grew from ${first} to ${last} MB`);
const left = after.filter((each) => !before.includes(each));
if (left.length > 0) faults.push(`descriptors left: ${left.join(", ")}`);
if (client + servers + pending > 0)
  faults.push(`left: ${client} + ${servers} transactions, ${pending} timers`);
if (counts.unanswered > 0) faults.push(`${counts.unanswered} of ${counts.visits} connections got no answer`);
// A minute may not be enough for them on a slow machine.
if (seconds >= 300 && counts.peak < crowd / 2)
  faults.push(`no more than ${counts.peak} of ${crowd} connections stood at once`);
if (counts.calls === 0 || counts.noise === 0) faults.push("nothing was done");
for (const fault of faults) console.log(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
