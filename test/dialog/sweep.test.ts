// A sweep over calls: at each message that a call has on the wire, one thing goes wrong or somebody has enough. However
// it ends, nothing is left at either side, and whatever was promised is told.

import { describe, expect, it } from "vitest";
import type { IncomingOffer } from "../../src/dialog/incoming-offer.ts";
import type { InviteHandlers } from "../../src/dialog/outgoing-invite.ts";
import type { Session } from "../../src/dialog/session.ts";
import type { MemoryFaults } from "../../src/transport/memory.ts";
import { proxied } from "../proxy/support.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent } from "./support.ts";

/** Everything that is promised in one call, by name, and what became of it. */
class Promises {
  readonly settled = new Map<string, boolean>();

  watch<T>(name: string, promise: Promise<T>): Promise<T> {
    this.settled.set(name, false);
    const settle = () => void this.settled.set(name, true);
    promise.then(settle, settle);
    return promise;
  }

  get open(): string[] {
    return [...this.settled].filter(([, settled]) => !settled).map(([name]) => name);
  }
}

/** One call: how it goes by itself, and what is in anybody's hands. */
class Scene {
  readonly promises = new Promises();
  readonly world: SipWorld;
  readonly alice: Agent;
  readonly bob: Agent;
  readonly invite: ReturnType<Agent["invite"]>;
  #talking: Session[] = [];

  constructor(world: SipWorld, alice: Agent, bob: Agent, late: boolean, target: object) {
    this.world = world;
    this.alice = alice;
    this.bob = bob;
    const onOffer = (offer: IncomingOffer) =>
      void world.clock.set(() => offer.accept({ body: "answer" }), 30);
    bob.handlers = { onOffer, onRequest: (_request, transaction) => transaction.respond(200) };
    bob.onInvite = (call) => void this.#ring(call);
    const handlers: InviteHandlers = {
      onOffer,
      onRequest: (_request, transaction) => transaction.respond(200),
      answer: () => new Promise((resolve) => void world.clock.set(() => resolve({ body: "answer" }), 30)),
    };
    this.invite = alice.invite(bob, late ? {} : { body: "offer" }, handlers, target);
    this.promises.watch("session", this.invite.session).then(
      (session) => this.#talk(session, "a"),
      () => {},
    );
  }

  async #ring(call: Agent["calls"][number]): Promise<void> {
    call.ring(180);
    await this.promises.watch("183", call.ringReliably(183, { body: "early" })).catch(() => {});
    if (call.state !== "ringing") return;
    const session = call.accept({ body: "answer" });
    this.bob.sessions.push(session);
  }

  /** What the caller does while the call stands, until he hangs up. */
  async #talk(session: Session, name: string): Promise<void> {
    this.#talking.push(session);
    const steps = [
      () => session.request("INFO"),
      () => session.update({ body: "offer" }),
      () => session.reinvite({ body: "offer" }),
      () => this.bob.sessions[0]?.reinvite({ body: "offer" }),
      () => session.reinvite(),
      () => session.bye(),
    ];
    for (const [at, step] of steps.entries()) {
      const done = step();
      if (done) await this.promises.watch(`${name} ${at}`, done).catch(() => {});
    }
  }

  /** Who has not hung up by now does so. */
  async clean(): Promise<void> {
    this.invite.cancel();
    for (const call of this.bob.calls) call.reject();
    for (const session of [...this.bob.sessions, ...this.#talking]) {
      this.promises.watch("clean", session.bye());
    }
    await this.world.pass(200_000);
  }
}

type Deed = (scene: Scene) => void;

/** What somebody does while one message is on its way. */
const DEEDS: Record<string, Deed> = {
  "the caller cancels": ({ invite }) => invite.cancel(),
  "the caller gives up": ({ invite, promises }) => {
    invite.cancel();
    promises.watch(
      "bye",
      invite.session.then((session) => session.bye()),
    );
  },
  "the callee hangs up": ({ bob, promises }) => {
    for (const call of bob.calls) call.reject();
    for (const session of bob.sessions) promises.watch("bye", session.bye());
  },
  "both hang up": (scene) => {
    DEEDS["the callee hangs up"]!(scene);
    DEEDS["the caller gives up"]!(scene);
  },
  "the caller's user agent closes": ({ alice }) => alice.ua.close(),
  "the callee's user agent closes": ({ bob }) => bob.ua.close(),
  "the caller's stack closes": ({ alice }) => void alice.phone.stack.close(),
  "the callee's stack closes": ({ bob }) => void bob.phone.stack.close(),
};

/** What the network does to one message, or from it on. */
const FAULTS: Record<string, (world: SipWorld, at: number) => MemoryFaults["drop"]> = {
  "is lost": (_world, at) => counting((n) => n === at),
  "and all after it are lost": (_world, at) => counting((n) => n >= at),
  "and what comes within 5 s are lost": (world, at) => {
    let until = Number.POSITIVE_INFINITY;
    return counting((n) => {
      if (n === at) until = world.clock.now() + 5_000;
      return n >= at && world.clock.now() < until;
    });
  },
  "is doubled": (world, at) => {
    world.network.set({ duplicate: 0 });
    return counting((n) => {
      world.network.set({ duplicate: n + 1 === at ? 1 : 0 });
      return false;
    });
  },
  "is overtaken": (world, at) =>
    counting((n) => {
      world.network.set({ reorder: n + 1 === at ? 1 : 0, reorderBy: 600 });
      return false;
    }),
};

function counting(drop: (n: number) => boolean): NonNullable<MemoryFaults["drop"]> {
  let n = 0;
  return () => drop(n++);
}

/** Plays one call to its end, and gives how many messages it had. */
async function play(
  late: boolean,
  viaProxy: boolean,
  prepare: (world: SipWorld, scene: () => Scene) => MemoryFaults["drop"],
): Promise<number> {
  const world = new SipWorld({ delay: 10 });
  const alice = await agent(world, "alice");
  const bob = await agent(world, "bob");
  const made: { scene?: Scene } = {};
  const drop = prepare(world, () => made.scene as Scene);
  let target = {};
  if (viaProxy) {
    const proxy = await proxied(world);
    proxy.targets = [{ uri: bob.uri }];
    target = { target: { protocol: "UDP", ...proxy.phone.transport.local } };
  }
  if (drop) world.network.set({ drop });
  const scene = new Scene(world, alice, bob, late, target);
  made.scene = scene;
  await world.pass(150_000);
  const count = world.network.trace.length;
  world.network.set({ drop: () => false, duplicate: 0, reorder: 0 });
  await scene.clean();
  expect(scene.promises.open).toEqual([]);
  for (const { ua } of [alice, bob]) expect(ua.stats).toMatchObject({ dialogs: 0, usages: 0, pending: 0 });
  await world.end();
  return count;
}

describe.each([
  ["with an offer", false, false],
  ["without an offer", true, false],
  ["with an offer, by a proxy", false, true],
])("a call %s", (_name, late, viaProxy) => {
  /** How many messages it has, where all goes well. */
  const undisturbed = () => play(late, viaProxy, () => undefined);

  it.each(Object.entries(DEEDS))("%s at any message: nothing is left", async (_deed, deed) => {
    const count = await undisturbed();
    for (let at = 0; at < count; at++) {
      await play(late, viaProxy, (world, scene) => {
        let n = 0;
        return () => {
          if (n++ === at) world.clock.set(() => deed(scene()), 5);
          return false;
        };
      }).catch((error) => {
        throw new Error(`at message ${at}`, { cause: error });
      });
    }
  });

  it.each(Object.entries(FAULTS))("any message %s: nothing is left", async (_fault, fault) => {
    const count = await undisturbed();
    for (let at = 0; at < count; at++) {
      await play(late, viaProxy, (world) => fault(world, at)).catch((error) => {
        throw new Error(`message ${at}`, { cause: error });
      });
    }
  });
});
