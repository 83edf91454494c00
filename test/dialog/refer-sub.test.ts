// A REFER without the subscription that it implies (RFC 4488).

import { expect, it } from "vitest";
import type { IncomingRefer } from "../../src/dialog/refer.ts";
import type { SubscriptionEnd } from "../../src/dialog/subscription-options.ts";
import type { SipError } from "../../src/errors.ts";
import { SipWorld } from "../support/sip-world.ts";
import { connect } from "./support.ts";

const QUIET = { headers: { "Refer-Sub": "false" } };

it("is taken without a word more, and who sent it knows that at once", async () => {
  const world = new SipWorld();
  const taken: IncomingRefer[] = [];
  const { a, alice, bob } = await connect(world, {
    bob: {
      onRefer: (refer) => {
        taken.push(refer);
        const progress = refer.accept();
        progress.notify(180);
        progress.notify(200);
      },
    },
  });
  const ends: SubscriptionEnd[] = [];
  const subscription = a.refer("sip:carol@example.com", { onEnd: (end) => void ends.push(end) }, QUIET);
  await world.pass(1_000);
  expect(ends).toMatchObject([{ reason: "norefersub", response: { status: 200 } }]);
  expect([subscription.state, taken.length, world.wire("NOTIFY")]).toEqual(["terminated", 1, 0]);
  expect([alice.ua.stats.usages, bob.ua.stats.usages]).toEqual([1, 1]);
  void a.bye();
});

it("may be required, and is refused as any other", async () => {
  const world = new SipWorld();
  const { a } = await connect(world, { bob: { onRefer: (refer) => refer.reject(603) } });
  const ends: SubscriptionEnd[] = [];
  const content = { headers: { ...QUIET.headers, Require: "norefersub" } };
  a.refer("sip:carol@example.com", { onEnd: (end) => void ends.push(end) }, content);
  await world.pass(1_000);
  expect(ends).toMatchObject([{ reason: "refused", response: { status: 603 } }]);
  void a.bye();
});

it("is told of all the same by a peer who does not know it", async () => {
  const world = new SipWorld();
  const { a, bob } = await connect(world, { bob: { onRefer: (refer) => refer.accept().notify(200) } });
  // As if it had not been there.
  bob.guard = (request) => {
    request.headers.delete("Refer-Sub");
    return false;
  };
  const told: string[] = [];
  a.refer("sip:carol@example.com", { onNotify: (notify) => void told.push(notify.bodyText.trim()) }, QUIET);
  await world.pass(1_000);
  expect(told.at(-1)).toBe("SIP/2.0 200 OK");
  void a.bye();
});

it.each(["accept", "reject"] as const)("that was answered already is not taken: after %s", async (how) => {
  const world = new SipWorld();
  const codes: unknown[] = [];
  const { a, bob } = await connect(world, {
    bob: {
      onRefer: (refer) => {
        if (how === "accept") refer.accept().notify(200);
        else refer.reject();
        try {
          refer.accept();
        } catch (error) {
          codes.push((error as SipError).code);
        }
      },
    },
  });
  a.refer("sip:carol@example.com");
  await world.pass(1_000);
  expect(codes).toEqual(["transaction_state"]);
  // Nobody has a subscription to what was refused.
  expect([bob.ua.stats.usages, world.wire("NOTIFY")]).toEqual([1, how === "accept" ? 2 : 0]);
  void a.bye();
});

it("moves its sender where it is taken, and not where it is refused (RFC 3261 §12.2.2)", async () => {
  const world = new SipWorld();
  let takes = false;
  const onRefer = (refer: IncomingRefer) => void (takes ? refer.accept().notify(200) : refer.reject());
  const { alice, a, b } = await connect(world, { bob: { onRefer } });
  const moved = { headers: { ...QUIET.headers, Contact: "<sip:moved@10.1.1.1>" } };
  const targets: string[] = [];
  for (takes of [false, true]) {
    a.refer("sip:carol@example.com", {}, moved);
    await world.pass(1_000);
    targets.push(`${b.dialog.target}`);
  }
  expect(targets).toEqual([alice.uri, "sip:moved@10.1.1.1"]);
  void a.bye();
});
