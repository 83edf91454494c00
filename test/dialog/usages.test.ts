// Several usages of one dialog (RFC 5057), and requests that cross the end of one.

import { describe, expect, it } from "vitest";
import type { Notifier } from "../../src/dialog/notifier.ts";
import type { IncomingRefer, ReferProgress } from "../../src/dialog/refer.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent, connect } from "./support.ts";

describe("a session that takes other requests itself", () => {
  it("leaves a NOTIFY to the subscription that it names, and a SUBSCRIBE to its notifier", async () => {
    const world = new SipWorld();
    const taken: string[] = [];
    const told: string[] = [];
    const onRequest = (request: { method: string }, transaction: { respond(status: number): void }) => {
      taken.push(request.method);
      transaction.respond(200);
    };
    const { a, alice } = await connect(world, {
      alice: { onRequest },
      bob: { onRequest, onRefer: (refer) => void refer.accept() },
    });
    a.refer("sip:carol@example.com", { onNotify: (notify) => void told.push(notify.bodyText.trim()) });
    await world.pass();
    expect([taken, told]).toEqual([[], ["SIP/2.0 100 Trying"]]);
    const headers = { Event: "refer", Expires: 60 };
    const again = alice.phone.stack.send(a.dialog.createRequest("SUBSCRIBE", { headers }));
    await world.pass();
    expect([(await again.final).status, taken, told.length]).toEqual([200, [], 2]);
    // Another one is its own, as an INFO is.
    void a.request("NOTIFY", { headers: { Event: "keep-alive", "Subscription-State": "active" } });
    void a.request("INFO");
    await world.pass();
    expect(taken).toEqual(["NOTIFY", "INFO"]);
    void a.bye();
  });
});

describe("what a peer begins within a dialog", () => {
  it.each([
    ["32 usages share it, the session among them", {}, 31],
    ["there are as many in all as the limit allows", { limit: 5 }, 4],
  ])("is refused when %s", async (_when, options, taken) => {
    const world = new SipWorld();
    const agents = [await agent(world, "alice"), await agent(world, "bob", "UDP", options)] as const;
    const progress: ReferProgress[] = [];
    const onRefer = (refer: IncomingRefer) => void progress.push(refer.accept());
    const onRequest = (_notify: unknown, transaction: { respond(status: number): void }) =>
      transaction.respond(200);
    const handlers = { alice: { onRequest }, bob: { onRefer } };
    const { a, alice, bob } = await connect(world, handlers, {}, agents);
    const refer = async () => {
      const headers = { "Refer-To": "<sip:carol@example.com>" };
      const { final } = alice.phone.stack.send(a.dialog.createRequest("REFER", { headers }));
      await world.pass();
      return final;
    };
    for (let i = 0; i < taken; i++) expect((await refer()).status).toBe(200);
    const refused = await refer();
    expect([refused.status, refused.headers.raw("Retry-After").length]).toEqual([500, 1]);
    expect(bob.ua.stats).toMatchObject({ dialogs: 1, usages: taken + 1 });
    progress[0]!.notify(200);
    await world.pass();
    expect((await refer()).status).toBe(200);
    void a.bye();
    for (const each of progress) each.notify(200);
    await world.pass();
  });
});

describe("a NOTIFY or SUBSCRIBE of a session's own", () => {
  it.each(["NOTIFY", "SUBSCRIBE"])(
    "%s that belongs to nothing at the peer ends no session (RFC 5057 §5.1)",
    async (method) => {
      const world = new SipWorld();
      const { a, bob, alice } = await connect(world);
      bob.guard = (request, transaction) => {
        if (request.method === method) transaction?.respond(481);
        return request.method === method;
      };
      const asked = a.request(method, { headers: { Event: "talk", "Subscription-State": "active" } });
      await world.pass();
      expect([(await asked).status, a.state, alice.log]).toEqual([481, "confirmed", []]);
      void a.bye();
    },
  );
});

describe("a SUBSCRIBE within a session, as peers of RFC 3265 send it", () => {
  const headers = { Event: "kpml;id=1", Expires: 600 };

  it("is taken by incomingSubscription, and shares the dialog: its numbers, its target, and its end", async () => {
    const world = new SipWorld();
    const log: string[] = [];
    let notifier: Notifier | undefined;
    const { alice, bob, a, b } = await connect(world, {
      alice: {
        onRequest(request, transaction) {
          log.push(`${request.method} ${request.bodyText}`.trim());
          transaction.respond(200);
        },
      },
      bob: {
        onRequest(request, transaction) {
          notifier = bob.ua.incomingSubscription(request, transaction)?.accept({
            state: () => ({ body: "digits" }),
            onEnd: (reason) => void log.push(reason),
          });
        },
      },
    });
    for (let i = 0; i < 2; i++) void b.request("INFO");
    await world.pass();
    const moved = alice.uri.replace("alice", "moved");
    const ask = async (expires: number, contact: string): Promise<number> => {
      const asked = a.request("SUBSCRIBE", {
        headers: { ...headers, Expires: expires, Contact: `<${contact}>` },
      });
      await world.pass();
      return (await asked).status;
    };
    expect([await ask(600, moved), `${b.dialog.target}`, notifier?.dialog]).toEqual([200, moved, b.dialog]);
    expect([await ask(300, alice.uri), bob.ua.stats]).toMatchObject([200, { dialogs: 1, usages: 2 }]);
    notifier?.notify({ body: "5" });
    void b.request("INFO");
    await world.pass();
    const notifies = ["NOTIFY digits", "NOTIFY digits", "NOTIFY 5"];
    expect(log).toEqual(["INFO", "INFO", ...notifies, "INFO"]);
    void a.bye();
    await world.pass();
    expect([b.state, notifier?.terminated]).toEqual(["ended", false]);
    notifier?.terminate();
    await world.pass();
    expect(bob.ua.stats.dialogs).toBe(0);
  });

  it("leaves an early dialog early, and is refused past 32 usages", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const taken: (Notifier | undefined)[] = [];
    bob.handlers = {
      onRequest: (request, transaction) =>
        void taken.push(bob.ua.incomingSubscription(request, transaction)?.accept({ state: () => ({}) })),
    };
    bob.onInvite = (call) => void call.ring();
    const onRequest = (_notify: unknown, transaction: { respond(status: number): void }) =>
      transaction.respond(200);
    const invite = alice.invite(bob, { body: "offer" }, { onRequest });
    await world.pass();
    const [early] = invite.dialogs;
    const statuses: number[] = [];
    for (let id = 0; id < 32; id++) {
      const asked = early!.request("SUBSCRIBE", { headers: { ...headers, Event: `kpml;id=${id}` } });
      await world.pass();
      statuses.push((await asked).status);
    }
    expect(statuses).toEqual([...Array(31).fill(200), 500]);
    expect([early!.state, bob.calls[0]!.state]).toEqual(["early", "ringing"]);
    invite.cancel();
    await world.pass(100);
    for (const each of taken) each?.terminate();
    await world.pass(100);
  });

  it("is refused 481 where the dialog has ended before somebody takes it", async () => {
    const world = new SipWorld();
    let take: () => unknown = () => undefined;
    const { a, b, bob } = await connect(world, {
      bob: {
        onRequest(request, transaction) {
          take = () => bob.ua.incomingSubscription(request, transaction);
        },
      },
    });
    const asked = a.request("SUBSCRIBE", { headers });
    await world.pass(100);
    void b.bye();
    await world.pass(100);
    expect(take()).toBeUndefined();
    await world.pass(100);
    expect((await asked).status).toBe(481);
  });
});

describe("a BYE that crosses ours", () => {
  it("is answered 200, and what comes after that 481 (RFC 5407 §3.2.1)", async () => {
    const world = new SipWorld({ delay: 50 });
    const { a, b, alice, bob } = await connect(world);
    await world.pass(100);
    const both = [a.bye(), b.bye()];
    expect(alice.ua.stats.dialogs).toBe(0);
    const late = bob.phone.stack.send(b.dialog.createRequest("INFO"));
    await world.pass(1_000);
    expect((await Promise.all(both)).map((response) => response?.status)).toEqual([200, 200]);
    expect((await late.final).status).toBe(481);
    const later = bob.phone.stack.send(b.dialog.createRequest("BYE"));
    await world.pass(1_000);
    expect((await later.final).status).toBe(481);
  });
});

describe("a BYE that another usage's request overtakes", () => {
  /** Bob hangs up while he tells Alice of the call that she has asked for; the first BYE is lost. */
  async function overtaken() {
    const world = new SipWorld({ delay: 10 });
    const progress: ReferProgress[] = [];
    const onRefer = (refer: IncomingRefer) => void progress.push(refer.accept());
    const call = await connect(world, { bob: { onRefer } });
    call.a.refer("sip:carol@example.com");
    await world.pass(100);
    let lost = 0;
    world.network.set({ drop: ({ text }) => text.startsWith("BYE") && lost++ === 0 });
    return { world, ...call, notify: () => progress[0]!.notify(200) };
  }

  it("is sent again where it is refused for that (RFC 3261 §12.2.2): the peer's session ends, too", async () => {
    const { world, b, alice, bob, notify } = await overtaken();
    const bye = b.bye();
    notify();
    await world.pass(1_000);
    expect([(await bye)?.status, alice.log, bob.log]).toEqual([200, ["peer"], ["bye"]]);
    expect([world.wire("SIP/2.0 500"), alice.ua.stats.dialogs]).toEqual([1, 0]);
  });

  it("is not where it is refused without one", async () => {
    const { world, a, b, alice, notify } = await overtaken();
    alice.guard = (request, transaction) => {
      if (request.method === "BYE") transaction?.respond(500);
      return request.method === "BYE";
    };
    const bye = b.bye();
    await world.pass(1_000);
    notify();
    await world.pass(1_000);
    expect([(await bye)?.status, alice.phone.methods.filter((method) => method === "BYE")]).toEqual([
      500,
      ["BYE"],
    ]);
    void a.bye();
  });
});
