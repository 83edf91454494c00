// RedisLocation over a double: the contract, and what becomes of it when Redis is away. Over a real server:
// test/interop/redis.test.mjs.

import { createClient } from "redis";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../src/clock.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import { RedisLocation, type RedisLocationOptions } from "../../src/redis/redis-location.ts";
import type { Binding } from "../../src/registrar/location.ts";
import { locationContract } from "../registrar/location-contract.ts";
import { FakeRedis } from "./fake-redis.ts";

locationContract("RedisLocation", () => {
  const [client, clock] = [new FakeRedis(), new VirtualClock()];
  const machine = () => new RedisLocation({ client, clock, now: () => clock.now() });
  return {
    machines: [machine(), machine()],
    pass: (milliseconds) => clock.advance(milliseconds),
    close: () => expect(clock.size).toBe(0),
  };
});

function world(options: Partial<RedisLocationOptions> = {}) {
  const [client, clock, errors] = [new FakeRedis(), new VirtualClock(), [] as Error[]];
  const onError = (error: Error) => void errors.push(error);
  const location = new RedisLocation({ client, clock, now: () => clock.now(), onError, ...options });
  const binding: Binding = { contact: "<sip:a@b>", expires: 60_000, q: 1, callId: "c", cseq: 1, path: [] };
  return { client, clock, errors, location, register: () => location.update("bob", () => [binding]) };
}

const DOWN = { code: "transport_failed", status: 503 };

describe("Redis", () => {
  it("is asked by a client of the package redis", () => {
    const client: RedisClient = createClient();
    expect(new RedisLocation({ client }).pending).toBe(0);
  });

  it("is asked by one update of an address-of-record after the other, and not to write what is there", async () => {
    const { client, location, register, clock } = world();
    const add = (callId: string) =>
      location.update("bob", (known) => [
        ...known,
        { contact: `<sip:${callId}@b>`, expires: 60_000, q: 1, callId, cseq: 1, path: [] },
      ]);
    const [one, two] = [add("1"), add("2")];
    await one;
    // Two commands each: nobody was overtaken.
    await Promise.all([two, add("3")]);
    expect([client.asked, (await location.find("bob"))?.map(({ callId }) => callId)]).toEqual([
      6,
      ["1", "2", "3"],
    ]);
    await register();
    const before = client.asked;
    await register();
    expect([client.asked - before, clock.size]).toEqual([1, 0]);
  });

  it("is not asked any more by who has waited for his turn too long", async () => {
    const { client, clock, register } = world({ timeout: 300 });
    client.silent = true;
    const both = Promise.allSettled([register(), register()]);
    await clock.advanceAsync(300);
    const [first, second] = ((await both) as PromiseRejectedResult[]).map(({ reason }) => reason.message);
    expect([first, second, client.asked]).toEqual([
      "no answer of Redis within 300 ms",
      "no turn at Redis within 300 ms",
      1,
    ]);
  });

  it("that is not connected is not asked", async () => {
    const { client, location, register, clock } = world();
    client.isReady = false;
    await expect(register()).rejects.toMatchObject(DOWN);
    await expect(location.find("bob")).rejects.toMatchObject(DOWN);
    expect([client.asked, clock.size, location.pending]).toEqual([0, 0, 0]);
    client.isReady = true;
    expect(await register()).toBe(true);
  });

  it("that is silent is not waited for without end, and asked no more when it owes too much", async () => {
    const { client, clock, errors, location, register } = world({ timeout: 300, limit: 2 });
    client.silent = true;
    const waiting = Promise.allSettled([register(), location.find("bob")]);
    await expect(location.find("bob")).rejects.toMatchObject({
      ...DOWN,
      message: "Redis owes too many answers",
    });
    clock.advance(300);
    for (const { reason } of (await waiting) as PromiseRejectedResult[]) expect(reason).toMatchObject(DOWN);
    expect([errors.length, clock.size, client.asked, location.pending]).toEqual([2, 0, 2, 2]);
  });

  it("that refuses or throws is a 503, and its owner is told", async () => {
    const { client, clock, errors, location, register } = world();
    client.refusal = "LOADING Redis is loading the dataset in memory";
    await expect(register()).rejects.toMatchObject(DOWN);
    client.refusal = undefined;
    client.thrown = new Error("broken client");
    await expect(location.find("bob")).rejects.toMatchObject(DOWN);
    client.thrown = undefined;
    for (const listener of client.listeners) listener(new Error("connection lost"));
    expect(errors.map(({ message }) => message)).toEqual([
      "Redis: LOADING Redis is loading the dataset in memory",
      "Redis: broken client",
      "connection lost",
    ]);
    expect([clock.size, location.pending]).toEqual([0, 0]);
    expect(await register()).toBe(true);
  });

  it.each([
    "OOM command not allowed when used memory > 'maxmemory'.",
    // Of Redis before 7, where a script is told of it.
    "ERR Error running script (call to f_1): @user_script:3: @user_script: 3: -OOM command not allowed when used memory > 'maxmemory'.",
  ])("that is full has no room: %s", async (refusal) => {
    const { client, location, register, errors } = world();
    expect(await location.find("bob")).toBeUndefined();
    const answer = client.get.bind(client);
    client.get = (key) => {
      client.refusal = undefined;
      const found = answer(key);
      client.refusal = refusal;
      return found;
    };
    expect([await register(), errors]).toEqual([false, []]);
  });

  it("keeps a key until its last binding is over, and a while longer", async () => {
    const { client, location, register } = world({ prefix: "test:", remember: 1000 });
    await register();
    expect([...client.lives]).toEqual([["test:bob", 61_000]]);
    await location.update("bob", () => []);
    expect([...client.lives]).toEqual([["test:bob", 1000]]);
  });

  it.each([
    [0, 60_000, 1],
    [0.5, 60_001, 1],
    [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])(
    "is asked to keep a key for a whole number of milliseconds, with remember: %s",
    async (remember, there, gone) => {
      const { client, location, register } = world({ remember });
      await register();
      expect([...client.lives.values()]).toEqual([there]);
      await location.update("bob", () => []);
      expect([...client.lives.values()]).toEqual([gone]);
    },
  );

  it("with what nobody of us has written is a fault that another try does not mend", async () => {
    const { client, location, register } = world();
    const binding = { contact: "<sip:bob@h>", expires: 1e15, q: 1, callId: "c", cseq: 1, path: [] };
    const other = (part: object) => JSON.stringify([{ ...binding, ...part }]);
    const bad = [
      { path: "x" },
      { path: [1] },
      { path: null },
      { contact: 1 },
      { expires: "1" },
      { flow: 5 },
      { edge: [] },
    ];
    for (const strange of ["{}", "not JSON", "[null]", "[1]", "[{}]", ...bad.map(other)]) {
      client.values.set("sippet:bob", strange);
      await expect(location.find("bob")).rejects.toMatchObject({ code: "core_failed", status: 500 });
      await expect(register()).rejects.toMatchObject({ code: "core_failed" });
    }
  });

  it("whose client gives octets for texts is not taken for empty, nor for having written", async () => {
    const { client, location, register } = world();
    const fault = { code: "core_failed", status: 500 };
    // What a lost race brings.
    client.eval = async () => new TextEncoder().encode("[]") as never;
    await expect(register()).rejects.toMatchObject(fault);
    client.get = async () => new TextEncoder().encode("[]") as never;
    await expect(register()).rejects.toMatchObject(fault);
    await expect(location.find("bob")).rejects.toMatchObject(fault);
  });

  it("is told apart from its owner's own faults", async () => {
    const { client, location, register } = world({
      onError() {
        throw new Error("a handler that throws");
      },
    });
    client.refusal = "NOAUTH";
    await expect(register()).rejects.toMatchObject(DOWN);
    for (const listener of client.listeners) expect(() => listener(new Error("lost"))).not.toThrow();
    expect(location.pending).toBe(0);
  });
});
