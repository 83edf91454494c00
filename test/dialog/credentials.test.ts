// Dialogs whose requests are challenged: each answer has a branch and a number of its own, and the same Call-ID
// (RFC 3261 §22.2); who has asked within a call need not ask again (§22.3).

import { expect, it } from "vitest";
import { DigestClient } from "../../src/digest/client.ts";
import { DigestServer } from "../../src/digest/server.ts";
import type { Request } from "../../src/message/request.ts";
import type { MemoryFaults } from "../../src/transport/memory.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent } from "./support.ts";

const secret = { username: "alice", password: "zanzibar" };

/** Bob asks for credentials; with `always` each request anew, since his nonces are good for one request alone. */
async function world(how: { always?: boolean; faults?: MemoryFaults & { seed?: number } } = {}) {
  const world = new SipWorld(how.faults);
  const credentials = new DigestClient({ credentials: secret });
  const alice = await agent(world, "alice", "UDP", { sendOptions: { credentials } });
  const bob = await agent(world, "bob");
  const server = new DigestServer({
    realm: "bob",
    lookup: () => ({ password: "zanzibar" }),
    now: () => world.clock.now(),
    ...(how.always ? { qop: [] } : {}),
  });
  const asked: string[] = [];
  bob.guard = async (request, transaction) => {
    // ACK and CANCEL cannot be challenged (RFC 3261 §22.1).
    if (!transaction) return false;
    const verdict = await server.check(request);
    if (verdict.ok) return false;
    asked.push(request.method);
    transaction.respond(server.challenge(request, verdict));
    return true;
  };
  return { world, alice, bob, asked };
}

const numbers = ({ phone }: Agent) =>
  phone.requests.map(({ method, headers }) => `${method} ${headers.get("CSeq")?.number}`);

const only = (requests: readonly Request[], method: string) =>
  requests.filter((each) => each.method === method);

it("an INVITE is sent again with credentials, as is all that needs it within the call", async () => {
  const { world: w, alice, bob, asked } = await world({ always: true });
  bob.handlers = {
    onOffer: (offer) => offer.accept({ body: "answer" }),
    onRequest: (_request, transaction) => transaction.respond(202),
  };
  const ringing: Promise<Request>[] = [];
  bob.onInvite = (call) => {
    ringing.push(call.ringReliably(180));
    void ringing[0]!.then(() => bob.sessions.push(call.accept({ body: "answer" })));
  };
  const call = alice.invite(bob);
  await w.pass(100);
  const session = await call.session;
  const reinvited = session.reinvite({ body: "again" });
  await w.pass(100);
  expect((await reinvited).status).toBe(200);
  const updated = session.update({ body: "update" });
  await w.pass(100);
  expect((await updated).status).toBe(200);
  // Two at once: each has its own number, whichever answer comes first.
  const two = [session.request("INFO"), session.request("MESSAGE")];
  await w.pass(100);
  expect((await Promise.all(two)).map(({ status }) => status)).toEqual([202, 202]);
  const bye = session.bye();
  await w.pass(100);
  expect((await bye)?.status).toBe(200);

  expect(numbers(bob)).toEqual([
    ...["INVITE 1", "INVITE 2", "PRACK 3", "PRACK 4", "ACK 2"],
    ...["INVITE 5", "INVITE 6", "ACK 6", "UPDATE 7", "UPDATE 8"],
    ...["INFO 9", "MESSAGE 10", "INFO 11", "MESSAGE 12", "BYE 13", "BYE 14"],
  ]);
  expect(asked).toEqual(["INVITE", "PRACK", "INVITE", "UPDATE", "INFO", "MESSAGE", "BYE"]);
  const branches = bob.phone.requests.map(({ headers }) => headers.first("Via")?.branch);
  expect(new Set(branches).size).toBe(branches.length);
  expect(new Set(bob.phone.requests.map(({ headers }) => headers.get("Call-ID"))).size).toBe(1);
  // The refused INVITEs are acknowledged by their transactions, with their branches and numbers.
  const acks = w.network.trace.filter(({ text }) => text.startsWith("ACK ")).map(({ text }) => text);
  expect(acks.map((text) => /CSeq: (\d+)/.exec(text)?.[1])).toEqual(["1", "2", "5", "6"]);
  // The ACK to a 2xx carries its INVITE's credentials (RFC 3261 §22.1).
  for (const ack of only(bob.phone.requests, "ACK")) expect(ack.headers.get("Authorization")).toHaveLength(1);
  expect(bob.log).toEqual(["peer"]);
});

it("who has asked once within a call is not made to ask again", async () => {
  const { world: w, alice, bob, asked } = await world();
  const call = alice.invite(bob);
  await w.pass(100);
  const session = await call.session;
  void session.bye();
  await w.pass(100);
  expect(asked).toEqual(["INVITE"]);
  expect(numbers(bob)).toEqual(["INVITE 1", "INVITE 2", "ACK 2", "BYE 3"]);
  // Another call is somebody else's business.
  const next = alice.invite(bob);
  await w.pass(100);
  void (await next.session).bye();
  expect(asked).toEqual(["INVITE", "INVITE"]);
});

it("a session timer's 422, and a call that is cancelled while credentials are looked up", async () => {
  const { world: w, alice, bob } = await world();
  bob.options = { timer: { min: 300 } };
  const call = alice.invite(bob, { body: "offer" }, {}, { timer: { expires: 100 } });
  await w.pass(200);
  const session = await call.session;
  expect(session.timer?.expires).toBe(300);
  void session.bye();
  await w.pass(100);

  const slow = await agent(w, "slow", "UDP", {
    sendOptions: {
      credentials: new DigestClient({
        credentials: () => new Promise((resolve) => w.clock.set(() => resolve(secret), 1000)),
      }),
    },
  });
  const canceled = slow.invite(bob);
  await w.pass(100);
  canceled.cancel();
  await w.pass(2000);
  await expect(canceled.session).rejects.toMatchObject({ code: "aborted", status: 401 });
});

it("a call that rings after its challenge was answered is cancelled by its second INVITE's branch", async () => {
  const { world: w, alice, bob } = await world();
  bob.onInvite = (call) => void call.ring();
  const call = alice.invite(bob);
  await w.pass(100);
  call.cancel();
  await w.pass(100);
  await expect(call.session).rejects.toMatchObject({ code: "aborted", status: 487 });
  expect(bob.log).toEqual(["cancel", "peer"]);
  const cancel = w.network.trace.find(({ text }) => text.startsWith("CANCEL "))?.text ?? "";
  const branch = only(bob.phone.requests, "INVITE")[1]?.headers.first("Via")?.branch;
  expect([/CSeq: (\d+)/.exec(cancel)?.[1], /branch=([^;\s]+)/.exec(cancel)?.[1]]).toEqual(["2", branch]);
});

it.each([401, 422])(
  "a %d ends what has rung before it: who rings then, with the same tag too, is another dialog (RFC 3261 §13.2.2.3)",
  async (status) => {
    const { world: w, alice } = await world();
    const carol = await w.phone("carol");
    let invites = 0;
    carol.answer = (request, transaction) => {
      if (request.method !== "INVITE") return transaction?.respond(200);
      const first = invites++ === 0;
      const say = (status: number, headers: Record<string, string>) => {
        const response = request.createResponse(status);
        response.headers.set("To", request.headers.get("To")!.with({ tag: "carol" }));
        for (const [name, value] of Object.entries({ Contact: `<${carol.uri}>`, ...headers }))
          response.headers.set(name, value);
        transaction?.respond(response);
      };
      say(183, { Require: "100rel", RSeq: first ? "50" : "7" });
      const challenge = 'Digest realm="example.com", nonce="n"';
      const refusal = { "WWW-Authenticate": challenge, "Min-SE": "200" };
      w.clock.set(() => (first ? say(status, refusal) : say(200, {})), 100);
    };
    const rung: unknown[] = [];
    const onProvisional = (_response: unknown, dialog: unknown) => void rung.push(dialog);
    const call = alice.invite(carol.uri, { body: "offer" }, { onProvisional }, { timer: { expires: 100 } });
    await w.pass(300);
    const session = await call.session;
    expect([rung.length, rung[0] === rung[1], rung[1] === session, alice.log]).toEqual([
      2,
      false,
      true,
      ["refused"],
    ]);
    expect(carol.methods).toEqual(["INVITE", "PRACK", "INVITE", "PRACK", "ACK"]);
    void session.bye();
  },
);

it("SUBSCRIBE, its refresh, REFER and PUBLISH answer, too", async () => {
  const { world: w, alice, bob } = await world({ always: true });
  const notes: string[] = [];
  bob.onOther = (request, transaction) => {
    if (request.method === "SUBSCRIBE") {
      bob.ua.incomingSubscription(request, transaction)!.accept({ state: () => ({ body: "open" }) });
    } else if (request.method === "PUBLISH") {
      const response = request.createResponse(200);
      response.headers.set("SIP-ETag", "one").set("Expires", request.headers.raw("Expires")[0]!);
      transaction.respond(response);
    }
  };
  const handlers = {
    onNotify: ({ bodyText }: Request) => void notes.push(bodyText.trim()),
    onEnd: ({ reason }: { reason: string }) => void notes.push(reason),
  };
  const subscription = alice.ua.subscribe(bob.uri, "presence", alice.init(), handlers);
  await w.pass(100);
  subscription.refresh();
  await w.pass(100);
  subscription.unsubscribe();
  await w.pass(100);
  expect(notes.splice(0)).toEqual(["open", "open", "open", "timeout"]);
  expect(numbers(bob).filter((each) => each.startsWith("SUB"))).toEqual(
    [1, 2, 3, 4, 5, 6].map((number) => `SUBSCRIBE ${number}`),
  );

  bob.handlers = { onRefer: (refer) => refer.accept().notify(200) };
  const call = alice.invite(bob);
  await w.pass(100);
  const session = await call.session;
  session.refer("sip:carol@example.com", handlers);
  await w.pass(100);
  expect(notes.splice(0)).toEqual(["SIP/2.0 100 Trying", "SIP/2.0 200 OK", "noresource"]);
  void session.bye();

  const publication = alice.ua.publish(bob.uri, "presence", { ...alice.init(), body: "open" });
  await w.pass(100);
  expect(publication.etag).toBe("one");
  publication.remove();
});

it("wrong credentials end a call, and not a dialog that stands", async () => {
  const { world: w, bob } = await world();
  const credentials = new DigestClient({ credentials: { username: "alice", password: "?" } });
  const eve = await agent(w, "eve", "UDP", { sendOptions: { credentials } });
  const call = eve.invite(bob);
  await w.pass(100);
  await expect(call.session).rejects.toMatchObject({ code: "refused", status: 401 });
  expect(numbers(bob)).toEqual(["INVITE 1", "INVITE 2"]);

  const guard = bob.guard;
  bob.guard = () => false;
  const open = eve.invite(bob);
  await w.pass(100);
  const session = await open.session;
  bob.guard = guard;
  const reinvited = session.reinvite({ body: "again" });
  await w.pass(100);
  expect([(await reinvited).status, session.state]).toEqual([401, "confirmed"]);
  bob.guard = () => false;
  void session.bye();
});

it.each([1, 2, 3])("over a network that loses, doubles and reorders (seed %i)", async (seed) => {
  const faults = { loss: 0.2, duplicate: 0.1, reorder: 0.1, delay: [5, 60] as [number, number], seed };
  const { world: w, alice, bob } = await world({ always: true, faults });
  bob.handlers = { onOffer: (offer) => offer.accept({ body: "answer" }) };
  const call = alice.invite(bob);
  await w.pass(64_000);
  const session = await call.session;
  const reinvited = session.reinvite({ body: "again" });
  await w.pass(64_000);
  expect((await reinvited).status).toBe(200);
  void session.bye();
  await w.pass(64_000);
  expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
});
