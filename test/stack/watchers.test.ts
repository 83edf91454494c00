// Callbacks that only look on may be async functions: what they reject with ends nothing, least of all the process.

import { afterEach, beforeEach, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import { UserCode } from "../../src/dialog/user-code.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { RedisLocation } from "../../src/redis/redis-location.ts";
import { Registration } from "../../src/registration/registration.ts";
import { congestion } from "../../src/stack/congestion.ts";
import { resolver } from "../../src/stack/resolve/sip-resolver.ts";
import { webSocket } from "../../src/transport/websocket-client.ts";
import { FakeRedis } from "../redis/fake-redis.ts";
import { Recorder } from "../transport/contract.ts";
import { fakeServer } from "../transport/fake-websocket.ts";
import { to, World } from "./support.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});

afterEach(() => {
  process.off("unhandledRejection", note);
});

/** How often it was called counts. */
function rejecting(): { (): Promise<void>; calls: number } {
  const callback = Object.assign(
    async () => {
      callback.calls++;
      throw new Error("rejected by a callback");
    },
    { calls: 0 },
  );
  return callback;
}

/** Node looks for rejections that nobody has taken behind each turn. */
async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
}

it("tap and onRefused", async () => {
  const world = new World();
  const [tap, onRefused] = [rejecting(), rejecting()];
  const bob = await world.started({}, { tap, onRefused });
  const wire = await world.wire();
  wire.send("garbage\r\n\r\n", bob.stack.transports[0]!);
  await world.pass();
  await turn();
  expect([tap.calls, onRefused.calls]).toEqual([1, 1]);
  expect(bob.errors.map(({ code }) => code)).toEqual(["core_failed"]);
});

it("onLevel", async () => {
  const onLevel = rejecting();
  const clock = new VirtualClock();
  const gate = congestion({ onLevel });
  gate.open({ clock, transactions: 1_000_000 } as never);
  clock.advance(100);
  gate.close();
  await turn();
  expect(onLevel.calls).toBe(1);
});

it("onSwitch", async () => {
  const onSwitch = rejecting();
  const world = new World();
  const host = "10.7.7.7";
  const both = (at: { host?: string }) =>
    ["UDP", "TCP"].map((protocol) => world.network.transport({ protocol, ...at }));
  await world.started({}, { transports: both({ host }) });
  const found = resolver({ dns: false, clock: world.clock, onSwitch });
  const alice = await world.started({}, { transports: both({}), resolver: found });
  const request = createRequest("MESSAGE", `sip:${host}`, { from: "<sip:a@b>;tag=1" });
  request.body = "x".repeat(2000);
  const sent = alice.stack.send(request);
  for (let i = 0; i < 5; i++) await world.pass();
  await sent.final;
  await turn();
  expect(onSwitch.calls).toBe(1);
});

it("onState", async () => {
  const onState = rejecting();
  const { WebSocket, last } = fakeServer();
  const transport = webSocket({ url: "ws://edge.example.com", WebSocket, onState });
  const recorder = new Recorder();
  const start = transport.start(recorder);
  last().accept();
  await start;
  await turn();
  const closed = transport.close();
  last().end();
  await closed;
  await turn();
  expect([onState.calls, ...recorder.errors.map(({ code }) => code)]).toEqual([
    3,
    "core_failed",
    "core_failed",
    "core_failed",
  ]);
});

it("onRegistered and onFailed", async () => {
  const [onRegistered, onFailed] = [rejecting(), rejecting()];
  const world = new World();
  const bob = await world.started({
    onRequest: (request, transaction) => {
      const contact = request.headers.first("Contact");
      const response = request.createResponse(bob.requests.length === 1 ? 200 : 403);
      if (contact) response.headers.set("Contact", contact);
      transaction?.respond(response);
    },
  });
  const alice = await world.started();
  const registration = new Registration({
    stack: alice.stack,
    registrar: String(to(bob).uri.with({ user: undefined })),
    aor: "sip:alice@example.com",
    contact: "<sip:alice@10.0.0.9>",
    onRegistered,
    onFailed,
  });
  await world.pass();
  await turn();
  registration.refresh();
  await world.pass();
  await turn();
  expect([onRegistered.calls, onFailed.calls]).toEqual([1, 1]);
  registration.close();
});

it("onError of a RedisLocation and of a UserAgent", async () => {
  const onError = rejecting();
  const client = new FakeRedis();
  new RedisLocation({ client, onError });
  for (const listener of client.listeners) listener(new Error("lost"));
  new UserCode(onError).report(new Error("reported"));
  await turn();
  expect(onError.calls).toBe(2);
});
