// INVITEs without an offer: the callee makes it, in a 2xx or in a reliable provisional response, and who called answers it
// once (RFC 3261 §13.2.1, RFC 3262 §5).

import { describe, expect, it } from "vitest";
import type { Response } from "../../src/message/response.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent, connect } from "./support.ts";

describe("an offer of the callee's", () => {
  it("in a reliable response is answered in the PRACK, and not again where the 2xx repeats it", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const [asked, acks, pracks]: string[][] = [[], [], []];
    bob.handlers = { onAck: (ack) => void acks!.push(ack.bodyText) };
    bob.onInvite = async (call) => {
      pracks!.push((await call.ringReliably(183, { body: "their offer" })).bodyText);
      pracks!.push((await call.ringReliably(180, { body: "their offer" })).bodyText);
      bob.sessions.push(call.accept({ body: "their offer" }));
    };
    const answer = ({ status }: { status: number }) => {
      asked!.push(`${status}`);
      return { body: "answer" };
    };
    const invite = alice.invite(bob, {}, { answer });
    await world.pass();
    const session = await invite.session;
    expect([asked, pracks, acks]).toEqual([["183"], ["answer", ""], [""]]);
    // A re-INVITE that refreshes the session says it again.
    expect(session.toJSON().body?.text).toBe("answer");
    void session.bye();
  });

  it("whose answer is unfit for the wire: the PRACK goes without it, and the user hears of it", async () => {
    const world = new SipWorld();
    const thrown: unknown[] = [];
    const alice = await agent(world, "alice", "UDP", { onError: (error) => void thrown.push(error) });
    const bob = await agent(world, "bob");
    bob.onInvite = (call) => void call.ringReliably(183, { body: "their offer" });
    const answer = () => ({ body: "answer", headers: { "X-Room": "1\r\nX-Secret: 2" } });
    const invite = alice.invite(bob, {}, { answer });
    await world.pass();
    expect(thrown).toMatchObject([{ code: "value_unsafe" }]);
    expect(bob.phone.methods).toEqual(["INVITE", "PRACK"]);
    invite.cancel();
  });

  /** A call whose offer, in the 2xx, is never answered. */
  const unanswered = async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => void bob.sessions.push(call.accept({ body: "their offer" }));
    const invite = alice.invite(bob, {}, { answer: () => new Promise<never>(() => {}) });
    return { world, alice, bob, invite };
  };

  it("that is never answered: the session rejects when the callee has given up", async () => {
    const { world, alice, bob, invite } = await unanswered();
    await world.pass(40_000);
    await expect(invite.session).rejects.toMatchObject({ code: "terminated" });
    expect([alice.log, bob.log]).toEqual([["peer"], ["unacknowledged"]]);
  });

  it("that is never answered: cancelling acknowledges the 2xx, and hangs up", async () => {
    const { world, alice, bob, invite } = await unanswered();
    await world.pass(100);
    invite.cancel();
    await world.pass(100);
    await expect(invite.session).rejects.toMatchObject({ code: "aborted" });
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "BYE"]);
    expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
  });

  it("that is never answered: a user agent that closes rejects the session, and says nothing", async () => {
    const { world, alice, invite } = await unanswered();
    await world.pass(100);
    alice.ua.close();
    await expect(invite.session).rejects.toMatchObject({ code: "closed" });
    await world.pass(40_000);
    expect(world.wire("ACK")).toBe(0);
    expect(alice.log).toEqual(["closed"]);
  });
});

describe("an offer of one who is hung up at once is not asked an answer for", () => {
  const asking = (asked: string[]) => ({
    answer: (offer: Response) => {
      asked.push(offer.bodyText);
      return new Promise<never>(() => {});
    },
  });

  it("because the call was cancelled: in the 2xx that crosses the CANCEL", async () => {
    const world = new SipWorld({ delay: 20 });
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const asked: string[] = [];
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob, {}, asking(asked));
    await world.pass(50);
    invite.cancel();
    bob.calls[0]!.accept({ body: "their offer" });
    await world.pass(100);
    await expect(invite.session).rejects.toMatchObject({ code: "aborted" });
    expect([asked, bob.phone.methods]).toEqual([[], ["INVITE", "ACK", "BYE"]]);
  });

  it("or in a reliable response, which gets its PRACK", async () => {
    const world = new SipWorld({ delay: 20 });
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const asked: string[] = [];
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob, {}, asking(asked));
    await world.pass(50);
    invite.cancel();
    void bob.calls[0]!.ringReliably(183, { body: "their offer" });
    await world.pass(100);
    await expect(invite.session).rejects.toMatchObject({ code: "aborted" });
    expect([asked, bob.phone.methods]).toEqual([[], ["INVITE", "PRACK"]]);
  });

  it("or because we have hung up: in the 2xx to a re-INVITE that crosses the BYE", async () => {
    const world = new SipWorld({ delay: 20 });
    const asked: string[] = [];
    const onOffer = (offer: { accept(content: object): void }) => offer.accept({ body: "their offer" });
    const { a, bob } = await connect(world, { alice: asking(asked), bob: { onOffer } });
    const again = a.reinvite();
    await world.pass(15);
    void a.bye();
    await world.pass(100);
    expect([(await again).status, asked]).toEqual([200, []]);
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "INVITE", "BYE", "ACK"]);
  });

  it.each([false, true])("because another has accepted before, and nobody wants it: %s", async (wanted) => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await world.phone("bob")];
    bob.answer = (request, transaction) => {
      if (request.method !== "INVITE") return transaction?.respond(200);
      for (const tag of ["one", "two"]) {
        const response = request.createResponse(200);
        response.headers.set("To", request.headers.get("To")!.with({ tag }));
        response.headers.set("Contact", `<${bob.uri}>`);
        response.headers.set("Content-Type", "application/sdp");
        response.body = `offer of ${tag}`;
        transaction?.respond(response);
      }
    };
    const asked: string[] = [];
    const answer = ({ bodyText }: Response) => {
      asked.push(bodyText);
      return { body: "answer" };
    };
    const onFork = (session: { bye(): unknown }) => void session.bye();
    const invite = alice.invite(bob.uri, {}, { answer, ...(wanted && { onFork }) });
    await world.pass(100);
    expect(asked).toEqual(wanted ? ["offer of one", "offer of two"] : ["offer of one"]);
    expect(bob.methods.filter((method) => method !== "INVITE").sort()).toEqual(["ACK", "ACK", "BYE"]);
    void (await invite.session).bye();
  });
});

it("an offer in a 2xx that is not answered yet keeps others back, ours and theirs (RFC 3311 §5.1, §5.2)", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.onInvite = (call) => {
    call.ring();
    bob.sessions.push(call.accept({ body: "their offer" }));
  };
  const answer = async () => {
    await new Promise<void>((resolve) => world.clock.set(resolve, 300));
    return { body: "answer" };
  };
  const early: { update(content: object): Promise<unknown> }[] = [];
  const onProvisional = (_response: Response, dialog: (typeof early)[number] | undefined) =>
    void early.push(dialog!);
  const invite = alice.invite(bob, {}, { answer, onProvisional });
  await world.pass(100);
  await expect(early[0]!.update({ body: "another" })).rejects.toMatchObject({ status: 491 });
  const theirs = bob.phone.stack.send(bob.sessions[0]!.dialog.createRequest("UPDATE", { body: "another" }));
  await world.pass(100);
  expect((await theirs.final).status).toBe(500);
  await world.pass(300);
  void (await invite.session).bye();
});

describe("the callee's offer is asked an answer for", () => {
  it("by a re-INVITE without one, which is over when its ACK has the answer, however often its 2xx came (RFC 3261 §14.1)", async () => {
    const world = new SipWorld();
    const acks: string[] = [];
    const answer = async () => {
      await new Promise<void>((resolve) => world.clock.set(resolve, 2_000));
      return { body: "answer" };
    };
    const { a, bob } = await connect(world, {
      alice: { answer },
      bob: {
        onOffer: (offer) => offer.accept({ body: "their offer" }),
        onAck: (ack) => void acks.push(ack.bodyText),
      },
    });
    let over = false;
    const again = a.reinvite().finally(() => {
      over = true;
    });
    await world.pass(1_900);
    expect([over, acks, world.wire("SIP/2.0 200") > 2]).toEqual([false, [""], true]);
    await expect(a.update({ body: "another" })).rejects.toMatchObject({ status: 491 });
    await world.pass(1_000);
    expect([(await again).status, acks]).toEqual([200, ["", "answer"]]);
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "INVITE", "ACK"]);
    void a.bye();
  });

  it("by the first response that has a body, and by none where the INVITE had one", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const asked: string[] = [];
    const answer = (offer: Response) => {
      asked.push(offer.bodyText);
      return { body: "answer" };
    };
    bob.onInvite = (call) => {
      void call.ringReliably(180).then(() => bob.sessions.push(call.accept({ body: "their own" })));
    };
    const invite = alice.invite(bob, {}, { answer });
    await world.pass();
    expect(asked).toEqual(["their own"]);
    void (await invite.session).bye();
    const offering = alice.invite(bob, { body: "offer" }, { answer });
    await world.pass();
    expect(asked).toEqual(["their own"]);
    void (await offering.session).bye();
  });

  it("and where there is none, the ACK goes without; where it fails, a BYE follows (RFC 3261 §13.2.2.4)", async () => {
    const world = new SipWorld();
    const thrown: unknown[] = [];
    const [alice, bob] = [
      await agent(world, "alice", "UDP", { onError: (error) => void thrown.push(error) }),
      await agent(world, "bob"),
    ];
    bob.onInvite = (call) => void bob.sessions.push(call.accept({ body: "their own" }));
    const invite = alice.invite(bob, {}, { answer: () => undefined as never });
    await world.pass();
    expect([bob.phone.methods.at(-1), bob.phone.requests.at(-1)!.bodyLength]).toEqual(["ACK", 0]);
    void (await invite.session).bye();
    await world.pass();
    const fails = () => {
      throw new Error("no camera");
    };
    for (const answer of [() => Promise.reject(new Error("no camera")), fails]) {
      bob.phone.requests.length = 0;
      const { session } = alice.invite(bob, {}, { answer });
      await world.pass();
      await expect(session).rejects.toMatchObject({ code: "aborted", cause: { message: "no camera" } });
      expect(bob.phone.methods).toEqual(["INVITE", "ACK", "BYE"]);
    }
    expect(thrown).toMatchObject([{ message: "no camera" }, { message: "no camera" }]);
  });

  it("and a call that rings with an offer which cannot be answered is cancelled", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice", "UDP", { onError() {} }), await agent(world, "bob")];
    bob.onInvite = (call) => void call.ringReliably(183, { body: "their own" });
    const { session } = alice.invite(bob, {}, { answer: () => Promise.reject(new Error("no camera")) });
    await world.pass(1_000);
    await expect(session).rejects.toMatchObject({ code: "aborted", status: 487 });
    expect(bob.phone.methods).toEqual(["INVITE", "PRACK"]);
    expect(bob.log).toEqual(["cancel", "peer"]);
  });
});

it("a call whose dialog has ended while it rang, and is accepted all the same, is no session", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.guard = (request, transaction) => {
    if (request.method === "INFO") transaction?.respond(481);
    return request.method === "INFO";
  };
  bob.onInvite = (call) => void call.ring();
  const invite = alice.invite(bob);
  await world.pass();
  world.network.set({ drop: ({ text }) => text.startsWith("BYE") });
  void invite.dialogs[0]!.request("INFO");
  await world.pass();
  bob.sessions.push(bob.calls[0]!.accept({ body: "answer" }));
  await world.pass();
  await expect(invite.session).rejects.toMatchObject({ code: "terminated" });
  world.network.set({ drop: () => false });
  await world.pass(1_000);
  expect([alice.log, bob.log]).toEqual([["gone"], ["peer"]]);
});
