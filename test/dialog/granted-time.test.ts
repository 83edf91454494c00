// How long a subscription of ours holds, where a NOTIFY says nothing of that, as one of RFC 3265's may (RFC 6665 §4.1.2.1,
// §4.2.2): as long as the 200 to the SUBSCRIBE has granted.

import { expect, it } from "vitest";
import { SipWorld } from "../support/sip-world.ts";
import { agent } from "./support.ts";

/** Bob grants that many seconds, if any, and tells his state before the 200 or behind it, and once more later. */
async function scene(granted: number | undefined, before: boolean, expires = "3600") {
  const world = new SipWorld();
  const [alice, bob] = [await agent(world, "alice"), await world.phone("bob")];
  const asked: number[] = [];
  let cseq = 1;
  const notify = (state = "active") => {
    const { headers } = bob.requests[0]!;
    const request = bob.request("NOTIFY", `${headers.first("Contact")!.uri}`, {
      from: `<${bob.uri}>;tag=bob`,
      to: headers.get("From")!,
      callId: headers.get("Call-ID")!,
      cseq: cseq++,
      headers: { Event: "presence", "Subscription-State": state },
    });
    void bob.stack.send(request).final.catch(() => {});
  };
  bob.answer = (request, transaction) => {
    asked.push(Math.round(world.clock.now() / 1000));
    const response = request.createResponse(200);
    if (response.headers.get("To")?.tag !== "bob") response.headers.set("To", `<${bob.uri}>;tag=bob`);
    response.headers.set("Contact", `<${bob.uri}>`);
    if (granted !== undefined) response.headers.set("Expires", granted);
    if (before) notify();
    world.clock.set(() => transaction?.respond(response), before ? 100 : 0);
    if (!before) world.clock.set(notify, 100);
  };
  const ends: string[] = [];
  const handlers = { onEnd: ({ reason }: { reason: string }) => void ends.push(reason) };
  const init = alice.init({ headers: { Expires: expires } });
  const subscription = alice.ua.subscribe(bob.uri, "presence", init, handlers);
  await world.pass(1_000);
  expect(subscription.state).toBe("active");
  const start = asked[0]!;
  return { world, alice, bob, notify, ends, asked: () => asked.map((each) => each - start), subscription };
}

it.each([false, true])(
  "a NOTIFY without expires leaves what was granted; before the 200: %s",
  async (before) => {
    const { world, alice, notify, ends, asked } = await scene(600, before);
    await world.pass(300_000);
    notify();
    await world.pass(270_000);
    expect([asked(), ends]).toEqual([[0, 568], []]);
    alice.ua.close();
  },
);

it("so does one whose expires is none", async () => {
  const { world, alice, notify, asked } = await scene(600, false);
  notify("active;expires=soon");
  await world.pass(570_000);
  expect(asked()).toEqual([0, 568]);
  alice.ua.close();
});

it("where nobody says anything it holds as long as was asked for", async () => {
  const { world, alice, asked } = await scene(undefined, false, "600");
  await world.pass(570_000);
  expect(asked()).toEqual([0, 568]);
  alice.ua.close();
});

it("it ends when that is over, and nobody has answered the refresh", async () => {
  const { world, bob, notify, ends } = await scene(600, false);
  bob.answer = () => {};
  await world.pass(500_000);
  notify();
  await world.pass(102_000);
  expect(ends).toHaveLength(1);
});
