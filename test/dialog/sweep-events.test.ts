// A sweep over subscriptions and REFERs, as sweep.test.ts is one over calls: at each of their messages one thing goes wrong,
// or somebody has enough. However it ends, it is told once, nothing comes after that, and nothing is left at either side.

import { describe, expect, it } from "vitest";
import type { Notifier } from "../../src/dialog/notifier.ts";
import type { ReferProgress } from "../../src/dialog/refer.ts";
import type { Subscription } from "../../src/dialog/subscription.ts";
import type { SubscriptionHandlers } from "../../src/dialog/subscription-options.ts";
import { SipWorld } from "../support/sip-world.ts";
import { type Agent, agent } from "./support.ts";

/** One subscription, of Alice's to Bob, and what was told of it. */
class Scene {
  readonly world: SipWorld;
  readonly alice: Agent;
  readonly bob: Agent;
  readonly told: string[] = [];
  readonly notifiers: Notifier[] = [];
  readonly progress: ReferProgress[] = [];
  subscription: Subscription | undefined;
  left = 0;

  constructor(world: SipWorld, alice: Agent, bob: Agent) {
    this.world = world;
    this.alice = alice;
    this.bob = bob;
  }

  get handlers(): SubscriptionHandlers {
    return {
      onNotify: () => void this.told.push("state"),
      onEnd: () => void this.told.push("over"),
    };
  }

  /** Does that so many milliseconds from now. */
  at(milliseconds: number, deed: () => void): void {
    this.world.clock.set(deed, milliseconds);
  }
}

const STORIES: Record<string, (scene: Scene) => void> = {
  "a subscription": (scene) => {
    const { alice, bob, notifiers } = scene;
    bob.onOther = (request, transaction) => {
      const onEnd = () => void scene.left++;
      const notifier = bob.ua
        .incomingSubscription(request, transaction)
        ?.accept({ state: () => ({}), onEnd });
      if (notifier) notifiers.push(notifier);
    };
    const init = alice.init({ headers: { Expires: 120 } });
    const subscription = alice.ua.subscribe(bob.uri, "presence", init, scene.handlers);
    scene.subscription = subscription;
    scene.at(300, () => notifiers[0]?.notify());
    scene.at(600, () => subscription.refresh());
    scene.at(900, () => subscription.unsubscribe());
  },
  "a REFER whose session is over before": (scene) => {
    const { alice, bob, progress } = scene;
    bob.handlers = {
      onRefer(refer) {
        const taken = refer.accept();
        progress.push(taken);
        scene.at(100, () => taken.notify(180));
        scene.at(300, () => taken.notify(200));
      },
    };
    const refer = async () => {
      const session = await alice.invite(bob).session;
      scene.subscription = session.refer("sip:carol@example.com", scene.handlers);
      scene.at(200, () => void session.bye());
    };
    refer().catch(() => {});
  },
};

const DEEDS: Record<string, (scene: Scene) => void> = {
  "the subscriber leaves": ({ subscription }) => subscription?.unsubscribe(),
  "the subscriber asks anew": ({ subscription }) => subscription?.refresh(),
  "the notifier ends it": ({ notifiers, progress }) => {
    notifiers[0]?.terminate("deactivated");
    progress[0]?.notify(503);
  },
  "both leave": (scene) => {
    DEEDS["the notifier ends it"]!(scene);
    DEEDS["the subscriber leaves"]!(scene);
  },
  "the subscriber's user agent hangs up": ({ alice }) => alice.ua.hangUp(),
  "the notifier's user agent hangs up": ({ bob }) => bob.ua.hangUp(),
  "the subscriber's user agent closes": ({ alice }) => alice.ua.close(),
  "the notifier's user agent closes": ({ bob }) => bob.ua.close(),
  "the subscriber's stack closes": ({ alice }) => void alice.phone.stack.close(),
  "the notifier's stack closes": ({ bob }) => void bob.phone.stack.close(),
};

/** What the network does to the message of that number, or from it on. */
const FAULTS: Record<string, (n: number, at: number, world: SipWorld) => boolean> = {
  "is lost": (n, at) => n === at,
  "and all after it are lost": (n, at) => n >= at,
  "is doubled": (n, at, world) => {
    world.network.set({ duplicate: n + 1 === at ? 1 : 0 });
    return false;
  },
  "is overtaken": (n, at, world) => {
    world.network.set({ reorder: n + 1 === at ? 1 : 0, reorderBy: 600 });
    return false;
  },
};

/** Plays one story to its end, with what happens at one message; gives how many it had. */
async function play(
  story: (scene: Scene) => void,
  at: number,
  deed: (scene: Scene) => void = () => {},
  fault: (typeof FAULTS)[string] = () => false,
): Promise<number> {
  let [n, sent] = [0, 0];
  const made: { scene?: Scene } = {};
  const log = () => {
    if (n++ === at) made.scene?.at(5, () => deed(made.scene as Scene));
  };
  const world = new SipWorld({ delay: 10, log });
  const scene = new Scene(world, await agent(world, "alice"), await agent(world, "bob"));
  made.scene = scene;
  world.network.set({ drop: () => fault(sent++, at, world) });
  story(scene);
  await world.pass(400_000);
  const count = world.network.trace.length;
  world.network.set({ drop: () => false, duplicate: 0, reorder: 0 });
  for (const { ua } of [scene.alice, scene.bob]) ua.hangUp();
  await world.pass(100_000);
  const begun = scene.subscription ? 1 : 0;
  expect(scene.told.filter((what) => what === "over")).toHaveLength(begun);
  expect(scene.told.lastIndexOf("state")).toBeLessThan(begun ? scene.told.indexOf("over") : 1);
  expect(scene.left).toBe(scene.notifiers.length);
  await world.end();
  return count;
}

describe.each(Object.entries(STORIES))("%s", (_name, story) => {
  const each = async (deed?: (scene: Scene) => void, fault?: (typeof FAULTS)[string]): Promise<void> => {
    const count = await play(story, -1);
    for (let at = 0; at < count; at++) {
      await play(story, at, deed, fault).catch((cause) => {
        throw new Error(`at message ${at}`, { cause });
      });
    }
  };

  it.each(Object.entries(DEEDS))("%s at any message", async (_deed, deed) => each(deed));

  it.each(Object.entries(FAULTS))("any message %s", async (_fault, fault) => each(undefined, fault));
});
