// What is left of a call that a proxy has forwarded, while its transactions linger (RFC 6026 §7.1).

import { expect, it } from "vitest";
import type { Response } from "../../src/message/response.ts";
import { SipProxy } from "../../src/proxy/proxy.ts";
import type { SentRequest } from "../../src/stack/options.ts";
import type { ServerTransaction } from "../../src/transaction/server-transaction.ts";
import { SipWorld } from "../support/sip-world.ts";

/** A call through a proxy that Bob has accepted; what the option `onResponse` has seen of it, and Alice. */
async function accepted(onResponse: (response: Response) => void = () => {}) {
  const world = new SipWorld();
  const [alice, bob] = [await world.phone("alice"), await world.phone("bob")];
  const transports = [world.network.transport({ protocol: "UDP", host: "10.9.0.1" })];
  const edge = await world.phone(
    "edge",
    "UDP",
    { transports },
    {
      async onRequest(request, transaction) {
        const see = (response: Response) => {
          proxied.push(response.status);
          onResponse(response);
        };
        await proxy.forward(request, transaction, [{ uri: bob.uri }], { onResponse: see });
      },
    },
  );
  const branches: SentRequest[] = [];
  const send = edge.stack.send.bind(edge.stack);
  edge.stack.send = (request, options) => {
    const sent = send(request, options);
    branches.push(sent);
    return sent;
  };
  const proxy = new SipProxy({ stack: edge.stack, clock: world.clock });
  const proxied: number[] = [];
  const seen: string[] = [];
  const { protocol, local } = edge.transport;
  alice.stack.send(alice.request("INVITE", "sip:bob@example.com"), {
    target: { protocol, ...local },
    onResponse: ({ status, headers }) =>
      void seen.push(`${status} ${headers.get("To")?.tag?.slice(0, 4) ?? ""}`),
  });
  await world.pass(1_000);
  /** Another 2xx comes, of a fork behind Bob. */
  const fork = async (tag: string, vias = 2): Promise<void> => {
    const [invite] = bob.requests;
    const response = invite!.createResponse(200);
    response.headers.set("To", `<sip:bob@example.com>;tag=${tag}`);
    while (response.headers.raw("Via").length > vias) response.headers.pop("Via");
    bob.stack.sendStateless(response, { flow: invite!.flow! });
    await world.pass();
  };
  return { world, seen, proxied, fork, edge, branches, stats: () => proxy.stats };
}

it("a branch that was accepted holds no text of its request: it lingers for 32 seconds, and nobody can ask for that", async () => {
  const { branches } = await accepted();
  const [branch] = branches;
  expect(branch?.state).toBe("accepted");
  expect(() => branch?.request).toThrow();
});

it("the 2xx of another fork goes on when all branches have ended, and is shown to who asked for that", async () => {
  const { seen, proxied, fork } = await accepted();
  const before = seen.length;
  await fork("two");
  expect(seen.slice(before)).toEqual(["200 two"]);
  expect(proxied).toEqual([200, 200]);
});

it("goes on, too, where who asked to see it throws", async () => {
  let asked = 0;
  const { seen, fork, edge } = await accepted(() => {
    if (++asked > 1) throw new Error("seen enough");
  });
  await fork("two");
  expect([seen.at(-1), asked]).toEqual(["200 two", 2]);
  expect(edge.errors).toEqual([]);
});

it("does neither without a Via of the caller's, nor when the caller's transaction is over", async () => {
  const { world, seen, proxied, fork, stats } = await accepted();
  const before = seen.length;
  await fork("two", 1);
  expect(stats()).toMatchObject({ dropped: 1 });
  await world.pass(40_000);
  await fork("three");
  expect([seen.length, proxied]).toEqual([before, [200]]);
});

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
