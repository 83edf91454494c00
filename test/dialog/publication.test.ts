// What the compositor holds of a publication when a PUBLISH fails (RFC 3903 §4): nothing has changed there.

import { expect, it } from "vitest";
import type { Publication } from "../../src/dialog/publication.ts";
import { SipError } from "../../src/errors.ts";
import { SipWorld } from "../support/sip-world.ts";
import { agent } from "./support.ts";

/** A publication of "open" that is held as `e1` for 200 seconds; `refuse` has the next ones refused. */
async function published(world: SipWorld) {
  const [alice, bob] = [await agent(world, "alice"), await agent(world, "bob")];
  const seen: string[] = [];
  const failed: unknown[] = [];
  const refusals: { status: number; after?: number | string }[] = [];
  let count = 0;
  bob.onOther = (request, transaction) => {
    const { headers } = request;
    seen.push(
      `${headers.raw("SIP-If-Match")[0] ?? "-"} ${headers.get("Expires")} ${request.bodyText}`.trim(),
    );
    const refusal = refusals.shift();
    const response = request.createResponse(refusal?.status ?? 200);
    if (refusal?.after !== undefined) response.headers.set("Retry-After", `${refusal.after}`);
    if (!refusal) response.headers.set("SIP-ETag", `e${++count}`).set("Expires", 200);
    transaction.respond(response);
  };
  const publication: Publication = alice.ua.publish(
    bob.uri,
    "presence",
    alice.init({ body: "open", headers: { Expires: 200 } }),
    { onFailed: (cause) => void failed.push(cause instanceof SipError ? cause.code : cause.status) },
  );
  await world.pass(100);
  expect([publication.etag, seen.splice(0)]).toEqual(["e1", ["- 200 open"]]);
  return { alice, publication, seen, failed, refuse: (...all: typeof refusals) => refusals.push(...all) };
}

it.each([20, "20 (they are busy)"])(
  "an update that fails for now leaves the state before it, is tried again when it may, and stands in its place: %s",
  async (after) => {
    const world = new SipWorld();
    const { publication, seen, failed, refuse } = await published(world);
    refuse({ status: 503, after });
    publication.update({ body: "busy" });
    await world.pass(1_000);
    expect([publication.etag, seen.splice(0), failed]).toEqual(["e1", ["e1 200 busy"], [503]]);
    await world.pass(20_000);
    expect([publication.etag, seen.splice(0)]).toEqual(["e2", ["e1 200 busy"]]);
    publication.remove();
    await world.pass(1_000);
    expect(seen).toEqual(["e2 0"]);
  },
);

it("an update that is refused for good leaves it, too: the next one, and taking it back, name it", async () => {
  const world = new SipWorld();
  const { publication, seen, failed, refuse } = await published(world);
  refuse({ status: 415 });
  publication.update({ body: "what" });
  await world.pass(60_000);
  expect([publication.etag, seen.splice(0), failed]).toEqual(["e1", ["e1 200 what"], [415]]);
  publication.update({ body: "busy" });
  await world.pass(1_000);
  expect([publication.etag, seen.splice(0)]).toEqual(["e2", ["e1 200 busy"]]);
  refuse({ status: 415 });
  publication.update({ body: "what" });
  await world.pass(1_000);
  publication.remove();
  await world.pass(1_000);
  expect(seen).toEqual(["e2 200 what", "e2 0"]);
});

it("a refresh that fails is tried again in the time that is left; then there is nothing any more", async () => {
  const world = new SipWorld();
  const { alice, publication, seen, failed, refuse } = await published(world);
  refuse({ status: 500 }, { status: 500 });
  await world.pass(180_000);
  expect([publication.etag, seen.splice(0)]).toEqual(["e1", ["e1 200"]]);
  await world.pass(10_000);
  expect([publication.etag, seen.splice(0), failed]).toEqual(["e1", ["e1 200"], [500, 500]]);
  await world.pass(11_000);
  expect([publication.etag, seen, alice.ua.stats.pending]).toEqual([undefined, [], 0]);
  publication.update({ body: "again" });
  await world.pass(1_000);
  expect(seen).toEqual(["- 200 again"]);
  publication.remove();
});

it("a compositor that is not there is asked again, and holds nothing when its time is over", async () => {
  const world = new SipWorld();
  const { alice, publication, failed } = await published(world);
  world.network.set({ drop: () => true });
  publication.update({ body: "busy" });
  await world.pass(40_000);
  expect([publication.etag, failed]).toEqual(["e1", ["timeout"]]);
  await world.pass(200_000);
  expect([publication.etag, alice.ua.stats.pending]).toEqual([undefined, 0]);
});
