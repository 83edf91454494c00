// A sweep over calls: at each message that a call has on the wire, one thing goes wrong or somebody has enough. However
// it ends, nothing is left at either side, and whatever was promised is told.

import { describe, expect, it } from "vitest";
import type { IncomingOffer } from "../../src/dialog/incoming-offer.ts";
import type { InviteHandlers } from "../../src/dialog/invite-options.ts";
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

/** A kind of call. */
interface Kind {
  readonly name: string;
  /** The INVITE has no offer. */
  readonly late?: boolean;
  /** A proxy is between, which forks to so many callees. */
  readonly forks?: number;
  readonly protocol?: string;
}

/** One call: how it goes by itself, and what is in anybody's hands. */
class Scene {
  readonly promises = new Promises();
  readonly world: SipWorld;
  readonly alice: Agent;
  readonly callees: readonly Agent[];
  readonly invite: ReturnType<Agent["invite"]>;
  #talking: Session[] = [];

  constructor(world: SipWorld, alice: Agent, callees: readonly Agent[], late: boolean, target: object) {
    this.world = world;
    this.alice = alice;
    this.callees = callees;
    const onOffer = (offer: IncomingOffer) =>
      void world.clock.set(() => offer.accept({ body: "answer" }), 30);
    for (const callee of callees) {
      callee.handlers = { onOffer, onRequest: (_request, transaction) => transaction.respond(200) };
      callee.onInvite = (call) => void this.#ring(callee, call);
    }
    const handlers: InviteHandlers = {
      onOffer,
      onRequest: (_request, transaction) => transaction.respond(200),
      answer: () => new Promise((resolve) => void world.clock.set(() => resolve({ body: "answer" }), 30)),
    };
    this.invite = alice.invite(callees[0]!, late ? {} : { body: "offer" }, handlers, target);
    this.promises.watch("session", this.invite.session).then(
      (session) => this.#talk(session, "a"),
      () => {},
    );
  }

  async #ring(callee: Agent, call: Agent["calls"][number]): Promise<void> {
    call.ring(180);
    await this.promises
      .watch(`183 of ${callee.phone.name}`, call.ringReliably(183, { body: "early" }))
      .catch(() => {});
    if (call.state !== "ringing") return;
    const session = call.accept({ body: "answer" });
    callee.sessions.push(session);
  }

  /** What the caller does while the call stands, until he hangs up. */
  async #talk(session: Session, name: string): Promise<void> {
    this.#talking.push(session);
    const steps = [
      () => session.request("INFO"),
      () => session.update({ body: "offer" }),
      () => session.reinvite({ body: "offer" }),
      () => this.callees[0]?.sessions[0]?.reinvite({ body: "offer" }),
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
    for (const { calls } of this.callees) for (const call of calls) call.reject();
    const sessions = this.callees.flatMap((callee) => callee.sessions);
    for (const session of [...sessions, ...this.#talking]) {
      this.promises.watch("clean", session.bye());
    }
    await this.world.pass(200_000);
  }
}

type Deed = (scene: Scene) => void;

const CUT = "all connections are cut";

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
  "the callee hangs up": ({ callees, promises }) => {
    for (const { calls, sessions } of callees) {
      for (const call of calls) call.reject();
      for (const session of sessions) promises.watch("bye", session.bye());
    }
  },
  "both hang up": (scene) => {
    DEEDS["the callee hangs up"]!(scene);
    DEEDS["the caller gives up"]!(scene);
  },
  "the caller's user agent closes": ({ alice }) => alice.ua.close(),
  "the callee's user agent closes": ({ callees }) => callees.at(-1)!.ua.close(),
  "the caller's stack closes": ({ alice }) => void alice.phone.stack.close(),
  "the callee's stack closes": ({ callees }) => void callees.at(-1)!.phone.stack.close(),
  [CUT]: ({ world }) => {
    for (const one of world.phones)
      for (const other of world.phones) world.network.cut(one.transport, other.transport);
  },
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
  { late = false, forks = 0, protocol = "UDP" }: Kind,
  faults: (world: SipWorld) => MemoryFaults["drop"],
  onMessage: (n: number, world: SipWorld, scene: () => Scene) => void = () => {},
): Promise<number> {
  const made: { world?: SipWorld; scene?: Scene } = {};
  let n = 0;
  // Told of each message, those of reliable transports, too, which no fault is asked about.
  const log = () => onMessage(n++, made.world as SipWorld, () => made.scene as Scene);
  const world = new SipWorld({ delay: 10, log });
  made.world = world;
  const alice = await agent(world, "alice", protocol);
  const callees = [await agent(world, "bob", protocol)];
  while (callees.length < forks) callees.push(await agent(world, `carol${callees.length}`, protocol));
  const drop = faults(world);
  let target = {};
  if (forks > 0) {
    const proxy = await proxied(world, {}, [protocol]);
    proxy.targets = callees.map(({ uri }) => ({ uri }));
    target = { target: { protocol, ...proxy.phone.transport.local } };
  }
  if (drop) world.network.set({ drop });
  const scene = new Scene(world, alice, callees, late, target);
  made.scene = scene;
  await world.pass(150_000);
  const count = world.network.trace.length;
  world.network.set({ drop: () => false, duplicate: 0, reorder: 0 });
  await scene.clean();
  expect(scene.promises.open).toEqual([]);
  for (const { ua } of [alice, ...callees]) {
    expect(ua.stats).toMatchObject({ dialogs: 0, usages: 0, pending: 0 });
  }
  await world.end();
  return count;
}

const kinds: Kind[] = [
  { name: "with an offer" },
  { name: "without an offer", late: true },
  { name: "by a proxy that forks", forks: 2 },
  { name: "over TCP", protocol: "TCP" },
  { name: "over TCP, by a proxy", protocol: "TCP", forks: 1 },
];

describe.each(kinds)("a call $name", (kind) => {
  /** How many messages it has, where all goes well. */
  const undisturbed = () => play(kind, () => undefined);

  const datagrams = kind.protocol !== "TCP";
  const deeds = Object.entries(DEEDS).filter(([deed]) => !datagrams || deed !== CUT);

  it.each(deeds)("%s at any message: nothing is left", async (_deed, deed) => {
    const count = await undisturbed();
    for (let at = 0; at < count; at++) {
      const nothing = () => undefined;
      await play(kind, nothing, (n, world, scene) => {
        if (n === at) world.clock.set(() => deed(scene()), 5);
      }).catch((error) => {
        throw new Error(`at message ${at}`, { cause: error });
      });
    }
  });

  // What a connection carries is neither lost nor doubled, nor overtaken.
  it.each(datagrams ? Object.entries(FAULTS) : [])(
    "any message %s: nothing is left",
    async (_fault, fault) => {
      const count = await undisturbed();
      for (let at = 0; at < count; at++) {
        await play(kind, (world) => fault(world, at)).catch((error) => {
          throw new Error(`message ${at}`, { cause: error });
        });
      }
    },
  );
});
