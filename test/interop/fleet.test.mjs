// Two switchboards on two addresses, which share one Redis: users of the one are called by users of the other, and come
// back by the other when theirs is killed.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startSwitchboard } from "../browser/switchboard.mjs";
import { FleetPhone } from "./fleet-phone.mjs";
import { Front } from "./front.mjs";
import { RedisServer } from "./redis-server.mjs";

let redis;
let folder;
const programs = [];

beforeAll(async () => {
  redis = await RedisServer.start();
  folder = await mkdtemp(join(tmpdir(), "sippet-fleet-"));
  await writeFile(join(folder, "users"), "# name:password\nalice:wonder:land\nbob:builder\ncarol:singer\n");
});
afterAll(async () => {
  for (const program of programs) await program.kill();
  await redis?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A switchboard of the fleet, at an address of its own. */
async function switchboard(host) {
  const fleet = ["--redis", redis.url, "--secret", "of the fleet", "--domain", "example.com"];
  const started = await startSwitchboard(
    ...["--udp-host", host, "--http-host", host, "--t1", "100", "--drain", "15000"],
    ...[...fleet, "--users", join(folder, "users")],
  );
  programs.push(started.program);
  return started;
}

/** Ends as it should, by itself, with nothing left. */
async function finish({ program }) {
  program.interrupt();
  expect(await program.exit(), program.output).toEqual({ code: 0, signal: null });
  expect(program.output).toMatch(/^Closed after \d+ ms: 0 transactions, 0 timers$/m);
}

/** The methods that a phone got since it was asked last; the ACK may be on its way still. */
async function got(phone, count) {
  for (let tries = 0; phone.methods.length < count && tries < 100; tries++) await sleep(20);
  return phone.methods.splice(0).sort();
}

test("a fleet of two: calls from one to the other, and life after the death of one", async () => {
  const [first, second] = [await switchboard("127.0.0.1"), await switchboard("127.0.0.2")];
  const alice = new FleetPhone("alice", "wonder:land");
  const bob = new FleetPhone("bob", "builder", { overWebSocket: true });
  const carol = new FleetPhone("carol", "singer", { overWebSocket: true });
  const phones = [alice, bob, carol];
  await alice.connect(second);
  await bob.connect(first);
  await carol.connect(first);

  // One switchboard's challenge is answered to the other: they share the secret.
  const question = alice.registerRequest();
  await alice.connect(first);
  const challenge = await alice.ask(question);
  expect(challenge.status).toBe(401);
  const answer = await alice.credentials.answer(question, challenge);
  await alice.connect(second);
  expect((await alice.ask(answer)).status).toBe(200);

  // Bob keeps the name of his phone (RFC 5626), Carol does not.
  const instance = { instance: "urn:uuid:00000000-0000-1000-8000-000a95a0e128", regId: 1 };
  await alice.register();
  await bob.register(instance);
  await carol.register();

  // From UDP at the second to WebSocket at the first, and back.
  for (const [caller, callee] of [
    [alice, bob],
    [alice, carol],
    [bob, alice],
    [bob, carol],
  ]) {
    expect(await caller.call(callee)).toEqual([200, 200]);
    expect(await got(callee, 3)).toEqual(["ACK", "BYE", "INVITE"]);
  }
  // Who does not know the password calls nobody.
  const eve = new FleetPhone("alice", "guess");
  phones.push(eve);
  await eve.connect(second);
  expect(await eve.call(bob)).toEqual([407]);
  await expect(eve.register()).rejects.toThrow("refused: 401");

  await first.program.kill();
  // Nobody is at his place, and the caller hears of it.
  const [lost] = await alice.call(bob);
  expect([408, 480, 500]).toContain(lost);
  await bob.connect(second);
  await carol.connect(second);
  const { headers } = await bob.register(instance);
  // His binding has taken the place of the one behind the dead switchboard.
  expect(headers.get("Contact")).toHaveLength(1);
  await carol.register();
  for (const callee of [bob, carol]) {
    expect(await alice.call(callee)).toEqual([200, 200]);
    expect(await got(callee, 3)).toEqual(["ACK", "BYE", "INVITE"]);
  }

  expect(await Promise.all(phones.map((phone) => phone.close()))).toEqual([0, 0, 0, 0]);
  await finish(second);
}, 120_000);

test("a fleet behind a dispatcher: any machine takes any request, and one may die", async () => {
  const [first, second] = [await switchboard("127.0.0.1"), await switchboard("127.0.0.2")];
  const front = await Front.start([first.sip, second.sip]);
  try {
    const [alice, bob] = [new FleetPhone("alice", "wonder:land"), new FleetPhone("bob", "builder")];
    for (const phone of [alice, bob]) {
      await phone.connect(front);
      // The answer to one's challenge goes to the other.
      await phone.register();
    }
    const calls = async () => {
      for (const [caller, callee] of [
        [alice, bob],
        [bob, alice],
        [alice, bob],
      ]) {
        expect(await caller.call(callee), second.program.output + front.output).toEqual([200, 200]);
        expect(await got(callee, 3)).toEqual(["ACK", "BYE", "INVITE"]);
      }
    };
    await calls();
    for (const { program } of [first, second]) expect(program.output).toMatch(/→ REGISTER[\s\S]*→ INVITE/);

    await first.program.kill();
    await calls();
    await bob.register();
    expect(await Promise.all([alice, bob].map((phone) => phone.close()))).toEqual([0, 0]);
  } finally {
    await front.stop();
  }
  await finish(second);
}, 120_000);

test("a switchboard without its Redis answers 503, and works when it is there", async () => {
  await redis.kill();
  const only = await switchboard("127.0.0.1");
  const alice = new FleetPhone("alice", "wonder:land");
  const bob = new FleetPhone("bob", "builder", { overWebSocket: true });
  await alice.connect(only);
  await bob.connect(only);
  await expect(bob.register()).rejects.toThrow("refused: 503");
  expect(await alice.call(bob)).toEqual([503]);
  await redis.start();
  let registered;
  for (let tries = 0; !registered && tries < 100; tries++) {
    registered = await bob.register().catch(() => sleep(100));
  }
  expect(registered?.status).toBe(200);
  expect(await alice.call(bob)).toEqual([200, 200]);
  expect(await Promise.all([alice, bob].map((phone) => phone.close()))).toEqual([0, 0]);
  await finish(only);
});
