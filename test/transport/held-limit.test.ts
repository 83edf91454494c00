// What all connections of a transport hold together: of messages that do not end, and for peers that do not read.

import { afterEach, expect, it, vi } from "vitest";
import * as webSockets from "./listener-world.ts";
import { endAll, rawClient, sendOn, startTcp, until } from "./stream-world.ts";

afterEach(endAll);
afterEach(webSockets.endAll);

const head = (length: number): string => `OPTIONS sip:a SIP/2.0\r\nContent-Length: ${length}\r\n\r\n`;
const whole = `${head(0)}`;

it("has a limit: the connection that holds most is dropped, and the others go on", async () => {
  const { transport, recorder } = await startTcp({ heldLimit: 100_000 });
  const { port } = transport.local;
  const modest = await rawClient(port);
  modest.socket.write(whole.slice(0, 20));
  await until(() => transport.counts!.held! > 0);
  const greedy = await rawClient(port);
  greedy.socket.write(head(900_000) + "x".repeat(60_000));
  await until(() => transport.counts!.held! >= 60_000);
  expect(transport.counts).toMatchObject({ connections: 2, shed: 0 });
  greedy.socket.write("x".repeat(60_000));
  await until(() => greedy.socket.closed);
  expect(recorder.closed).toMatchObject([{ error: { code: "overloaded" } }]);
  expect(transport.counts).toMatchObject({ connections: 1, shed: 1 });
  modest.socket.write(whole.slice(20));
  await until(() => recorder.messages.length === 1);
  expect(transport.counts).toMatchObject({ held: 0, shed: 1 });
});

it("counts what a peer does not read, and no more once it has read it or is gone", async () => {
  const { transport, recorder } = await startTcp({ heldLimit: 20e6, sendLimit: 1e9 });
  const clients = [await rawClient(transport.local.port), await rawClient(transport.local.port)];
  for (const { socket } of clients) {
    socket.pause();
    socket.write(whole);
  }
  await until(() => recorder.messages.length === 2);
  const [deaf, other] = recorder.messages.map(({ flow }) => flow);
  const answer = "SIP/2.0 200 OK\r\n".padEnd(1e6, "x");
  for (let i = 0; i < 16; i++) sendOn(deaf!, answer);
  for (let i = 0; i < 8; i++) sendOn(other!, answer);
  await until(() => recorder.closed.length === 1);
  expect(recorder.closed[0]).toMatchObject({ flow: deaf, error: { code: "overloaded" } });
  for (const { socket } of clients) socket.resume();
  await until(() => transport.counts!.held === 0);
  expect(transport.counts).toMatchObject({ connections: 1, shed: 1 });
});

it("counts what has come over a WebSocket since its last whole message", async () => {
  const { transport, recorder, url } = await webSockets.started({ heldLimit: 100_000 });
  const client = await webSockets.connected(url);
  client.socket.send(whole);
  await vi.waitUntil(() => recorder.messages.length === 1);
  expect(transport.counts).toMatchObject({ held: 0, shed: 0 });
  for (const how of ["ping", "pong"] as const) {
    client.socket[how]("x".repeat(100));
    await webSockets.connected(url);
    expect(transport.counts).toMatchObject({ held: 0 });
  }
  const greedy = await webSockets.deafClient({ port: transport.local.port });
  const pong = Buffer.concat([Buffer.from([0x8a, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)]);
  // Each piece of one octet is kept with all that is read with it.
  for (let i = 0; i < 40; i++) {
    greedy.write(Buffer.from([i === 0 ? 0x01 : 0x00, 0x81, 0, 0, 0, 0, 65]));
    for (let k = 0; k < 30; k++) greedy.write(pong);
  }
  await vi.waitUntil(() => recorder.closed.length === 1);
  expect(recorder.closed).toMatchObject([{ error: { code: "overloaded" } }]);
  expect(transport.counts).toMatchObject({ connections: 3, held: 0, shed: 1 });
  client.socket.send(whole);
  await vi.waitUntil(() => recorder.messages.length === 2);
});

it("counts what a WebSocket client does not read", async () => {
  const { transport, recorder } = await webSockets.started({ heldLimit: 20e6, sendLimit: 1e9 });
  const socket = await webSockets.deafClient({ port: transport.local.port });
  const text = Buffer.from(whole);
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  await vi.waitUntil(() => recorder.messages.length === 1);
  const { flow } = recorder.messages[0]!;
  for (let i = 0; i < 32; i++) sendOn(flow, "SIP/2.0 200 OK\r\n".padEnd(1e6, "x"));
  await vi.waitUntil(() => recorder.closed.length === 1);
  expect(recorder.closed).toMatchObject([{ error: { code: "overloaded" } }]);
  expect(transport.counts).toMatchObject({ connections: 0, held: 0, shed: 1 });
});
