// A user agent that is challenged: its calls, what it sends within them, subscriptions (RFC 3261 §22).

import { describe, expect, it } from "vitest";
import { DigestClient } from "../../src/digest/client.ts";
import { DigestServer } from "../../src/digest/server.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent } from "./support.ts";

const user = { username: "alice", password: "zanzibar" };

/** Bob's phone, which wants to know who sends it what has one of these methods. */
async function guarded(world: SipWorld, ...methods: string[]): Promise<Agent> {
  const now = () => world.clock.now();
  const digest = new DigestServer({ realm: "example.com", lookup: () => user, now });
  const bob = await agent(world, "bob");
  bob.guard = async (request, transaction) => {
    if (!methods.includes(request.method)) return "passed";
    const verdict = await digest.check(request);
    if (!verdict.ok) transaction.respond(digest.challenge(request, verdict));
    return verdict.ok ? "passed" : "answered";
  };
  return bob;
}

function caller(world: SipWorld, password = user.password): Promise<Agent> {
  const credentials = new DigestClient({ credentials: { ...user, password } });
  return agent(world, "alice", "UDP", { credentials });
}

const numbers = ({ phone }: Agent): string[] =>
  phone.requests.map(({ method, headers }) => `${method} ${headers.get("CSeq")?.number}`);

describe("a user agent with credentials", () => {
  it("answers the challenges to its INVITE, re-INVITE, UPDATE, INFO and BYE, each with a number of its own", async () => {
    const world = new SipWorld();
    const bob = await guarded(world, "INVITE", "UPDATE", "INFO", "BYE");
    bob.handlers = {
      onOffer: (offer) => void offer.accept({ body: "answer" }),
      onRequest: (_request, transaction) => transaction.respond(200),
    };
    const alice = await caller(world);
    const call = alice.invite(bob);
    await world.pass(100);
    const session = await call.session;
    expect(call.request.headers.get("CSeq")?.number).toBe(2);
    // Two at once: neither takes the number that the other's answer needs.
    const both = [session.update(), session.request("INFO")];
    await world.pass(100);
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200]);
    const reinvite = session.reinvite({ body: "offer" });
    await world.pass(100);
    expect((await reinvite).status).toBe(200);
    const bye = session.bye();
    await world.pass(100);
    expect((await bye)?.status).toBe(200);
    expect(numbers(bob)).toEqual([
      ...["INVITE 1", "INVITE 2", "ACK 2", "UPDATE 3", "INFO 4", "UPDATE 5", "INFO 6"],
      ...["INVITE 7", "INVITE 8", "ACK 8", "BYE 9", "BYE 10"],
    ]);
    // The ACK to a 2xx has the credentials of its INVITE (RFC 3261 §13.2.2.4).
    expect(bob.phone.requests[2]?.headers.has("Authorization")).toBe(true);
    expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
  });

  it("is refused where the answer was wrong, and is not asked a third time", async () => {
    const world = new SipWorld();
    const bob = await guarded(world, "INVITE");
    const alice = await caller(world, "wrong");
    const call = alice.invite(bob);
    await world.pass(100);
    await expect(call.session).rejects.toMatchObject({ code: "refused", status: 401 });
    expect(numbers(bob)).toEqual(["INVITE 1", "INVITE 2"]);
  });

  it("gives up a call while the answer to its challenge is being made", async () => {
    const world = new SipWorld();
    const bob = await guarded(world, "INVITE");
    const found = { asked: false, tell: (_user: typeof user): void => {} };
    const credentials = new DigestClient({
      credentials: () => {
        found.asked = true;
        return new Promise((resolve) => {
          found.tell = resolve;
        });
      },
    });
    const alice = await agent(world, "alice", "UDP", { credentials });
    const call = alice.invite(bob);
    await world.pass(100);
    expect(found.asked).toBe(true);
    call.cancel();
    found.tell(user);
    await world.pass(100);
    await expect(call.session).rejects.toMatchObject({ code: "aborted" });
    expect(bob.phone.methods).toEqual(["INVITE"]);
  });

  it("cancels a call that rings after its challenge was answered", async () => {
    const world = new SipWorld();
    const bob = await guarded(world, "INVITE");
    bob.onInvite = (call) => void call.ring();
    const alice = await caller(world);
    const call = alice.invite(bob);
    await world.pass(100);
    call.cancel();
    await world.pass(100);
    await expect(call.session).rejects.toMatchObject({ code: "aborted" });
    expect(bob.log).toEqual(["peer", "cancel"]);
  });

  it("subscribes", async () => {
    const world = new SipWorld();
    const bob = await guarded(world, "SUBSCRIBE");
    bob.onOther = (request, transaction) =>
      void bob.ua.incomingSubscription(request, transaction).accept({ state: () => ({ body: "open" }) });
    const alice = await caller(world);
    const notes: string[] = [];
    const subscription = alice.ua.subscribe(bob.uri, "presence", alice.init(), {
      onNotify: (notify) => void notes.push(notify.bodyText),
    });
    await world.pass(100);
    expect(notes).toEqual(["open"]);
    subscription.unsubscribe();
    await world.pass(1000);
    expect(numbers(bob)).toEqual(["SUBSCRIBE 1", "SUBSCRIBE 2", "SUBSCRIBE 3", "SUBSCRIBE 4"]);
  });

  it("asks for a call to be transferred, and hears what comes of it", async () => {
    const world = new SipWorld();
    const bob = await guarded(world, "REFER");
    bob.handlers = { onRefer: (refer) => void refer.accept().notify(200) };
    const alice = await caller(world);
    const call = alice.invite(bob);
    await world.pass(100);
    const session = await call.session;
    const notes: string[] = [];
    session.refer("sip:carol@example.com", { onNotify: (notify) => void notes.push(notify.bodyText) });
    await world.pass(1000);
    expect(notes).toEqual(["SIP/2.0 100 Trying\r\n", "SIP/2.0 200 OK\r\n"]);
    void session.bye();
    await world.pass(100);
  });
});
