// Calls both ways: what two phones that can call each other have to bring about.

import { expect } from "vitest";
import { sdp } from "./line.mjs";

/** @param names   what each is called by the other */
export async function callBothWays(alice, bob, names) {
  // Answered, and hung up by the caller.
  const first = await alice.call(...names.bob).session;
  await bob.logged("ack");
  expect((await first.reinvite(sdp)).status).toBe(200);
  expect((await first.bye()).status).toBe(200);
  await bob.logged("peer");

  // Answered, and hung up by the one who was called.
  await bob.call(...names.alice).session;
  await alice.logged("ack");
  expect((await alice.sessions[0].bye()).status).toBe(200);
  await bob.logged("peer");

  // Given up while it rings.
  bob.manner = "ring";
  const third = alice.call(...names.bob);
  alice.log.length = 0;
  await alice.logged(180);
  third.cancel();
  await expect(third.session).rejects.toMatchObject({ code: "aborted", status: 487 });
  await bob.logged("cancel");

  // Busy.
  bob.manner = "reject";
  await expect(alice.call(...names.bob).session).rejects.toMatchObject({ code: "refused", status: 486 });
}
