// The scenarios of the building blocks, each on a network that loses, doubles and reorders, with several seeds. That
// nothing is left of them, SipWorld and the agents prove: no dialogs, usages, transactions or timers.

import { expect, it } from "vitest";
import type { Session } from "../../src/dialog/session.ts";
import { DigestClient } from "../../src/digest/client.ts";
import { DigestServer } from "../../src/digest/server.ts";
import type { Request } from "../../src/message/request.ts";
import { Uri } from "../../src/message/uri.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import { Registration } from "../../src/registration/registration.ts";
import { type Agent, agent } from "../dialog/support.ts";
import { proxied } from "../proxy/support.ts";
import { SipWorld } from "../support/sip-world.ts";

/** Time enough for a transaction, whatever is lost, and for one that it leads to. */
const LONG = 70_000;

/** Alice and Bob, and, where asked for, their call. */
async function pair(world: SipWorld) {
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  return { alice, bob };
}

async function talk(world: SipWorld, alice: Agent, bob: Agent): Promise<readonly [Session, Session]> {
  const call = alice.invite(bob, { body: "offer" }, alice.handlers, alice.options);
  await world.pass(LONG);
  return [await call.session, bob.sessions.at(-1)!];
}

async function hangUp(world: SipWorld, session: Session): Promise<void> {
  void session.bye();
  await world.pass(LONG);
}

const scenarios: Readonly<Record<string, (world: SipWorld) => Promise<void>>> = {
  async "a registration with digest, refreshed and taken back"(world) {
    const server = await world.phone("server", "UDP", { aliases: ["example.com"] });
    const bob = await world.phone("bob");
    const location = new MemoryLocation({ clock: world.clock });
    const registrar = new Registrar({ stack: server.stack, location, gruuSecret: "secret" });
    const digest = new DigestServer({
      realm: "example.com",
      lookup: () => ({ password: "zanzibar" }),
      now: () => world.clock.now(),
    });
    server.answer = async (request, transaction) => {
      const verdict = await digest.check(request);
      const refused = !verdict.ok && digest.challenge(request, verdict);
      transaction?.respond(refused || (await registrar.register(request)));
    };
    const log: unknown[] = [];
    const registration = new Registration({
      stack: bob.stack,
      registrar: "sip:example.com",
      aor: "<sip:bob@example.com>",
      contact: `<${bob.uri}>`,
      instance: "urn:uuid:1",
      expires: 300,
      credentials: new DigestClient({ credentials: { username: "bob", password: "zanzibar" } }),
      send: { target: { protocol: "UDP", ...server.transport.local } },
      onRegistered: ({ status }) => void log.push(status),
      onFailed: (cause) => void log.push(cause),
    });
    await world.pass(700_000);
    expect(log).toEqual([200, 200, 200]);
    const found = async () => (await registrar.locate(Uri.parse("sip:bob@example.com")))?.length;
    expect([await found(), registration.gruus.public?.params.get("gr")]).toEqual([1, "urn:uuid:1"]);
    const done = registration.unregister();
    await world.pass(LONG);
    await done;
    expect([await found(), registration.state]).toEqual([0, "ended"]);
  },

  async "a call through a proxy, with PRACK and an UPDATE while it rings"(world) {
    const { alice, bob } = await pair(world);
    const proxy = await proxied(world);
    proxy.targets = ({ request: { uri }, inDialog }) => [{ uri: inDialog ? uri : bob.uri }];
    bob.handlers = { onOffer: (offer) => offer.accept({ body: "updated" }) };
    bob.onInvite = (call) => {
      call.ring(180);
      call.ringReliably(183, { body: "answer" }).then(
        () => void world.clock.set(() => void bob.sessions.push(call.accept()), LONG),
        () => {},
      );
    };
    const updates: Promise<string>[] = [];
    const onProvisional = ({ status, bodyLength }: { status: number; bodyLength: number }) => {
      // It is said again each minute, without the answer (RFC 3261 §13.3.1.1).
      if (status !== 183 || bodyLength === 0) return;
      const [early] = call.dialogs;
      updates.push(early!.update({ body: "update" }).then((response) => response.bodyText));
    };
    const call = alice.invite(
      `sip:bob@${proxy.phone.transport.sentBy}`,
      { body: "offer" },
      { onProvisional },
    );
    await world.pass(3 * LONG);
    expect(await Promise.all(updates)).toEqual(["updated"]);
    const session = await call.session;
    expect(session.dialog.routes).toHaveLength(1);
    await hangUp(world, session);
    expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
  },

  async "re-INVITEs that meet"(world) {
    const { alice, bob } = await pair(world);
    const onOffer: Agent["handlers"]["onOffer"] = (offer) => offer.accept({ body: "yes" });
    alice.handlers = { onOffer };
    bob.handlers = { onOffer };
    const [a, b] = await talk(world, alice, bob);
    const both = [a.reinvite({ body: "mine" }), b.reinvite({ body: "thine" })];
    await world.pass(4 * LONG);
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    await hangUp(world, b);
    expect([alice.log, bob.log]).toEqual([["peer"], ["bye"]]);
  },

  async "a session timer that is refreshed"(world) {
    const { alice, bob } = await pair(world);
    alice.options = { timer: { expires: 300 } };
    const [a, b] = await talk(world, alice, bob);
    await world.pass(1_500_000);
    expect([a.state, b.state]).toEqual(["confirmed", "confirmed"]);
    const refreshes = [...alice.phone.methods, ...bob.phone.methods].filter((each) => each === "UPDATE");
    expect(refreshes.length).toBeGreaterThan(5);
    await hangUp(world, a);
    expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
  },

  async "a transfer by REFER"(world) {
    const { alice, bob } = await pair(world);
    const carol = await agent(world, "carol");
    const notes: string[] = [];
    bob.handlers = {
      onRefer(refer) {
        const progress = refer.accept();
        const call = bob.invite(String(refer.target.uri));
        void call.session.then((session) => {
          bob.sessions.push(session);
          progress.notify(200);
        });
      },
    };
    const [a] = await talk(world, alice, bob);
    a.refer(carol.uri, {
      onNotify: ({ bodyText }) => void notes.push(bodyText.trim()),
      onEnd: ({ reason }) => void notes.push(reason),
    });
    await world.pass(2 * LONG);
    expect(notes.slice(-2)).toEqual(["SIP/2.0 200 OK", "noresource"]);
    await hangUp(world, a);
    await hangUp(world, bob.sessions.at(-1)!);
    expect(carol.log).toEqual(["peer"]);
  },

  async "a subscription, told of changes, refreshed and taken back"(world) {
    const { alice, bob } = await pair(world);
    let state = "0";
    let notify = () => {};
    bob.onOther = (request, transaction) => {
      const notifier = bob.ua
        .incomingSubscription(request, transaction)!
        .accept({ state: () => ({ body: state, contentType: "text/plain" }) });
      notify = () => notifier.notify();
    };
    const notes: string[] = [];
    const init = alice.init({ headers: { Expires: "300" } });
    const subscription = alice.ua.subscribe(bob.uri, "presence", init, {
      onNotify: ({ bodyText }: Request) => void notes.push(bodyText),
      onEnd: ({ reason }) => void notes.push(reason),
    });
    await world.pass(LONG);
    for (const next of ["1", "2", "3"]) {
      state = next;
      notify();
      await world.pass(LONG);
      expect(notes.at(-1)).toBe(next);
    }
    await world.pass(600_000);
    expect(subscription.state).toBe("active");
    subscription.unsubscribe();
    await world.pass(LONG);
    expect([subscription.state, notes.at(-1)]).toEqual(["terminated", "timeout"]);
  },

  async "a publication, changed, refreshed and taken back"(world) {
    const { alice, bob } = await pair(world);
    let held: { etag: string; body: string } | undefined;
    let count = 0;
    bob.onOther = (request, transaction) => {
      const { headers } = request;
      const etag = headers.raw("SIP-If-Match")[0];
      if (etag !== held?.etag) return transaction.respond(412);
      const body = request.bodyLength > 0 ? request.bodyText : (held?.body ?? "");
      held = headers.get("Expires") === 0 ? undefined : { etag: `e${++count}`, body };
      const response = request.createResponse(200);
      response.headers.set("SIP-ETag", held?.etag ?? "none").set("Expires", headers.raw("Expires")[0]!);
      transaction.respond(response);
    };
    const failed: unknown[] = [];
    const init = { ...alice.init({ headers: { Expires: "300" } }), body: "open", contentType: "text/plain" };
    const publication = alice.ua.publish(bob.uri, "presence", init, {
      onFailed: (cause) => void failed.push(cause),
    });
    await world.pass(LONG);
    publication.update({ body: "busy", contentType: "text/plain" });
    await world.pass(700_000);
    expect([held?.body, failed, count >= 4]).toEqual(["busy", [], true]);
    publication.remove();
    await world.pass(LONG);
    expect([held, publication.etag]).toEqual([undefined, undefined]);
  },

  async "an INVITE that two forks accept"(world) {
    const { alice, bob } = await pair(world);
    const carol = await agent(world, "carol");
    const proxy = await proxied(world);
    proxy.targets = ({ request: { uri }, inDialog }) =>
      inDialog ? [{ uri }] : [{ uri: bob.uri }, { uri: carol.uri }];
    const call = alice.invite(`sip:bob@${proxy.phone.transport.sentBy}`);
    await world.pass(2 * LONG);
    const session = await call.session;
    // One of them got a BYE, or, where its 200 was late, a CANCEL.
    expect(alice.ua.stats.dialogs).toBe(1);
    expect([...bob.log, ...carol.log]).toHaveLength(1);
    await hangUp(world, session);
    expect([...bob.log, ...carol.log]).toHaveLength(2);
  },
};

const seeds = [1, 2, 3];
const cases = Object.keys(scenarios).flatMap((name) => seeds.map((seed) => [name, seed] as const));

it.each(cases)("%s (seed %i)", { timeout: 60_000 }, async (name, seed) => {
  const world = new SipWorld({ loss: 0.2, duplicate: 0.1, reorder: 0.1, delay: [5, 60], seed });
  await scenarios[name]!(world);
});
