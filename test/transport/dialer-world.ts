// A WebSocket client before a fake server on a virtual clock, for the tests of the client.

import { expect } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { seededRandom } from "../../src/transport/seeded.ts";
import {
  type WebSocketOptions,
  type WebSocketTransport,
  webSocket,
} from "../../src/transport/websocket-client.ts";
import { message, Recorder } from "./contract.ts";
import { type FakeWebSocket, fakeServer } from "./fake-websocket.ts";

export interface Made {
  readonly transport: WebSocketTransport;
  readonly clock: VirtualClock;
  readonly recorder: Recorder;
  readonly states: string[];
  readonly made: FakeWebSocket[];
  readonly start: Promise<void>;
  last(): FakeWebSocket;
  send(name: string): string[];
}

export const anywhere = { host: "anywhere.example", port: 5060 };
let leftovers: Made[] = [];

/** A client of a fake server on a virtual clock, started, its first attempt under way. */
export function started(options: Partial<WebSocketOptions> = {}): Made {
  const clock = new VirtualClock();
  const { WebSocket: Fake, made, last } = fakeServer();
  const states: string[] = [];
  const transport = webSocket({
    url: "wss://edge.example.com/sip",
    WebSocket: Fake,
    clock,
    random: seededRandom(5),
    onState: (state, cause) => states.push(cause ? `${state} ${cause.code}` : state),
    ...options,
  });
  const recorder = new Recorder();
  const start = transport.start(recorder);
  start.catch(() => {});
  const send = (name: string): string[] => {
    const codes: string[] = [];
    const flow = transport.flow(anywhere);
    if (!flow) throw new Error("no flow");
    transport.send(message(name), flow, (error) => codes.push(error.code));
    expect(codes).toEqual([]);
    return codes;
  };
  const all = { transport, clock, recorder, states, made, start, last, send };
  leftovers.push(all);
  return all;
}

/** Lets microtasks run: failures are told by them. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) await null;
}

/** Closes every client that was started: each scenario ends without a timer. */
export async function endClients(): Promise<void> {
  for (const { transport, clock } of leftovers) {
    const closed = transport.close();
    clock.advance(5000);
    await closed;
    expect(clock.size).toBe(0);
  }
  leftovers = [];
}
