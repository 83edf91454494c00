// What is left of a call that a proxy has forwarded, while its transactions linger (RFC 6026 §7.1).

import { expect, it } from "vitest";
import { SipProxy } from "../../src/proxy/proxy.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { SipWorld } from "../support/sip-world.ts";

it("a 2xx that was forwarded is not repeated by the proxy, but by who sent it", async () => {
  const world = new SipWorld();
  const alice = await world.phone("alice");
  const bob = await world.phone("bob");
  let again: () => unknown = () => {};
  bob.answer = (_request, transaction) => {
    transaction?.respond(200);
    again = () => transaction?.repeat();
  };
  const transports = [world.network.transport({ protocol: "UDP", host: "10.9.0.1" })];
  let taken: ServerTransaction | undefined;
  const edge = await world.phone(
    "edge",
    "UDP",
    { transports },
    {
      async onRequest(request, transaction) {
        taken = transaction;
        await proxy.forward(request, transaction, [{ uri: bob.uri }]);
      },
    },
  );
  const proxy = new SipProxy({ stack: edge.stack, clock: world.clock });
  const { protocol, local } = edge.transport;
  const seen: number[] = [];
  alice.stack.send(alice.request("INVITE", "sip:bob@example.com"), {
    target: { protocol, ...local },
    onResponse: ({ status }) => void seen.push(status),
  });
  await world.pass(1_000);
  expect(seen).toEqual([100, 200]);
  expect(taken?.state).toBe("accepted");
  expect(taken?.repeat()).toBe(false);
  await world.pass();
  expect(seen).toEqual([100, 200]);
  again();
  await world.pass();
  expect(seen).toEqual([100, 200, 200]);
  // What went on then is let go of as the first was.
  expect(taken?.repeat()).toBe(false);
});
