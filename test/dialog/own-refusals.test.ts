// What a user agent refuses by itself before anybody takes it (RFC 3261 §8.2.2): a request that requires an extension
// which nobody here knows, and one that came by another way, too.

import { describe, expect, it } from "vitest";
import type { UserAgentOptions } from "../../src/dialog/user-agent-options.ts";
import type { Response } from "../../src/message/response.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent, connect } from "./support.ts";

const needs = (...options: string[]) => ({ headers: { Require: options } });

describe("an extension that is required (§8.2.2.3)", () => {
  it("and that nobody knows: the INVITE is refused 420, and the call is over", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = () => {};
    const invite = alice.invite(bob, { body: "offer", ...needs("timer", "teleport", "Levitate") });
    await world.pass();
    const error = await invite.session.catch((cause) => cause);
    expect(error).toMatchObject({ code: "refused", status: 420 });
    expect((error.cause as Response).headers.get("Unsupported")).toEqual(["teleport", "Levitate"]);
    expect([bob.calls[0]!.state, bob.log]).toEqual(["over", ["refused"]]);
    expect(bob.calls[0]!.accept().state).toBe("ended");
  });

  it("and that the user agent has, or its user: the call stands, and its user's is told of", async () => {
    const world = new SipWorld();
    const agents = [
      await agent(world, "alice", "UDP", { extensions: ["levitate"] }),
      await agent(world, "bob", "UDP", { extensions: ["Teleport"] }),
    ] as const;
    const [alice, bob] = agents;
    const own = ["100REL", "timer", "replaces", "join", "gruu", "teleport"];
    const invite = alice.invite(bob, { body: "offer", ...needs(...own) });
    await world.pass();
    expect(bob.phone.requests[0]!.headers.get("Supported")).toContain("levitate");
    expect(invite.response!.headers.get("Supported")).toEqual(["replaces", "teleport", "timer"]);
    const session = await invite.session;
    const info = session.request("INFO", needs("levitate"));
    const other = session.request("INFO", needs("teleport"));
    await world.pass();
    expect([await info, await other].map(({ status }) => status)).toEqual([420, 405]);
    expect(session.state).toBe("confirmed");
    void session.bye();
  });

  it("by a request within a dialog: it is refused, and its handler hears nothing of it; an ACK is not", async () => {
    const world = new SipWorld();
    const acks: unknown[] = [];
    const heard: string[] = [];
    const { alice, a } = await connect(world, {
      bob: {
        onAck: (ack) => void acks.push(ack),
        onRequest: (request, transaction) => {
          heard.push(request.method);
          transaction.respond(200);
        },
      },
    });
    const hold = a.reinvite({ body: "hold", ...needs("teleport") });
    const info = a.request("INFO", needs("teleport"));
    await world.pass();
    expect([(await hold).status, (await info).status, heard]).toEqual([420, 420, []]);
    alice.phone.stack.sendStateless(a.dialog.createRequest("ACK", needs("teleport"), 1));
    await world.pass();
    expect([acks.length, world.wire("SIP/2.0 420")]).toEqual([1, 2]);
    void a.bye();
  });

  it("by SUBSCRIBE, REFER, or the first NOTIFY", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const accepted: string[] = [];
    bob.onOther = (request, transaction) => {
      if (request.method === "REFER") {
        if (bob.ua.incomingRefer(request, transaction)) accepted.push("REFER");
        return;
      }
      const subscription = bob.ua.incomingSubscription(request, transaction);
      if (!subscription) return;
      const handlers = { state: () => needs("eventlist") };
      accepted.push(subscription.accept(handlers).event);
      expect(() => subscription.accept(handlers)).toThrow("answered already");
    };
    const ends: string[] = [];
    const onEnd = ({ reason, response }: { reason: string; response?: Response }) =>
      void ends.push(`${reason} ${response?.status}`);
    alice.ua.subscribe(bob.uri, "presence", alice.init(needs("teleport")), { onEnd });
    alice.ua.refer(bob.uri, "sip:carol@example.com", alice.init(needs("teleport")), { onEnd });
    await world.pass();
    expect([ends, accepted]).toEqual([["refused 420", "refused 420"], []]);
    alice.ua.subscribe(bob.uri, "presence", alice.init({ headers: { Expires: 60 } }), { onEnd });
    await world.pass(70_000);
    expect(accepted).toEqual(["presence"]);
    expect(ends.slice(2)).toEqual(["silent undefined"]);
    expect(world.wire("SIP/2.0 420")).toBe(3);
  });
});

describe("a request that came by two ways (§8.2.2.2)", () => {
  /** Sends an INVITE, or another request, twice, each in a transaction of its own, as a proxy that forks does. */
  async function twice(world: SipWorld, bob: Agent, method = "INVITE"): Promise<readonly number[]> {
    const alice = await world.phone("alice");
    const request = alice.request(method, bob.uri, {
      headers: { Event: "presence", "Refer-To": "<sip:c@c>" },
    });
    const statuses: number[] = [];
    for (let way = 0; way < 2; way++) {
      alice.stack.send(request, { onResponse: ({ status }) => void statuses.push(status) });
      await world.pass();
    }
    return statuses;
  }

  const callee = async (world: SipWorld, options: Partial<UserAgentOptions> = {}) => {
    const bob = await agent(world, "bob", "UDP", options);
    bob.onInvite = (call) => void call.ring();
    bob.onOther = (request, transaction) => {
      if (request.method === "REFER") bob.ua.incomingRefer(request, transaction);
      else bob.ua.incomingSubscription(request, transaction);
    };
    return bob;
  };

  it("is refused 482 as long as the first goes on", async () => {
    const world = new SipWorld();
    const bob = await callee(world);
    expect(await twice(world, bob)).toEqual([180, 482]);
    expect(bob.calls.map(({ state }) => state)).toEqual(["ringing", "over"]);
    expect(bob.ua.stats).toMatchObject({ dialogs: 1, pending: 1 });
    bob.calls[0]!.reject();
    await world.pass(40_000);
  });

  it.each(["SUBSCRIBE", "REFER"])("a %s, too", async (method) => {
    const world = new SipWorld();
    expect(await twice(world, await callee(world), method)).toEqual([482]);
  });

  it("is taken by one who stands for many, and says so", async () => {
    const world = new SipWorld();
    const bob = await callee(world, { answersMerged: false });
    expect(await twice(world, bob)).toEqual([180, 180]);
    for (const call of bob.calls) call.reject();
    await world.pass(40_000);
  });
});

it("an OPTIONS within a dialog says what is known, where the session does not take it (RFC 3261 §11.2)", async () => {
  const world = new SipWorld();
  const agents = [
    await agent(world, "alice"),
    await agent(world, "bob", "UDP", { extensions: ["eventlist"] }),
  ] as const;
  const { a, b } = await connect(world, {}, {}, agents);
  const asked = a.request("OPTIONS");
  await world.pass();
  const { status, headers } = await asked;
  expect([status, b.state]).toEqual([200, "confirmed"]);
  expect(headers.get("Allow")).toEqual(expect.arrayContaining(["INVITE", "OPTIONS", "UPDATE"]));
  const accepted = ["Accept", "Accept-Encoding", "Accept-Language"].map((name) => headers.raw(name).join());
  expect(accepted).toEqual(["application/sdp", "identity", "*"]);
  expect(headers.get("Supported")).toEqual([
    "100rel",
    "gruu",
    "join",
    "norefersub",
    "replaces",
    "timer",
    "eventlist",
  ]);
  void a.bye();
});

it("what nobody takes is refused with what is taken, or by its name (RFC 3261 §8.2.1, §21.5.2)", async () => {
  const world = new SipWorld();
  const { a } = await connect(world);
  const [known, strange] = [a.request("MESSAGE"), a.request("TELEPORT")];
  await world.pass();
  expect([(await known).status, (await strange).status]).toEqual([405, 501]);
  expect((await known).headers.get("Allow")).toContain("BYE");
  expect((await strange).headers.get("Allow")).toEqual([]);
  void a.bye();
});

describe("outside of dialogs", () => {
  const asked = async (options: Partial<UserAgentOptions>, methods: readonly string[], headers = {}) => {
    const world = new SipWorld();
    const [alice, bob] = [await world.phone("alice"), await agent(world, "bob", "UDP", options)];
    bob.onOther = (request, transaction) => bob.ua.answerOther(request, transaction);
    const responses: Response[] = [];
    for (const method of methods) {
      const sent = alice.send(alice.request(method, bob.uri, { headers }));
      await world.pass();
      responses.push(await sent.final);
    }
    return { responses, stats: bob.ua.stats };
  };

  it("what can only be within one is answered 481 (§15.1.2)", async () => {
    const methods = ["BYE", "PRACK", "UPDATE"];
    const { responses, stats } = await asked({}, methods);
    expect([responses.map(({ status }) => status), stats.strays]).toEqual([[481, 481, 481], 3]);
    // The core may know better.
    const left = await asked({ answersStrays: false, allow: "BYE, OPTIONS" }, methods);
    expect([left.responses.map(({ status }) => status), left.stats.strays]).toEqual([[481, 481, 481], 0]);
  });

  it("an OPTIONS says what is known (§11.2), and of the rest each is refused as is right", async () => {
    const methods = ["OPTIONS", "INFO", "REGISTER", "SUBSCRIBE", "NOTIFY", "TELEPORT"];
    const { responses } = await asked({ allow: "INVITE, INFO, OPTIONS" }, methods);
    expect(responses.map(({ status }) => status)).toEqual([200, 405, 405, 489, 481, 501]);
    const [options, info] = responses.map(({ headers }) => headers);
    expect([options!.get("Allow"), info!.get("Allow")]).toEqual([
      ["INVITE", "INFO", "OPTIONS"],
      ["INVITE", "OPTIONS"],
    ]);
    expect(options!.raw("Accept")).toEqual(["application/sdp"]);
    expect(options!.get("Supported")).toContain("replaces");
  });

  it("and with what is not known, 420", async () => {
    const { responses } = await asked({}, ["OPTIONS", "MESSAGE"], { Require: "teleport" });
    expect(responses.map(({ status }) => status)).toEqual([420, 420]);
    expect(responses[0]!.headers.get("Unsupported")).toEqual(["teleport"]);
  });
});

describe.each(["Replaces", "Join"])("a %s in another request than an INVITE", (name) => {
  const headers = { [name]: "c@h;to-tag=1;from-tag=2" };

  it("has that refused 400 (RFC 3891 §3, RFC 3911 §4)", async () => {
    const world = new SipWorld();
    const heard: string[] = [];
    const { alice, bob, a } = await connect(world, {
      bob: {
        onRequest: (request, transaction) => {
          heard.push(request.method);
          transaction.respond(200);
        },
      },
    });
    bob.onOther = (request, transaction) =>
      void bob.ua.incomingSubscription(request, transaction)?.accept({ state: () => ({}) });
    const info = a.request("INFO", { headers });
    const ends: unknown[] = [];
    const onEnd = (end: { reason: string; response?: Response }) =>
      void ends.push([end.reason, end.response?.status]);
    alice.ua.subscribe(bob.uri, "presence", alice.init({ headers }), { onEnd });
    await world.pass();
    expect([(await info).status, heard, ends]).toEqual([400, [], [["refused", 400]]]);
    // A BYE is one, whatever else stands in it.
    const bye = a.bye({ headers });
    await world.pass();
    expect([(await bye)?.status, bob.sessions[0]!.state]).toEqual([200, "ended"]);
  });
});
