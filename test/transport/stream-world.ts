// TCP and TLS transports on real sockets, and raw sockets that talk to them.

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { SipError } from "../../src/errors.ts";
import type { StreamOptions } from "../../src/transport/node/stream-options.ts";
import { tcp } from "../../src/transport/node/tcp.ts";
import type { Flow, Transport } from "../../src/transport/transport.ts";
import { encode, Recorder } from "./contract.ts";
import { CountingClock } from "./counting-clock.ts";

export const HOST = "127.0.0.1";
export const cleanups: (() => unknown)[] = [];

/** Closes whatever a test left open. */
export async function endAll(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

/** A recorder that also notes faults, and may answer them. */
export class StreamRecorder extends Recorder {
  readonly faults: { error: SipError; head: string | undefined; flow: Flow }[] = [];
  onFaultSeen: ((flow: Flow) => void) | undefined;

  onFault(error: SipError, head: Uint8Array | undefined, flow: Flow): void {
    this.faults.push({ error, head: head && new TextDecoder().decode(head), flow });
    this.onFaultSeen?.(flow);
  }
}

export interface Started<T extends Transport = Transport> {
  readonly transport: T;
  readonly recorder: StreamRecorder;
  readonly clock: CountingClock;
}

/** Starts what `make` makes; at the end it is closed, and has left no timer and no connection. */
export async function start<T extends Transport>(make: (clock: CountingClock) => T): Promise<Started<T>> {
  const clock = new CountingClock();
  const transport = make(clock);
  const recorder = new StreamRecorder();
  await transport.start(recorder);
  cleanups.push(async () => {
    await transport.close();
    expect(clock.pending.size).toBe(0);
    expect(transport.counts?.connections).toBe(0);
  });
  return { transport, recorder, clock };
}

export function startTcp(options: StreamOptions = {}): Promise<Started> {
  return start((clock) => tcp({ host: HOST, port: 0, clock, ...options }));
}

/** A raw client, and what it has read. */
export async function rawClient(port: number): Promise<{ socket: Socket; read: () => string }> {
  const socket = connect(port, HOST);
  let text = "";
  socket.on("data", (data) => {
    text += data.toString("latin1");
  });
  socket.on("error", () => {});
  cleanups.push(() => socket.destroy());
  await once(socket, "connect");
  return { socket, read: () => text };
}

/** A raw server, and the sockets that have called it. */
export async function rawServer(
  answer?: (socket: Socket) => void,
): Promise<{ port: number; sockets: Socket[]; server: Server }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    answer?.(socket);
  });
  server.listen(0, HOST);
  await once(server, "listening");
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return { port: (server.address() as { port: number }).port, sockets, server };
}

/** Waits until it is true, and fails after two seconds. */
export async function until(condition: () => boolean, what = "it"): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (condition()) return;
    await sleep(5);
  }
  throw new Error(`${what} did not come true`);
}

/** Sends on a flow; the errors that `failed` was called with come in the array. */
export function sendOn(flow: Flow, text: string): SipError[] {
  const failures: SipError[] = [];
  flow.transport.send(encode(text), flow, (error) => failures.push(error));
  return failures;
}
