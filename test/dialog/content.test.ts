// What a user adds to the messages of a user agent, and what a B2BUA takes over from one message into another.

import { describe, expect, it } from "vitest";
import { addContent, type Content, contentOf } from "../../src/dialog/content.ts";
import { createRequest } from "../../src/message/create-request.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { parseMessage } from "../../src/message/parse.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent, connect } from "./support.ts";

const from = "<sip:alice@example.com>";

describe("content", () => {
  it("of a message is its body with what describes it, and the header fields that are named", () => {
    const headers = {
      "Content-Type": "multipart/mixed;boundary=x",
      "Content-Disposition": "session",
      "Content-Encoding": "gzip",
      "X-One": ["1", "2"],
      "X-Two": "3",
    };
    const body = new Uint8Array([31, 139]);
    const content = contentOf(createRequest("INVITE", "sip:bob@example.com", { from, headers, body }), [
      "X-One",
      "Subject",
    ]);
    expect(content).toEqual({
      body: Buffer.from(body),
      contentType: "multipart/mixed;boundary=x",
      headers: { "Content-Disposition": ["session"], "Content-Encoding": ["gzip"], "X-One": ["1", "2"] },
    });
  });

  it("of a response has its reason phrase, and without a body nothing that describes one", () => {
    const headers = { "Content-Disposition": "session" };
    const request = createRequest("INVITE", "sip:bob@example.com", { from, headers });
    expect(contentOf(request)).toEqual({ headers: {} });
    expect(contentOf(request.createResponse(486, "At Lunch"))).toEqual({ reason: "At Lunch", headers: {} });
  });

  it("of a message leaves out what must not go on the wire: a peer's NUL would keep a caller without his answer", () => {
    const request = createRequest("INVITE", "sip:bob@example.com", { from });
    const head =
      "X-One: a\0b\r\nX-One: c\r\nX-Two: a\0b\r\nSubject: d\r\nSubject: e\r\nContent-Type: text/a\0b\r\n";
    const heard = parseMessage(`SIP/2.0 486 Bu\0sy\r\n${head}Content-Length: 1\r\n\r\n\0`);
    const said = addContent(request.createResponse(486), contentOf(heard, ["X-One", "X-Two", "Subject"]));
    expect([said.reason, said.bodyText]).toEqual(["Busy Here", "\0"]);
    const { headers } = said;
    expect(["X-One", "X-Two", "Subject", "Content-Type"].map((name) => headers.raw(name))).toEqual([
      ["c"],
      [],
      ["d", "e"],
      ["application/sdp"],
    ]);
  });

  it("with a body that is none, such as a whole session description, is refused: it went out without", async () => {
    const world = new SipWorld();
    const thrown: unknown[] = [];
    const alice = await agent(world, "alice", "UDP", { onError: (error) => void thrown.push(error) });
    const bob = await agent(world, "bob");
    const content = { body: { type: "offer", sdp: "v=0" } } as unknown as Content;
    const isRefused = { code: "value_invalid" };
    for (const body of [content.body, null, 12, new ArrayBuffer(1)])
      expect(() => alice.ua.invite(bob.uri, alice.init({ body } as object))).toThrowError(
        expect.objectContaining(isRefused),
      );
    const { a } = await connect(world, {}, {}, [alice, bob]);
    await expect(a.reinvite(content)).rejects.toMatchObject(isRefused);
    await expect(a.reinvite("v=0" as Content)).rejects.toMatchObject(isRefused);
    void a.bye();
    await world.pass();
    // Where the peer waits for the answer, he is acknowledged all the same, and the user hears of it.
    for (const ring of [false, true]) {
      bob.onInvite = async (call) => {
        if (ring) await call.ringReliably(183, { body: "their offer" });
        bob.sessions.push(call.accept({ body: "their offer" }));
      };
      const invite = alice.invite(bob, {}, { answer: () => content });
      await world.pass();
      void (await invite.session).bye();
      await world.pass();
    }
    expect(thrown).toMatchObject([isRefused, isRefused]);
  });

  it("may have a reason phrase for responses, and typed values, and none where one is undefined", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice");
    const bob = await agent(world, "bob");
    const who = NameAddr.parse("<sip:who@example.com>");
    const content: Content = { reason: "At Lunch", headers: { "Reply-To": who, Subject: undefined } };
    bob.onInvite = (call) => call.reject(486, content);
    const refused = alice.invite(bob, content);
    await world.pass();
    await expect(refused.session).rejects.toMatchObject({ status: 486, cause: { reason: "At Lunch" } });
    const { headers } = bob.phone.requests[0]!;
    expect([`${headers.get("Reply-To")}`, headers.has("Subject")]).toEqual([`${who}`, false]);

    const { a } = await connect(world, { bob: { onOffer: (offer) => offer.reject(488, content) } }, {}, [
      alice,
      Object.assign(bob, { onInvite: (call: (typeof bob.calls)[0]) => bob.sessions.push(call.accept()) }),
    ]);
    const offered = a.reinvite({ body: "hold" });
    await world.pass();
    expect((await offered).reason).toBe("At Lunch");
    void a.bye();
  });
});

describe("From", () => {
  it("is the user agent's where a request has none of its own, and has to be somebody's", async () => {
    const world = new SipWorld();
    const alice = await agent(world, "alice", "UDP", { from: '"Alice" <sip:alice@example.com>' });
    const bob = await agent(world, "bob");
    const names: unknown[] = [];
    bob.onOther = (request, transaction) => {
      names.push(request.headers.get("From")?.uri.user);
      transaction.respond(405);
    };
    for (const init of [undefined, { from: "<sip:other@example.com>" }]) {
      alice.ua.publish(bob.uri, "presence", { ...init, body: "open" });
      alice.ua.subscribe(bob.uri, "presence", init, {});
      const call = alice.ua.invite(bob.uri, init);
      await world.pass();
      void (await call.session).bye();
      names.push(call.request.headers.get("From")?.uri.user);
    }
    await world.pass();
    expect(names).toEqual(["alice", "alice", "alice", "other", "other", "other"]);
    expect(() => bob.ua.invite(alice.uri)).toThrowError(
      expect.objectContaining({ code: "value_invalid", header: "From" }),
    );
  });
});
