// A 2xx to our INVITE whose Contact or Record-Route cannot be read: the way to its sender is known in part, or not at all
// (RFC 3261 §12.1.2, §13.2.2.4). Its call ends at once, and whoever can be reached is acknowledged, and hung up.

import { describe, expect, it } from "vitest";
import type { Session } from "../../src/dialog/session.ts";
import type { Response } from "../../src/message/response.ts";
import { proxied } from "../proxy/support.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent, connect } from "./support.ts";

const BROKEN = "<sip:bob@[::1>";

/** Has an agent's answers to INVITE say something else; `edit` gets them as text. */
function bend({ phone: { transport } }: Agent, edit: (text: string) => string): void {
  const send = transport.send.bind(transport);
  transport.send = (data, flow, failed) => {
    const text = new TextDecoder("latin1").decode(data);
    if (!/^SIP\/2\.0 (?!100).*\r\nCSeq: \d+ INVITE/s.test(text)) return send(data, flow, failed);
    send(
      Uint8Array.from(edit(text), (char) => char.charCodeAt(0)),
      flow,
      failed,
    );
  };
}

const contact = (value: string) => (text: string) => text.replace(/^Contact: .*$/m, `Contact: ${value}`);
const onlyIn = (status: number, edit: (text: string) => string) => (text: string) =>
  text.startsWith(`SIP/2.0 ${status}`) ? edit(text) : text;
const routed = (value: string) => (text: string) => text.replace("\r\n", `\r\nRecord-Route: ${value}\r\n`);

async function pair(world: SipWorld, edit: (text: string) => string): Promise<[Agent, Agent]> {
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  bend(bob, edit);
  return [alice, bob];
}

describe("a 2xx whose Contact cannot be used", () => {
  it.each([
    ["cannot be read", BROKEN],
    ["is a star", "*"],
    ["is no SIP URI (§8.1.1.8)", "<tel:+123>"],
  ])("for it %s ends its call at once: an error that says why, an ACK and a BYE", async (_why, value) => {
    const world = new SipWorld();
    const [alice, bob] = await pair(world, contact(value));
    const call = alice.invite(bob);
    await world.pass(100);
    const error = await call.session.catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "value_invalid", header: "Contact", status: 502 });
    expect((error as Error).cause as Response).toMatchObject({ status: 200 });
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "BYE"]);
    expect([alice.log, bob.log]).toEqual([["bye"], ["peer"]]);
    expect(alice.ua.stats.unreadable).toBe(1);
  });

  it("gets its ACK again when it comes again, and goes to where a response before it has said", async () => {
    const world = new SipWorld();
    const [alice, bob] = await pair(world, onlyIn(200, contact(BROKEN)));
    let lost = 0;
    world.network.set({ drop: ({ text }) => text.startsWith("ACK") && lost++ === 0 });
    bob.guard = ({ method }, transaction) => {
      // It waits for the ACK, as nobody should.
      if (method === "BYE") transaction?.respond(481);
      return method === "BYE";
    };
    bob.onInvite = (call) => {
      call.ring();
      bob.sessions.push(call.accept({ body: "answer" }));
    };
    const call = alice.invite(bob);
    await world.pass(2000);
    await expect(call.session).rejects.toMatchObject({ header: "Contact" });
    expect(bob.phone.methods).toEqual(["INVITE", "BYE", "ACK"]);
    expect(bob.phone.requests.map(({ uri }) => `${uri}`)).toEqual([bob.uri, bob.uri, bob.uri]);
    expect(alice.ua.stats.unreadable).toBe(1);
    bob.ua.close();
  });

  it("has no offer that the user is asked to answer", async () => {
    const world = new SipWorld();
    const [alice, bob] = await pair(world, contact(BROKEN));
    let asked = 0;
    const call = alice.invite(bob, {}, { answer: () => ({ body: `answer ${asked++}` }) });
    await world.pass(100);
    await expect(call.session).rejects.toMatchObject({ header: "Contact" });
    expect([asked, bob.phone.methods.join()]).toEqual([0, "INVITE,ACK,BYE"]);
  });

  it("is that of one who was cancelled: the call was aborted", async () => {
    const world = new SipWorld();
    const [alice, bob] = await pair(world, contact(BROKEN));
    const call = alice.invite(bob);
    call.cancel();
    await world.pass(100);
    await expect(call.session).rejects.toMatchObject({ code: "aborted" });
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "BYE"]);
  });

  it("that is missing is put up with: the peer is where the INVITE went", async () => {
    const world = new SipWorld();
    const [alice, bob] = await pair(world, (text) => text.replace(/^Contact: .*\r\n/m, ""));
    const call = alice.invite(bob);
    await world.pass(100);
    expect(`${(await call.session).dialog.target}`).toBe(bob.uri);
    void (await call.session).bye();
    await world.pass();
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "BYE"]);
    expect(alice.ua.stats.unreadable).toBe(0);
  });

  it("to a re-INVITE moves nobody: it is acknowledged, and the session goes on", async () => {
    const world = new SipWorld();
    const { alice, bob, a } = await connect(world, { bob: { onOffer: (offer) => offer.accept() } });
    bend(bob, contact(BROKEN));
    const again = a.reinvite({ body: "offer" });
    await world.pass();
    expect((await again).status).toBe(200);
    expect(`${a.dialog.target}`).toBe(bob.uri);
    void a.bye();
    await world.pass();
    expect(bob.phone.methods.slice(2)).toEqual(["INVITE", "ACK", "BYE"]);
    expect(alice.log).toEqual(["bye"]);
  });
});

it("a 2xx whose Record-Route cannot be read ends its call: there is no way to its sender", async () => {
  const world = new SipWorld();
  const [alice, bob] = await pair(world, routed("<sip:p.example.com"));
  const call = alice.invite(bob);
  await world.pass(100);
  const error = await call.session.catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: "value_invalid", header: "Record-Route", status: 502 });
  expect([bob.phone.methods, alice.log]).toEqual([["INVITE"], []]);
  expect(alice.ua.stats).toMatchObject({ dialogs: 0, pending: 0, unreadable: 1 });
  await world.pass(32_000);
  expect(bob.log).toEqual(["unacknowledged"]);
});

it("but where it has rung before, that is the way", async () => {
  const world = new SipWorld();
  const [alice, bob] = await pair(world, onlyIn(200, routed("<sip:p.example.com")));
  bob.onInvite = (call) => {
    call.ring();
    bob.sessions.push(call.accept({ body: "answer" }));
  };
  const call = alice.invite(bob);
  await world.pass(100);
  await expect(call.session).rejects.toMatchObject({ header: "Record-Route" });
  expect(bob.phone.methods).toEqual(["INVITE", "ACK", "BYE"]);
});

it("a fork that can be read, behind one that cannot, is hung up, unless it is wanted", async () => {
  for (const wanted of [false, true]) {
    const world = new SipWorld();
    const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
    bob.guard = (request, transaction) => {
      if (request.method === "INVITE")
        for (const [tag, value] of [
          ["one", "*"],
          ["two", `<${bob.uri}>`],
        ] as const) {
          const response = request.createResponse(200);
          response.headers.set("To", `<${bob.uri}>;tag=${tag}`).set("Contact", value);
          bob.phone.stack.sendStateless(response);
        }
      else if (request.method === "BYE") transaction?.respond(200);
      if (request.method === "INVITE") transaction?.terminate();
      return true;
    };
    const forks: Session[] = [];
    const onFork = (fork: Session) => void forks.push(fork);
    const call = alice.invite(bob, { body: "offer" }, wanted ? { onFork } : {});
    await world.pass(100);
    await expect(call.session).rejects.toMatchObject({ header: "Contact" });
    const tags = bob.phone.requests.map((each) => `${each.method} ${each.headers.get("To")?.tag ?? ""}`);
    const both = ["INVITE ", "ACK one", "BYE one", "ACK two", ...(wanted ? [] : ["BYE two"])];
    expect(tags.sort()).toEqual(both.sort());
    for (const fork of forks) void fork.bye();
    expect(forks.length).toBe(wanted ? 1 : 0);
    await world.pass(100);
  }
});

it("a proxy hands on what it has not to read", async () => {
  const world = new SipWorld();
  const proxy = await proxied(world);
  const [alice, bob] = await pair(world, contact(BROKEN));
  proxy.targets = ({ inDialog, request }) => [{ uri: inDialog ? request.uri : bob.uri }];
  const target = { protocol: "UDP", ...proxy.phone.transport.local };
  const call = alice.invite("sip:bob@example.com", { body: "offer" }, {}, { target });
  await world.pass(100);
  await expect(call.session).rejects.toMatchObject({ header: "Contact" });
  expect(proxy.finals).toEqual([200]);
  await world.pass(32_000);
  expect(bob.log).toEqual(["unacknowledged"]);
});

describe("a provisional response", () => {
  it("whose Contact cannot be read rings, is acknowledged, and the call stands when it is accepted", async () => {
    const world = new SipWorld();
    const [alice, bob] = await pair(world, onlyIn(183, contact(BROKEN)));
    bob.onInvite = (call) =>
      void call.ringReliably(183, { body: "answer" }).then(() => bob.sessions.push(call.accept()));
    const rung: unknown[] = [];
    const call = alice.invite(
      bob,
      { body: "offer" },
      { onProvisional: (_r, dialog) => void rung.push(dialog?.state) },
    );
    await world.pass(100);
    expect(rung).toEqual(["early"]);
    expect((await call.session).state).toBe("confirmed");
    expect(bob.phone.methods).toEqual(["INVITE", "PRACK", "ACK"]);
    expect(alice.ua.stats.unreadable).toBe(1);
    void (await call.session).bye();
    await world.pass();
  });

  it("whose Record-Route cannot be read rings, and makes no dialog", async () => {
    const world = new SipWorld();
    const [alice, bob] = await pair(world, onlyIn(180, routed("<sip:p.example.com")));
    bob.onInvite = (call) => void call.ring();
    const rung: unknown[] = [];
    const call = alice.invite(
      bob,
      { body: "offer" },
      { onProvisional: (_r, dialog) => void rung.push(dialog) },
    );
    await world.pass(100);
    expect(rung).toEqual([undefined]);
    bob.sessions.push(bob.calls[0]!.accept({ body: "answer" }));
    await world.pass(100);
    void (await call.session).bye();
    await world.pass();
    expect(bob.phone.methods).toEqual(["INVITE", "ACK", "BYE"]);
  });
});
