// Bodies that are no session description, as they say themselves: an ISUP message with a disposition of `signal`
// (RFC 3204), a text to be shown. They are neither offers nor answers (RFC 3261 §20.11, RFC 5621 §8.1).

import { describe, expect, it } from "vitest";
import { Dialog } from "../../src/dialog/dialog.ts";
import type { IncomingOffer } from "../../src/dialog/incoming-offer.ts";
import { NameAddr } from "../../src/message/name-addr.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent, connect } from "./support.ts";

const isup = (body: string) => ({
  body,
  contentType: "application/isup",
  headers: { "Content-Disposition": "Signal ; handling=optional" },
});

describe("a body that is for something else", () => {
  it("in a reliable response is no offer: the one in the 2xx is answered", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const [asked, heard]: string[][] = [[], []];
    bob.handlers = { onAck: (ack) => void heard!.push(`ACK ${ack.bodyText}`) };
    bob.onInvite = async (call) => {
      heard!.push(`PRACK ${(await call.ringReliably(183, isup("ACM"))).bodyText}`);
      bob.sessions.push(call.accept({ body: "their offer" }));
    };
    const answer = ({ status }: { status: number }) => {
      asked!.push(`${status}`);
      return { body: "answer" };
    };
    const invite = alice.invite(bob, {}, { answer });
    await world.pass();
    expect([asked, heard]).toEqual([["200"], ["PRACK ", "ACK answer"]]);
    void (await invite.session).bye();
  });

  it("in the INVITE is no offer: ours in a reliable response has its answer in the PRACK", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const heard: string[] = [];
    bob.handlers = { onOffer: (offer) => offer.accept({ body: `answer to ${offer.request.bodyText}` }) };
    bob.onInvite = async (call) => {
      heard.push((await call.ringReliably(183, { body: "our offer" })).bodyText);
      const session = call.accept();
      expect(session.toJSON().body?.text).toBe("our offer");
      bob.sessions.push(session);
    };
    const invite = alice.invite(bob, isup("IAM"), { answer: () => ({ body: "answer" }) });
    await world.pass();
    const session = await invite.session;
    expect(heard).toEqual(["answer"]);
    expect(world.wire("answer to answer")).toBe(0);
    expect(session.toJSON().body?.text).toBe("answer");
    void session.bye();
  });

  it("in a reliable response leaves our offer unanswered: 491 to an UPDATE with another (RFC 3311 §5.2)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = async (call) => {
      await call.ringReliably(183, isup("ACM"));
      const dialog = Dialog.ofCallee(
        call.request,
        invite.dialogs[0]!.dialog.remote.tag!,
        NameAddr.parse(`<${bob.uri}>`),
      );
      const sent = bob.phone.stack.send(dialog.createRequest("UPDATE", { body: "their offer" }));
      expect((await sent.final).status).toBe(491);
      bob.sessions.push(call.accept({ body: "answer" }));
    };
    const onOffer = (offer: IncomingOffer) => offer.accept({ body: "second answer" });
    const invite = alice.invite(bob, { body: "offer" }, { onOffer });
    await world.pass(1_000);
    void (await invite.session).bye();
  });

  it.each([
    ["text/plain", "render", 0],
    ["text/plain", "icon;handling=optional", 0],
    ["application/sdp", "Session;handling=required", 1],
    // RFC 5621 §8.2: what a multipart is for, its parts say.
    ["multipart/mixed;boundary=x", "render", 1],
    // What says nothing of itself is said to be so by its type (RFC 3261 §13.2.1, §20.11).
    ["text/plain", undefined, 0],
    ["application/json", "session", 1],
    ["Application / SDP;charset=utf-8", undefined, 1],
    ["multipart/mixed;boundary=x", undefined, 1],
  ])(
    "in an UPDATE is an offer or not by what it says of itself: %s, %s",
    async (contentType, disposition, count) => {
      const world = new SipWorld();
      const offers: string[] = [];
      const onOffer = (offer: IncomingOffer) => {
        offers.push(offer.request.bodyText);
        offer.accept({ body: "answer" });
      };
      const { a } = await connect(world, { bob: { onOffer } });
      const headers = { "Content-Disposition": disposition };
      const updated = a.update({ body: "hello", contentType, headers });
      await world.pass();
      const { status, bodyText } = await updated;
      expect([status, bodyText, offers.length]).toEqual([200, count ? "answer" : "", count]);
      void a.bye();
    },
  );

  it("in the INVITE is none by its type alone: the offer in the 2xx is answered (RFC 3261 §13.2.1)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const acks: string[] = [];
    bob.handlers = { onAck: ({ bodyText }) => void acks.push(bodyText) };
    bob.onInvite = (call) => void bob.sessions.push(call.accept({ body: "offer" }));
    const photo = { body: "photo", contentType: "image/jpeg" };
    const invite = alice.invite(bob, photo, { answer: () => ({ body: "answer" }) });
    await world.pass();
    expect(acks).toEqual(["answer"]);
    void (await invite.session).bye();
  });

  it("in a reliable response is neither the answer to an offer nor said again by a refresh", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => void call.ringReliably(180, isup("ring tone"));
    const call = alice.invite(bob, { body: "offer" });
    await world.pass(100);
    const early = call.dialogs[0]!.update({ body: "another" });
    await expect(early).rejects.toMatchObject({ code: "transaction_state", status: 491 });
    bob.sessions.push(bob.calls[0]!.accept({ body: "answer" }));
    await world.pass(100);
    // A refresh repeats what was said of the session, and no ring tone.
    expect((await call.session).toJSON().body?.text).toBe("offer");
    expect(bob.sessions[0]!.toJSON().body?.text).toBe("answer");
    void (await call.session).bye();
    await world.pass(100);

    const asked: string[] = [];
    const answer = ({ status, bodyText }: { status: number; bodyText: string }) => {
      asked.push(`${status} ${bodyText}`);
      return { body: "answer" };
    };
    const without = alice.invite(bob, {}, { answer });
    await world.pass(100);
    bob.calls[1]!.accept({ body: "offer" });
    await world.pass(100);
    expect(asked).toEqual(["200 offer"]);
    expect((await without.session).toJSON().body?.text).toBe("answer");
    void (await without.session).bye();
  });

  it("in the INVITE leaves the offer to the callee, who can make another when it was answered", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const asked: string[] = [];
    const acks: string[] = [];
    bob.handlers = { onAck: ({ bodyText }) => void acks.push(bodyText) };
    bob.onInvite = (call) => {
      void call.ringReliably(183, { body: "offer" });
    };
    const answer = ({ status }: { status: number }) => {
      asked.push(`${status}`);
      return { body: "answer" };
    };
    const call = alice.invite(bob, isup("IAM"), { answer });
    await world.pass(100);
    // Our offer is answered: another can be made.
    const early = bob.calls[0]!.ring().update({ body: "held" });
    await world.pass(100);
    bob.calls[0]!.accept();
    await world.pass(100);
    expect([asked, acks, (await early).status]).toEqual([["183"], [""], 488]);
    const session = await call.session;
    expect(session.toJSON().body?.text).toBe("answer");
    void session.bye();
  });
});
