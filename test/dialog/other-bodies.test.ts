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

  it("in an UPDATE is no offer, and answered 200 without one", async () => {
    const world = new SipWorld();
    const offers: string[] = [];
    const { a } = await connect(world, {
      bob: {
        onOffer: (offer) => {
          offers.push(offer.request.bodyText);
          offer.accept({ body: "answer" });
        },
      },
    });
    const updated = a.update({
      body: "hello",
      contentType: "text/plain",
      headers: { "Content-Disposition": "render" },
    });
    await world.pass();
    expect(await updated).toMatchObject({ status: 200, bodyLength: 0 });
    const mixed = a.update({
      body: "many",
      contentType: "multipart/mixed;boundary=x",
      headers: { "Content-Disposition": "render" },
    });
    await world.pass();
    // RFC 5621 §8.2: what a multipart is for, its parts say.
    expect([(await mixed).bodyText, offers]).toEqual(["answer", ["many"]]);
    void a.bye();
  });
});
