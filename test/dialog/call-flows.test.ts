// The call flows of RFC 3665, message by message: two user agents, the proxies of their two domains, which ask the caller
// for credentials, and a registrar beside the second.
//
//   §2.1 to §2.5 registrations                here
//   §3.1 to §3.3 calls, with two proxies      here
//   §3.4 a proxy that fails                   ../stack/failover.test.ts
//   §3.5 by an ALG                            as §3.2: it records a route
//   §3.6 a redirection, SDP in the ACK        here
//   §3.7 a re-INVITE                          here
//   §3.8 to §3.11 calls that fail             here

import { describe, expect, it } from "vitest";
import { DigestClient } from "../../src/digest/client.ts";
import { DigestServer } from "../../src/digest/server.ts";
import type { Targets } from "../../src/proxy/options.ts";
import { SipProxy } from "../../src/proxy/proxy.ts";
import { MemoryLocation } from "../../src/registrar/memory-location.ts";
import { Registrar } from "../../src/registrar/registrar.ts";
import { type Phone, SipWorld } from "../support/sip-world.ts";
import { type Agent, agent } from "./support.ts";

const BOB = "sip:bob@biloxi.example.com";

/** Alice is at atlanta, whose proxy is A; Bob at biloxi, whose proxy and registrar is B. */
class Town {
  readonly world = new SipWorld();
  readonly names = new Map<string, string>();
  a!: Phone;
  b!: Phone;
  alice!: Agent;
  bob!: Agent;
  registrar!: Registrar;
  #seen = 0;

  async open(): Promise<this> {
    const { world } = this;
    const passwords = new Map([
      ["atlanta.example.com", "pass of alice"],
      ["biloxi.example.com", "other pass"],
    ]);
    this.a = await this.#proxy("atlanta.example.com", () => [{ uri: BOB, hops: [this.#at(this.b)] }]);
    this.b = await this.#proxy("biloxi.example.com", () =>
      this.registrar.locate(BOB).then((found) => found ?? 404),
    );
    this.registrar = new Registrar({
      stack: this.b.stack,
      location: new MemoryLocation({ clock: world.clock }),
    });
    const credentials = new DigestClient({
      credentials: (realm) => ({ username: "alice", password: passwords.get(realm) ?? "" }),
    });
    this.alice = await agent(world, "alice", "UDP", { sendOptions: { credentials } });
    this.bob = await agent(world, "bob");
    const { alice, bob, a, b } = this;
    for (const [name, { transport }] of Object.entries({ alice: alice.phone, bob: bob.phone, A: a, B: b }))
      this.names.set(`${transport.local.host}:${transport.local.port}`, name);
    return this;
  }

  /** A proxy that asks each INVITE from outside of dialogs for credentials, and records its route. */
  async #proxy(domain: string, find: () => Targets | PromiseLike<Targets>): Promise<Phone> {
    const digest = new DigestServer({
      realm: domain,
      proxy: true,
      lookup: () => ({ password: domain.startsWith("atlanta") ? "pass of alice" : "other pass" }),
    });
    const made: { proxy?: SipProxy } = {};
    const phone = await this.world.phone(
      domain,
      "UDP",
      { aliases: [domain] },
      {
        onRequest: async (request, transaction) => {
          if (request.method === "REGISTER")
            return transaction?.respond(await this.registrar.register(request));
          const begins = request.method === "INVITE" && request.headers.get("To")?.tag === undefined;
          const verdict = begins ? await digest.check(request) : undefined;
          if (verdict && !verdict.ok) return transaction?.respond(digest.challenge(request, verdict));
          await made.proxy?.forward(request, transaction, ({ inDialog, request: { uri } }) =>
            inDialog ? [{ uri }] : find(),
          );
        },
        onError: (_error, transaction) => {
          if (transaction?.kind === "server") made.proxy?.cancel(transaction);
        },
        onCancel: (_cancel, transaction) => void made.proxy?.cancel(transaction),
      },
    );
    const { clock } = this.world;
    made.proxy = new SipProxy({ stack: phone.stack, clock, secret: domain, recordRoute: true });
    return phone;
  }

  #at({ transport }: Phone) {
    return { protocol: "UDP", ...transport.local };
  }

  /** Binds Bob's Contact; gives the 200. */
  async register(contact: string | undefined, cseq: number, expires = 3600) {
    const { bob, b, world } = this;
    const request = bob.phone.request("REGISTER", "sip:biloxi.example.com", {
      from: `<${BOB}>`,
      to: `<${BOB}>`,
      callId: "bob's",
      cseq,
      contact,
      headers: contact ? { Expires: expires } : {},
    });
    const sent = bob.phone.send(request, b);
    await world.pass(10);
    return sent.final;
  }

  /** Alice calls Bob by way of her proxy. */
  call(init: object = { body: "offer" }, handlers = {}) {
    const { alice } = this;
    return alice.ua.invite(BOB, alice.init(init), alice.logged(handlers), { target: this.#at(this.a) });
  }

  /** What was sent since it was asked last, hop by hop; a 100 is a matter of a hop. */
  ladder(): string[] {
    const { trace } = this.world.network;
    const lines = trace.slice(this.#seen).map(({ from, to, text }) => {
      const [first = "", second = ""] = text.split(" ");
      return `${this.names.get(from)} ${first === "SIP/2.0" ? second : first} ${this.names.get(to)}`;
    });
    this.#seen = trace.length;
    return lines.filter((line) => !line.includes(" 100 "));
  }
}

/** The hops of one message. */
const along = (what: string | number, ...names: string[]) =>
  names.slice(1).map((to, at) => `${names[at]} ${what} ${to}`);
const there = (what: string | number) => along(what, "alice", "A", "B", "bob");
const back = (what: string | number) => along(what, "bob", "B", "A", "alice");
const hop = (one: string, other: string) => [
  `${one} INVITE ${other}`,
  `${other} 407 ${one}`,
  `${one} ACK ${other}`,
];
/** §3.3: both proxies want credentials, and what leads to the callee. */
const ASKED = [
  ...hop("alice", "A"),
  ...along("INVITE", "alice", "A", "B"),
  ...along(407, "B", "A"),
  ...along("ACK", "A", "B"),
  ...along(407, "A", "alice"),
  ...along("ACK", "alice", "A"),
  ...there("INVITE"),
];

async function open(): Promise<Town> {
  const town = await new Town().open();
  expect((await town.register(`<${town.bob.uri}>`, 1)).status).toBe(200);
  town.ladder();
  return town;
}

describe("registrations (RFC 3665 §2)", () => {
  it("new, updated, asked for, taken away; one that is nobody's", async () => {
    const town = await new Town().open();
    const list = ({ headers }: { headers: { raw(name: string): readonly string[] } }) =>
      headers
        .raw("Contact")
        .join()
        .match(/sip:[^>]+|expires=\d+/g) ?? [];
    expect(list(await town.register("<sip:bob@10.5.0.1>", 1))).toEqual(["sip:bob@10.5.0.1", "expires=3600"]);
    expect(list(await town.register("<sip:bob@10.5.0.2>", 2, 60))).toHaveLength(4);
    expect(list(await town.register(undefined, 3))).toHaveLength(4);
    expect(list(await town.register("*", 4, 0))).toEqual([]);
    const nobody = town.bob.phone.request("REGISTER", "sip:biloxi.example.com", {
      to: "<sip:elsewhere.example.com>",
    });
    const sent = town.bob.phone.send(nobody, town.b);
    await town.world.pass(10);
    expect((await sent.final).status).toBe(404);
  });
});

describe("calls that succeed (RFC 3665 §3.1 to §3.7)", () => {
  it("§3.1: from one to the other", async () => {
    const { alice, bob, world, ladder } = await bound();
    bob.onInvite = (call) => {
      call.ring();
      bob.sessions.push(call.accept({ body: "answer" }));
    };
    const call = alice.invite(bob);
    await world.pass(10);
    await call.session;
    const bye = bob.sessions[0]!.bye();
    await world.pass(10);
    expect((await bye)?.status).toBe(200);
    expect(ladder()).toEqual([
      "alice INVITE bob",
      "bob 180 alice",
      "bob 200 alice",
      "alice ACK bob",
      "bob BYE alice",
      "alice 200 bob",
    ]);
  });

  it("§3.2, §3.3: by two proxies that want credentials, and record their routes", async () => {
    const town = await open();
    const { bob, world } = town;
    bob.onInvite = (call) => void call.ring();
    const call = town.call();
    await world.pass(10);
    expect(town.ladder()).toEqual([...ASKED, ...back(180)]);
    bob.sessions.push(bob.calls[0]!.accept({ body: "answer" }));
    await world.pass(10);
    expect((await call.session).state).toBe("confirmed");
    expect(town.ladder()).toEqual([...back(200), ...there("ACK")]);
    // §22.1: the ACK has the credentials of its INVITE.
    const acks = world.network.trace.filter(
      ({ text }) => text.startsWith("ACK") && text.includes("\r\nRoute"),
    );
    expect(acks[0]!.text.match(/^Proxy-Authorization: /gm)).toHaveLength(2);
    const bye = bob.sessions[0]!.bye();
    await world.pass(10);
    expect((await bye)?.status).toBe(200);
    expect(town.ladder()).toEqual([...back("BYE"), ...there(200)]);
  });

  it("§3.6: by a redirection, without an offer: the ACK has the answer", async () => {
    const town = await open();
    const { alice, bob, world } = town;
    const acks: string[] = [];
    bob.handlers = { onAck: ({ bodyText }) => void acks.push(bodyText) };
    bob.onInvite = (call) => {
      if (bob.calls.length === 1) call.reject(302, { headers: { Contact: `<${BOB}?Subject=again>` } });
      else bob.sessions.push(call.accept({ body: "offer" }));
    };
    const first = alice.invite(bob, {});
    const refused = await Promise.all([first.session.catch(({ cause }) => cause), world.pass(10)]);
    const [contact] = (
      refused[0] as { headers: { get(name: "Contact"): readonly { uri: object }[] } }
    ).headers.get("Contact");
    expect(town.ladder()).toEqual(["alice INVITE bob", "bob 302 alice", "alice ACK bob"]);
    const next = town.alice.ua.invite(
      `${contact?.uri}`,
      alice.init(),
      { answer: () => ({ body: "answer" }) },
      {
        target: { protocol: "UDP", ...town.a.transport.local },
      },
    );
    await world.pass(10);
    expect(town.ladder()).toEqual([...ASKED, ...back(200), ...there("ACK")]);
    expect([acks, bob.calls[1]!.request.headers.get("Subject")]).toEqual([["answer"], "again"]);
    void (await next.session).bye();
  });

  it("§3.7: with a re-INVITE from another address", async () => {
    const town = await bound();
    const { alice, bob, world } = town;
    bob.handlers = { onOffer: (offer) => offer.accept({ body: "answer" }) };
    const call = alice.invite(bob);
    await world.pass(10);
    const moved = `<sip:alice@${alice.phone.transport.sentBy};moved=yes>`;
    const again = (await call.session).reinvite({ body: "offer", headers: { Contact: moved } });
    await world.pass(10);
    expect([(await again).status, `<${bob.sessions[0]!.dialog.target}>`]).toEqual([200, moved]);
    void bob.sessions[0]!.bye();
    await world.pass(10);
    expect(alice.log).toEqual(["peer"]);
  });
});

describe("calls that fail (RFC 3665 §3.8 to §3.11)", () => {
  it("§3.8: nobody answers, and the caller cancels", async () => {
    const town = await open();
    const { alice, bob, world } = town;
    bob.onInvite = (call) => void call.ring();
    const call = town.call();
    await world.pass(10);
    town.ladder();
    call.cancel();
    await world.pass(10);
    await expect(call.session).rejects.toMatchObject({ code: "aborted", status: 487 });
    const ladder = town.ladder();
    // CANCEL, its 200, the 487 and its ACK are a matter of each hop.
    for (const [one, other] of [
      ["alice", "A"],
      ["A", "B"],
      ["B", "bob"],
    ] as const) {
      const between = ladder.filter((line) => {
        const [from, , to] = line.split(" ");
        return (from === one && to === other) || (from === other && to === one);
      });
      const expected = [
        `${one} CANCEL ${other}`,
        `${other} 200 ${one}`,
        `${other} 487 ${one}`,
        `${one} ACK ${other}`,
      ];
      expect(between).toEqual(expected);
    }
    expect([alice.log, bob.log]).toEqual([["refused"], ["cancel", "peer"]]);
  });

  it.each([
    ["§3.9: busy", 486],
    ["§3.11: not there for now", 480],
  ])("%s", async (_name, status) => {
    const town = await open();
    const { bob, world } = town;
    bob.onInvite = (call) => call.reject(status);
    const call = town.call();
    await world.pass(10);
    await expect(call.session).rejects.toMatchObject({ code: "refused", status });
    const ladder = town.ladder();
    expect(ladder.slice(0, ASKED.length)).toEqual(ASKED);
    expect(ladder.filter((line) => line.includes(` ${status} `))).toEqual(back(status));
    expect(
      ladder
        .filter((line) => line.includes(" ACK "))
        .slice(-3)
        .sort(),
    ).toEqual(there("ACK").sort());
  });

  it("§3.10: no response at all: the second proxy answers 408", async () => {
    const town = await open();
    const { world } = town;
    world.network.set({ drop: ({ text }) => text.startsWith(`INVITE ${town.bob.uri}`) });
    const call = town.call();
    await world.pass(40_000);
    await expect(call.session).rejects.toMatchObject({ code: "refused", status: 408 });
  });
});

/** Alice and Bob alone. */
async function bound() {
  const town = await new Town().open();
  const { alice, bob, world } = town;
  return { alice, bob, world, ladder: () => town.ladder() };
}
