// The location service in Redis, on a real server: what every location service does; killed and started again in the
// middle; silent; full; and two registrars that share it.

import { setTimeout as sleep } from "node:timers/promises";
import { RedisLocation } from "sippet/redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { locationContract } from "../registrar/location-contract.ts";
import { RedisServer } from "./redis-server.mjs";
import { Client, RegistrarNode } from "./registrar-node.mjs";

let server;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server?.close());

let runs = 0;
locationContract("RedisLocation with redis-server", async () => {
  let ahead = 0;
  const prefix = `contract-${runs++}:`;
  const clients = await Promise.all([server.client(), server.client()]);
  const now = () => Date.now() + ahead;
  return {
    machines: clients.map((client) => new RedisLocation({ client, prefix, now, timeout: 10_000 })),
    pass(milliseconds) {
      ahead += milliseconds;
    },
    async close() {
      for (const client of clients) await client.close();
    },
  };
});

/** Sockets of this process, by kind. */
const sockets = () => process.getActiveResourcesInfo().filter((name) => /^(?:UDP|TCP)/.test(name)).length;

describe("registrars", () => {
  let before;
  let nodes = [];
  beforeEach(() => {
    before = sockets();
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ stack }) => stack.close()));
  });

  async function start(...made) {
    nodes = made;
    for (const node of made) await node.start();
    return made;
  }

  /** All has ended by itself: no transactions, timers, commands, faults, sockets. */
  async function finish(...clients) {
    expect(await Promise.all(nodes.map((node) => node.drain()))).toEqual(nodes.map(() => ({})));
    expect(nodes.flatMap(({ faults }) => faults)).toEqual([]);
    for (const client of clients) await client.close();
    for (let tries = 0; sockets() > before && tries < 100; tries++) await sleep(20);
    expect(sockets()).toBeLessThanOrEqual(before);
  }

  test("lose no binding that they have acknowledged, when Redis is killed and comes back", async () => {
    const redis = await server.client();
    const [node, client] = await start(new RegistrarNode(redis, { timeout: 5000 }), new Client());
    /** By user, what was answered 200 last. */
    const acknowledged = new Map();
    const statuses = { before: [], killed: [], down: [], after: [] };
    const retryAfter = new Set();
    let phase = "before";
    const asked = [];
    const register = async (number) => {
      const [user, cseq, began] = [`load-${number % 40}`, 1 + Math.floor(number / 40), phase];
      const response = await client.register(node, user, { cseq, contact: user });
      if (began === phase) statuses[phase].push(response.status);
      if (response.status === 503) retryAfter.add(...response.headers.raw("Retry-After"));
      else if (response.status === 200) acknowledged.set(user, Math.max(cseq, acknowledged.get(user) ?? 0));
    };
    let number = 0;
    const load = async (milliseconds) => {
      for (const end = performance.now() + milliseconds; performance.now() < end; await sleep(10))
        asked.push(register(number++));
    };

    await load(1500);
    // In the middle: requests are under way.
    phase = "killed";
    await Promise.all([server.kill(), load(300)]);
    phase = "down";
    await load(1000);
    const call = await client.call(node, "load-1");
    expect([call.status, call.headers.raw("Retry-After")]).toEqual([503, ["5"]]);
    // What still waits for Redis finds it again.
    phase = "coming";
    await server.start();
    for (let tries = 0; !redis.isReady && tries < 250; tries++) await sleep(20);
    phase = "after";
    await load(1000);
    await Promise.all(asked);

    expect(new Set(statuses.before)).toEqual(new Set([200]));
    expect(statuses.down.length).toBeGreaterThan(5);
    expect(new Set(statuses.down)).toEqual(new Set([503]));
    expect(statuses.after.length).toBeGreaterThan(5);
    expect(new Set(statuses.after)).toEqual(new Set([200]));
    expect(retryAfter).toEqual(new Set(["5"]));
    expect(Math.max(...client.took)).toBeLessThan(8000);
    expect(node.troubles.length).toBeGreaterThan(0);

    // Killed once more: what holds now comes from the disk alone.
    await server.kill();
    await server.start();
    const other = await server.client();
    const location = new RedisLocation({ client: other, timeout: 10_000 });
    expect(acknowledged.size).toBe(40);
    for (const [user, cseq] of acknowledged) {
      const [binding, ...more] = (await location.find(`sip:${user}@example.com`)) ?? [];
      expect(more, user).toEqual([]);
      expect(binding?.cseq, user).toBeGreaterThanOrEqual(cseq);
      expect(binding.contact).toBe(`<sip:${user}@127.0.0.1:9>`);
    }
    await finish(redis, other);
  });

  test("answer 503 in time while Redis is silent, and go on when it is not", async () => {
    const redis = await server.client({
      pingInterval: 500,
      socket: { socketTimeout: 2000, reconnectStrategy: () => 100 },
    });
    const [node, client] = await start(new RegistrarNode(redis, { timeout: 400 }), new Client());
    expect((await client.register(node, "silent", { cseq: 1 })).status).toBe(200);
    server.halt();
    const answers = await Promise.all([
      client.register(node, "silent", { cseq: 2 }),
      client.register(node, "silent", { cseq: 3 }),
      client.call(node, "silent"),
    ]);
    expect(answers.map(({ status, headers }) => [status, headers.raw("Retry-After")])).toEqual([
      [503, ["5"]],
      [503, ["5"]],
      [503, ["5"]],
    ]);
    expect(Math.max(...client.took)).toBeLessThan(2000);
    // Without a word from the other side the connection is given up in the end.
    for (let tries = 0; redis.isReady && tries < 250; tries++) await sleep(20);
    expect(redis.isReady).toBe(false);
    server.halt("SIGCONT");
    for (let tries = 0; !redis.isReady && tries < 250; tries++) await sleep(20);
    for (let tries = 0; node.location.pending > 0 && tries < 250; tries++) await sleep(20);
    let status;
    for (let cseq = 4; status !== 200 && cseq < 20; cseq++)
      ({ status } = await client.register(node, "silent", { cseq }));
    expect(status).toBe(200);
    await finish(redis);
  });

  test("answer 503 with a longer Retry-After while Redis is full", async () => {
    const redis = await server.client();
    const [node, client] = await start(new RegistrarNode(redis), new Client());
    await redis.configSet("maxmemory", "1");
    const full = await client.register(node, "full");
    expect([full.status, full.headers.raw("Retry-After")]).toEqual([503, ["60"]]);
    await redis.configSet("maxmemory", "0");
    expect((await client.register(node, "full", { cseq: 2 })).status).toBe(200);
    await finish(redis);
  });

  test("that share it and race keep to the order of CSeq, and lose no Contact", async () => {
    const clients = await Promise.all([server.client(), server.client()]);
    const [one, other, client] = await start(
      ...clients.map((each) => new RegistrarNode(each, { timeout: 10_000 })),
      new Client(),
    );
    for (let round = 0; round < 20; round++) {
      const user = `race-${round}`;
      const contact = user;
      const answers = await Promise.all([
        client.register(one, user, { cseq: 2, contact }),
        client.register(other, user, { cseq: 1, contact }),
      ]);
      // The lower one is too late, or the higher one has replaced it.
      expect(answers[0].status).toBe(200);
      expect([200, 500]).toContain(answers[1].status);
      expect((await one.location.find(`sip:${user}@example.com`)).map(({ cseq }) => cseq)).toEqual([2]);
      const same = await Promise.all([
        client.register(one, user, { cseq: 3, contact }),
        client.register(other, user, { cseq: 3, contact }),
      ]);
      expect(same.map(({ status }) => status).sort()).toEqual([200, 500]);
    }
    const many = Array.from({ length: 30 }, (_, index) => index);
    const answers = await Promise.all(
      many.map((index) =>
        client.register(index % 2 ? one : other, "many", {
          callId: `phone-${index}`,
          contact: `phone-${index}`,
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(many.map(() => 200));
    expect(await other.location.find("sip:many@example.com")).toHaveLength(30);
    await finish(...clients);
  });
});
