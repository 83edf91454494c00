// The presence server of examples/presence, which takes the built package, with those who publish and watch.

import { expect, it } from "vitest";
import type { UserAgent } from "../../src/dialog/user-agent.ts";
import type { Request } from "../../src/message/request.ts";
import type { Stack } from "../../src/stack/stack.ts";
import type { MemoryFaults } from "../../src/transport/memory.ts";
import { type Agent, agent } from "../dialog/support.ts";
import { SipWorld } from "../support/sip-world.ts";

interface Presence {
  readonly stack: Stack;
  readonly ua: UserAgent;
  readonly watchers: ReadonlyMap<string, ReadonlySet<unknown>>;
  close(drain?: number): Promise<void>;
}

const HERE = { protocol: "UDP", host: "10.9.0.2", port: 5060 };
const BOB = "sip:bob@10.9.0.2";
const pidf = (body: string) => ({ body, contentType: "application/pidf+xml" });

async function world(
  faults: MemoryFaults & { seed?: number } = {},
  options: { mayWatch?: (request: Request) => boolean; limit?: number } = {},
) {
  const file = new URL("../../examples/presence/presence.mjs", import.meta.url).href;
  const { createPresence } = (await import(/* @vite-ignore */ file)) as {
    createPresence: (options: object) => Presence;
  };
  const world = new SipWorld(faults);
  const errors: unknown[] = [];
  const presence = createPresence({
    clock: world.clock,
    transports: [world.network.transport(HERE)],
    ...options,
    onError: (error: unknown) => void errors.push(error),
  });
  await presence.stack.start();
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  world.afterwards(() => {
    expect(presence.watchers.size).toBe(0);
    expect(presence.ua.stats).toMatchObject({ dialogs: 0, usages: 0, pending: 0 });
    expect(errors).toEqual([]);
    void presence.close();
  });
  const seen: string[] = [];
  const watch = (who: Agent = alice, uri = BOB, event = "presence") =>
    who.ua.subscribe(uri, event, who.init(), {
      onNotify: (notify) =>
        void seen.push(notify.bodyText.includes("<presence") ? "unknown" : notify.bodyText),
      onEnd: ({ reason, response }) => void seen.push(`${reason} ${response?.status ?? ""}`.trim()),
    });
  /** The status of a PUBLISH made by hand. */
  const publish = async (init: object) => {
    const { final } = bob.phone.stack.send(bob.phone.request("PUBLISH", BOB, init), { target: HERE });
    await world.pass();
    return final;
  };
  return { world, presence, alice, bob, seen, watch, publish };
}

it("a watcher is told what there is, each change, and the end", async () => {
  const { world: w, bob, seen, watch } = await world();
  const watching = watch();
  await w.pass();
  const published = bob.ua.publish(BOB, "presence", bob.init(pidf("open")));
  await w.pass();
  published.update(pidf("busy"));
  await w.pass();
  const second = watch();
  await w.pass();
  expect(seen.splice(0)).toEqual(["unknown", "open", "busy", "busy"]);
  published.remove();
  await w.pass();
  expect(seen.splice(0)).toEqual(["unknown", "unknown"]);
  watching.unsubscribe();
  await w.pass();
  expect(seen.splice(0)).toEqual(["unknown", "timeout"]);
  second.unsubscribe();
  await w.pass();
});

it("a state is refreshed without a word, and ends where nobody refreshes it", async () => {
  const { world: w, bob, seen, watch } = await world();
  const watching = watch();
  bob.ua.publish(BOB, "presence", bob.init({ ...pidf("open"), headers: { Expires: 120 } }));
  await w.pass(1_000_000);
  expect(seen.splice(0)).toEqual(["unknown", "open"]);
  bob.ua.close();
  await w.pass(120_000);
  expect(seen.splice(0)).toEqual(["unknown"]);
  watching.unsubscribe();
  await w.pass();
});

it("of two phones' states the newest counts, and the other one when that is gone", async () => {
  const { world: w, bob, alice, seen, watch } = await world();
  const desk = bob.ua.publish(BOB, "presence", bob.init(pidf("desk")));
  await w.pass();
  const mobile = alice.ua.publish(BOB, "presence", alice.init(pidf("mobile")));
  await w.pass();
  const watching = watch();
  await w.pass();
  mobile.remove();
  await w.pass();
  expect(seen).toEqual(["mobile", "desk"]);
  desk.remove();
  watching.unsubscribe();
  await w.pass();
});

it("a refresh of the older of two states leaves the newest as it is", async () => {
  const { world: w, bob, alice, seen, watch } = await world();
  const desk = bob.ua.publish(BOB, "presence", bob.init({ ...pidf("desk"), headers: { Expires: 120 } }));
  await w.pass();
  const mobile = alice.ua.publish(BOB, "presence", alice.init(pidf("mobile")));
  await w.pass(500_000);
  const watching = watch();
  await w.pass();
  expect(seen).toEqual(["mobile"]);
  for (const each of [desk, mobile]) each.remove();
  watching.unsubscribe();
  await w.pass();
});

it.each([
  [489, "Allow-Events", { headers: { Event: "dialog" } }],
  [412, undefined, { headers: { Event: "presence", "SIP-If-Match": "none" } }],
  [423, "Min-Expires", { headers: { Event: "presence", Expires: 10 }, body: "open" }],
  [415, "Accept", { headers: { Event: "presence", "Content-Type": "text/plain" }, body: "open" }],
  [400, undefined, { headers: { Event: "presence" } }],
  [420, "Unsupported", { headers: { Event: "presence", Require: "teleport" }, body: "open" }],
])("a PUBLISH is refused %i, with %s", async (status, header, init) => {
  const { publish } = await world();
  const response = await publish(init);
  expect([response.status, header === undefined || response.headers.has(header)]).toEqual([status, true]);
});

it("takes no document that is longer than 16 KiB", async () => {
  const { publish } = await world();
  const init = (length: number) => ({
    headers: { Event: "presence", "Content-Type": "application/pidf+xml" },
    body: "x".repeat(length),
  });
  expect([(await publish(init(16_385))).status, (await publish(init(16_384))).status]).toEqual([413, 200]);
});

it("keeps no more states than its limit: one past it is refused 503, those that are there are refreshed", async () => {
  const { world: w, publish } = await world({}, { limit: 2 });
  const init = (headers: object = {}) => ({
    headers: { Event: "presence", "Content-Type": "application/pidf+xml", ...headers },
    body: "open",
  });
  const [first, second] = [await publish(init()), await publish(init())];
  expect([first.status, second.status, (await publish(init())).status]).toEqual([200, 200, 503]);
  const again = await publish(init({ "SIP-If-Match": first.headers.get("SIP-ETag") }));
  expect([again.status, (await publish(init())).status]).toEqual([200, 503]);
  await publish(init({ "SIP-If-Match": second.headers.get("SIP-ETag"), Expires: 0 }));
  expect([(await publish(init())).status, (await publish(init())).status]).toEqual([200, 503]);
  await w.pass(3_600_000);
  expect((await publish(init())).status).toBe(200);
});

it("who may not watch, or watches something else, is told so", async () => {
  const { world: w, seen, watch } = await world({}, { mayWatch: () => false });
  watch();
  watch(undefined, BOB, "dialog");
  await w.pass();
  expect(seen).toEqual(["refused 403", "refused 489"]);
});

it("who requires what is not known here is refused, and the server goes on", async () => {
  const { world: w, presence, alice, seen } = await world();
  alice.ua.subscribe(BOB, "presence", alice.init({ headers: { Require: "teleport" } }), {
    onEnd: ({ response }) => void seen.push(`${response?.status}`),
  });
  await w.pass();
  expect([seen, presence.watchers.size]).toEqual([["420"], 0]);
});

it("one that fetches the state is no watcher", async () => {
  const { world: w, presence, alice, seen } = await world();
  alice.ua.subscribe(BOB, "presence", alice.init({ headers: { Expires: 0 } }), {
    onEnd: ({ reason }) => void seen.push(reason),
  });
  await w.pass();
  expect([seen, presence.watchers.size]).toEqual([["timeout"], 0]);
});

it.each([1, 2, 3])("all are told where UDP loses, doubles and reorders (seed %i)", async (seed) => {
  const faults = { loss: 0.2, duplicate: 0.1, reorder: 0.1, delay: [5, 60] as [number, number], seed };
  const { world: w, bob, seen, watch } = await world(faults);
  const watching = watch();
  const published = bob.ua.publish(BOB, "presence", bob.init(pidf("open")));
  await w.pass(64_000);
  published.update(pidf("busy"));
  await w.pass(64_000);
  expect(seen.at(-1)).toBe("busy");
  published.remove();
  watching.unsubscribe();
  await w.pass(128_000);
  expect(seen.at(-1)).toBe("timeout");
});

/** By way of the server, whatever the name. */
const VIA_HERE = { headers: { Route: `<sip:${HERE.host};lr>` } };

it("one user has one state, however his URI is written", async () => {
  const { world: w, alice, bob, presence } = await world();
  const bodies: string[] = [];
  const published = bob.ua.publish("sip:b%6Fb@Presence.example;user=phone", "presence", {
    ...bob.init(pidf("open")),
    ...VIA_HERE,
  });
  await w.pass();
  const watching = alice.ua.subscribe("sip:bob@presence.EXAMPLE", "presence", alice.init(VIA_HERE), {
    onNotify: ({ bodyText }) => void bodies.push(bodyText),
  });
  await w.pass();
  expect([bodies, presence.watchers.size]).toEqual([["open"], 1]);
  published.remove();
  watching.unsubscribe();
  await w.pass();
});

it.each([
  `sip:${HERE.host}`,
  "tel:+358-555-1234567",
  `sip:%00@${HERE.host}`,
  `sip:${"b".repeat(1025)}@${HERE.host}`,
])("%s is nobody: 404", async (uri) => {
  const { world: w, alice } = await world();
  for (const method of ["PUBLISH", "SUBSCRIBE"]) {
    const headers = { Event: "presence", Contact: `<${alice.phone.uri}>`, Expires: 600 };
    const { final } = alice.phone.stack.send(alice.phone.request(method, uri, { headers }), {
      target: HERE,
    });
    await w.pass();
    expect((await final).status).toBe(404);
  }
});

it("names the user as his URI does, in a document that is XML", async () => {
  const { world: w, alice } = await world();
  const bodies: string[] = [];
  const watching = alice.ua.subscribe(`sip:j%C3%BCrgen%20&%22x%22@${HERE.host}`, "presence", alice.init(), {
    onNotify: ({ bodyText }) => void bodies.push(bodyText),
  });
  await w.pass();
  expect(bodies[0]).toContain(`entity="pres:j%C3%BCrgen%20&amp;%22x%22@${HERE.host}"`);
  watching.unsubscribe();
  await w.pass();
});

it("who watches when it closes is told to come back", async () => {
  const { world: w, presence, alice } = await world();
  const states: unknown[] = [];
  alice.ua.subscribe(BOB, "presence", alice.init(), {
    onNotify: ({ headers }) =>
      void states.push(`${headers.get("Subscription-State")}`.replace(/;expires=.*/, "")),
    onEnd() {},
  });
  await w.pass();
  const closed = presence.close(2000);
  await w.pass(40_000);
  await closed;
  expect(states).toEqual(["active", "terminated;reason=deactivated"]);
});
