// What a user agent that closes leaves to its stack: no INVITE that waits for an answer, which may never come.

import { expect, it } from "vitest";
import { DigestClient } from "../../src/digest/client.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent, connect } from "./support.ts";

const code = (error: { code: string }) => error.code;
const live = ({ phone }: Agent) => phone.stack.stats.transactions.client;

it("a re-INVITE ends with its user agent, without a word", async () => {
  const world = new SipWorld();
  const { alice, bob, a } = await connect(world);
  await world.pass(33_000);
  bob.guard = ({ method }) => method === "INVITE";
  const sent = a.reinvite({ body: "hold" }).then(() => "answered", code);
  await world.pass(1000);
  expect(live(alice)).toBe(1);
  alice.ua.close();
  const words = world.network.trace.length;
  await world.pass(40_000);
  expect([await sent, live(alice), world.network.trace.length - words]).toEqual(["terminated", 0, 0]);
  bob.phone.transactions.at(-1)!.terminate();
  bob.ua.close();
});

it.each([false, true])("so does an INVITE; with credentials: %s", async (asked) => {
  const world = new SipWorld();
  const credentials = new DigestClient({ credentials: { username: "alice", password: "p" } });
  const alice = await agent(world, "alice", "UDP", asked ? { sendOptions: { credentials } } : {});
  const bob = await world.phone("bob");
  bob.answer = (_request, transaction) => transaction?.respond(180);
  const call = alice.invite(bob.uri);
  await world.pass(100);
  alice.ua.close();
  await expect(call.session).rejects.toMatchObject({ code: "closed" });
  const words = world.network.trace.length;
  await world.pass(40_000);
  expect([live(alice), world.network.trace.length - words, alice.phone.errors]).toEqual([0, 0, []]);
  // Whoever answers late is a stray.
  bob.transactions[0]!.respond(200);
  await world.pass(100);
  expect([alice.ua.stats.strays, bob.methods]).toEqual([1, ["INVITE"]]);
});

it("one that is being cancelled goes on to its end, and so does a BYE", async () => {
  const world = new SipWorld();
  const { alice, bob, a } = await connect(world);
  const carol = await world.phone("carol");
  carol.answer = ({ method }, transaction) => method === "INVITE" && transaction?.respond(180);
  let lost = 0;
  world.network.set({ drop: ({ text }) => text.startsWith("BYE") && lost++ === 0 });
  const call = alice.invite(carol.uri);
  await world.pass(100);
  call.cancel();
  void a.bye();
  alice.ua.close();
  await world.pass(1000);
  expect([carol.canceled, carol.methods, bob.log]).toEqual([1, ["INVITE"], ["peer"]]);
  expect(world.wire("ACK")).toBe(2);
  await expect(call.session).rejects.toMatchObject({ code: "closed" });
});

it("and so does a re-INVITE that its signal has cancelled", async () => {
  const world = new SipWorld();
  const { alice, bob, a } = await connect(world, { bob: { onOffer: () => {} } });
  const given = new AbortController();
  const sent = a.reinvite({ body: "hold" }, { signal: given.signal }).then(({ status }) => status, code);
  await world.pass(100);
  given.abort();
  alice.ua.close();
  await world.pass(1000);
  expect([await sent, world.wire("CANCEL")]).toEqual([487, 1]);
  bob.ua.close();
});

it("a call that was accepted, and waits for a PRACK, ends without a word", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  world.network.set({ drop: ({ text }) => text.startsWith("PRACK") });
  const rejected: string[] = [];
  bob.onInvite = (call) => {
    call.ringReliably(183, { body: "early" }).catch((error) => rejected.push(code(error)));
    bob.sessions.push(call.accept({ body: "answer" }));
  };
  const call = alice.invite(bob);
  await world.pass(1000);
  bob.ua.close();
  const words = world.wire("SIP/2.0");
  await world.pass(20_000);
  expect([world.wire("SIP/2.0") - words, bob.log, rejected]).toEqual([0, ["closed"], ["terminated"]]);
  call.cancel();
  await world.pass(1000);
});

it("a call that rings ends as `closed`, at both sides, and so does a fork that rings beside the session", async () => {
  const world = new SipWorld();
  const [alice, bob, carol] = [
    await agent(world, "alice"),
    await agent(world, "bob"),
    await world.phone("carol"),
  ];
  bob.onInvite = (call) => void call.ring();
  const rings = alice.invite(bob);
  carol.answer = (request, transaction) => {
    for (const [status, tag] of request.method === "INVITE"
      ? ([
          [180, "one"],
          [200, "two"],
        ] as const)
      : []) {
      const response = request.createResponse(status);
      response.headers.set("To", request.headers.get("To")!.with({ tag }));
      response.headers.set("Contact", `<${carol.uri}>`);
      transaction?.respond(response);
    }
  };
  const stands = alice.invite(carol.uri);
  await world.pass(100);
  await stands.session;
  for (const { ua } of [alice, bob]) ua.close();
  expect([alice.log, bob.log]).toEqual([["closed", "closed", "closed"], ["closed"]]);
  await expect(rings.session).rejects.toMatchObject({ code: "closed" });
  bob.phone.transactions[0]!.terminate();
});

it("a fork that accepts after that is no session", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await world.phone("bob")];
  const forks: unknown[] = [];
  bob.answer = (request, transaction) => {
    for (const [tag, delay] of [["one", 0] as const, ["two", 1000] as const]) {
      const response = request.createResponse(200);
      response.headers.set("To", request.headers.get("To")!.with({ tag }));
      response.headers.set("Contact", `<${bob.uri}>`);
      world.clock.set(() => request.method === "INVITE" && transaction?.respond(response), delay);
    }
  };
  const call = alice.invite(bob.uri, { body: "offer" }, { onFork: (session) => void forks.push(session) });
  await world.pass(100);
  expect((await call.session).state).toBe("confirmed");
  alice.ua.close();
  const words = world.network.trace.length;
  await world.pass(2000);
  // The other's 2xx alone.
  expect([forks, alice.log, world.network.trace.length - words]).toEqual([[], ["closed"], 1]);
});
