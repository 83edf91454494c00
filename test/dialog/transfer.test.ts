// A call to a URI with headers, as the target of a REFER or of a 3xx is (RFC 3261 §19.1.5), and an attended transfer by it
// (RFC 5589 §7).

import { describe, expect, it } from "vitest";
import type { Session } from "../../src/dialog/session.ts";
import { Uri } from "../../src/message/uri.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent, connect } from "./support.ts";

/** Takes a call that replaces another, as docs/dialogs.md does. */
function takes(who: Agent): void {
  who.onInvite = (call, { ua }) => {
    const found = ua.find(call.request);
    who.sessions.push(call.accept({ body: "answer" }));
    if (typeof found === "object" && "session" in found) void found.session.bye();
  };
}

it("an attended transfer: the target calls by the URI that he was told, and takes the place of who told it", async () => {
  const world = new SipWorld();
  const [alice, bob, carol] = [
    await agent(world, "alice"),
    await agent(world, "bob"),
    await agent(world, "carol"),
  ];
  takes(carol);
  const transferred: Session[] = [];
  const bobs = {
    onRefer: async (refer: Parameters<NonNullable<typeof bob.handlers.onRefer>>[0]) => {
      const progress = refer.accept();
      const call = bob.invite(refer.target.uri.toString(), { body: "offer" });
      transferred.push(await call.session);
      progress.notify(200);
    },
  };
  const one = await connect(world, { bob: bobs }, {}, [alice, bob]);
  const two = await connect(world, {}, {}, [alice, carol]);
  takes(carol);
  const told: string[] = [];
  const target = `<${carol.uri}?Replaces=${encodeURIComponent(two.a.replaces)}&Require=replaces>`;
  one.a.refer(target, { onNotify: (notify) => void told.push(notify.bodyText.trim()) });
  await world.pass(1_000);
  expect(told.at(-1)).toBe("SIP/2.0 200 OK");
  const invite = carol.phone.requests.filter(({ method }) => method === "INVITE").at(-1)!;
  expect(`${invite.uri}`).toBe(carol.uri);
  expect(`${invite.headers.get("To")?.uri}`).toBe(carol.uri);
  expect(invite.headers.raw("Replaces")).toEqual([two.a.replaces]);
  expect(invite.headers.get("Require")).toEqual(["replaces"]);
  expect([two.a.state, transferred[0]?.state]).toEqual(["ended", "confirmed"]);
  void one.a.bye();
  void transferred[0]?.bye();
});

describe("a URI's headers", () => {
  const called = async (headers: string, init: object = {}) => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.onInvite = (call) => call.reject();
    alice.invite(`${bob.uri};method=BYE?${headers}`, init);
    await world.pass(1_000);
    return { request: bob.phone.requests[0]!, bob };
  };

  it("become header fields, but for those that say who we are, where we are, or what others trust in us", async () => {
    const evil = [
      "From=sip:eve%40evil",
      "Via=x",
      "Route=%3Csip:evil%3E",
      "P-Asserted-Identity=sip:boss%40example.com",
    ];
    const more = [
      "Call-ID=1",
      "CSeq=9%20BYE",
      "Contact=%3Csip:evil%3E",
      "Content-Length=9",
      "body=evil",
      "X=y",
    ];
    const { request, bob } = await called(
      ["Subject=lunch%20at%2012", "User-to-User=ab", ...evil, ...more].join("&"),
    );
    expect([request.method, `${request.uri}`]).toEqual(["INVITE", bob.uri]);
    const { headers } = request;
    expect([headers.get("Subject"), headers.raw("User-to-User")]).toEqual(["lunch at 12", ["ab"]]);
    expect(request.toString()).not.toMatch(/evil|boss|\bX:/);
  });

  it("do not take the place of what the caller says himself, nor break the head", async () => {
    const { request } = await called("Subject=theirs&In-Reply-To=a%0D%0AX-Evil:%20b", {
      headers: { Subject: "ours" },
    });
    expect(request.headers.raw("Subject")).toEqual(["ours"]);
    expect([request.headers.has("In-Reply-To"), request.headers.has("X-Evil")]).toEqual([false, false]);
  });

  it("name no dialog to take over in another request than an INVITE (RFC 3891 §3)", async () => {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    const dialog = encodeURIComponent("c@h;to-tag=1;from-tag=2");
    const uri = `${bob.uri}?Replaces=${dialog}&Join=${dialog}&Subject=a`;
    alice.ua.subscribe(uri, "presence", alice.init());
    await world.pass(1_000);
    const { headers } = bob.phone.requests[0]!;
    expect([headers.raw("Subject"), headers.has("Replaces"), headers.has("Join")]).toEqual([
      ["a"],
      false,
      false,
    ]);
  });
});

it("a REFER's target names a session of ours, as an INVITE does", async () => {
  const world = new SipWorld();
  const { alice, bob, a, b } = await connect(world);
  const uri = (replaces: string) => Uri.parse(`sip:x@example.com?Replaces=${encodeURIComponent(replaces)}`);
  expect(bob.ua.find(uri(a.replaces))).toEqual({ name: "Replaces", session: b });
  expect(alice.ua.find(uri(b.replaces))).toMatchObject({ session: a });
  expect(bob.ua.find(uri("nothing@here;to-tag=1;from-tag=2"))).toBe(481);
  expect(bob.ua.find(uri("nothing"))).toBe(400);
  expect(bob.ua.find(Uri.parse("sip:x@example.com"))).toBeUndefined();
  void a.bye();
});
