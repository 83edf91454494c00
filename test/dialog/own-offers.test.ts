// Offers of ours within a session: one at a time, sent again where they meet the peer's (RFC 3261 §14.1, RFC 3311 §5.1)
// or ask for too short a session interval (RFC 4028 §7.3), and what comes of what answers them.

import { describe, expect, it } from "vitest";
import type { Content } from "../../src/dialog/content.ts";
import type { IncomingOffer } from "../../src/dialog/incoming-offer.ts";
import type { SipError } from "../../src/errors.ts";
import type { Request } from "../../src/message/request.ts";
import type { Response } from "../../src/message/response.ts";
import { Random } from "../../src/random.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent, connect } from "./support.ts";

const answering = {
  onOffer: (offer: IncomingOffer) => offer.accept({ body: `answer to ${offer.request.bodyText}` }),
};

/** Has an agent answer the requests of a method with these, one after the other; with nothing for 0, as usual after them. */
function script(
  to: Agent,
  method: string,
  statuses: number[],
  change: (response: Response) => void = () => {},
) {
  to.guard = (request, transaction) => {
    const status = request.method === method ? statuses.shift() : undefined;
    if (status === undefined || !transaction) return false;
    if (status === 0) return true;
    const response = request.createResponse(status);
    change(response);
    transaction.respond(response);
    return true;
  };
}

const sentAt = (world: SipWorld, start: string): number[] =>
  world.network.trace.filter(({ text }) => text.startsWith(start)).map(({ at }) => at);

/** The message with this start that went last. */
const last = (world: SipWorld, start: string): string =>
  world.network.trace.filter(({ text }) => text.startsWith(start)).at(-1)!.text;

const code = (error: SipError) => error.code;

describe("a re-INVITE that meets the peer's (§14.1)", () => {
  it.each([
    ["who called, and draws the least", "a", 0, 2_100],
    ["who called, and draws the most", "a", 0.9999, 4_000],
    ["who was called, and draws the least", "b", 0, 0],
    ["who was called, and draws the most", "b", 0.9999, 2_000],
  ] as const)("of one %s is sent four times in all", async (_who, side, fraction, delay) => {
    const world = new SipWorld();
    const random = Object.assign(new Random(), { fraction: () => fraction });
    const agents = [
      await agent(world, "alice", "UDP", { random }),
      await agent(world, "bob", "UDP", { random }),
    ] as const;
    const call = await connect(world, {}, {}, agents);
    script(side === "a" ? call.bob : call.alice, "INVITE", [491, 491, 491, 491]);
    const sent = call[side].reinvite({ body: "hold" });
    await world.pass(20_000);
    expect((await sent).status).toBe(491);
    const times = sentAt(world, "INVITE").slice(1);
    expect(times.map((at) => at - times[0]!)).toEqual([0, delay, 2 * delay, 3 * delay]);
    void call.a.bye();
  });

  it("is not sent again once the session is over, which it is told at once", async () => {
    const world = new SipWorld();
    const { bob, a } = await connect(world);
    script(bob, "INVITE", [491]);
    const sent = a.reinvite({ body: "hold" }).catch(code);
    await world.pass(100);
    const timers = world.clock.size;
    void a.bye();
    expect(world.clock.size).toBeLessThanOrEqual(timers);
    await world.pass();
    expect(await sent).toBe("terminated");
    await world.pass(5_000);
    expect(world.wire("INVITE")).toBe(2);
  });

  it("waits on where the peer's is not answered yet", async () => {
    const world = new SipWorld();
    const offers: IncomingOffer[] = [];
    const { bob, a, b } = await connect(world, { alice: { onOffer: (offer) => void offers.push(offer) } });
    script(bob, "INVITE", [491]);
    const sent = a.reinvite({ body: "mine" });
    await world.pass(100);
    const theirs = b.reinvite({ body: "theirs" });
    await world.pass(9_000);
    expect([offers.length, world.wire("INVITE")]).toEqual([1, 3]);
    offers[0]!.accept({ body: "answer" });
    await world.pass(5_000);
    expect([(await theirs).status, (await sent).status, world.wire("INVITE")]).toEqual([200, 488, 4]);
    void a.bye();
  });

  it.each(["reinvite", "update"] as const)(
    "is made anew where a function makes it: the peer's has changed the session meanwhile (RFC 3264 §8), by %s",
    async (method) => {
      const world = new SipWorld({ delay: 10 });
      const { a, b } = await connect(world, { alice: answering, bob: answering });
      await world.pass(100);
      const made: number[] = [];
      const offer = (name: string) => async () => {
        await Promise.resolve();
        return { body: `${name} ${made.push(world.clock.now())}` };
      };
      const [one, two] = [a[method](offer("a")), b[method](offer("b"))];
      await world.pass(9_000);
      expect((await one).bodyText).toBe("answer to a 4");
      expect((await two).bodyText).toBe("answer to b 3");
      void a.bye();
    },
  );

  it("refuses the peer's with 491 while a function makes it, and is not sent where that fails or the session ends", async () => {
    const world = new SipWorld();
    const { a, b } = await connect(world, { alice: answering, bob: answering });
    await world.pass(100);
    await expect(a.reinvite(() => Promise.reject(new Error("no microphone")))).rejects.toThrow(
      "no microphone",
    );
    let make: (content: { body: string }) => void = () => {};
    const sent = a.reinvite(() => new Promise((resolve) => (make = resolve))).catch(code);
    const theirs = b.update({ body: "theirs" });
    await world.pass(100);
    expect([world.wire("INVITE"), world.wire("SIP/2.0 491")]).toEqual([1, 1]);
    void a.bye();
    make({ body: "late" });
    await world.pass(5_000);
    expect([await sent, world.wire("INVITE")]).toEqual(["terminated", 1]);
    await expect(theirs).rejects.toMatchObject({ code: "terminated" });
  });

  it.each(["reinvite", "update"] as const)(
    "has no body where the function says nothing, by %s",
    async (method) => {
      const world = new SipWorld();
      const { a } = await connect(world, { alice: answering, bob: answering });
      // As a JavaScript function may.
      const nothing = (() => undefined) as unknown as () => Content;
      const sent = a[method](nothing);
      await world.pass(100);
      const { trace } = world.network;
      const last = trace.filter(({ text }) => /^(?:INVITE|UPDATE)/.test(text)).at(-1)!;
      expect(last.text).toMatch(/\r\n\r\n$/);
      expect([(await sent).status, world.wire("ACK")]).toEqual([200, method === "reinvite" ? 2 : 1]);
      void a.bye();
    },
  );

  it("says what was agreed meanwhile where it refreshes the session (RFC 4028 §7.4)", async () => {
    const world = new SipWorld();
    const random = Object.assign(new Random(), { fraction: () => 0.9999 });
    const agents = [
      await agent(world, "alice", "UDP", { allow: "INVITE, ACK, BYE, CANCEL" }),
      await agent(world, "bob", "UDP", { random }),
    ] as const;
    const timer = { expires: 90, refresher: "peer" } as const;
    const handlers = { alice: answering, bob: answering };
    const { alice, a, b } = await connect(world, handlers, { alice: { timer } }, agents);
    script(alice, "INVITE", [491]);
    while (world.wire("SIP/2.0 491") === 0) await world.pass(500);
    await world.pass(1);
    const hold = a.reinvite({ body: "hold" });
    await world.pass(5_000);
    expect((await hold).bodyText).toBe("answer to hold");
    expect(last(world, "INVITE sip:alice")).toMatch(/answer to hold$/);
    void b.bye();
  });

  it("so is an UPDATE that offers (RFC 3311 §5.3); one that does not is not", async () => {
    const world = new SipWorld();
    const random = Object.assign(new Random(), { fraction: () => 0 });
    const agents = [await agent(world, "alice", "UDP", { random }), await agent(world, "bob")] as const;
    const { bob, a } = await connect(world, { bob: answering }, {}, agents);
    script(bob, "UPDATE", [491, 491]);
    const sent = a.update({ body: "hold" });
    await world.pass(5_000);
    expect((await sent).bodyText).toBe("answer to hold");
    const times = sentAt(world, "UPDATE");
    expect(times.map((at) => at - times[0]!)).toEqual([0, 2_100, 4_200]);
    script(bob, "UPDATE", [491]);
    const refresh = a.update();
    await world.pass(5_000);
    expect([(await refresh).status, world.wire("UPDATE")]).toEqual([491, 4]);
    void a.bye();
  });

  it.each([
    [{}, {}],
    [{ body: "hold" }, {}],
    [{}, { body: "hold" }],
  ])(
    "an UPDATE waits for the answer to the one before: %j, %j (RFC 3311 §5.2, RFC 6337 §4.3)",
    async (one, two) => {
      const world = new SipWorld();
      const { bob, a } = await connect(world, { bob: answering });
      script(bob, "UPDATE", [0]);
      const sent = [a.update(one), a.update(two), a.update()];
      await world.pass(10_000);
      expect(bob.phone.methods.filter((method) => method === "UPDATE")).toHaveLength(1);
      bob.phone.transactions.at(-1)!.respond(200);
      await world.pass(100);
      expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(bob.phone.methods.filter((method) => method === "UPDATE")).toHaveLength(3);
      // Nothing goes out any more where the session ends meanwhile.
      script(bob, "UPDATE", [0]);
      const late = [a.update(), a.update()];
      await world.pass(100);
      void a.bye();
      await world.pass(100);
      bob.phone.transactions.at(-2)!.respond(200);
      await world.pass(100);
      await expect(late[1]).rejects.toMatchObject({ code: "terminated" });
      expect((await late[0]!).status).toBe(200);
    },
  );

  it("crosses it again the second time", async () => {
    const world = new SipWorld();
    const { bob, a, b } = await connect(world);
    script(bob, "INVITE", [491, 0]);
    const sent = a.reinvite({ body: "mine" });
    await world.pass(4_100);
    expect(world.wire("INVITE")).toBe(3);
    void b.reinvite({ body: "theirs" }).catch(() => {});
    await world.pass();
    expect(world.wire("SIP/2.0 491")).toBe(2);
    bob.phone.transactions.at(-1)!.respond(488);
    await world.pass(10_000);
    expect((await sent).status).toBe(488);
    void a.bye();
  });
});

describe("one offer at a time", () => {
  it("no other, asked for or made, goes beside one that is under way; what offers nothing does", async () => {
    const world = new SipWorld();
    const { bob, a } = await connect(world, {}, { alice: { timer: { expires: 100, refresher: "us" } } });
    script(bob, "INVITE", [0]);
    const sent = a.reinvite();
    await world.pass();
    expect(await a.reinvite().catch(code)).toBe("transaction_state");
    expect(await a.update({ body: "codec" }).catch(code)).toBe("transaction_state");
    const refresh = a.update({ body: "" });
    await world.pass();
    expect([(await refresh).status, world.wire("UPDATE")]).toEqual([200, 1]);
    // The time for a refresh comes: the re-INVITE is one.
    await world.pass(52_000);
    expect(world.wire("UPDATE")).toBe(1);
    bob.phone.transactions.find((each) => each?.waiting)!.respond(488);
    await world.pass();
    expect((await sent).status).toBe(488);
    void a.bye();
  });

  it("and none beside one of the peer's that is not answered yet", async () => {
    const world = new SipWorld();
    const { a, b } = await connect(world, { bob: { onOffer() {} } });
    void a.reinvite({ body: "hold" });
    await world.pass();
    expect(await b.update({ body: "codec" }).catch(code)).toBe("transaction_state");
    void a.bye();
  });

  it("an UPDATE waits for the PRACK before it", async () => {
    const world = new SipWorld({ delay: 10 });
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => void call.ringReliably(183, { body: "early answer" });
    let updated: Promise<Response> | undefined;
    const invite = alice.invite(
      bob,
      { body: "offer" },
      {
        onProvisional: (_response, dialog) => {
          updated = dialog!.update();
        },
      },
    );
    await world.pass(100);
    expect((await updated)!.status).toBe(200);
    expect([sentAt(world, "PRACK"), sentAt(world, "UPDATE")]).toEqual([[20], [40]]);
    invite.cancel();
  });
});

describe("an UPDATE that offers, before the INVITE's own offer has its answer (RFC 3311 §5.1)", () => {
  const early = { code: "transaction_state", status: 491 };

  it("is not sent, by neither side; one that does not offer is", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.handlers = answering;
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob, { body: "offer" }, answering);
    await world.pass();
    const [call] = bob.calls as [(typeof bob.calls)[0]];
    const [here, there] = [invite.dialogs[0]!, call.ring()];
    await expect(here.update({ body: "early" })).rejects.toMatchObject(early);
    await expect(there.update({ body: "early" })).rejects.toMatchObject(early);
    const plain = [here.update(), there.update()];
    await world.pass();
    expect([(await plain[0]!).status, (await plain[1]!).status, world.wire("UPDATE")]).toEqual([200, 200, 2]);
    void call.ringReliably(183, { body: "answer" });
    // Nobody knows yet whether it came.
    await expect(there.update({ body: "early" })).rejects.toMatchObject(early);
    await world.pass();
    const after = here.update({ body: "one" });
    await world.pass();
    expect((await after).bodyText).toBe("answer to one");
    const other = there.update({ body: "two" });
    await world.pass();
    expect((await other).bodyText).toBe("answer to two");
    invite.cancel();
  });

  it("nor where the INVITE has none, and the callee has not made it yet", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.handlers = answering;
    bob.onInvite = (call) => void call.ring();
    const invite = alice.invite(bob, {}, { ...answering, answer: () => ({ body: "ours" }) });
    await world.pass();
    const [call] = bob.calls as [(typeof bob.calls)[0]];
    const [here, there] = [invite.dialogs[0]!, call.ring()];
    void call.ringReliably(180);
    await world.pass();
    await expect(here.update({ body: "early" })).rejects.toMatchObject(early);
    await expect(there.update({ body: "early" })).rejects.toMatchObject(early);
    void call.ringReliably(183, { body: "theirs" });
    await world.pass();
    for (const each of [here, there]) {
      const sent = each.update({ body: "one" });
      await world.pass();
      expect((await sent).bodyText).toBe("answer to one");
    }
    invite.cancel();
  });

  it("nor where the callee made that offer, nor is the peer's taken then (§5.2)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.handlers = answering;
    bob.onInvite = (call) => void call.ringReliably(183, { body: "theirs" });
    let answer: (content: { body: string }) => void = () => {};
    const answered = new Promise<{ body: string }>((resolve) => {
      answer = resolve;
    });
    const invite = alice.invite(bob, {}, { ...answering, answer: () => answered });
    await world.pass();
    const [here, there] = [invite.dialogs[0]!, bob.calls[0]!.ring()];
    await expect(here.update({ body: "early" })).rejects.toMatchObject(early);
    await expect(there.update({ body: "early" })).rejects.toMatchObject(early);
    const crossing = [here, there].map((each) => each.request("UPDATE", { body: "early" }));
    await world.pass();
    expect([(await crossing[0]!).status, (await crossing[1]!).status]).toEqual([491, 500]);
    answer({ body: "ours" });
    await world.pass();
    const after = there.update({ body: "two" });
    await world.pass();
    expect((await after).bodyText).toBe("answer to two");
    const other = here.update({ body: "one" });
    await world.pass();
    expect((await other).bodyText).toBe("answer to one");
    invite.cancel();
  });
});

it.each(["update", "reinvite"] as const)(
  "%s waits for the ACK to the 2xx before it (§14.1)",
  async (method) => {
    const world = new SipWorld({ delay: 10 });
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    let sent: Promise<Response> | undefined;
    bob.onInvite = (call) => {
      sent = call.accept({ body: "answer" })[method]({ body: "hold" });
    };
    const invite = alice.invite(bob, { body: "offer" }, answering);
    await world.pass(100);
    const name = method === "update" ? "UPDATE" : "INVITE";
    expect([sentAt(world, "ACK")[0], sentAt(world, name).at(-1)]).toEqual([20, 30]);
    expect((await sent)!.bodyText).toBe("answer to hold");
    void (await invite.session).bye();
  },
);

it("a callee's re-INVITE waits for his own 2xx, which a PRACK holds back (§14.1)", async () => {
  const world = new SipWorld({ delay: 10 });
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  const sent: Promise<Response>[] = [];
  bob.onInvite = async (call) => {
    await call.ringReliably(183, { body: "answer" });
    void call.ringReliably(180);
    const session = call.accept();
    sent.push(session.reinvite({ body: "hold" }), session.update());
  };
  const invite = alice.invite(bob, { body: "offer" }, answering);
  await world.pass(200);
  // The second PRACK is there at 50, the 2xx goes then, and its ACK is there at 70. An UPDATE need not wait.
  expect([sentAt(world, "INVITE"), sentAt(world, "UPDATE")]).toEqual([[0, 70], [30]]);
  expect((await sent[0])!.bodyText).toBe("answer to hold");
  expect((await sent[1])!.status).toBe(200);
  void (await invite.session).bye();
});

it("a callee's re-INVITE that waits for his own 2xx is over with the call", async () => {
  const world = new SipWorld({ delay: 10 });
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  let sent: Promise<Response> | undefined;
  bob.onInvite = async (call) => {
    await call.ringReliably(183, { body: "answer" });
    void call.ringReliably(180);
    sent = call.accept().reinvite({ body: "hold" });
  };
  const invite = alice.invite(bob, { body: "offer" }, answering);
  await world.pass(45);
  invite.cancel();
  bob.calls[0]!.close();
  await expect(sent).rejects.toMatchObject({ code: "terminated" });
  await world.pass(100);
  expect(world.wire("INVITE")).toBe(1);
});

describe("what answers an offer of ours", () => {
  it.each(["update", "reinvite"] as const)("a 422 has the %s sent again", async (method) => {
    const world = new SipWorld();
    const { bob, a } = await connect(world, { bob: answering });
    const name = method === "update" ? "UPDATE" : "INVITE";
    script(bob, name, [422], (response) => void response.headers.set("Min-SE", "500"));
    const sent = a[method]({ body: "hold" });
    await world.pass();
    expect((await sent).bodyText).toBe("answer to hold");
    expect(last(world, name)).toMatch(/\r\nMin-SE: 500\r\n/);
    void a.bye();
  });

  it.each(["update", "reinvite"] as const)(
    "a 2xx to the %s: its body is the one to say again",
    async (method) => {
      const world = new SipWorld();
      const { a } = await connect(world, { bob: answering });
      const sent = a[method]({ body: "hold" });
      await world.pass();
      await sent;
      expect(a.toJSON().body).toEqual({ text: "hold", contentType: "application/sdp" });
      void a.bye();
    },
  );

  it("a 2xx to a re-INVITE: the peer has moved, and takes no UPDATE any more", async () => {
    const world = new SipWorld();
    const { bob, a } = await connect(world);
    script(bob, "INVITE", [200], ({ headers }) => {
      headers.set("Contact", `<${bob.uri.replace("bob@", "moved@")}>`).set("Allow", "INVITE, ACK, BYE");
    });
    void a.reinvite({ body: "hold" });
    await world.pass();
    expect(last(world, "INVITE")).toMatch(/\r\nAllow: INVITE, ACK, CANCEL/);
    expect([a.dialog.target.user, a.toJSON().update]).toEqual(["moved", false]);
    void a.bye();
  });

  it.each([
    [481, "gone"],
    [408, "gone"],
    [500, "bye"],
  ])("a %i to a re-INVITE: the session ends with %s (RFC 3261 §12.2.1.2)", async (status, reason) => {
    const world = new SipWorld();
    const { alice, bob, a } = await connect(world);
    script(bob, "INVITE", [status]);
    const sent = a.reinvite({ body: "hold" });
    await world.pass();
    expect((await sent).status).toBe(status);
    void a.bye();
    expect(alice.log).toEqual([reason]);
  });

  it("silence: the session is gone", async () => {
    const world = new SipWorld();
    const { alice, a } = await connect(world);
    world.network.set({ drop: ({ text }) => text.startsWith("INVITE") });
    const sent = a.reinvite({ body: "hold" }).catch(code);
    await world.pass(33_000);
    expect([await sent, alice.log]).toEqual(["timeout", ["gone"]]);
  });

  it("nothing, for the stack is closed: whoever waits is told", async () => {
    const world = new SipWorld();
    const { alice, bob, a, b } = await connect(world);
    script(bob, "INVITE", [0]);
    const sent = a.reinvite({ body: "hold" }).catch(code);
    await world.pass();
    await alice.phone.stack.close();
    expect(await sent).toBe("closed");
    alice.ua.close();
    bob.phone.transactions.at(-1)!.respond(488);
    void b.bye();
  });
});

it("a re-INVITE reaches a client that cannot be called by its connection; when that is gone, the session is not", async () => {
  const world = new SipWorld();
  const server = await agent(world, "server", "WS server");
  const page = await agent(world, "page", "WS");
  page.handlers = answering;
  page.phone.stack.send(page.phone.request("OPTIONS", "sip:s@s"), {
    target: { protocol: "WS", ...server.phone.transport.local },
  });
  await world.pass();
  const { flow } = server.phone.requests[0] as Request;
  const invite = server.invite(page, { body: "offer" }, {}, { flow: flow! });
  await world.pass();
  const session = await invite.session;
  const sent = session.reinvite({ body: "hold" });
  await world.pass();
  expect((await sent).bodyText).toBe("answer to hold");
  script(page, "INVITE", [0]);
  const lost = session.reinvite({ body: "lost" }).catch(code);
  await world.pass();
  await page.phone.stack.close();
  page.ua.close();
  await world.pass();
  expect([await lost, session.state]).toEqual(["connection_closed", "confirmed"]);
  void session.bye();
});

it("a user agent that is closed sends no CANCEL for its re-INVITE", async () => {
  const world = new SipWorld();
  const { alice, bob, a, b } = await connect(world);
  script(bob, "INVITE", [0]);
  void a.reinvite({ body: "hold" }).catch(() => {});
  await world.pass();
  alice.ua.close();
  await world.pass(1_000);
  expect(world.wire("CANCEL")).toBe(0);
  bob.phone.transactions.at(-1)!.respond(488);
  void b.bye();
});

it("what was said last is what a refresh says again: an UPDATE of a call that rang, and not its 2xx, or INVITE", async () => {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bob.handlers = { onOffer: (offer) => offer.accept({ body: "later answer" }) };
  bob.onInvite = (call) => void call.ringReliably(183, { body: "answer" });
  const call = alice.invite(bob, { body: "offer" });
  await world.pass(100);
  void call.dialogs[0]!.update({ body: "later offer" });
  await world.pass(100);
  const b = bob.calls[0]!.accept({ body: "answer" });
  await world.pass(100);
  const a = await call.session;
  expect([a, b].map((session) => session.toJSON().body?.text)).toEqual(["later offer", "later answer"]);
  void a.bye();
});

describe("a re-INVITE with a signal", () => {
  it("that is none, its controller say, is refused, and leaves nothing", async () => {
    const world = new SipWorld();
    const { a, bob } = await connect(world, { bob: answering });
    const before = bob.phone.requests.length;
    await expect(
      a.reinvite({ body: "offer" }, { signal: new AbortController() as never }),
    ).rejects.toMatchObject({
      ...{ code: "value_invalid", message: "signal: an AbortSignal is wanted, not [object AbortController]" },
    });
    expect(bob.phone.requests.length).toBe(before);
    const next = a.reinvite({ body: "offer" });
    await world.pass(100);
    expect((await next).status).toBe(200);
    void a.bye();
  });

  it("is cancelled by it, which its peer is told of; the session goes on", async () => {
    const world = new SipWorld();
    const offers: IncomingOffer[] = [];
    const { a, b } = await connect(world, { bob: { onOffer: (offer) => void offers.push(offer) } });
    const gone = new AbortController();
    const asked = a.reinvite({ body: "offer" }, { signal: gone.signal });
    // Bob's 100, without which there is nothing to be cancelled.
    await world.pass(1_000);
    expect(offers[0]?.signal.aborted).toBe(false);
    gone.abort();
    await world.pass(100);
    expect((await asked).status).toBe(487);
    expect(offers[0]?.signal.aborted).toBe(true);
    offers[0]?.accept({ body: "late" });
    expect([a.state, b.state]).toEqual(["confirmed", "confirmed"]);
    const again = a.reinvite({ body: "offer" });
    await world.pass(100);
    offers[1]?.accept({ body: "answer" });
    await world.pass(100);
    expect((await again).status).toBe(200);
    expect(offers[1]?.signal.aborted).toBe(false);
    void a.bye();
  });

  it("is not sent where that was aborted before", async () => {
    const world = new SipWorld();
    const { a, bob } = await connect(world, { bob: answering });
    const before = bob.phone.requests.length;
    const { signal } = new AbortController();
    const gone = new AbortController();
    gone.abort();
    await expect(a.reinvite({ body: "offer" }, { signal: gone.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect([bob.phone.requests.length, signal.aborted]).toEqual([before, false]);
    const next = a.reinvite({ body: "offer" }, { signal });
    await world.pass(100);
    expect((await next).status).toBe(200);
    // No number was lost with it (RFC 3261 §12.2.1.1).
    expect(bob.phone.requests.at(-1)!.headers.get("CSeq")?.number).toBe(2);
    void a.bye();
  });
});
